"""The hub that a program meets: its stores, its bus, and a lamp that is somebody else's app."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading

from harness.app import App
from harness.client import Client
from harness.daemon import Daprd, free_port
from harness.resources import component, http_endpoint
from tap import Case

APP_ID = "shop"
SECRETS = {"pin": "1234", "db": {"user": "u", "password": "p"}}
CONFIGURATION = {"color": "white", "level": "3"}


class Stage:
    """A hub of one app, started."""

    def __init__(self, program):
        protocol, self.tokens = program.protocol, program.tokens
        self._folder = tempfile.TemporaryDirectory(prefix="edgelane-")
        self.folder = pathlib.Path(self._folder.name)
        self.app_port = free_port()
        self.lamp = self._make_lamp()
        flags = ["--app-port", self.app_port, "--app-protocol", protocol] if protocol else []
        self.hub = Daprd(self.folder, APP_ID, self._resources(), flags, self.tokens)
        self.hub.start()
        self.write_configuration(CONFIGURATION)

    def _resources(self):
        secrets = self.folder / "secrets.json"
        secrets.write_text(json.dumps(SECRETS))
        return [
            component("statestore", "state.sqlite",
                      {"connectionString": str(self.folder / "state.db")}),
            component("pubsub", "pubsub.in-memory"),
            component("configstore", "configuration.sqlite",
                      {"connectionString": str(self.folder / "configuration.db")}),
            component("secretstore", "secretstores.local.file",
                      {"secretsFile": str(secrets), "multiValued": "true"}),
            http_endpoint("lamp", f"http://{self.lamp.host}"),
        ]

    def _make_lamp(self):
        lamp = App()
        lamp.route("/status", lambda exchange: exchange.answer(
            200, b'{"on":true}', {"Content-Type": "application/json"}))
        lamp.route("/missing", lambda exchange: exchange.answer(404, b"no such lamp"))
        lamp.route("/configure", self._configure)
        return lamp

    def _configure(self, exchange):
        """Somebody changes the configuration, as the program asked."""
        self.write_configuration(json.loads(exchange.read_body()))
        exchange.answer(200, b"{}", {"Content-Type": "application/json"})

    def write_configuration(self, items):
        answer = Client(("127.0.0.1", self.hub.port)).post(
            "/v1.0-edgelane/configuration/configstore", json={"items": items, "note": ""},
            headers={"dapr-api-token": self.tokens.get("DAPR_API_TOKEN", "")})
        assert answer.status == 200, answer

    def environment(self):
        """What `dapr run` and `edgelane run` give to an app."""
        own = {"APP_ID": APP_ID, "APP_PORT": str(self.app_port),
               "DAPR_HTTP_PORT": str(self.hub.port), "DAPR_GRPC_PORT": str(self.hub.grpc_port)}
        return {**os.environ, **own, **self.tokens}

    def judge_end(self):
        """Whether a hub that was asked to shut down did."""
        code = self.hub.process.wait()
        why = "" if code == 0 else f"exit code {code}"
        return Case("the hub has shut down", "failed" if why else "passed", why)

    def close(self):
        self.hub.process.stop()
        self.lamp.close()
        self._folder.cleanup()


def run_program(command, folder, environment, limit):
    """(exit code or None where it took too long, what it printed)."""
    child = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             start_new_session=True)
    expired = threading.Event()

    def end():
        expired.set()
        os.killpg(child.pid, signal.SIGKILL)

    timer = threading.Timer(limit, end)
    timer.start()
    printed = child.communicate()[0].decode("utf-8", "replace")
    timer.cancel()
    return (None if expired.is_set() else child.returncode), printed
