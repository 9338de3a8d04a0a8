"""edgelane secret: set, get, list, delete, rotate-key."""
import json
import os
import pty
import subprocess

import pytest

from harness.cli import BINARY, Cli
from harness.resources import app, component
from harness.waiting import wait_until


@pytest.fixture
def cli(bench):
    user = Cli(bench.directory())
    yield user
    user.close()


@pytest.fixture
def hub(bench):
    return bench.hub([app("lamp"), component("env", "secretstores.local.env"),
                      component("own", "secretstores.sqlite")])


@pytest.fixture
def at(hub):
    return ("--store", "own", "--socket", hub.directory / "run" / "admin.sock")


def test_a_value_from_standard_input(cli, hub, at):
    assert cli("secret", "set", "pin", *at, stdin=b"12 34\n").code == 0
    assert cli("secret", "get", "pin", *at).out == "12 34\n"
    assert hub.api("lamp").get("/v1.0/secrets/own/pin").json() == {"pin": "12 34"}
    told = cli("secret", "set", "a/b", "-o", "json", *at, stdin=b"x").json()
    assert (told["name"], told["version"]) == ("a/b", 1)
    assert cli("secret", "get", "a/b", *at).out == "x\n"


def test_a_value_from_a_file_is_kept_as_it_is(cli, hub, at):
    path = cli.directory / "value"
    path.write_text("two\nlines\n")
    assert cli("secret", "set", "pin", "--file", path, *at).code == 0
    assert hub.api("lamp").get("/v1.0/secrets/own/pin").json() == {"pin": "two\nlines\n"}
    missing = cli("secret", "set", "pin", "--file", cli.directory / "none", *at)
    assert missing.code == 1 and "none: No such file" in missing.error


def test_a_value_is_not_taken_from_the_command_line(cli, at):
    done = cli("secret", "set", "pin=1234", *at, stdin=b"")
    assert (done.code, done.error) == (
        2, "edgelane: write the name only; the value is read from standard input\n")


def test_several_values(cli, at):
    values = {"user": "u", "password": "p"}
    assert cli("secret", "set", "db", "--from-json", "-", *at,
               stdin=json.dumps(values).encode()).code == 0
    assert cli("secret", "get", "db", "--key", "user", *at).out == "u\n"
    assert cli("secret", "get", "db", "-o", "json", *at).json() == {"name": "db", "values": values}
    assert cli("secret", "get", "db", *at).out.splitlines() == [
        "KEY       VALUE", "password  p", "user      u"]
    missing = cli("secret", "get", "db", "--key", "pin", *at)
    assert (missing.code, missing.error) == (1, 'edgelane: the secret has no value "pin"\n')


def test_list_shows_no_value(cli, at):
    cli("secret", "set", "pin", *at, stdin=b"s3cret")
    cli("secret", "set", "pin", *at, stdin=b"s3cret")
    done = cli("secret", "list", *at)
    heading, row = done.out.splitlines()
    assert heading.split() == ["NAME", "VERSION", "CHANGED"]
    assert row.split()[:2] == ["pin", "2"]
    assert "s3cret" not in done.out + cli("secret", "list", "-o", "json", *at).out


def test_delete_and_rotate(cli, at):
    cli("secret", "set", "pin", *at, stdin=b"1234")
    done = cli("secret", "rotate-key", *at)
    assert done.code == 0 and done.out.startswith("1 secrets are sealed under the key ")
    assert cli("secret", "get", "pin", *at).out == "1234\n"
    assert cli("secret", "delete", "pin", *at).code == 0
    gone = cli("secret", "get", "pin", *at)
    assert (gone.code, gone.error) == (1, "edgelane: secret pin not found\n")
    assert cli("secret", "delete", "pin", *at).code == 1


def test_wrong_input(cli, hub, at):
    assert cli("secret", "set", "pin", *at).error == "edgelane: the value is empty\n"
    assert "no UTF-8" in cli("secret", "set", "pin", *at, stdin=b"\xff").error
    both = cli("secret", "set", "pin", "--file", "-", "--from-json", "-", *at)
    assert both.code == 2 and "exclude each other" in both.error
    assert cli("secret", "set", "pin", "value", *at).code == 2, "not on the command line"
    broken = cli("secret", "set", "pin", "--from-json", "-", *at, stdin=b'{"s3cret')
    assert broken.code == 2 and "s3cret" not in broken.error
    read_only = cli("secret", "set", "pin", "--store", "env", *at[2:], stdin=b"1")
    assert read_only.code == 1 and '"env" are not kept by the hub' in read_only.error
    app_socket = cli("secret", "list", "--store", "own", "--socket", hub.socket_path("lamp"))
    assert app_socket.code == 1 and "admin.sock" in app_socket.error


def test_the_hubs_socket_from_the_environment(cli, hub):
    environment = {"EDGELANE_SOCKET": str(hub.directory / "run" / "admin.sock")}
    assert cli("secret", "set", "pin", "-s", "own", stdin=b"1", environment=environment).code == 0


def read_until(terminal, text):
    shown = b""

    def found():
        nonlocal shown
        shown += os.read(terminal, 1000)
        return text in shown
    wait_until(found, f"{text!r} on the terminal")
    return shown


def test_what_is_typed_is_not_shown(cli, at):
    terminal, side = pty.openpty()
    command = [BINARY, "secret", "set", "pin", *map(str, at)]
    with subprocess.Popen(command, stdin=side, stdout=side, stderr=side) as child:
        shown = read_until(terminal, b"Value: ")
        os.write(terminal, b"s3cret\n")
        assert child.wait(20) == 0
    os.close(side)
    try:
        shown += os.read(terminal, 1000)
    except OSError:
        pass  # nothing more was shown
    os.close(terminal)
    assert b"s3cret" not in shown
    assert cli("secret", "get", "pin", *at).out == "s3cret\n"
