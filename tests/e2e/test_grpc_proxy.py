"""Calls of any service, passed on to the app that their metadata names."""
import queue
import threading
import time

import grpc
import pytest

from harness.daemon import free_port
from harness.lanes import lane
from harness.resources import app
from harness.rpc import Rpc, failure_of
from harness.waiting import wait_until

LIMIT = 20
MEBIBYTE = 1 << 20


def unary(request, context):
    context.send_initial_metadata((("x-first", "1"), ("x-first-bin", b"\0\1")))
    context.set_trailing_metadata((("x-last", "2"), ("x-last-bin", b"\2")))
    metadata = sorted(f"{name}={value}" for name, value in context.invocation_metadata())
    return request + b"\n" + "\n".join(metadata).encode()


def fail(request, context):
    context.set_trailing_metadata((("x-last", "2"), ("grpc-status-details-bin", b"\x08\x05")))
    context.abort(grpc.StatusCode.NOT_FOUND, "nothing: 50 %")


def collect(requests, context):
    return b"|".join(requests)


def count(request, context):
    for number in range(int(request)):
        yield b"%d" % number


def fail_late(request, context):
    yield b"one"
    context.abort(grpc.StatusCode.DATA_LOSS, "lost")


def talk(requests, context):
    for request in requests:
        yield b"re: " + request


SERVICE = {"any.Service/Unary": ("unary_unary", unary), "any.Service/Fail": ("unary_unary", fail),
           "any.Service/Collect": ("stream_unary", collect),
           "any.Service/Count": ("unary_stream", count),
           "any.Service/FailLate": ("unary_stream", fail_late),
           "any.Service/Talk": ("stream_stream", talk)}


def rpc_resource(name, one, **more):
    return app(name, one.port, protocol="grpc", **more)


@pytest.fixture(scope="module")
def lamp_app(module_bench):
    one = module_bench.rpc_app()
    one.raw.update(SERVICE)
    return one


@pytest.fixture(scope="module")
def hub(module_bench, lamp_app):
    down = module_bench.app(listening=False)
    return module_bench.hub([
        rpc_resource("lamp", lamp_app, appToken={"value": "shown"}), app("speaker"),
        app("plain", module_bench.app().port), rpc_resource("down", down),
        rpc_resource("ill", lamp_app, health={"enabled": True})])


class Proxied:
    """Calls of an app's methods by bytes."""

    def __init__(self, target, app_id="lamp"):
        self.channel = grpc.insecure_channel(target)
        self.app_id = app_id

    def method(self, name, kind):
        return getattr(self.channel, kind)(f"/any.Service/{name}")

    def start(self, name, request, kind="unary_unary", headers=(), timeout=LIMIT, **more):
        call = self.method(name, kind)
        call = call if kind.endswith("stream") else call.future
        metadata = [("dapr-app-id", self.app_id), *dict(headers).items()]
        return call(request, timeout=timeout, metadata=metadata, **more)

    def close(self):
        self.channel.close()


@pytest.fixture
def speaker(hub):
    made = Proxied(hub.grpc_target("speaker"))
    yield made
    made.close()


def test_unary(speaker):
    call = speaker.start("Unary", b"hello", headers={
        "x-mine": "m", "x-mine-bin": b"\1", "authorization": "Bearer b", "x-empty": "",
        "dapr-api-token": "not passed on"})
    body, *metadata = call.result().decode().split("\n")
    told = dict(one.split("=", 1) for one in metadata)
    assert body == "hello"
    assert (told["x-mine"], told["x-mine-bin"], told["x-empty"]) == ("m", str(b"\1"), "")
    assert told["authorization"] == "Bearer b" and told["dapr-api-token"] == "shown"
    assert told["dapr-caller-app-id"] == "speaker" and told["dapr-callee-app-id"] == "lamp"
    assert "dapr-app-id" not in told and told["user-agent"].startswith("grpc-python")
    first, last = dict(call.initial_metadata()), dict(call.trailing_metadata())
    assert (first["x-first"], first["x-first-bin"]) == ("1", b"\0\1")
    assert (last["x-last"], last["x-last-bin"]) == ("2", b"\2")


