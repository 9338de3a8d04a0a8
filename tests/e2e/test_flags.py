"""The command line: daprd's flags in every form, and what is not there."""
import socket

import pytest
import yaml

from harness.client import Client
from harness.daemon import Daprd, free_port, run_to_end
from harness.resources import component


@pytest.mark.parametrize("form", [
    lambda name, value: [f"--{name}", value], lambda name, value: [f"--{name}={value}"],
    lambda name, value: [f"-{name}", value], lambda name, value: [f"-{name}={value}"]])
def test_every_form_of_a_flag(bench, form):
    port = free_port()
    process = bench.process([*form("app-id", "lamp"), *form("dapr-http-port", str(port)),
                             *form("dapr-listen-addresses", "127.0.0.1"),
                             *form("log-level", "debug")])
    client = Client(("127.0.0.1", port))
    process.wait_until_answers(client)
    assert client.get("/v1.0/metadata").json()["id"] == "lamp"


@pytest.mark.parametrize("form", [["--log-as-json"], ["--log-as-json=true"], ["-log-as-json"]])
def test_a_switch(bench, form):
    assert bench.daprd(flags=form).log.startswith("{")


def test_a_switch_that_is_off(bench):
    assert not bench.daprd(flags=["--log-as-json=false"]).log.startswith("{")


@pytest.mark.parametrize("how", ["repeated", "comma"])
def test_several_resource_paths(bench, how):
    first, second = bench.directory(), bench.directory()
    for path, name in ((first, "one"), (second, "two")):
        (path / "c.yaml").write_text(yaml.safe_dump(component(name, "state.in-memory")))
    flags = [f"--resources-path={first},{second}"] if how == "comma" else [
        "--resources-path", first, "--resources-path", second]
    told = bench.daprd(flags=flags).api.get("/v1.0/metadata").json()["components"]
    assert sorted(one["name"] for one in told) == ["one", "two"]


NOT_THERE = {
    "placement-host-address": "localhost:50005",
    "scheduler-host-address": "localhost:50006",
    "enable-profiling": "true", "profile-port": "7778", "enable-mtls": "true",
    "sentry-address": "localhost:50003", "control-plane-address": "localhost:50007",
    "control-plane-trust-domain": "x", "control-plane-namespace": "x",
    "app-binding-options-timeout": "4s",
    "scheduler-job-streams": "4", "actors-disseminate-timeout": "31s",
    "disable-builtin-k8s-secret-store": "true",
    "sentry-request-jwt-audiences": "x",
}


def test_flags_of_features_that_are_not_there_are_warned_of(bench):
    flags = [f"--{name}={value}" for name, value in NOT_THERE.items()]
    daprd = bench.daprd(flags=[*flags, "--reminders-service", "x", "--actors-service", "x"])
    warnings = [line for line in daprd.log.splitlines() if "level=warning" in line]
    for name in NOT_THERE:
        assert sum(name in line for line in warnings) == 1, name


def test_no_warning_without_reason(bench):
    daprd = bench.daprd(flags=["--mode", "standalone"])
    assert "level=warning" not in daprd.log and "level=error" not in daprd.log


def test_the_old_names_of_flags(bench):
    directory = bench.directory()
    (directory / "c.yaml").write_text(yaml.safe_dump(component("one", "state.in-memory")))
    port = free_port()
    process = bench.process(["--app-id", "lamp", "--dapr-http-port", port, "--components-path",
                             directory, "--dapr-http-max-request-size", "1",
                             "--dapr-http-read-buffer-size", "8"])
    client = Client(("127.0.0.1", port))
    process.wait_until_answers(client)
    assert [one["name"] for one in client.get("/v1.0/metadata").json()["components"]] == ["one"]
    assert "deprecated" in process.log


