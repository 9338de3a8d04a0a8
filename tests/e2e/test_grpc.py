"""The gRPC API: who calls, how calls end, and what blocks that are not there answer."""
import json
import threading
import time

import grpc
import pytest

from harness.daemon import free_port
from harness.resources import app, component
from harness.rpc import RUNTIME, Rpc, failure_of, message
from harness.waiting import wait_until

SECRET = "t0ken-of-secret"


@pytest.fixture(scope="module")
def hub(module_bench):
    return module_bench.hub([
        app("lamp"), app("speaker"), app("secret", api={"token": {"value": SECRET}}),
        component("store", "state.in-memory")])


@pytest.fixture
def client():
    made = []

    def make(target, *arguments, **more):
        made.append(Rpc(target, *arguments, **more))
        return made[-1]
    yield make
    for one in made:
        one.close()


@pytest.fixture
def lamp(client, hub):
    return client(hub.grpc_target("lamp"))


def shared(hub):
    return f"127.0.0.1:{hub.grpc_port}"


def key_of(rpc, text):
    """Whose key a client writes: apps see only their own."""
    rpc.call("SaveState", store_name="store", states=[{"key": "whose", "value": text}])
    return rpc.call("GetState", store_name="store", key="whose").data


def test_a_socket_says_who(hub, client, lamp):
    speaker = client(hub.grpc_target("speaker"))
    key_of(lamp, b"lamp")
    key_of(speaker, b"speaker")
    assert lamp.call("GetState", store_name="store", key="whose").data == b"lamp"
    assert lamp.call("GetMetadata").id == "lamp"
    assert speaker.call("GetMetadata").id == "speaker"


def test_a_token_says_who_on_the_shared_port(hub, client):
    rpc = client(shared(hub), {"dapr-api-token": SECRET})
    assert rpc.call("GetMetadata").id == "secret"
    assert key_of(rpc, b"secret") == b"secret"


@pytest.mark.parametrize("token", ["wrong", SECRET + "2", ""])
def test_a_wrong_token(hub, client, token):
    failure = client(shared(hub), {"dapr-api-token": token}).fail("GetMetadata")
    assert (failure.code, failure.message) == ("UNAUTHENTICATED", "Unauthorized")
    assert failure.reason == "Unauthorized"
    assert failure.info == {"http.code": "401",
                            "http.error_message": "authentication error: api token mismatch"}


def test_without_identity_there_is_metadata_and_health(hub, client):
    rpc = client(shared(hub))
    assert rpc.call("GetMetadata").id == ""
    failure = rpc.fail("GetState", store_name="store", key="k")
    assert failure.code == "PERMISSION_DENIED" and "dapr-api-token" in failure.message
    assert rpc.fail("InvokeBinding", name="x").code == "PERMISSION_DENIED"
    health = client(shared(hub), service="grpc.health.v1.Health")
    for service in ("", f"{RUNTIME}.Dapr"):
        assert health.call("Check", service=service).status == 1
    assert health.fail("Check", service="other").code == "NOT_FOUND"


def test_a_daprd_asks_for_its_token(bench, client):
    daprd = bench.daprd(environment={"DAPR_API_TOKEN": SECRET})
    target = f"127.0.0.1:{daprd.grpc_port}"
    failure = client(target).fail("GetMetadata")
    assert failure.code == "UNAUTHENTICATED"
    assert failure.info["http.error_message"] == "missing api token in request metadata"
    assert client(target, {"dapr-api-token": SECRET}).call("GetMetadata").id == "lamp"


def test_a_daprd_on_a_socket(bench, client):
    directory = bench.directory()
    process = bench.process(["--app-id", "lamp", "--unix-domain-socket", directory,
                             "--metrics-port=0"])
    process.wait_for_log("API gRPC server listening on UNIX socket")
    rpc = client(f"unix:{directory}/dapr-lamp-grpc.socket")
    assert rpc.call("GetMetadata").id == "lamp"


