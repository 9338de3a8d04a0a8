"""edgelane's commands that talk to a hub: invoke, state, status, list; and what needs none."""
import subprocess
import threading

import pytest

from harness.cli import BINARY, Cli
from harness.client import Client
from harness.daemon import free_port
from harness.resources import app, component


@pytest.fixture
def cli(bench):
    user = Cli(bench.directory())
    yield user
    user.close()


@pytest.fixture
def lamp(bench):
    return bench.app()


@pytest.fixture
def hub(bench, lamp):
    """Apps lamp, terminal and stage in a lane; requests without identity are the terminal's."""
    return bench.hub([app("lamp", lamp.port, maxConcurrency=4), app("stage", lane="qa"),
                      app("terminal")], ["--default-app", "terminal"])


@pytest.fixture
def at(hub):
    return ("--address", hub.port)


def test_invoke_sends_what_it_is_told(cli, lamp, at):
    done = cli("invoke", "--app-id", "lamp", "--method", "a b/set?x=1&y=%20", "--verb", "put",
               "--data", '{"on":true}', "--header", "X-Room: kitchen", *at)
    assert (done.code, done.error) == (0, "")
    seen = done.json()
    assert (seen["method"], seen["path"], seen["query"]) == ("PUT", "/a%20b/set", "x=1&y=%20")
    assert seen["body"] == '{"on":true}'
    headers = {name.lower(): value for name, value in seen["headers"]}
    assert headers["x-room"] == "kitchen"
    assert headers["content-type"] == "application/json"


def test_invoke_takes_the_body_from_a_file_or_its_input(cli, lamp, at):
    lamp.route("/size", lambda exchange: exchange.answer(
        200, str(len(exchange.read_body())).encode()))
    content = bytes(range(256)) * 1000
    path = cli.directory / "data"
    path.write_bytes(content)
    invoke = ("invoke", "-a", "lamp", "-m", "size", *at)
    assert cli(*invoke, "--data-file", path).out == "256000"
    assert cli(*invoke, "--data-file", "-", stdin=content).out == "256000"
    missing = cli(*invoke, "--data-file", cli.directory / "none")
    assert missing.code == 1
    assert "none: No such file" in missing.error


def test_invoke_shows_an_answer_as_it_comes(lamp, at):
    """The app sends the second half only when the first was shown."""
    command = [str(word) for word in ("invoke", "-a", "lamp", "-m", "slow", *at)]

    def slow(exchange):
        exchange.begin_chunked()
        exchange.send(b"5\r\nfirst\r\n")
        assert lamp.shown.wait(15)
        exchange.send(b"6\r\nsecond\r\n0\r\n\r\n")
    lamp.shown = threading.Event()
    lamp.route("/slow", slow)
    with subprocess.Popen([BINARY, *command], stdout=subprocess.PIPE) as child:
        assert child.stdout.read(5) == b"first"
        lamp.shown.set()
        assert child.stdout.read() == b"second"
    assert child.returncode == 0


def test_invoke_tells_apart_whose_refusal_it_is(cli, lamp, at):
    lamp.route("/no", lambda exchange: exchange.answer(409, b'{"reason":"hot"}'))
    refused = cli("invoke", "-a", "lamp", "-m", "no", *at)
    assert (refused.code, refused.out) == (1, '{"reason":"hot"}')
    assert refused.error == "edgelane: lamp answered with status 409\n"
    unknown = cli("invoke", "-a", "nobody", "-m", "no", *at)
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.error == ("edgelane: failed to invoke, id: nobody, err: couldn't find service: "
                             "nobody\n")


def test_invoke_gives_up_in_time(cli, lamp, at):
    lamp.route("/held", lambda exchange: exchange.wait_for_peer_to_leave())
    done = cli("invoke", "-a", "lamp", "-m", "held", "--timeout", "300ms", *at)
    assert done.code == 3
    assert "did not answer in time; give it longer with --timeout" in done.error


def test_a_socket_speaks_in_its_apps_name(cli, hub):
    socket = ("--socket", hub.socket_path("lamp"))
    assert cli("state", "set", "whose", "lamp's", *socket).code == 0
    assert cli("state", "get", "whose", *socket).out == "\"lamp's\"\n"
    assert cli("state", "get", "whose", "--address", hub.port).code == 1


def test_several_stores_must_be_named(bench, cli):
    def of(*stores):
        hub = bench.hub([app("lamp"), *(component(name, "state.in-memory") for name in stores)],
                        ["--default-app", "lamp"])
        return ("--address", hub.port)
    two = of("red", "blue")
    done = cli("state", "get", "k", *two)
    assert (done.code, done.error) == (2, "edgelane: the hub has several state stores; name one "
                                          "with --store: red, blue\n")
    assert cli("state", "set", "k", "1", "--store", "red", *two).code == 0
    assert cli("state", "get", "k", "--store", "red", *two).out == "1\n"
    usual = of("red", "statestore")
    assert cli("state", "set", "k", "1", *usual).code == 0
    assert cli("state", "get", "k", "--store", "statestore", *usual).out == "1\n"
    only = of("red")
    assert cli("state", "set", "k", "1", *only).code == 0
    assert cli("state", "get", "k", "--store", "red", *only).out == "1\n"


def test_a_token_is_taken_from_the_environment(cli, bench):
    with_token = bench.hub([app("lamp", api={"token": {"value": "s3cret"}})])
    status = ("state", "get", "x", "--address", with_token.port)
    nameless = cli(*status)
    assert nameless.code == 1
    assert "use the app's own socket or port" in nameless.error
    wrong = cli(*status, environment={"DAPR_API_TOKEN": "wrong"})
    assert "set DAPR_API_TOKEN to the app's token" in wrong.error
    right = cli(*status, environment={"DAPR_API_TOKEN": "s3cret"})
    assert right.error == 'edgelane: no value under "x" in this app\'s state\n'


