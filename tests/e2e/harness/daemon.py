"""A running edgelaned: start, wait, stop, kill, and what it logged."""
import itertools
import os
import pathlib
import random
import signal
import socket
import subprocess

import yaml

from harness.client import Client
from harness.waiting import wait_until

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = pathlib.Path(os.environ.get("EDGELANE_BIN", REPOSITORY / "build/release/bin"))
BINARY = PROGRAMS / "edgelaned"
# Then memory says nothing of the hub.
SANITIZED = b"__asan_init" in BINARY.read_bytes() or b"__tsan_init" in BINARY.read_bytes()

# Of those that a test starts: one that may be taken would not do.
ANY_METRICS_PORT = "--metrics-port=0"

# Below those that the kernel gives to connections, and to a hub that asks for any metrics port. Of
# workers side by side each has its own.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
FREE_PORTS = range(20000 + WORKER, 32768, WORKERS)
_ports = itertools.cycle(random.sample(FREE_PORTS, len(FREE_PORTS)))

everything_started = []  # every Process of this run, for the report of a failure


def free_port():
    """A port of nobody, which nobody is given by chance either, and none that was given just now."""
    while True:
        port = next(_ports)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def clean_environment(extra):
    kept = ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return {**environment, **extra}


def run_to_end(arguments, environment=(), limit=20):
    """(exit code, everything printed) of a daemon that ends by itself."""
    done = subprocess.run([BINARY, *map(str, arguments)], env=clean_environment(dict(environment)),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit,
                          check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


class Process:
    """edgelaned with any arguments; standard output and error go to one file. `prefix` is a command
    that becomes it."""

    def __init__(self, arguments, environment, log_path, prefix=()):
        self.arguments = [str(argument) for argument in arguments]
        self.log_path = pathlib.Path(log_path)
        with open(self.log_path, "ab") as log:
            self.log_begin = log.tell()  # before it: those that ran here earlier
            self.child = subprocess.Popen([*prefix, BINARY, *self.arguments],
                                          stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=subprocess.STDOUT,
                                          env=clean_environment(dict(environment)))
        self.pid = self.child.pid
        self.end_was_seen = False  # a test has waited for it, or killed it
        everything_started.append(self)

    @property
    def log(self):
        return self.log_path.read_text("utf-8", "replace")

    def running(self):
        return self.child.poll() is None

    def wait_until_answers(self, client, path="/v1.0/healthz/outbound", status=204):
        def answers():
            assert self.running(), f"exit code {self.child.returncode}:\n{self.log}"
            try:
                return client.get(path).status == status
            except OSError:
                return False
        wait_until(answers, f"{status} from {path}")

    def wait_for_log(self, text, limit=10.0):
        """What an earlier process in the same directory logged does not count."""
        wait_until(lambda: text.encode() in self.log_path.read_bytes()[self.log_begin:],
                   f"{text!r} in the log", limit)

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, limit=15.0):
        """The exit code; of a daemon that does not end, that of its being killed."""
        self.end_was_seen = True
        try:
            return self.child.wait(limit)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait()

    def stop(self):
        """SIGTERM; the exit code."""
        if self.running():
            self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        self.child.kill()
        self.wait()

    def memory(self, name="VmRSS"):
        """Bytes of one line of /proc/PID/status."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
        raise KeyError(name)

    def pss(self):
        """Bytes of memory that are its own, and its share of what others use too."""
        for line in pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        raise KeyError("Pss")


def write_resources(directory, resources):
    """One file of many documents; text is written as it is."""
    directory.mkdir(parents=True, exist_ok=True)
    if isinstance(resources, str):
        text = resources
    else:
        text = yaml.safe_dump_all(resources, sort_keys=False)
    (directory / "resources.yaml").write_text(text)


class Hub:
    """A hub in a directory of its own, with the apps and components of `resources`."""

    def __init__(self, directory, resources=(), flags=(), environment=()):
        self.directory = pathlib.Path(directory)
        self.port = free_port()
        self.grpc_port = free_port()
        self.flags = list(flags)
        self.environment = dict(environment)
        write_resources(self.directory / "etc", resources)
        self.process = None
        self.shared = Client(("127.0.0.1", self.port))

    def start(self):
        arguments = ["--root", self.directory, "--dapr-http-port", self.port,
                     "--dapr-grpc-port", self.grpc_port, ANY_METRICS_PORT, *self.flags]
        self.process = Process(arguments, self.environment, self.directory / "log.txt")
        self.process.wait_until_answers(self.shared)
        return self

    def socket_path(self, app_id):
        return str(self.directory / "run" / "apps" / app_id / "http.sock")

    def grpc_target(self, app_id):
        """The app's own gRPC socket, as grpcio names it."""
        return f"unix:{self.directory}/run/apps/{app_id}/grpc.sock"

    def api(self, app_id):
        """The API as this app sees it, over its Unix socket."""
        return Client(self.socket_path(app_id))

    @property
    def log(self):
        return self.process.log


class Daprd:
    """edgelaned with daprd's command line: a hub with one app."""

    def __init__(self, directory, app_id="lamp", resources=(), flags=(), environment=()):
        self.directory = pathlib.Path(directory)
        self.app_id = app_id
        self.port = free_port()
        self.grpc_port = free_port()
        self.flags = list(flags)
        self.environment = dict(environment)
        write_resources(self.directory / "resources", resources)
        self.process = None
        self.api = Client(("127.0.0.1", self.port))

    def arguments(self):
        return ["--app-id", self.app_id, "--dapr-http-port", self.port,
                "--dapr-grpc-port", self.grpc_port, ANY_METRICS_PORT, "--resources-path",
                self.directory / "resources", "--dapr-listen-addresses", "127.0.0.1", *self.flags]

    def start(self):
        self.process = Process(self.arguments(), self.environment, self.directory / "log.txt")
        self.process.wait_until_answers(self.api)
        return self

    @property
    def log(self):
        return self.process.log
