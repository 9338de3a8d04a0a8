"""Max concurrency of an app."""
import threading

import pytest

from harness.resources import app
from harness.waiting import wait_until


class Gate:
    """A handler that holds calls until they are let go, and counts those held at one time."""

    def __init__(self):
        self.inside = 0
        self.most = 0
        self.lock = threading.Lock()
        self.go = threading.Semaphore(0)

    def __call__(self, exchange):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        assert self.go.acquire(timeout=15)
        with self.lock:
            self.inside -= 1
        exchange.answer(200, b"done")


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_calls_at_one_time_than_allowed(bench, limit):
    gate = Gate()
    lamp = bench.app(gate)
    hub = bench.hub([app("lamp", lamp.port, maxConcurrency=limit), app("speaker")])
    speaker = hub.api("speaker")
    callers = [speaker.connect() for _ in range(8)]
    for caller in callers:
        caller.send_request("GET", "/v1.0/invoke/lamp/method/on")
    wait_until(lambda: gate.inside == limit, f"{limit} calls")
    # A round trip through the hub: by now it has read the other calls, and holds them.
    for _ in range(20):
        assert speaker.get("/v1.0/healthz").status == 204
    assert gate.inside == limit
    for _ in callers:
        gate.go.release()
    for caller in callers:
        assert caller.read_answer().body == b"done"
        caller.close()
    assert gate.most == limit


def test_a_caller_that_leaves_gives_its_place_back(bench):
    gate = Gate()
    lamp = bench.app(gate)
    hub = bench.hub([app("lamp", lamp.port, maxConcurrency=1), app("speaker")])
    speaker = hub.api("speaker")
    first, second, third = (speaker.connect() for _ in range(3))
    first.send_request("GET", "/v1.0/invoke/lamp/method/on")
    wait_until(lambda: gate.inside == 1, "the first call")
    second.send_request("GET", "/v1.0/invoke/lamp/method/on")
    second.close()
    third.send_request("GET", "/v1.0/invoke/lamp/method/on")
    gate.go.release()
    assert first.read_answer().status == 200
    gate.go.release()
    gate.go.release()
    assert third.read_answer().status == 200


def test_daprds_flag(bench):
    gate = Gate()
    lamp = bench.app(gate)
    daprd = bench.daprd(flags=["--app-port", lamp.port, "--app-max-concurrency", "1"])
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    callers = [daprd.api.connect() for _ in range(4)]
    for caller in callers:
        caller.send_request("GET", "/v1.0/invoke/lamp/method/on")
    for caller in callers:
        gate.go.release()
    for caller in callers:
        assert caller.read_answer().status == 200
    assert gate.most == 1