@pytest.mark.parametrize("arguments, said", [
    (["--no-such-flag"], "no-such-flag"),
    (["--app-id", "lamp", "--dapr-http-port", "70000"], "--dapr-http-port"),
    (["--app-id", "lamp", "--dapr-http-port", "x"], "--dapr-http-port"),
    (["--app-id", "lamp", "--dapr-http-port"], "--dapr-http-port"),
    (["--app-id", "a.b"], "--app-id"),
    (["--app-id", "lamp", "--app-port", "3500"], "3500"),
    (["--app-id", "lamp", "--app-protocol", "gopher"], "--app-protocol"),
    (["--app-id", "lamp", "--log-level", "loud"], "--log-level"),
    (["--app-id", "lamp", "--max-body-size", "much"], "--max-body-size"),
    (["--app-id", "lamp", "--mode", "kubernetes"], "--mode"),
    (["--app-id", "lamp", "--app-health-probe-timeout", "6000"], "--app-health-probe-timeout"),
    (["--app-id", "lamp", "--resources-path", "/no/such/directory"], "/no/such/directory"),
    (["--app-id", "lamp", "--config", "/no/such/file.yaml"], "/no/such/file.yaml"),
    (["--app-port", "80"], "--app-id"),
    (["--log-as-json=perhaps"], "--log-as-json"),
    (["surplus"], "surplus"),
])
def test_what_is_wrong_is_told(arguments, said):
    code, text = run_to_end(arguments)
    assert code in (1, 2) and said in text, text


def test_version():
    code, text = run_to_end(["--version"])
    assert code == 0 and text.strip() and text.count("\n") == 1
    code, built = run_to_end(["--build-info"])
    assert code == 0 and text.split()[-1] in built


def test_help_names_every_flag():
    code, text = run_to_end(["--help"])
    assert code == 0
    for name in [*NOT_THERE, "app-id", "app-port", "dapr-http-port", "resources-path", "config",
                 "max-body-size", "read-buffer-size", "enable-app-health-check", "root"]:
        assert f"--{name}" in text, name


def test_wait(bench):
    daprd = bench.daprd()
    assert run_to_end(["--wait", "--dapr-http-port", daprd.port])[0] == 0


def test_sockets_instead_of_ports(bench):
    directory = bench.directory()
    stale = directory / "dapr-lamp-http.socket"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(stale))
    daprd = Daprd(bench.directory(), flags=["--unix-domain-socket", directory])
    tcp, daprd.api = daprd.api, Client(str(stale))
    bench.started(daprd)
    assert daprd.api.get("/v1.0/metadata").json()["id"] == "lamp"
    with pytest.raises(ConnectionRefusedError):
        tcp.get("/v1.0/metadata")
    assert f"HTTP server listening on UNIX socket: {stale}" in daprd.log
    assert daprd.process.stop() == 0
    assert not stale.exists()


def test_origins_of_browsers(bench):
    daprd = bench.daprd(flags=["--allowed-origins", "http://a.example,http://b.example"])
    answer = daprd.api.get("/v1.0/metadata", {"Origin": "http://b.example"})
    assert answer.headers.get("access-control-allow-origin") in ("http://b.example", "*")
    answer = daprd.api.get("/v1.0/metadata", {"Origin": "http://c.example"})
    assert "access-control-allow-origin" not in answer.headers
    answer = daprd.api.request("OPTIONS", "/v1.0/metadata", headers={
        "Origin": "http://a.example", "Access-Control-Request-Method": "PUT"})
    assert answer.status in (200, 204)
    assert "PUT" in answer.headers.get("access-control-allow-methods")


def test_no_origin_headers_unless_asked_for(bench):
    answer = bench.daprd().api.get("/v1.0/metadata", {"Origin": "http://a.example"})
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_any_free_port(bench):
    process = bench.process(["--app-id", "lamp", "--dapr-http-port", "0",
                             "--dapr-listen-addresses", "127.0.0.1"])
    process.wait_for_log("HTTP server is running on port ")
    port = int(process.log.split("HTTP server is running on port ")[1].split('"')[0].split()[0])
    process.wait_until_answers(Client(("127.0.0.1", port)))
