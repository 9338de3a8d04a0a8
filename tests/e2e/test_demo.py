"""What ./dev demo shows, on fewer messages; and that nothing of it is left behind."""
import json
import os
import pathlib
import signal
import subprocess

import pytest

from harness.daemon import PROGRAMS, REPOSITORY, clean_environment
from harness.waiting import wait_until

LONG = 120.0  # seconds


class Demo:
    def __init__(self, directory, *options):
        self.root = pathlib.Path(directory) / "demo"
        self.log_path = pathlib.Path(directory) / "demo.txt"
        with open(self.log_path, "wb") as log:
            self.child = subprocess.Popen(
                [REPOSITORY / "examples/offline", "--root", self.root, *options], stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                env=clean_environment({"EDGELANE_BIN": str(PROGRAMS)}))

    @property
    def log(self):
        return self.log_path.read_text("utf-8")

    def left_behind(self):
        """Processes that name its directory."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = entry.read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if str(self.root) in words and int(entry.parent.name) != os.getpid():
                found.append(words)
        return found

    def close(self):
        if self.child.poll() is None:
            self.child.terminate()
            self.child.wait(30)


@pytest.fixture
def demo(bench):
    demos = []

    def start(*options):
        demos.append(Demo(bench.directory(), *options))
        return demos[-1]
    yield start
    for one in demos:
        one.close()


def test_the_account_of_the_offline_demo(demo):
    one = demo("--messages", "2000", "--calls", "20", "--output", "json")
    assert one.child.wait(LONG) == 0, one.log
    account = json.loads(one.log.splitlines()[-1])
    away, back = account["away"], account["back"]
    assert account["complete"]
    assert (away["calls"]["asked"], away["calls"]["answered"]) == (20, 20)
    assert (away["reads"]["asked"], away["reads"]["answered"]) == (20, 20)
    assert away["readFrom"] == "cache"
    assert away["accepted"] == 2020 == back["received"] + back["inGaps"]
    assert away["queued"] >= 2020 and back["inOrder"] and back["lamp"] == "violet"
    assert "2020 of 2020 received" in one.log and "20 of 20 answered" in one.log
    assert not one.left_behind()


def test_ctrl_c_ends_it_and_leaves_nothing(demo):
    one = demo("--messages", "2000", "--calls", "20")
    wait_until(lambda: "== the link is cut" in one.log, "the cut", LONG)
    os.killpg(one.child.pid, signal.SIGINT)
    assert one.child.wait(30) == 130, one.log
    assert not one.left_behind()


def test_what_is_missing_is_named(bench):
    done = subprocess.run([REPOSITORY / "examples/offline", "--root", bench.directory() / "demo"],
                          capture_output=True, text=True, check=False, timeout=30,
                          env={"PATH": "/usr/bin", "EDGELANE_BIN": "/nowhere"})
    assert done.returncode == 1 and "./dev build" in done.stderr, done