def test_the_callee_goes_before_the_app_id(speaker):
    answer = speaker.start("Unary", b"1", headers={"dapr-callee-app-id": "lamp"}).result()
    speaker.app_id = "nobody"
    assert speaker.start("Unary", b"1", headers={"dapr-callee-app-id": "lamp"}).result() == answer


def test_an_app_calls_itself(hub):
    own = Proxied(hub.grpc_target("lamp"))
    told = own.start("Unary", b"1").result().decode()
    assert "dapr-caller-app-id" not in told and "dapr-api-token=shown" in told
    own.close()


def test_streams(speaker):
    assert speaker.start("Collect", iter([b"a", b"", b"c"]), "stream_unary").result() == b"a||c"
    numbers = list(speaker.start("Count", b"500", "unary_stream"))
    assert numbers == [b"%d" % number for number in range(500)]
    said = queue.Queue()
    call = speaker.start("Talk", iter(said.get, None), "stream_stream")
    for word in (b"one", b"two", b"x" * MEBIBYTE):
        said.put(word)
        assert next(call) == b"re: " + word
    said.put(None)
    assert list(call) == []


def test_failures(speaker):
    call = speaker.start("Fail", b"")
    error = call.exception(LIMIT)
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "nothing: 50 %")
    trailers = dict(error.trailing_metadata())
    assert trailers["x-last"] == "2" and trailers["grpc-status-details-bin"] == b"\x08\x05"
    call = speaker.start("FailLate", b"", "unary_stream")
    assert next(call) == b"one"
    failure = failure_of(call)
    assert (failure.code, failure.message) == ("DATA_LOSS", "lost")
    assert failure_of(speaker.start("Nothing", b"")).code == "UNIMPLEMENTED"


def test_compressed_messages_pass(speaker):
    big = b"a" * 100000
    call = speaker.start("Collect", iter([big]), "stream_unary",
                         compression=grpc.Compression.Gzip)
    assert call.result() == big


@pytest.mark.parametrize("target, code, text", [
    ("nobody", "UNKNOWN", "couldn't find service: nobody"),
    ("a.b.c", "UNKNOWN", "invalid app id a.b.c"),
    ("plain", "FAILED_PRECONDITION", "app plain is not called over gRPC"),
    ("down", "UNAVAILABLE", "connection error: desc = \"transport: Error while dialing: "),
    ("ill", "UNAVAILABLE", "app is not in a healthy state")])
def test_apps_that_cannot_be_called(hub, target, code, text):
    caller = Proxied(hub.grpc_target("speaker"), target)
    failure = failure_of(caller.start("Unary", b""))
    assert failure.code == code and text in failure.message
    caller.close()


def test_calls_of_nobody(hub):
    rpc = Rpc(hub.grpc_target("speaker"))
    failure = failure_of(rpc.raw("/any.Service/Unary"))
    assert (failure.code, failure.message) == (
        "UNKNOWN", "cannot proxy request: missing dapr-callee-app-id or dapr-app-id metadata")
    assert failure_of(rpc.raw("/TaskHubSidecarService/Hello")).code == "UNIMPLEMENTED"
    rpc.close()
    stranger = Proxied(f"127.0.0.1:{hub.grpc_port}")
    assert failure_of(stranger.start("Unary", b"")).code == "PERMISSION_DENIED"
    stranger.close()


def waits(one, name="any.Service/Wait"):
    """A method that waits until its caller has left; gives what it saw."""
    seen, gone = queue.Queue(), threading.Event()

    def wait(request, context):
        context.add_callback(gone.set)
        seen.put(context.time_remaining())
        gone.wait(LIMIT)
        return b""
    one.raw[name] = ("unary_unary", wait)
    return seen, gone


def test_deadlines(speaker, lamp_app):
    seen, gone = waits(lamp_app)
    failure = failure_of(speaker.start("Wait", b"", timeout=0.5))
    assert failure.code == "DEADLINE_EXCEEDED"
    assert 0 < seen.get(timeout=LIMIT) < 5
    assert gone.wait(LIMIT)


def test_cancellation(speaker, lamp_app):
    seen, gone = waits(lamp_app)
    call = speaker.start("Wait", b"")
    seen.get(timeout=LIMIT)
    call.cancel()
    assert gone.wait(LIMIT)


