"""What the examples share: programs that run side by side, and a hub with the example apps."""
import json
import os
import pathlib
import queue
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request

EXAMPLES = pathlib.Path(__file__).resolve().parent
REPOSITORY = EXAMPLES.parent
PROGRAMS = pathlib.Path(os.environ.get("EDGELANE_BIN", REPOSITORY / "build/release/bin")).resolve()
HUB_PORT, LAMP_PORT, SPEAKER_PORT = 3500, 9001, 9002
START_LIMIT = 30  # seconds
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failure(Exception):
    """What keeps us from going on, in words for the user."""


class Stopped(Exception):
    """A signal said so."""


def say(text):
    print(text, flush=True)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def choose_port(wanted, what):
    if is_free(wanted):
        return wanted
    port = any_port()
    say(f"port {wanted} is taken: {what} gets {port}")
    return port


def hub_port():
    wanted = os.environ.get("EDGELANE_PORT")
    if wanted is None:
        return choose_port(HUB_PORT, "the hub")
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise Failure(f'EDGELANE_PORT is "{wanted}": give it a port, such as 3600')
    if not is_free(int(wanted)):
        raise Failure(f"EDGELANE_PORT: port {wanted} is taken; give it another")
    return int(wanted)


class Programs:
    """What runs, each with its lines behind its name; the order of starting is kept."""

    def __init__(self):
        self.running = {}
        self.events = queue.SimpleQueue()  # a signal's number, or the name of what has ended
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda got, _: self.events.put(got))

    def start(self, name, command, environment):
        if not os.access(command[0], os.X_OK):
            raise Failure(f"{command[0]} is missing: run ./dev build")
        # A session of its own: Ctrl-C reaches it through us, in order.
        child = subprocess.Popen(command, env={**os.environ, **environment},
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, start_new_session=True)
        self.running[name] = child
        threading.Thread(target=self._follow, args=(name, child), daemon=True).start()

    def _follow(self, name, child):
        for line in child.stdout:
            self.show(name, line.decode("utf-8", "replace").rstrip())
        child.wait()
        if child is self.running.get(name):
            self.events.put(name)

    def kill(self, name):
        """As a power cut would; it may be started again."""
        child = self.running.pop(name)
        child.kill()
        child.wait()

    def show(self, name, line):
        say(f"{name:8}| {line}")

    def take(self, timeout=None):
        """Waits for an event; none may come within `timeout`, every other ends the program."""
        try:
            event = self.events.get(timeout=timeout)
        except queue.Empty:
            return
        if isinstance(event, int):
            raise Stopped
        raise Failure(f"{event} has ended with exit code {self.running[event].returncode}; its "
                      "last lines above tell why")

    def stop(self):
        """The last started first; one more signal, a second later, kills what is left."""
        began = time.monotonic()
        for name, child in reversed(self.running.items()):
            if child.poll() is None:
                child.terminate()
            self._await(name, child, began)

    def _await(self, name, child, began):
        limit = time.monotonic() + 10
        while child.poll() is None:
            try:
                event = self.events.get(timeout=0.1)
            except queue.Empty:
                event = None
            again = isinstance(event, int) and time.monotonic() > began + 1
            if again or time.monotonic() > limit:
                say(f"killing {name}")
                child.kill()
                child.wait()


def write_resources(root, ports):
    """The examples' resources as the hub's own, with the apps' ports."""
    directory = root / "etc"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for source in sorted((EXAMPLES / "resources").glob("*.yaml")):
        text = source.read_text()
        for usual, port in ports.items():
            text = text.replace(f"port: {usual}\n", f"port: {port}\n")
        (directory / source.name).write_text(text)


def wait_until_apps_are_healthy(programs, port):
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        programs.take(timeout=0.05)
        try:
            with OPENER.open(f"http://127.0.0.1:{port}/v1.0-edgelane/status") as answer:
                apps = json.load(answer)["apps"]
        except OSError:
            continue
        if all(app["health"] in ("healthy", "unchecked") for app in apps):
            return
    raise Failure(f"the apps were not healthy within {START_LIMIT} s; see their lines above")


def wait_until_hub_answers(programs, port):
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        programs.take(timeout=0.02)
        try:
            OPENER.open(f"http://127.0.0.1:{port}/v1.0/healthz/outbound").close()
            return
        except OSError:
            continue
    raise Failure(f"the hub did not answer within {START_LIMIT} s; see its lines above")


def keep_voice(root):
    """The speaker's secret, as an installer would give it to the hub: once, through its socket."""
    done = subprocess.run([PROGRAMS / "edgelane", "secret", "set", "voice", "--socket",
                           root / "run/admin.sock"], input=secrets.token_urlsafe(16), text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise Failure(f"the hub does not take a secret: {done.stderr.strip()}")


def make_tokens():
    """What the apps show to the hub, by the variables in which the hub finds them."""
    return {"LAMP_TOKEN": secrets.token_hex(16), "SPEAKER_TOKEN": secrets.token_hex(16)}


def start_hub(programs, root, port, tokens):
    """Returns when it answers."""
    programs.start("hub", [PROGRAMS / "edgelaned", "--root", root, "--default-app", "terminal",
                           "--dapr-http-port", str(port)], tokens)
    wait_until_hub_answers(programs, port)


def start_apps(programs, root, ports, tokens):
    """`ports`: of the hub, the lamp and the speaker. Returns when the apps are healthy."""
    port, lamp, speaker = ports
    keep_voice(root)
    programs.start("lamp", [PROGRAMS.parent / "examples/lamp"],
                   {"APP_PORT": str(lamp), "DAPR_HTTP_PORT": str(port),
                    "DAPR_API_TOKEN": tokens["LAMP_TOKEN"]})
    programs.start("speaker", [EXAMPLES / "speaker/speaker.py"],
                   {"APP_PORT": str(speaker), "DAPR_HTTP_PORT": str(port),
                    "DAPR_API_TOKEN": tokens["SPEAKER_TOKEN"]})
    wait_until_apps_are_healthy(programs, port)
