"""How apps are reached: TCP, IPv6, Unix sockets, TLS, host names; and daprd's flags for it."""
import socket

import pytest

from harness.checks import invoke_failed, invoked
from harness.resources import app
from harness.tls import Authority

CALL = "/v1.0/invoke/lamp/method/on"


def answers(bench, **lamp):
    hub = bench.hub([app("lamp", **lamp), app("speaker")])
    for number in range(3):
        assert invoked(hub.api("speaker").post(CALL, b"%d" % number))["body"] == str(number)
    return hub


def test_an_app_on_a_unix_socket(bench):
    path = str(bench.directory() / "app.sock")
    bench.app(address=path)
    hub = answers(bench, address=f"unix:{path}")
    assert invoked(hub.api("lamp").get(CALL))["path"] == "/on"


def test_a_unix_socket_that_is_not_there(bench):
    hub = bench.hub([app("lamp", address=f"unix:{bench.directory()}/nothing.sock")])
    assert invoke_failed(hub.api("lamp").get(CALL), "lamp")


def test_an_app_on_ipv6(bench):
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        lamp = bench.app(address=("::1", 0))
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    answers(bench, address="::1", port=lamp.port)


def test_an_app_with_a_host_name(bench):
    lamp = bench.app()
    answers(bench, address="localhost", port=lamp.port)


def test_a_host_name_that_does_not_exist(bench):
    hub = bench.hub([app("lamp", address="nobody.invalid", port=80)])
    with hub.api("lamp").connect() as waiting:
        waiting.send_request("GET", CALL)
        # Asking for an address must not hold up the others.
        assert hub.shared.get("/v1.0/healthz/outbound").status == 204
        assert invoke_failed(waiting.read_answer(), "lamp")


def test_daprd_with_an_app_behind_tls(bench):
    authority = Authority(bench.directory())
    lamp = bench.app(tls=authority.server("lamp"))
    for flags in (["--app-protocol", "https"], ["--app-protocol", "HTTPS"], ["--app-ssl"]):
        daprd = bench.daprd(flags=["--app-port", lamp.port, *flags])
        daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
        assert invoked(daprd.api.get(CALL))["path"] == "/on"


def test_daprd_with_an_app_elsewhere(bench):
    lamp = bench.app(address=("127.0.0.2", 0))
    daprd = bench.daprd(flags=["--app-port", lamp.port, "--app-channel-address", "127.0.0.2"])
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    assert invoked(daprd.api.get(CALL))["path"] == "/on"


def test_a_one_app_daemon_calls_only_itself(bench):
    lamp = bench.app()
    daprd = bench.daprd(flags=["--app-port", lamp.port])
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    assert invoked(daprd.api.get(CALL))["path"] == "/on"
    answer = daprd.api.get("/v1.0/invoke/speaker/method/on")
    assert "speaker" in invoke_failed(answer, "speaker")
