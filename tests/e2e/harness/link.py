"""The way to a server, which can be cut: its connections end, and new ones do so at once."""
import socket
import threading


def hang_up(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side has gone already


class Link:
    def __init__(self, target):
        self.target = target
        self.whole = True
        self.answers = True  # False: what the server says is lost
        self.ends = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        with self.lock:
            self.whole = False
            for end in self.ends:
                hang_up(end)
            self.ends.clear()

    def restore(self):
        with self.lock:
            self.whole = self.answers = True

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return  # closed
            self._join(near)

    def _join(self, near):
        try:
            far = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            near.close()
            return
        with self.lock:
            if not self.whole:
                near.close()
                far.close()
                return
            self.ends |= {near, far}
        for here, there in ((near, far), (far, near)):
            threading.Thread(target=self._pass_on, args=(here, there, here is far),
                             daemon=True).start()

    def _pass_on(self, here, there, is_answer):
        try:
            while data := here.recv(1 << 16):
                if self.answers or not is_answer:
                    there.sendall(data)
        except OSError:
            pass
        with self.lock:
            for end in {here, there} & self.ends:
                self.ends.discard(end)
                hang_up(end)
        here.close()
