"""What the README tells to type works, on the hub that ./dev up starts; and that ends as it should."""
import pathlib
import re
import signal
import socket
import subprocess

import pytest

from harness.client import Client
from harness.daemon import PROGRAMS, REPOSITORY, clean_environment, free_port
from harness.waiting import wait_until

README = (REPOSITORY / "README.md").read_text()
UP = REPOSITORY / "examples/up"
STOPS = "Ctrl-C stops the hub and the apps."

pytestmark = pytest.mark.skipif(not (PROGRAMS.parent / "examples/lamp").exists(),
                                reason="the examples are not built")


class Up:
    """examples/up, started as ./dev up does."""

    def __init__(self, directory, number, environment=()):
        self.directory = directory
        self.log_path = directory / f"up-{number}.log"
        with open(self.log_path, "wb") as log:
            self.child = subprocess.Popen(
                [UP, "--root", directory / "root"], stdout=log, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=clean_environment({"EDGELANE_BIN": str(PROGRAMS), **dict(environment)}))

    @property
    def log(self):
        return self.log_path.read_text("utf-8", "replace")

    def wait_until_up(self):
        def up():
            assert self.child.poll() is None, self.log
            return STOPS in self.log
        wait_until(up, "the hub with its apps", limit=40)
        return int(re.search(r"localhost:(\d+)/", self.log).group(1))

    def stop(self, number=signal.SIGINT):
        """The exit code."""
        if self.child.poll() is None:
            self.child.send_signal(number)
        return self.child.wait(30)


@pytest.fixture
def up(bench):
    directory = bench.directory()
    started = []

    def start(**environment):
        started.append(Up(directory, len(started), environment))
        return started[-1]
    yield start
    for one in started:
        one.stop()


def curl_lines():
    """(command, what it prints), as the README has them."""
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("curl "):
                command, _, printed = line.partition("  # ")
                yield command.strip(), printed.strip()


def shell(command):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout.strip()


def test_the_lines_of_the_readme_print_what_it_says(up):
    lines = list(curl_lines())
    assert len(lines) == 8
    port = up(EDGELANE_PORT=str(free_port())).wait_until_up()
    for command, printed in lines:
        assert shell(command.replace(":3500/", f":{port}/")) == printed, command


def test_the_lines_that_up_prints_work_and_the_lamp_remembers(up):
    first = up(EDGELANE_PORT=str(free_port()))
    port = first.wait_until_up()
    printed = re.findall(r"^  ((?:curl|/).*)$", first.log, re.MULTILINE)
    assert len(printed) == 11
    for command in printed:
        shell(f"export EDGELANE_SOCKET={first.directory}/root/run/admin.sock; {command}")
    wait_until(lambda: "the lamp is on, red" in first.log or "the lamp is off, red" in first.log,
               "the lamp's new colour")
    assert "the speaker says: the lamp is on" in first.log
    shell(f"curl -s -X PUT localhost:{port}/v1.0/invoke/lamp/method/on")
    assert first.stop() == 0
    again = up(EDGELANE_PORT=str(port))
    assert again.wait_until_up() == port
    assert "lamp    | the lamp is on, red" in again.log
    status = Client(("127.0.0.1", port)).get("/v1.0/invoke/lamp/method/status")
    assert status.json() == {"on": True, "color": "red"}
    assert again.stop(signal.SIGTERM) == 0


def test_nothing_is_left_behind(up):
    one = up(EDGELANE_PORT=str(free_port()))
    one.wait_until_up()
    task = pathlib.Path(f"/proc/{one.child.pid}/task/{one.child.pid}/children")
    children = task.read_text().split()
    assert len(children) == 3
    assert one.stop() == 0
    assert "Daprd shutdown gracefully" in one.log
    assert not any(pathlib.Path(f"/proc/{pid}").exists() for pid in children)


def test_a_taken_port_is_told(up):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one = up(EDGELANE_PORT=str(port))
        assert one.child.wait(20) == 1
        assert f"up: EDGELANE_PORT: port {port} is taken; give it another" in one.log
    wrong = up(EDGELANE_PORT="many")
    assert wrong.child.wait(20) == 1
    assert 'EDGELANE_PORT is "many": give it a port' in wrong.log


def test_the_end_of_an_app_ends_all(up):
    one = up(EDGELANE_PORT=str(free_port()))
    one.wait_until_up()
    task = pathlib.Path(f"/proc/{one.child.pid}/task/{one.child.pid}/children")
    for pid in task.read_text().split():
        if pathlib.Path(f"/proc/{pid}/exe").resolve().name == "lamp":
            subprocess.run(["kill", "-9", pid], check=True)
    assert one.child.wait(30) == 1
    assert "up: lamp has ended with exit code -9" in one.log
