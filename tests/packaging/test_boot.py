"""A container boots systemd: the unit as it is installed, killed, hung, reloaded and stopped."""
import os
import signal
import subprocess
import time

import pytest

# What runs inside and tells how it went, one line for each answer.
CHECK = r"""#!/bin/bash
say() { printf '%s=%s\n' "$1" "$2"; }
show() { systemctl show -P "$1" edgelane; }
until_true() { for _ in $(seq 200); do "$@" && return; sleep 0.1; done; false; }
restarted() { [[ $(show NRestarts) -ge $1 && $(show ActiveState) == active ]]; }
say active "$(until_true systemctl -q is-active edgelane && echo yes)"
say type "$(show Type)"
say user "$(ps -o user= -p "$(show MainPID)" 2>/dev/null || stat -c %U /proc/$(show MainPID))"
say capabilities "$(sed -n 's/^CapEff:\t//p' /proc/$(show MainPID)/status)"
say seccomp "$(sed -n 's/^Seccomp:\t//p' /proc/$(show MainPID)/status)"
say served "$(edgelane status >/dev/null && echo yes)"
edgelane state set colour red --socket /run/edgelane/apps/lamp/http.sock
say socket "$(stat -c '%U:%G %a' /run/edgelane/apps/lamp/http.sock)"
say lamp_may "$(setpriv --reuid=lamp --regid=lamp --clear-groups edgelane state get colour \
  --socket /run/edgelane/apps/lamp/http.sock)"
say nobody_may "$(setpriv --reuid=nobody --regid=nogroup --clear-groups edgelane state get colour \
  --socket /run/edgelane/apps/lamp/http.sock 2>/dev/null || echo refused)"
pid=$(show MainPID)
sed -i 's/name: lamp/name: lantern/' /etc/edgelane/lamp.yaml
systemctl reload edgelane
say reloaded "$(until_true test -S /run/edgelane/apps/lantern/http.sock && echo yes)"
say same_process "$([[ $(show MainPID) == "$pid" ]] && echo yes)"
kill -9 "$(show MainPID)"
say after_kill "$(until_true restarted 1 && echo yes)"
say kept "$(until_true edgelane status >/dev/null && ls /var/lib/edgelane | head -1)"
kill -STOP "$(show MainPID)"
say after_hang "$(until_true restarted 2 && echo yes)"
STORE=/etc/credstore.encrypted
seal() { systemd-creds encrypt --with-key=host --name="$1" "$2" "$STORE/edgelane.$1"; }
mkdir -p -m 700 $STORE
for key in first second; do head -c 32 /dev/urandom >/srv/$key; done
seal hub-kek /srv/first
systemctl restart edgelane
echo 1234 | edgelane secret set pin
say key_file "$(ls /var/lib/edgelane/hub.key 2>/dev/null || echo none)"
say sealed_with "$(edgelane secret rotate-key 2>&1)"
seal hub-kek /srv/second
seal hub-kek-old /srv/first
systemctl restart edgelane
say sealed_again "$(edgelane secret rotate-key 2>&1)"
rm $STORE/edgelane.hub-kek-old
systemctl restart edgelane
say pin "$(edgelane secret get pin)"
say logged "$(journalctl -u edgelane --no-pager | grep -c 'Status: Running')"
systemctl stop edgelane
say stopped "$(show Result)"
systemctl --no-block poweroff
"""
UNIT = """[Unit]
After=multi-user.target edgelane.service
[Service]
Type=oneshot
StandardOutput=file:/srv/answers
StandardError=file:/srv/errors
ExecStart=/bin/bash /srv/check
"""
LAMP = """apiVersion: edgelane.dev/v1
kind: App
metadata:
  name: lamp
spec:
  socket:
    group: lamp
"""
# Shorter than the package's, so that the test sees the watchdog bite; and the lamp's group, as in
# the package's example.
DROP_IN = "[Service]\nWatchdogSec=3s\nSupplementaryGroups=lamp\n"
LIMIT = 120


def write(root, path, text):
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def prepare(system, deb):
    system.install(deb)
    system.run("useradd", "--system", "lamp")
    write(system.root, "srv/check", CHECK)
    write(system.root, "etc/systemd/system/check.service", UNIT)
    write(system.root, "etc/edgelane/lamp.yaml", LAMP)
    write(system.root, "etc/systemd/system/edgelane.service.d/lamp.conf", DROP_IN)
    wants = system.root / "etc/systemd/system/multi-user.target.wants"
    (wants / "check.service").symlink_to("/etc/systemd/system/check.service")


def boot(system):
    """systemd-nspawn of that Debian itself; nothing is installed on this machine."""
    libraries = system.root / "usr/lib/x86_64-linux-gnu"
    environment = {**os.environ, "LD_LIBRARY_PATH": f"{libraries / 'systemd'}:{libraries}"}
    command = [system.root / "usr/bin/systemd-nspawn", "--quiet", "--register=no", "--keep-unit",
               "--private-network", "--console=pipe", "-D", system.root, "-b"]
    with open(system.path("/tmp/console"), "wb") as console:
        container = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console,
                                     stderr=console, env=environment)
        try:
            container.wait(LIMIT)
        except subprocess.TimeoutExpired:
            container.send_signal(signal.SIGTERM)
            time.sleep(1)
            container.kill()
            container.wait()


@pytest.fixture(scope="module", name="answers")
def answers_of_the_booted_system(bootable, deb):
    prepare(bootable, deb)
    boot(bootable)
    path = bootable.path("/srv/answers")
    console = bootable.path("/tmp/console").read_text("utf-8", "replace")
    if not path.exists():
        pytest.skip(f"systemd-nspawn cannot boot here: {console[-300:].strip()}")
    print(bootable.path("/srv/errors").read_text("utf-8", "replace"))
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def test_systemd_accepts_the_unit(bootable, deb):
    bootable.install(deb)
    text = bootable.run("systemd-analyze", "--man=no", "verify", "edgelane.service").stdout
    assert "edgelane" not in text, text


def test_it_starts_as_its_user_without_a_capability(answers):
    assert answers["active"] == "yes" and answers["served"] == "yes", answers
    assert answers["type"] == "notify"
    assert answers["user"] == "edgelane"
    assert int(answers["capabilities"], 16) == 0
    assert answers["seccomp"] == "2"


def test_an_apps_group_may_use_its_socket_and_nobody_else(answers):
    assert answers["socket"] == "edgelane:lamp 660"
    assert answers["lamp_may"] == '"red"' or answers["lamp_may"] == "red"
    assert answers["nobody_may"] == "refused"


def test_reload_takes_up_new_resources_in_the_same_process(answers):
    assert answers["reloaded"] == "yes"
    assert answers["same_process"] == "yes"


def test_it_comes_back_after_a_kill_and_a_hang(answers):
    assert answers["after_kill"] == "yes"
    assert answers["kept"]
    assert answers["after_hang"] == "yes"
    assert int(answers["logged"]) >= 3


def test_secrets_are_sealed_under_the_units_credential(answers):
    assert answers["key_file"] == "none"
    assert "the systemd credential hub-kek" in answers["sealed_with"]
    assert answers["sealed_again"].startswith("1 secrets are sealed"), answers
    assert answers["pin"] == "1234"


def test_it_stops_cleanly(answers):
    assert answers["stopped"] == "success"
