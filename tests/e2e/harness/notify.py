"""A service manager's notification socket (sd_notify(3))."""
import socket
import threading

from harness.waiting import wait_until


class NotifySocket:
    def __init__(self, path):
        """`path` may begin with @: an abstract socket."""
        self.path = str(path)
        self.told = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.path[1:] if self.path.startswith("@") else self.path)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                data = self._socket.recv(4096)
            except OSError:
                return
            self.told += data.decode().splitlines()

    def wait_for(self, line, count=1):
        wait_until(lambda: self.told.count(line) >= count, f"{count} times {line}")

    def close(self):
        self._socket.close()
