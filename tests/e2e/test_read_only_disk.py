"""A file system that becomes read-only: reading goes on, writing says why not, and comes back."""
import pathlib
import subprocess

import pytest

from harness.home import Home
from harness.small_disk import SmallDisk
from harness.state import Store
from harness.waiting import wait_until


class ImageDisk:
    """An ext4 file system in a file, which the kernel makes read-only when it meets an error."""

    def __init__(self, path):
        self.path = path
        self.path.mkdir()
        self.image = path.with_suffix(".img")
        self.image.write_bytes(b"")
        with open(self.image, "r+b") as file:
            file.truncate(24 << 20)
        self.run("mkfs.ext4", "-q", "-O", "^has_journal", self.image)
        self.mount()

    @staticmethod
    def run(*command):
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError as missing:
            pytest.skip(f"{missing.filename} is needed")
        if done.returncode != 0:
            pytest.skip(f"{command[0]} is not possible here: {done.stderr.decode().strip()}")

    def mount(self):
        self.run("mount", "-o", "loop,errors=remount-ro", self.image, self.path)

    def fail(self):
        """Under the feet of whoever has files open; what an admin does instead needs them closed."""
        device = next(line.split()[0] for line in pathlib.Path("/proc/mounts").read_text()
                      .splitlines() if line.split()[1] == str(self.path))
        trigger = pathlib.Path("/sys/fs/ext4") / pathlib.Path(device).name / "trigger_fs_error"
        try:
            trigger.write_text("test")
        except OSError as error:
            pytest.skip(f"{trigger}: {error}")

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def home(bench):
    homes = []

    def make(make_disk):
        homes.append(Home(bench, make_disk))
        return homes[-1]
    yield make
    for one in homes:
        one.close()


def test_a_disk_that_fails_under_load(home):
    small = home(ImageDisk)
    small.start()
    assert all(answer.status < 300 for answer in small.keep_everywhere("red"))
    small.wait_until_published(1000)
    small.wait_until_published(1000)
    small.disk.fail()
    state = Store(small.api, "statestore")
    for number in range(50):
        answer = small.api.post("/v1.0/state/statestore",
                                json=[{"key": f"key{number}", "value": number}])
        assert answer.status == 500 and b"read-only" in answer.body, answer
        assert state.get("k").json() == "red"
    assert b"read-only" in small.publish(1000).body
    small.refuses_everywhere("read-only")
    small.has_everywhere("red")
    small.serves(color="red")
    small.deliver()
    small.hub.process.stop()
    # A restart finds it so.
    small.bench.started(small.hub)
    small.has_everywhere("red")
    small.refuses_everywhere("read-only")
    small.hub.process.stop()
    small.disk.close()
    small.disk.mount()
    small.bench.started(small.hub)
    small.wait_until_kept("green")
    assert small.hub.process.stop() == 0


@pytest.mark.parametrize("end", ["orderly", "killed"])
def test_a_hub_starts_on_a_read_only_disk_and_writes_again_when_it_can(home, end):
    small = home(lambda path: SmallDisk(path, "16m"))
    small.start()
    assert all(answer.status < 300 for answer in small.keep_everywhere("red"))
    small.wait_until_published(1000)
    small.wait_until_published(1000)
    small.hub.process.kill() if end == "killed" else small.hub.process.stop()
    small.disk.remount("ro")
    small.bench.started(small.hub)
    small.has_everywhere("red")
    small.refuses_everywhere("read-only")
    assert b"read-only" in small.publish(1000).body
    small.deliver()
    small.serves(color="red")
    small.disk.remount("rw")
    small.wait_until_kept("green")
    small.wait_until_published(1000)
    wait_until(lambda: "a database is written again" in small.hub.log, "the log to say so")
    small.deliver()
    assert small.hub.process.stop() == 0
    small.bench.started(small.hub)
    small.has_everywhere("green")
    assert small.hub.process.stop() == 0
