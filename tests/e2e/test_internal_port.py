"""The internal port: what daprds and other hubs call of a hub's apps."""
import json

import grpc
import pytest

from harness.daemon import free_port
from harness.internals import INTERNALS, SERVICE, Caller, chunks, kind, request_to
from harness.lanes import Instances, lane
from harness.resources import app
from harness.rpc import COMMON, Rpc, failure_of, message

KIB = 1 << 10


def reverse(request, context):
    metadata = dict(context.invocation_metadata())
    return request[::-1] + metadata["dapr-caller-app-id"].encode()


@pytest.fixture(scope="module")
def lamp(module_bench):
    one = module_bench.app()
    one.route("/teapot", lambda exchange: exchange.answer(
        418, b"short", {"x-own": "kept", "Connection": "x-hop", "x-hop": "1"}))
    one.route("/large", lambda exchange: exchange.answer(200, b"z" * 300 * KIB))
    return one


@pytest.fixture(scope="module")
def bell(module_bench):
    one = module_bench.rpc_app()
    one.answer("OnInvoke", answer_bell)
    one.raw["any.Service/Reverse"] = ("unary_unary", reverse)
    return one


def answer_bell(request, context):
    context.send_initial_metadata((("x-first", "1"),))
    context.set_trailing_metadata((("x-last", "2"),))
    if request.method == "fail":
        context.abort(grpc.StatusCode.NOT_FOUND, "no such bell")
    data = type(request.data)(type_url="type.googleapis.com/a.B", value=request.data.value * 2)
    return message(f"{COMMON}.InvokeResponse")(data=data, content_type="text/x")


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def hub(module_bench, lamp, bell, port):
    down = module_bench.app(listening=False)
    return module_bench.hub([app("lamp", lamp.port), app("bell", bell.port, protocol="grpc"),
                             app("down", down.port), app("speaker")],
                            flags=["--dapr-internal-grpc-port", port])


@pytest.fixture(scope="module")
def caller(hub, port):
    hub.process.wait_for_log(f"Internal gRPC server is running on port {port}")
    one = Caller(port)
    yield one
    one.close()


def told(answer):
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def values(request, name):
    return [value for key, value in request["headers"] if key.lower() == name]


def test_an_http_app_sees_the_request_as_it_was_made(caller):
    answer = caller.stream(request_to("lamp", "a%20b/c", "POST", query="x=1&y",
                                      content_type="text/plain", metadata={
                                          "X-Own": ["one", "two"], "content-length": "10",
                                          "x-forwarded-for": "10.1.2.3",
                                          "dapr-api-token": "no", "some-bin": "AAA="}),
                           [b"hello", b" lamp"])
    seen = told(answer)
    assert (seen["method"], seen["path"], seen["query"]) == ("POST", "/a%20b/c", "x=1&y")
    assert seen["body"] == "hello lamp"
    assert values(seen, "x-own") == ["one", "two"]
    assert values(seen, "content-type") == ["text/plain"]
    assert values(seen, "content-length") == ["10"]
    assert values(seen, "dapr-caller-app-id") == ["far"]
    assert values(seen, "dapr-callee-app-id") == ["lamp"]
    assert values(seen, "x-forwarded-for") == ["10.1.2.3"], "who forwards is the other hub"
    assert not values(seen, "dapr-api-token") and not values(seen, "some-bin")
    assert answer.content_type == "application/json"


def test_a_call_without_a_body_has_none(caller):
    seen = told(caller.stream(request_to("lamp")))
    assert (seen["method"], seen["body"]) == ("GET", "")
    assert not values(seen, "transfer-encoding")


def test_a_body_of_unknown_length_is_passed_on(caller):
    seen = told(caller.stream(request_to("lamp", verb="PUT"), [b"a" * 2048] * 100))
    assert seen["body"] == "a" * 204800


def test_the_one_message_call_does_the_same(caller):
    answer = caller.unary(request_to("lamp", "x", "PUT", content_type="text/plain"), b"whole")
    seen = told(answer)
    assert (seen["method"], seen["path"], seen["body"]) == ("PUT", "/x", "whole")
    assert values(seen, "content-type") == ["text/plain"]


@pytest.mark.parametrize("way", ["stream", "unary"])
def test_an_app_s_own_status_and_headers_come_back(caller, way):
    answer = getattr(caller, way)(request_to("lamp", "teapot"))
    assert (answer.status, answer.body) == (418, b"short")
    assert answer.headers["x-own"] == ["kept"]
    assert "x-hop" not in answer.headers and "content-length" not in answer.headers


def test_a_large_answer_comes_in_pieces(caller):
    assert caller.stream(request_to("lamp", "large")).body == b"z" * 300 * KIB


@pytest.mark.parametrize("way", ["stream", "unary"])
def test_an_app_that_speaks_grpc_is_called_by_on_invoke(caller, way):
    request = request_to("bell", "ring", verb="", content_type="text/x")
    answer = (caller.stream(request, [b"ding"]) if way == "stream"
              else caller.unary(request, b"ding"))
    assert (answer.status, answer.body, answer.content_type) == (
        0, b"dingding", "application/x-protobuf")
    assert answer.headers["x-first"] == ["1"]
    assert answer.trailers["x-last"] == ["2"]