@pytest.mark.parametrize("key", ["plain", "a/b", "a+b c%41", "ключ", "..", "?x#y"])
def test_any_key_comes_back(cli, at, key):
    assert cli("state", "set", key, '{"n":[1,2]}', *at).code == 0
    assert cli("state", "get", key, *at).out == '{"n":[1,2]}\n'
    assert cli("state", "bulk", key, "--output", "json", *at).json()[0]["key"] == key
    assert cli("state", "delete", key, *at).code == 0
    gone = cli("state", "get", key, *at)
    assert gone.code == 1
    assert gone.error == f'edgelane: no value under "{key}" in this app\'s state\n'


def test_a_value_is_json_or_text(cli, at):
    for given, options, kept in (("7", (), "7"), ("seven", (), '"seven"'),
                                 ("7", ("--string",), '"7"')):
        assert cli("state", "set", "k", given, *options, *at).code == 0
        assert cli("state", "get", "k", *at).out == kept + "\n"
    assert cli("state", "set", "k", "--data-file", "-", *at, stdin=b'{"a":1}').code == 0
    assert cli("state", "get", "k", "-o", "json", *at).json()["data"] == {"a": 1}
    assert cli("state", "set", "k", *at).code == 2


def test_an_etag_guards_a_value(cli, at):
    assert cli("state", "set", "k", "1", "--first-write", *at).code == 0
    assert cli("state", "set", "k", "2", "--first-write", *at).code == 1
    etag = cli("state", "get", "k", "-o", "json", *at).json()["etag"]
    assert cli("state", "set", "k", "2", "--etag", etag, *at).code == 0
    late = cli("state", "set", "k", "3", "--etag", etag, *at)
    assert late.code == 1
    assert late.error.endswith("read the value again and retry with its etag\n")
    assert cli("state", "delete", "k", "--etag", etag, *at).code == 1
    assert cli("state", "get", "k", *at).out == "2\n"


def test_bulk_shows_what_is_missing(cli, at):
    cli("state", "set", "here", "1", *at)
    rows = [line.split() for line in cli("state", "bulk", "here", "gone", *at).out.splitlines()]
    assert rows[0] == ["KEY", "ETAG", "VALUE"]
    assert {row[0]: row[-1] for row in rows[1:]} == {"here": "1", "gone": "-"}


def test_an_unknown_store_is_named(cli, at):
    done = cli("state", "get", "k", "--store", "nix", *at)
    assert (done.code, done.error) == (1, "edgelane: state store nix is not found\n")


def test_status_shows_the_hub(cli, lamp, hub, at):
    done = cli("status", *at)
    assert done.code == 0, done
    assert f"Hub 127.0.0.1:{hub.port}, edgelane " in done.out
    rows = [line.split() for line in done.out.splitlines()]
    assert ["lamp", lamp.host, "running", "base", "at", "most", "4"] in rows
    assert "qa" in next(row for row in rows if row[:1] == ["stage"])
    assert ["terminal", "(default)", "-", "running", "base", "-"] in rows
    assert ["statestore", "state.sqlite/v1"] in rows


def test_status_tells_nothing_secret(cli, bench):
    hub = bench.hub(
        [app("lamp", api={"token": {"value": "t0ken"}}, appToken={"value": "t1ken"}),
         component("store", "state.sqlite", {"connectionString": f"{bench.directory()}/s3cret.db"})])
    done = cli("status", "--output", "json", "--address", hub.port)
    told = done.json()
    assert "store" in [entry["name"] for entry in told["components"]]
    assert [entry["id"] for entry in told["apps"]] == ["lamp"]
    assert not any(word in done.out for word in ("t0ken", "t1ken", "s3cret"))
    assert hub.shared.get("/v1.0-edgelane/status", {"dapr-api-token": "wrong"}).status == 401


def test_status_stays_off_the_public_port(bench):
    port = free_port()
    bench.daprd(flags=["--dapr-public-port", port, "--dapr-public-listen-address", "127.0.0.1"])
    public = Client(("127.0.0.1", port))
    assert public.get("/v1.0/metadata").status == 200
    assert public.get("/v1.0-edgelane/status").status == 404


def test_list_shows_the_apps_of_the_hub(cli, hub):
    entries = cli("list", "-o", "json", environment={"EDGELANE_HTTP": str(hub.port)}).json()
    assert [(entry["appId"], entry["lane"]) for entry in entries] == [
        ("lamp", "base"), ("stage", "qa"), ("terminal", "base")]
    assert cli("list", "--address", free_port()).code == 3


def test_a_daprd_without_status_is_called_so(cli, lamp):
    lamp.route("/v1.0-edgelane/status", lambda exchange: exchange.answer(404, b"{}"))
    done = cli("status", "--address", lamp.port)
    assert done.code == 1
    assert "does not tell its status: it is a daprd, or an older hub" in done.error


@pytest.mark.parametrize("command", [("status",), ("state", "get", "k"),
                                     ("invoke", "-a", "lamp", "-m", "x")])
def test_no_hub_is_exit_code_3(cli, command):
    done = cli(*command, "--address", free_port())
    assert (done.code, done.out) == (3, "")
    assert "connection refused); start one there" in done.error


def test_bash_completes(cli):
    script = cli("completion", "bash").out
    words = 'COMP_WORDS=(edgelane state get --s); COMP_CWORD=3; _edgelane; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script + words], capture_output=True, check=True)
    assert done.stdout.split() == [b"--store", b"--socket"]
