"""What one gRPC call may ask for, and all of them together."""
import gzip
import json
import threading

import grpc
import pytest

from harness.daemon import SANITIZED
from harness.resources import app, component
from harness.rpc import RUNTIME, Rpc, failure_of, message

MEBIBYTE = 1 << 20
MOST = 10_000  # entries
LIMIT = 30
POST = 3


def trailers(request, context):
    context.set_trailing_metadata([(f"x-{i}", "t" * 4000) for i in range(int(request))])
    return b"done"


@pytest.fixture(scope="module")
def gate():
    return threading.Event()


@pytest.fixture(scope="module")
def hub(module_bench, gate):
    def answer(exchange):
        exchange.read_body()
        if exchange.request.path == "/silent":
            gate.wait(LIMIT)
        if exchange.request.path == "/odd":
            return exchange.answer(499, b"odd " * 30, {"X-Odd-Bin": "no base64!", "X-Even": "1"})
        return exchange.answer(200, b"done", {"X-Odd-Bin": "no base64!", "X-Even": "1"})
    plain = module_bench.app(answer)
    lamp = module_bench.rpc_app()
    lamp.raw = {"any.Service/Trailers": ("unary_unary", trailers)}
    return module_bench.hub([app("plain", plain.port), app("lamp", lamp.port, protocol="grpc"),
                             app("speaker"), component("store", "state.in-memory"),
                             component("bus", "pubsub.in-memory")])


@pytest.fixture
def speaker(hub):
    rpc = Rpc(hub.grpc_target("speaker"), options=[("grpc.max_receive_message_length", -1)])
    yield rpc
    assert rpc.call("GetMetadata").id == "speaker"
    rpc.close()


def test_an_answer_over_the_limit(hub, speaker):
    value = b"x" * (3 * MEBIBYTE)
    json_value = {"value": b'"%s"' % value, "metadata": {"contentType": "application/json"}}
    speaker.call("SaveState", store_name="store", states=[{"key": "large", "value": value}])
    speaker.call("SaveState", store_name="store", states=[{"key": "json", **json_value}])
    assert speaker.call("GetState", store_name="store", key="large").data == value
    before = hub.process.pss()
    failure = speaker.fail("GetBulkState", store_name="store", keys=["large"] * 200)
    assert failure.code == "RESOURCE_EXHAUSTED"
    assert "trying to send message larger than max (" in failure.message
    answer = hub.api("speaker").post("/v1.0/state/store/bulk",
                                     json.dumps({"keys": ["json"] * 200}).encode())
    assert answer.status == 413 and "larger than max" in answer.text
    assert SANITIZED or hub.process.pss() < before + 32 * MEBIBYTE
    both = speaker.call("GetBulkState", store_name="store", keys=["large", "none", "none"])
    assert [len(one.data) for one in both.items] == [3 * MEBIBYTE, 0, 0]


@pytest.mark.parametrize("method, store, entries, one", [
    ("GetBulkState", "store_name", "keys", "k"), ("SaveState", "store_name", "states", {}),
    ("DeleteBulkState", "store_name", "states", {}),
    ("ExecuteStateTransaction", "storeName", "operations", {}),
    ("BulkPublishEvent", "pubsub_name", "entries", {})])
def test_too_many_entries(speaker, method, store, entries, one):
    failure = speaker.fail(method, **{store: "bus" if "Publish" in method else "store",
                                      entries: [one] * (MOST + 1)})
    assert failure.code == "INVALID_ARGUMENT"
    assert f"may have {MOST} entries at the most, and has {MOST + 1}" in failure.message


@pytest.mark.parametrize("path, body", [
    ("/v1.0/state/store", [{"key": "k"}] * (MOST + 1)),
    ("/v1.0/state/store/bulk", {"keys": ["k"] * (MOST + 1)}),
    ("/v1.0/state/store/transaction", {"operations": [{}] * (MOST + 1)}),
    ("/v1.0/publish/bulk/bus/t", [{}] * (MOST + 1))])
