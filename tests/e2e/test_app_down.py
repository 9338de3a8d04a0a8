"""Apps that are not there: retries, self-calls, and apps that come up in time."""
import time

import pytest

from harness import wire
from harness.checks import invoke_failed, invoked
from harness.resources import app

AFTER_RETRIES = ("failed to invoke target lamp after 3 retries. "
                 "Error: rpc error: code = Unavailable desc = ")


@pytest.fixture
def lamp(bench):
    return bench.app(listening=False)


@pytest.fixture
def hub(bench, lamp):
    return bench.hub([app("lamp", lamp.port), app("speaker")])


def test_three_retries_a_second_apart(hub):
    begin = time.monotonic()
    said = invoke_failed(hub.api("speaker").post("/v1.0/invoke/lamp/method/on", b"x"), "lamp")
    assert said.startswith(AFTER_RETRIES), said
    assert 2.9 < time.monotonic() - begin < 6


def test_an_app_that_comes_up_in_time_gets_the_whole_body(hub, lamp):
    with hub.api("speaker").connect() as connection:
        body = b"x" * 100_000
        connection.send_request("POST", "/v1.0/invoke/lamp/method/on", body)
        # The hub answers others while this one waits.
        for _ in range(20):
            assert hub.shared.get("/v1.0/healthz/outbound").status == 204
        lamp.listen()
        assert invoked(connection.read_answer())["body"].encode() == body
    assert len(lamp.seen("/on")) == 1


def test_a_request_of_unknown_length_is_not_retried(hub):
    begin = time.monotonic()
    with hub.api("speaker").connect() as connection:
        connection.send_head("POST", "/v1.0/invoke/lamp/method/on",
                             {"Transfer-Encoding": "chunked"})
        connection.send(wire.chunk(b"abc") + b"0\r\n\r\n")
        assert invoke_failed(connection.read_answer(), "lamp")
    assert time.monotonic() - begin < 0.9


def test_a_self_call_is_not_retried(hub):
    begin = time.monotonic()
    assert invoke_failed(hub.api("lamp").get("/v1.0/invoke/lamp/method/on"), "lamp")
    assert time.monotonic() - begin < 0.9


def test_a_caller_that_leaves_ends_the_retries(hub, lamp):
    connection = hub.api("speaker").connect()
    connection.send_request("POST", "/v1.0/invoke/lamp/method/on", b"x")
    assert hub.shared.get("/v1.0/healthz/outbound").status == 204
    connection.close()
    # Stopping right away must not wait for the retries.
    begin = time.monotonic()
    assert hub.process.stop() == 0
    assert time.monotonic() - begin < 6