def test_a_port_that_is_taken(bench, hub):
    arguments = ["--root", bench.directory(), "--dapr-http-port", free_port(), "--metrics-port=0"]
    process = bench.process([*arguments, "--dapr-grpc-port", hub.grpc_port])
    assert process.wait() == 1
    assert "choose another --dapr-grpc-port" in process.log


def test_methods_that_are_not_there(lamp):
    failure = failure_of(lamp.raw(f"/{RUNTIME}.Dapr/Nothing"))
    assert (failure.code, failure.message) == (
        "UNIMPLEMENTED", f"unknown method Nothing for service {RUNTIME}.Dapr")
    for path in ("/some.Other/Thing", "/"):
        assert failure_of(lamp.raw(path)).code == "UNKNOWN"
    failure = failure_of(lamp.raw("/TaskHubSidecarService/Hello"))
    assert (failure.code, failure.message) == (
        "UNIMPLEMENTED", "unknown service TaskHubSidecarService")


@pytest.mark.parametrize("name, fields, code, text", [
    ("InvokeBinding", {"name": "bell"}, "INTERNAL",
     "error invoking output binding bell: couldn't find output binding bell"),
    ("TryLockAlpha1", {"store_name": "l", "expiry_in_seconds": 1}, "FAILED_PRECONDITION",
     "lock store is not configured"),
    ("TryLockAlpha1", {"store_name": "l"}, "INVALID_ARGUMENT",
     "ExpiryInSeconds is not positive in lock store l"),
    ("UnlockAlpha1", {"store_name": "l"}, "FAILED_PRECONDITION", "lock store is not configured"),
    ("QueryStateAlpha1", {"store_name": "store", "query": "{}"}, "INTERNAL",
     "state store does not support querying")])
def test_blocks_that_are_not_there(lamp, name, fields, code, text):
    failure = lamp.fail(name, **fields)
    assert (failure.code, failure.message) == (code, text)


@pytest.mark.parametrize("name, code", [
    ("InvokeActor", "UNAVAILABLE"), ("RegisterActorReminder", "UNAVAILABLE"),
    ("EncryptAlpha1", "INTERNAL"), ("SubtleSignAlpha1", "UNIMPLEMENTED"),
    ("StartWorkflowBeta1", "INTERNAL"), ("ScheduleJobAlpha1", "INTERNAL"),
    ("ConverseAlpha1", "INVALID_ARGUMENT")])
def test_blocks_whose_messages_we_do_not_have(lamp, name, code):
    assert failure_of(lamp.raw(f"/{RUNTIME}.Dapr/{name}")).code == code


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05ab", b"\x0a\x01\xff", b"\x00\x00"])
def test_a_request_that_is_no_message(lamp, body):
    failure = failure_of(lamp.raw(f"/{RUNTIME}.Dapr/GetState", body))
    assert failure.code == "INTERNAL" and "unmarshalling" in failure.message


def test_what_is_not_known_is_skipped(lamp):
    request = message("GetStateRequest")(store_name="store", key="none").SerializeToString()
    unknown = b"\xf8\x07\x01" + b"\xfa\x07\x02ab" + b"\xfd\x07abcd" + b"\xf9\x07abcdefgh"
    assert lamp.raw(f"/{RUNTIME}.Dapr/GetState", unknown + request).result() == b""


def test_a_message_that_is_too_large(hub, client):
    rpc = client(hub.grpc_target("lamp"), options=[("grpc.max_send_message_length", -1)])
    large = [{"key": "k", "value": b"x" * (5 << 20)}]
    failure = rpc.fail("SaveState", store_name="store", states=large)
    assert failure.code == "RESOURCE_EXHAUSTED"
    assert "larger than max" in failure.message and str(4 << 20) in failure.message
    assert rpc.call("GetMetadata").id == "lamp"


def slow_app(module_bench):
    gate = threading.Event()

    def wait(exchange):
        exchange.read_body()
        gate.wait(20)
        exchange.answer(200, b"late")
    return module_bench.app(wait), gate


def invoke(app_id, method, verb="GET", **more):
    return {"id": app_id, "message": {"method": method, "http_extension": {"verb": verb}, **more}}


