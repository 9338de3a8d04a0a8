"""A cloud on this machine: a broker and an etcd, each behind a link that can be cut."""
import base64
import json
import os
import select
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

from running import OPENER, START_LIMIT, Failure, any_port

HUB = "demo"
PREFIX = "demo"


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not found:
        raise Failure(f"{name} is missing: ./dev demo installs it, or apt-get install mosquitto "
                      "mosquitto-clients etcd-server")
    return found


class Link:
    """A way to a server. While it is cut, connections break, and new ones are refused."""

    def __init__(self, target):
        self.target = target
        self.place = self._bound(0)  # keeps the port while the link is cut
        self.port = self.place.getsockname()[1]
        self.wanted, self.wake = socket.socketpair()
        self.listener = None
        self.peers = {}
        self.lock = threading.Lock()
        self.restore()
        threading.Thread(target=self._run, daemon=True).start()

    @staticmethod
    def _bound(port):
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    def restore(self):
        listener = self._bound(self.port)
        listener.listen()
        with self.lock:
            self.listener = listener
        self.wake.send(b"x")

    def cut(self):
        with self.lock:
            self.listener.close()
            self.listener = None
            for one in self.peers:
                one.close()
            self.peers.clear()
        self.wake.send(b"x")

    def _run(self):
        while True:
            with self.lock:
                sources = [self.wanted, *self.peers, *([self.listener] if self.listener else [])]
            try:
                ready = select.select(sources, [], [])[0]
            except (OSError, ValueError):  # one of them was closed meanwhile
                continue
            with self.lock:
                for one in ready:
                    self._serve(one)

    def _serve(self, one):
        if one is self.wanted:
            one.recv(64)
        elif one is self.listener:
            near = one.accept()[0]
            far = socket.create_connection(("127.0.0.1", self.target))
            self.peers[near], self.peers[far] = far, near
        elif one in self.peers:
            self._pass_on(one, self.peers[one])

    def _pass_on(self, one, other):
        try:
            data = one.recv(1 << 16)
            if data:
                return other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            self.peers.pop(end).close()
        return None


class Consumer:
    """The cloud's application: a session of the broker's that misses nothing."""

    def __init__(self, port):
        self.ids = {}  # the topic of each
        self.repeated = 0
        self.lost = 0  # that gap records tell of
        self.numbers = []  # of the readings, in the order in which they came first
        self.child = subprocess.Popen(
            [program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-c", "-i",
             "consumer", "-t", f"e1/u/{HUB}/#", "-F", "%p"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.child.stdout:
            self.take(json.loads(line))

    def take(self, event):
        topic = event["subject"]
        if event["id"] in self.ids:
            self.repeated += 1
            return
        if event["type"].endswith(".gap.v1"):
            self.lost += event["data"]["count"]
        if topic == "readings":
            self.numbers.append(event["data"]["n"])
        self.ids[event["id"]] = topic

    def count(self):
        return len(self.ids)


class Cloud:
    def __init__(self, programs, root):
        self.root = root
        self.broker_port, self.etcd_port = any_port(), any_port()
        self._start_broker(programs)
        self._start_etcd(programs)
        self.links = [Link(self.broker_port), Link(self.etcd_port)]
        self.consumer = None

    def _start_broker(self, programs):
        lines = [f"listener {self.broker_port} 127.0.0.1", "allow_anonymous true",
                 "max_queued_messages 0", "log_type error", "log_type warning"]
        if os.geteuid() == 0:
            lines.append("user root")
        configuration = self.root / "mosquitto.conf"
        configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
        programs.start("broker", [program("mosquitto"), "-c", configuration], {})
        self._wait(programs, "mosquitto", lambda: socket.create_connection(
            ("127.0.0.1", self.broker_port), 1).close())

    def _start_etcd(self, programs):
        client, peer = (f"http://127.0.0.1:{port}" for port in (self.etcd_port, any_port()))
        programs.start("etcd", [
            program("etcd"), "--name", "one", "--data-dir", self.root / "etcd",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"one={peer}", "--heartbeat-interval", "20",
            "--election-timeout", "200"], {})
        self._wait(programs, "etcd", lambda: self.configure("lamp.color", "white"))

    @staticmethod
    def _wait(programs, name, attempt):
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            try:
                return attempt()
            except OSError:
                programs.take(timeout=0.05)
        raise Failure(f"{name} did not answer within {START_LIMIT} s")

    def configure(self, key, value):
        """What somebody at a console does: a new value in etcd."""
        put = {"key": self._base64(f"{PREFIX}/{key}"), "value": self._base64(value)}
        request = urllib.request.Request(f"http://127.0.0.1:{self.etcd_port}/v3/kv/put",
                                         json.dumps(put).encode())
        OPENER.open(request, timeout=5).close()

    @staticmethod
    def _base64(text):
        return base64.b64encode(text.encode()).decode()

    def listen(self):
        self.consumer = Consumer(self.broker_port)

    def cut(self):
        for link in self.links:
            link.cut()

    def restore(self):
        for link in self.links:
            link.restore()

    def stop(self):
        if self.consumer:
            self.consumer.child.terminate()
            self.consumer.child.wait()
