"""Installed in a clean Debian: started, used, upgraded, removed and purged, in this order.

No service manager runs there, so the tests start the hub as the unit would.
"""
import os
import pathlib
import signal
import stat
import sys
import time

import pytest
from support import package

APP = pathlib.Path(__file__).with_name("app.py")
LAMP = """apiVersion: edgelane.dev/v1
kind: App
metadata:
  name: lamp
spec:
  port: 9001
"""
STATE = "/var/lib/edgelane"
LIMIT = 60.0  # seconds, as a hub under qemu on a busy machine is slow


def wait_until(holds, what):
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, f"{LIMIT} s without {what}"
        time.sleep(0.02)


class Hub:
    """edgelaned in the chroot, as its own user and without a capability."""

    def __init__(self, clean, *flags, writable=""):
        self.clean = clean
        self.log = clean.path("/tmp/hub.log")
        with open(self.log, "wb") as log:
            self.process = clean.start_offline(
                "setpriv", "--reuid=edgelane", "--regid=edgelane", "--clear-groups",
                "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "/usr/bin/edgelaned",
                *flags, writable=writable, stdout=log, stderr=log)
        wait_until(lambda: "Status: Running" in self.text or self.process.poll() is not None,
                   "a hub that runs")
        assert self.process.poll() is None, self.text

    @property
    def text(self):
        return self.log.read_text("utf-8", "replace")

    def stop(self):
        os.kill(self.process.pid, signal.SIGTERM)
        assert self.process.wait(LIMIT) == 0, self.text


@pytest.fixture(name="hub")
def running_hub(clean):
    hub = Hub(clean)
    yield hub
    if hub.process.poll() is None:
        hub.stop()


def edgelane(clean, *arguments):
    return clean.run_offline("edgelane", *arguments).stdout.strip()


def lamp_socket():
    return ["--socket", "/run/edgelane/apps/lamp/http.sock"]


def owner(clean, path):
    """ "user:group mode", with the names of the chroot."""
    return clean.run("stat", "-c", "%U:%G %a", path).stdout.strip()


def test_installing_makes_user_and_directories(clean, deb):
    clean.install(deb)
    assert owner(clean, "/var/lib/edgelane") == "edgelane:edgelane 750"
    assert owner(clean, "/run/edgelane") == "edgelane:edgelane 755"
    assert owner(clean, "/etc/edgelane") == "root:root 755"
    shell = clean.run("getent", "passwd", "edgelane").stdout
    assert shell.strip().endswith("nologin")
    unit = clean.path("/etc/systemd/system/multi-user.target.wants/edgelane.service")
    assert unit.is_symlink()


def test_it_serves_at_once_offline_and_unprovisioned(clean, hub):
    assert edgelane(clean, "status", "--output", "json")
    done = clean.run_offline("edgelane", "status", "--address", "127.0.0.1:3500")
    assert "statestore" in done.stdout, done.stdout + hub.text


def test_an_app_is_called_and_its_state_kept(clean):
    clean.path("/etc/edgelane/lamp.yaml").write_text(LAMP)
    hub = Hub(clean)
    clean.start_outside(sys.executable, APP, 9001)
    wait_until(lambda: clean.run_offline(
        "edgelane", "invoke", "--app-id", "lamp", "--method", "on", "--verb", "GET",
        *lamp_socket(), check=False).returncode == 0, "an answer of the app")
    answer = edgelane(clean, "invoke", "--app-id", "lamp", "--method", "on", "--verb", "GET",
                      *lamp_socket())
    assert answer == '{"called":"/on"}'
    edgelane(clean, "state", "set", "brightness", "70", *lamp_socket())
    hub.stop()


def test_a_later_version_keeps_state_and_edited_configuration(clean, deb, tmp_path):
    with clean.path("/etc/edgelane/apps.yaml").open("a") as file:
        file.write("# edited\n")
    clean.install(package.with_version(deb, package.field(deb, "Version") + "+later", tmp_path))
    assert clean.path("/etc/edgelane/apps.yaml").read_text().endswith("# edited\n")
    hub = Hub(clean)
    assert edgelane(clean, "state", "get", "brightness", *lamp_socket()) == "70"
    hub.stop()


def test_state_survives_a_kill(clean):
    hub = Hub(clean)
    edgelane(clean, "state", "set", "brightness", "80", *lamp_socket())
    os.kill(hub.process.pid, signal.SIGKILL)
    hub.process.wait(LIMIT)
    hub = Hub(clean)
    assert edgelane(clean, "state", "get", "brightness", *lamp_socket()) == "80"
    hub.stop()


def test_a_read_only_root_needs_one_writable_directory(clean):
    for path in ("/run/edgelane/x", "/tmp/x", "/etc/edgelane/x"):
        refused = clean.run("touch", path, writable=STATE, check=False)
        assert "Read-only file system" in refused.stdout
    assert clean.run("touch", f"{STATE}/x", writable=STATE)
    lamp = ["--socket", f"{STATE}/run/apps/lamp/http.sock"]
    hub = Hub(clean, "--run-dir", f"{STATE}/run", writable=STATE)
    assert edgelane(clean, "state", "get", "brightness", *lamp) == "80"
    edgelane(clean, "state", "set", "brightness", "90", *lamp)
    hub.stop()
    hub = Hub(clean, "--run-dir", f"{STATE}/run", writable=STATE)
    assert edgelane(clean, "state", "get", "brightness", *lamp) == "90"
    assert "Read-only" not in hub.text, hub.text
    hub.stop()


def test_nothing_else_is_the_hubs(clean):
    written = clean.run("find", "/", "-xdev", "-user", "edgelane", "-not", "-path", "/proc/*",
                        check=False).stdout.split()
    allowed = (STATE, "/run/edgelane")
    assert written and all(path.startswith(allowed) for path in written), written


def test_removing_keeps_state_and_configuration(clean):
    clean.run("apt-get", "remove", "-y", "edgelane")
    assert not clean.path("/usr/bin/edgelaned").exists()
    assert any(clean.path("/var/lib/edgelane").iterdir())
    assert clean.path("/etc/edgelane/apps.yaml").exists()


def test_purging_removes_both(clean):
    clean.run("apt-get", "purge", "-y", "edgelane")
    assert not clean.path("/var/lib/edgelane").exists()
    assert not clean.path("/etc/edgelane/apps.yaml").exists()
    assert not clean.path("/etc/default/edgelane").exists()
    # What the device's owner wrote is left.
    assert stat.S_ISREG(clean.path("/etc/edgelane/lamp.yaml").stat().st_mode)