def quiet(counter, pause=0.5):
    """Waits until a count grows no more; gives it."""
    last, since = counter(), time.monotonic()
    limit = since + LIMIT
    while time.monotonic() < limit:
        if counter() != last:
            last, since = counter(), time.monotonic()
        elif time.monotonic() - since > pause:
            return last
        time.sleep(0.01)
    raise AssertionError("it never came to rest")


def test_a_client_that_does_not_read_stops_the_app(hub, speaker, lamp_app):
    produced = []

    def pour(request, context):
        for _ in range(200):
            produced.append(1)
            yield b"x" * MEBIBYTE
    lamp_app.raw["any.Service/Pour"] = ("unary_stream", pour)
    before = hub.process.memory()
    call = speaker.start("Pour", b"", "unary_stream", timeout=60)
    next(call)
    sent = quiet(lambda: len(produced))
    assert sent < 50
    assert hub.process.memory() - before < 4 * MEBIBYTE
    # Nobody else waits for it.
    assert speaker.start("Unary", b"1").result().startswith(b"1")
    assert len(list(call)) == 199


def test_an_app_that_does_not_read_stops_the_client(hub, speaker, lamp_app):
    gate, pulled = threading.Event(), []

    def stall(requests, context):
        gate.wait(LIMIT)
        return b"%d" % sum(len(request) for request in requests)
    lamp_app.raw["any.Service/Stall"] = ("stream_unary", stall)

    def pieces():
        for _ in range(100):
            pulled.append(1)
            yield b"x" * MEBIBYTE
    before = hub.process.memory()
    call = speaker.start("Stall", pieces(), "stream_unary", timeout=60)
    assert quiet(lambda: len(pulled)) < 50
    assert hub.process.memory() - before < 4 * MEBIBYTE
    gate.set()
    assert call.result() == b"%d" % (100 * MEBIBYTE)


def test_an_app_that_dies_and_comes_back(bench):
    port = free_port()
    one = bench.rpc_app(f"127.0.0.1:{port}")
    one.raw.update(SERVICE)
    hub = bench.hub([app("lamp", port, protocol="grpc"), app("speaker")])
    caller = Proxied(hub.grpc_target("speaker"))
    said = queue.Queue()
    call = caller.start("Talk", iter(said.get, None), "stream_stream")
    said.put(b"1")
    assert next(call) == b"re: 1"
    one.close()
    assert failure_of(call).code in ("UNAVAILABLE", "CANCELLED")
    said.put(None)
    assert failure_of(caller.start("Unary", b"")).code == "UNAVAILABLE"
    one.listen()
    wait_until(lambda: caller.start("Unary", b"1").exception() is None, "the app")
    caller.close()


def test_calls_at_a_time(bench):
    one = bench.rpc_app()
    one.raw.update(SERVICE)
    hub = bench.hub([rpc_resource("lamp", one, maxConcurrency=1), app("speaker")])
    caller = Proxied(hub.grpc_target("speaker"))
    said = queue.Queue()
    call = caller.start("Talk", iter(said.get, None), "stream_stream")
    said.put(b"1")
    next(call)
    assert failure_of(caller.start("Unary", b"", timeout=0.3)).code == "DEADLINE_EXCEEDED"
    said.put(None)
    assert list(call) == []
    assert caller.start("Unary", b"1").result().startswith(b"1")
    caller.close()


def test_lanes(bench):
    base, gray = bench.rpc_app(), bench.rpc_app()
    for one, text in ((base, b"base"), (gray, b"gray")):
        one.raw["any.Service/Who"] = ("unary_unary", lambda request, context, text=text: (
            text + b" " + dict(context.invocation_metadata()).get("x-lane", "").encode()))
    hub = bench.hub([lane("gray"), rpc_resource("lamp", base),
                     rpc_resource("lamp", gray, lane="gray"), app("speaker")])
    hub.process.wait_for_log("application discovered on port")
    caller = Proxied(hub.grpc_target("speaker"))

    def who(**headers):
        call = caller.start("Who", b"", headers=headers)
        return call.result(), dict(call.initial_metadata()).get("x-lane-served")
    wait_until(lambda: who(baggage="lane=gray") == (b"gray gray", "gray"), "the lane's instance")
    answer, served = who()
    assert answer.startswith(b"base") and served == "base"
    gray.close()
    answer, served = who(baggage="lane=gray")
    assert answer.startswith(b"base") and served == "base"
    caller.close()