def test_a_grpc_app_s_failure_is_a_status(caller):
    answer = caller.stream(request_to("bell", "fail", verb=""))
    assert (answer.status, answer.message, answer.body) == (5, "no such bell", b"")


def fails(caller, request, pieces=()):
    calls = caller.rpc.method("CallLocalStream")(chunks(request, pieces), timeout=20)
    return failure_of(calls)


def test_what_cannot_be_called_is_said(caller):
    nobody = fails(caller, request_to("nobody"))
    assert (nobody.code, nobody.message) == ("NOT_FOUND", "couldn't find service: nobody")
    no_port = fails(caller, request_to("speaker"))
    assert (no_port.code, no_port.message) == ("INTERNAL", "app channel is not initialized")
    down = fails(caller, request_to("down"))
    assert down.code == "INTERNAL", "who calls has nothing to try again"
    assert down.message.startswith("error invoking app channel: Get ")
    verbless = fails(caller, request_to("lamp", verb=""))
    assert (verbless.code, verbless.message) == (
        "INTERNAL", "error invoking app channel: rpc error: code = InvalidArgument desc = missing "
        "HTTP extension field")
    none = request_to("lamp")
    none.message.http_extension.verb = 0
    none = fails(caller, none)
    assert none.code == "INTERNAL" and "invalid HTTP verb" in none.message


def test_malformed_calls_are_refused(caller):
    whole = "request does not contain the required fields in the leading chunk"
    empty = kind("InternalInvokeRequest")(ver=1)
    assert whole in fails(caller, empty).message
    request = request_to("lamp", metadata={"content-length": "3"}, verb="PUT")
    assert "shorter" in fails(caller, request, [b"ab"]).message
    assert "longer" in fails(caller, request, [b"abcd"]).message
    unversioned = request_to("lamp")
    unversioned.ver = 0
    assert "Unsupported spec version" in fails(caller, unversioned).message


def test_nothing_but_apps_can_be_reached(caller):
    for path in ("/dapr.proto.runtime.v1.Dapr/GetMetadata", "/grpc.health.v1.Health/Check"):
        assert failure_of(caller.rpc.raw(path)).code == "UNKNOWN"
    actor = failure_of(caller.rpc.raw(f"/{SERVICE}/CallActor"))
    assert actor.code == "UNIMPLEMENTED"
    assert f"{INTERNALS}.ServiceInvocation" in actor.message
    metadata = {"dapr-callee-app-id": "speaker"}
    inside = failure_of(caller.rpc.raw("/dapr.proto.runtime.v1.Dapr/GetMetadata", headers=metadata))
    assert inside.code == "FAILED_PRECONDITION"


def test_any_service_is_passed_to_the_app(caller):
    metadata = {"dapr-callee-app-id": "bell", "dapr-caller-app-id": "far"}
    assert caller.rpc.raw("/any.Service/Reverse", b"abc", headers=metadata).result() == b"cbafar"
    missing = failure_of(caller.rpc.raw("/any.Service/Reverse"))
    assert missing.code == "UNKNOWN"


def test_a_hub_opens_it_only_where_it_is_told_to(bench, lamp):
    silent = bench.hub([app("lamp", lamp.port)])
    assert "Internal gRPC" not in silent.log


def test_access_control_that_denies_strangers_denies(bench, lamp):
    port = free_port()
    configuration = {"apiVersion": "dapr.io/v1alpha1", "kind": "Configuration",
                     "metadata": {"name": "c"},
                     "spec": {"accessControl": {"defaultAction": "deny"}}}
    bench.hub([app("lamp", lamp.port), configuration], flags=["--dapr-internal-grpc-port", port])
    caller = Caller(port)
    denied = fails(caller, request_to("lamp"))
    caller.close()
    assert denied.code == "PERMISSION_DENIED"
    assert denied.message.startswith("access control policy has denied access to id:")


def test_nobody_is_believed_what_it_says_of_lanes(bench):
    instances = Instances(bench)
    port = free_port()
    bench.hub([lane("gray"), instances.add("lamp"), instances.add("lamp", "gray")],
              flags=["--dapr-internal-grpc-port", port])
    caller = Caller(port)
    answer = caller.stream(request_to("lamp", metadata={"x-lane": "gray"}))
    caller.close()
    assert (answer.body, answer.headers["x-lane-served"]) == (b"lamp", ["base"])


def test_a_daprd_s_port_serves_its_app_whatever_is_named(bench, lamp):
    port = free_port()
    bench.daprd("lamp", flags=["--app-port", lamp.port, "--dapr-internal-grpc-port", port,
                               "--dapr-internal-grpc-listen-address", "127.0.0.1"])
    caller = Caller(port)
    request = request_to("lamp", "x")
    for name in ("destination-app-id", "dapr-callee-app-id"):
        del request.metadata[name]
    seen = told(caller.stream(request))
    caller.close()
    assert seen["path"] == "/x"


def test_the_port_is_no_api(hub, port):
    rpc = Rpc(f"127.0.0.1:{port}")
    assert rpc.fail("GetMetadata").code == "UNKNOWN"
    rpc.close()
