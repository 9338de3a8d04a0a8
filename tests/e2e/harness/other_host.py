"""A second host on this machine: a network namespace, and a cable to it that can be pulled."""
import random
import subprocess
import sys

import pytest

# What runs there: answers at once, but for /wait, which it never answers.
SERVER = """
import http.server, sys, threading
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path.endswith("/wait"):
            print("waiting", flush=True)
            threading.Event().wait()
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"there")
    def log_message(self, *unused):
        pass
server = http.server.ThreadingHTTPServer((sys.argv[1], 8080), Answer)
print("listening", flush=True)
server.serve_forever()
"""


def ip(*arguments):
    return subprocess.run(["ip", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


class OtherHost:
    """Serves HTTP on `address`:8080 until it is closed."""

    def __init__(self):
        number = random.randrange(1, 60000)
        self.name = f"edgelane-{number}"
        self.link = f"el{number}"
        self.network = f"10.{200 + number // 15000}.{number // 60 % 250}.{number % 60 * 4}"
        base, last = self.network.rsplit(".", 1)
        self.address = f"{base}.{int(last) + 2}"
        self.server = None
        added = ip("netns", "add", self.name)
        if added.returncode != 0:
            pytest.skip(f"no network namespace can be made here: {added.stdout.strip()}")
        self._plug_in(f"{base}.{int(last) + 1}")
        self.server = subprocess.Popen(
            [*self.prefix, sys.executable, "-c", SERVER, self.address],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.wait_for("listening")

    def _plug_in(self, here):
        there = ("-n", self.name)
        for command in (("link", "add", self.link, "type", "veth", "peer", "name", "uplink",
                         "netns", self.name),
                        ("addr", "add", f"{here}/30", "dev", self.link),
                        ("link", "set", self.link, "up"),
                        (*there, "addr", "add", f"{self.address}/30", "dev", "uplink"),
                        (*there, "link", "set", "uplink", "up"),
                        (*there, "link", "set", "lo", "up")):
            done = ip(*command)
            if done.returncode != 0:
                self.close()
                pytest.skip(f"no link to a network namespace here: {done.stdout.strip()}")
        # The neighbour stays known, as behind a router: what is sent is lost without a word.
        mac = ip(*there, "-br", "link", "show", "uplink").stdout.split()[2]
        ip("neigh", "replace", self.address, "lladdr", mac, "dev", self.link, "nud", "permanent")

    def wait_for(self, word):
        line = self.server.stdout.readline().strip()
        assert line == word, line

    @property
    def prefix(self):
        """The command that runs another one there."""
        return ("ip", "netns", "exec", self.name)

    def lose_power(self):
        """Nothing is answered any more, and nothing refused."""
        ip("-n", self.name, "link", "set", "uplink", "down")
        # Its end of the cable is down; this end goes on taking what is sent.
        ip("-n", self.name, "link", "set", "uplink", "up")
        ip("-n", self.name, "addr", "flush", "dev", "uplink")

    def close(self):
        if self.server is not None:
            self.server.kill()
            self.server.wait()
            self.server.stdout.close()
        ip("netns", "del", self.name)