def test_deadlines_and_cancels(bench, client):
    slow, gate = slow_app(bench)
    hub = bench.hub([app("lamp"), app("slow", slow.port)])
    rpc = client(hub.grpc_target("lamp"))
    began = time.monotonic()
    assert rpc.fail("InvokeService", timeout=0.3, **invoke("slow", "a")).code == "DEADLINE_EXCEEDED"
    assert time.monotonic() - began < 10
    told = {"grpc-timeout": "200m"}  # the hub's own word, not the client's
    channel = rpc.channel.unary_unary(f"/{RUNTIME}.Dapr/InvokeService")
    request = message("InvokeServiceRequest")(**invoke("slow", "b")).SerializeToString()
    failure = failure_of(channel.future(request, timeout=0.2, metadata=list(told.items())))
    assert failure.code == "DEADLINE_EXCEEDED"
    call = rpc.start("InvokeService", **invoke("slow", "c"))
    slow.wait_for("/c")
    call.cancel()
    wait_until(call.cancelled, "the cancel")
    gate.set()
    assert rpc.call("InvokeService", **invoke("slow", "d")).data.value == b"late"


def test_a_hundred_streams_at_once(bench, client):
    slow, gate = slow_app(bench)
    hub = bench.hub([app("lamp"), app("slow", slow.port)])
    rpc = client(hub.grpc_target("lamp"))
    calls = [rpc.start("InvokeService", **invoke("slow", f"n{i}")) for i in range(100)]
    wait_until(lambda: len({one.path for one in slow.requests if one.path.startswith("/n")}) == 100,
               "100 calls at the app")
    gate.set()
    assert [call.result().data.value for call in calls] == [b"late"] * 100


def test_the_log_of_calls(bench, client):
    daprd = bench.daprd(flags=["--enable-api-logging", "--log-as-json"])
    client(f"127.0.0.1:{daprd.grpc_port}").call("GetMetadata")
    daprd.process.wait_for_log("gRPC API Called")
    line = next(json.loads(one) for one in daprd.log.splitlines() if "gRPC API Called" in one)
    assert line["method"] == f"/{RUNTIME}.Dapr/GetMetadata"
    assert line["code"] == "0" and "grpc-python" in line["useragent"]


def test_apis_that_are_switched_off(bench, client):
    rules = {"apiVersion": "dapr.io/v1alpha1", "kind": "Configuration",
             "metadata": {"name": "house"},
             "spec": {"api": {"denied": [{"name": "state", "version": "v1", "protocol": "grpc"}]}}}
    hub = bench.hub([app("lamp"), component("store", "state.in-memory"), rules])
    rpc = client(hub.grpc_target("lamp"))
    failure = rpc.fail("GetState", store_name="store", key="k")
    assert (failure.code, failure.message) == ("UNIMPLEMENTED", "Not Implemented")
    assert failure.info == {"http.code": "501",
                            "http.error_message": "requested endpoint is not available"}
    assert hub.api("lamp").get("/v1.0/state/store/k").status == 204


def test_shutdown(bench, client):
    daprd = bench.daprd()
    client(f"127.0.0.1:{daprd.grpc_port}").call("Shutdown")
    assert daprd.process.wait() == 0
    hub = bench.hub([app("lamp")])
    failure = client(hub.grpc_target("lamp")).fail("Shutdown")
    assert failure.code == "PERMISSION_DENIED" and "service manager" in failure.message


def test_a_port_of_an_apps_own(bench, client):
    port = free_port()
    bench.hub([app("lamp", api={"grpcPort": port}), app("speaker")])
    assert client(f"127.0.0.1:{port}").call("GetMetadata").id == "lamp"


def test_health_is_watched(bench, client):
    hub = bench.hub([app("lamp")])
    health = client(hub.grpc_target("lamp"), service="grpc.health.v1.Health")
    watch = health.start("Watch")
    other = health.start("Watch", service="other")
    assert (next(watch).status, next(other).status) == (1, 3)
    hub.process.signal(15)
    assert next(watch).status == 2
    assert list(watch) == list(other) == []
    assert hub.process.wait() == 0
