"""--output json: every command that prints something, as a program reads it."""
import json
import re

import pytest

from harness.cli import Cli
from harness.lanes import lane_rules
from harness.resources import app, component
from harness.waiting import wait_until

# They print what is no answer: the lines of an app, a shell's script.
WITHOUT_JSON = {"run", "completion"}


@pytest.fixture(scope="module")
def lamp(module_bench):
    return module_bench.app()


@pytest.fixture(scope="module")
def hub(module_bench, lamp):
    hub = module_bench.hub([app("lamp", lamp.port), component("bus", "pubsub.in-memory"),
                            lane_rules(userKey={"value": "0123456789abcdef0123456789abcdef"})],
                           ["--default-app", "lamp"])
    wait_until(lambda: hub.api("lamp").get("/v1.0/healthz").status == 204, "the app")
    return hub


@pytest.fixture(scope="module")
def cli(module_bench, hub):
    user = Cli(module_bench.directory())
    user.admin = ("--socket", hub.directory / "run" / "admin.sock")
    user.port = ("--address", hub.port)
    yield user
    user.close()


def all_commands(cli):
    """The names that the overview lists, groups' as two words."""
    names = set()
    for line in cli("--help").out.splitlines():
        found = re.match(r"  ([a-z]+(?: [a-z][a-z-]*)?)(?: |$)", line)
        if found:
            names.add(found[1])
    return names


# Each with what its JSON must have; in an order in which all of them work.
ONCE = {
    "version": ([], None, ["version", "daprVersion"]),
    "status": ([], "port", ["version", "apps", "components"]),
    "list": ([], "port", []),
    "invoke": (["--app-id", "lamp", "--method", "echo", "--data", "{}"], "port",
               ["status", "headers", "body"]),
    "state set": (["k", '{"a":1}'], "port", ["key"]),
    "state get": (["k"], "port", ["key", "data", "etag"]),
    "state bulk": (["k", "none"], "port", []),
    "state delete": (["k"], "port", ["key"]),
    "secret set": (["s"], "admin", ["version"]),
    "secret get": (["s"], "admin", ["values"]),
    "secret list": ([], "admin", ["secrets"]),
    "secret rotate-key": ([], "admin", ["keyId"]),
    "secret delete": (["s"], "admin", ["name"]),
    "config set": (["a=1"], "admin", ["revision", "changed"]),
    "config get": (["a"], "admin", ["revision", "items"]),
    "config delete": (["a"], "admin", ["revision", "changed"]),
    "config import": (["-"], "admin", ["revision", "changed"]),
    "config history": ([], "admin", ["revisions"]),
    "config rollback": (["1"], "admin", ["revision", "changed"]),
    "lane set": (["base"], "admin", ["lane"]),
    "lane show": ([], "admin", ["assigned", "lanes"]),
    "lane history": ([], "admin", []),
    "sync status": ([], "admin", ["configured"]),
    "outbox": ([], "admin", ["configured"]),
    "lane tag": (["ann"], "admin", ["tag"]),
    "publish": (["orders", "hello"], "port", ["topic", "durability"]),
    "top": (["--once", "--interval", "100ms"], "port", ["apps", "topics"]),
}
INPUT = {"secret set": b"hidden", "config import": b'{"b":"2"}'}
STREAMS = {"logs": ([], "level"), "config watch": ([], "revision"),
           "subscribe": (["orders", "--count", "1"], "topic")}


def run(cli, name):
    words, where, _ = ONCE[name]
    return cli(*name.split(), *words, "-o", "json", *(getattr(cli, where) if where else ()),
               stdin=INPUT.get(name, b""))


def test_every_command_is_tried(cli):
    assert all_commands(cli) == set(ONCE) | set(STREAMS) | WITHOUT_JSON


def test_commands_that_answer_once(cli):
    for name, (_, _, members) in ONCE.items():
        done = run(cli, name)
        assert (done.code, done.error) == (0, ""), (name, done)
        told = done.json()
        assert done.out.count("\n") == 1 and done.out.endswith("\n"), f"{name}: one line"
        assert isinstance(told, dict if members else list), name
        assert all(member in told for member in members), name


def test_commands_that_go_on(cli, hub):
    for name, (words, member) in STREAMS.items():
        shown = cli.start(*name.split(), *words, "-o", "json", *cli.admin)
        if name == "subscribe":
            wait_until(lambda: "subscribed" in shown.error, "the subscription")
            assert run(cli, "publish").code == 0
        wait_until(lambda: "\n" in shown.out, f"a line of {name}")
        for line in shown.out.splitlines():
            assert member in json.loads(line), name


def test_what_an_app_answers(cli, lamp):
    def invoke(status, body):
        lamp.route("/it", lambda exchange: exchange.answer(status, body, {"X-A": "b"}))
        return cli("invoke", "-a", "lamp", "-m", "it", "-o", "json", *cli.port)
    assert invoke(200, b"[1]").json()["body"] == [1]
    assert invoke(200, b"text").json()["text"] == "text"
    assert invoke(200, b"\xff").json()["base64"] == "/w=="
    failed = invoke(503, b"busy")
    assert (failed.code, failed.json()["status"], failed.json()["text"]) == (1, 503, "busy")
    assert failed.json()["headers"]["x-a"] == "b"


def test_an_error_is_text_on_standard_error(cli):
    for words in (["state", "get", "none", *cli.port], ["secret", "get", "none", *cli.admin],
                  ["status", "--address", "1"], ["invoke", "-a", "no", "-m", "x", *cli.port]):
        done = cli(*words, "-o", "json")
        assert done.code in (1, 3) and done.out == ""
        assert done.error.startswith("edgelane: "), done
    assert cli("version", "-o", "yaml").code == 2
