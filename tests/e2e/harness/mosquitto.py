"""A real MQTT server, mosquitto, on a port of its own; it keeps what it has when it is stopped."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess

from harness.daemon import free_port
from harness.waiting import wait_until


def program():
    found = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    assert found, "these tests need the MQTT server mosquitto: apt-get install mosquitto"
    return found


class Mosquitto:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence true",
                 f"persistence_location {self.directory}/", "max_queued_messages 100000",
                 f"log_dest file {self.directory}/mosquitto.log", "log_type all"]
        if os.geteuid() == 0:
            lines.append("user root")  # it would become a user who cannot read our files
        self.configuration = self.directory / "mosquitto.conf"
        self.configuration.write_text("\n".join(lines) + "\n")
        self.child = None

    def start(self):
        self.child = subprocess.Popen([program(), "-c", self.configuration],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._listens, "a server that listens")
        return self

    def _listens(self):
        assert self.child.poll() is None, self.log
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def log(self):
        return (self.directory / "mosquitto.log").read_text("utf-8", "replace")

    def clients(self):
        """The ids of the clients that connected since the first start, as often as they did."""
        return [line.split(" as ")[1].split(" ")[0] for line in self.log.splitlines()
                if "New client connected" in line]

    def end(self, number=signal.SIGTERM):
        self.child.send_signal(number)
        self.child.wait(20)

    def close(self):
        if self.child is not None and self.child.poll() is None:
            self.end(signal.SIGKILL)


class Client:
    """mosquitto_pub and mosquitto_sub: what another device on the server would do."""

    def __init__(self, server):
        self.server = server
        self.place = ["-h", "127.0.0.1", "-p", str(server.port), "-q", "1"]

    def publish(self, topic, message):
        subprocess.run(["mosquitto_pub", *self.place, "-t", topic, "-m", message], check=True,
                       timeout=20)

    def subscribe(self, topic):
        """A process that is subscribed and ends after one message."""
        child = subprocess.Popen(["mosquitto_sub", *self.place, "-i", "listener", "-t", topic,
                                  "-C", "1", "-F", "%t %p"], stdout=subprocess.PIPE, text=True)
        wait_until(lambda: "Sending SUBACK to listener" in self.server.log, "the listener")
        return child


def message(child):
    """(topic, payload) that Client.subscribe() got."""
    out, _ = child.communicate(timeout=20)
    topic, _, payload = out.removesuffix("\n").partition(" ")
    return topic, payload