def test_too_many_entries_over_http(hub, path, body):
    answer = hub.api("speaker").post(path, json.dumps(body).encode())
    assert answer.status == 400 and f"may have {MOST} " in answer.text, answer


def test_as_many_entries_as_there_may_be(speaker):
    keys = [f"many{i}" for i in range(MOST)]
    speaker.call("SaveState", store_name="store", states=[{"key": key} for key in keys])
    items = speaker.call("GetBulkState", store_name="store", keys=keys).items
    assert [one.key for one in items] == keys


def invoke(target, method, value=b"", compress=False):
    one = message("InvokeServiceRequest")(id="plain", message={
        "method": method, "data": {"value": value}, "http_extension": {"verb": POST}})
    options = {"compression": grpc.Compression.Gzip} if compress else {}
    call = target.unary_unary(f"/{RUNTIME}.Dapr/InvokeService",
                              request_serializer=lambda one: one.SerializeToString())
    return call.future(one, LIMIT, **options)


def test_all_requests_together(hub, speaker, gate):
    assert len(gzip.compress(bytes(MEBIBYTE))) < 4096
    before = hub.process.pss()
    with grpc.insecure_channel(hub.grpc_target("speaker")) as channel:
        calls = [invoke(channel, "silent", bytes(4 * MEBIBYTE - 100), compress=True)
                 for _ in range(60)]
        failures = [failure_of(call) for call in calls[-20:] if call.exception() is not None]
        assert failures and all(
            (one.code, one.message) == ("RESOURCE_EXHAUSTED", "the hub holds as many bytes of "
                                        "requests as it may; try again later")
            for one in failures)
        assert SANITIZED or hub.process.pss() < before + 300 * MEBIBYTE
        assert speaker.call("GetMetadata").id == "speaker"  # what is small goes on
        gate.set()
        assert sum(call.exception() is None for call in calls) >= 4
        assert invoke(channel, "x", bytes(4 * MEBIBYTE - 100), compress=True).result()


@pytest.mark.parametrize("path, code", [("fine", None), ("odd", "CANCELLED")])
def test_a_header_that_is_no_metadata(speaker, path, code):
    call = invoke(speaker.channel, path)
    if code is None:
        assert call.result()
    else:
        failure = failure_of(call)
        assert failure.message == "HTTP status 499"
        assert failure.details["ErrorInfo"].metadata["http.code"] == "499"
        assert failure.details["ErrorInfo"].metadata["http.error_message"].startswith("odd odd")
    told = dict(call.initial_metadata())
    assert told["x-even"] == "1" and "x-odd-bin" not in told


def test_trailers_that_are_too_large(speaker):
    path, target = "/any.Service/Trailers", {"dapr-app-id": "lamp"}
    assert speaker.raw(path, b"1", headers=target).result() == b"done"
    failure = failure_of(speaker.raw(path, b"8", headers=target))
    assert failure.code == "RESOURCE_EXHAUSTED" and "trailers are larger" in failure.message
    assert speaker.raw(path, b"1", headers=target).result() == b"done"


def test_errors_fit_the_heads_of_clients(speaker):
    for name in ("é" * 1000, "x" * 20_000):
        failure = speaker.fail("GetState", store_name=name, key="k")
        assert failure.code == "INVALID_ARGUMENT" and failure.reason == "DAPR_STATE_NOT_FOUND"


def test_methods_that_no_service_has(speaker):
    for name in ("StartWorkflow", "InvokeActorAlpha1", "ScheduleJobBeta1", "GetJobAlpha2"):
        assert failure_of(speaker.raw(f"/{RUNTIME}.Dapr/{name}")).code == "UNIMPLEMENTED"
    failure = speaker.fail("TryLockAlpha1", store_name="l")
    assert (failure.code, failure.message) == (
        "INVALID_ARGUMENT", "ExpiryInSeconds is not positive in lock store l")
    # Field 100: a group that holds a number.
    request = message("GetStateRequest")(store_name="store", key="none").SerializeToString()
    group = b"\xa3\x06\x08\x01\xa4\x06"
    assert speaker.raw(f"/{RUNTIME}.Dapr/GetState", request + group).result() == b""
