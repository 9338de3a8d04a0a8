"""edgelane config: reading, writing, history and watching a hub's configuration."""
import json
import subprocess

import pytest

from harness.cli import BINARY, Cli
from harness.configuration import read
from harness.daemon import clean_environment
from harness.resources import app, component
from harness.waiting import wait_until


@pytest.fixture
def hub(bench):
    return bench.hub([app("lamp")])


@pytest.fixture
def cli(bench):
    user = Cli(bench.directory())
    yield user
    user.close()


@pytest.fixture
def config(cli, hub):
    """`edgelane config` for the hub's administrator."""
    def run(command, *arguments, **more):
        return cli("config", command, *arguments, "--socket", hub.directory / "run" / "admin.sock",
                   **more)
    return run


def test_set_get_and_delete(config, hub):
    done = config("set", "color=red", "level=5=x", "empty=", "--note", "first")
    assert (done.code, done.out, done.error) == (0, "revision 1: 3 keys changed\n", "")
    assert read(hub.api("lamp")) == {"color": "red", "level": "5=x", "empty": ""}
    assert config("get", "color").out == "red\n"
    rows = [line.split() for line in config("get").out.splitlines()]
    assert rows == [["KEY", "VERSION", "VALUE"], ["color", "1", "red"], ["empty", "1"],
                    ["level", "1", "5=x"]]
    assert config("get", "color", "level").out.splitlines()[1:] == ["color  1        red",
                                                                    "level  1        5=x"]
    told = config("get", "color", "-o", "json").json()
    assert (told["revision"], told["items"]["color"]["value"]) == (1, "red")
    done = config("delete", "color", "never")
    assert done.out == "revision 2: 1 key changed\n"
    missing = config("get", "color")
    assert (missing.code, missing.out) == (1, "")
    assert missing.error == 'edgelane: there is no key "color"\n'
    assert config("set", "level=5=x", "-o", "json").json() == {"revision": 2, "changed": 0}
    assert config("set", "level=5=x").out == "nothing changed; revision 2\n"


def test_a_wrong_word(config):
    done = config("set", "color")
    assert (done.code, done.error) == (2, 'edgelane: expected KEY=VALUE, got "color"\n')
    assert config("rollback", "x").code == 2
    assert config("set").code == 2


def test_import(cli, config, hub):
    path = cli.directory / "config.json"
    path.write_text(json.dumps({"a": "1", "灯": "on", "gone": None}))
    config("set", "gone=x")
    assert config("import", path).out == "revision 2: 3 keys changed\n"
    assert read(hub.api("lamp")) == {"a": "1", "灯": "on"}
    assert config("import", "-", stdin=b'{"b":"2"}').out == "revision 3: 1 key changed\n"
    path.write_text('{"ok":"1","nested":{"x":"1"}}')
    done = config("import", path)
    assert done.code == 2
    assert f'{path}: member "nested" is object; a value is a text' in done.error
    path.write_text("[")
    assert f"{path}: invalid JSON at byte" in config("import", path).error
    assert "ok" not in read(hub.api("lamp")), "nothing of it was taken"


def test_history_and_rollback(config):
    config("set", "a=1", "b=2", "--note", "the start")
    config("set", "a=3")
    config("delete", "b")
    lines = config("history").out.splitlines()
    assert lines[0].split() == ["REVISION", "TIME", "NOTE", "CHANGES"]
    assert [line.split()[0] for line in lines[1:]] == ["3", "2", "1"]
    assert lines[1].endswith("b deleted")
    assert lines[2].endswith("a: 1 -> 3")
    assert "the start" in lines[3] and lines[3].endswith("a = 1; b = 2")
    assert len(config("history", "--limit", 1).out.splitlines()) == 2
    assert config("history", "-o", "json").json()["revisions"][0]["revision"] == 3
    assert config("rollback", 1).out == "revision 4: 2 keys changed\n"
    assert config("get", "a").out == "1\n"
    done = config("rollback", 9)
    assert (done.code, done.error) == (1, "edgelane: there is no revision 9\n")


@pytest.mark.parametrize("output, lines", [
    ("text", ["at revision 1", "2  a = 1", "3  a deleted"]),
    ("json", None),
])
def test_watch(cli, config, hub, output, lines):
    config("set", "other=x")
    path = cli.directory / "watched"
    with open(path, "wb") as out:
        child = subprocess.Popen(
            [BINARY, "config", "watch", "a", "-o", output, "--socket",
             str(hub.directory / "run" / "admin.sock")],
            stdout=out, stderr=subprocess.DEVNULL, env=clean_environment(cli.environment))
    try:
        def shown(count):
            wait_until(lambda: path.read_text().count("\n") >= count, f"{count} lines")
        shown(1)
        config("set", "a=1", "other=y")
        shown(2)
        config("delete", "a")
        shown(3)
        if lines:
            assert path.read_text().splitlines() == lines
        else:
            told = [json.loads(line) for line in path.read_text().splitlines()]
            assert told[0] == {"revision": 1}
            assert told[2] == {"revision": 3, "items": {"a": {}}}
        assert hub.process.stop() == 0
        assert child.wait(10) == 3, "no hub any more"
    finally:
        child.kill()
        child.wait()


def test_several_stores_must_be_named(bench, cli):
    hub = bench.hub([app("lamp"), component("one", "configuration.sqlite"),
                     component("two", "configuration.sqlite")])
    socket = ("--socket", hub.directory / "run" / "admin.sock")
    done = cli("config", "set", "a=1", *socket)
    assert done.code == 2
    assert "name one with --store: one, two" in done.error
    assert cli("config", "set", "a=1", "--store", "two", *socket).code == 0
    assert read(hub.api("lamp"), "a", store="two") == {"a": "1"}
    assert read(hub.api("lamp"), "a", store="one") == {}
    unknown = cli("config", "get", "--store", "three", *socket)
    assert (unknown.code, unknown.error) == (1, "edgelane: configuration store three not found\n")


def test_the_port_of_a_hub_does_not_write(cli, hub):
    done = cli("config", "set", "a=1", "--address", hub.port)
    assert done.code == 1
    assert "admin.sock" in done.error


def test_completion_and_help_know_the_commands(cli):
    script = cli("completion", "bash").out
    assert '"config watch")' in script
    assert "delete get history import rollback set watch" in script
    assert "--note" in cli("config", "set", "--help").out
    assert cli("config", "--help").code == 0
