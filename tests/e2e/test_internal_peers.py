"""Apps behind another's internal port: two hubs, and a port that answers as a daprd's."""
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from harness import wire
from harness.daemon import free_port
from harness.internals import InternalPort, response
from harness.lanes import Instances, lane
from harness.resources import app
from harness.rpc import COMMON, Rpc, failure_of, message
from harness.waiting import wait_until

MEBIBYTE = 1 << 20


def call(app_id, path="on"):
    return f"/v1.0/invoke/{app_id}/method/{path}"


def peer(port, *apps, name="hall"):
    return {"apiVersion": "edgelane.dev/v1", "kind": "Peer", "metadata": {"name": name},
            "spec": {"url": f"grpc://127.0.0.1:{port}", "apps": [{"app": one} for one in apps]}}


def hub_beside(bench, *resources, flags=()):
    hub = bench.hub([app("speaker"), *resources], flags=flags)
    hub.process.wait_for_log("another hub is there")
    return hub


def reverse(request, context):
    metadata = dict(context.invocation_metadata())
    return request[::-1] + metadata["dapr-caller-app-id"].encode()


def count(request, context):
    for number in range(int(request)):
        yield b"%d" % number


def ring(request, context):
    if request.method == "fail":
        context.abort(grpc.StatusCode.NOT_FOUND, "no such bell")
    context.send_initial_metadata((("x-first", "1"),))
    data = type(request.data)(value=request.data.value * 2)
    return message(f"{COMMON}.InvokeResponse")(data=data, content_type="text/x")


@pytest.fixture(scope="module")
def lamp(module_bench):
    one = module_bench.app()
    one.route("/large", lambda exchange: exchange.answer(200, b"z" * 3 * MEBIBYTE))
    one.route("/teapot", lambda exchange: exchange.answer(418, b"short", {"x-own": "kept"}))
    return one


@pytest.fixture(scope="module")
def bell(module_bench):
    one = module_bench.rpc_app()
    one.answer("OnInvoke", ring)
    one.raw["any.Service/Reverse"] = ("unary_unary", reverse)
    one.raw["any.Service/Count"] = ("unary_stream", count)
    return one


@pytest.fixture(scope="module")
def attic(module_bench, lamp, bell):
    """A hub whose lamp and bell are at another."""
    port = free_port()
    down = module_bench.app(listening=False)
    module_bench.hub([app("lamp", lamp.port), app("bell", bell.port, protocol="grpc"),
                      app("down", down.port)],
                     flags=["--dapr-internal-grpc-port", port])
    return hub_beside(module_bench, peer(port, "lamp", "bell", "down", "ghost"))


def test_an_app_there_is_called_as_one_here(attic):
    answer = attic.api("speaker").post(call("lamp", "a%2Fb/c?x=1&y=%20"), b"open", headers={
        "x-own": "kept", "content-type": "text/plain", "Dapr-Caller-App-Id": "forged"})
    assert answer.status == 200
    seen = json.loads(answer.body)
    told = {name.lower(): value for name, value in seen["headers"]}
    assert (seen["method"], seen["path"], seen["query"]) == ("POST", "/a/b/c", "x=1&y=%20")
    assert seen["body"] == "open"
    assert (told["x-own"], told["content-type"], told["content-length"]) == (
        "kept", "text/plain", "4")
    assert (told["dapr-caller-app-id"], told["dapr-callee-app-id"]) == ("speaker", "lamp")
    assert "forwarded" in told and "x-forwarded-host" in told
    forwarded = [name for name, _ in seen["headers"] if name.lower() == "forwarded"]
    assert len(forwarded) == 1, "one hub forwards"


def test_what_the_app_answers_comes_back(attic):
    client = attic.api("speaker")
    answer = client.get(call("lamp", "teapot"))
    assert (answer.status, answer.text, answer.headers.get("x-own")) == (418, "short", "kept")
    assert client.get(call("lamp", "large")).body == b"z" * 3 * MEBIBYTE


def test_large_bodies_go_as_streams(attic):
    body = b"y" * 2 * MEBIBYTE
    answer = attic.api("speaker").post(call("lamp"), body)
    assert json.loads(answer.body)["body"].encode() == body


def test_a_grpc_app_there_is_invoked_by_either_protocol(attic):
    client = attic.api("speaker")
    answer = client.post(call("bell", "ring"), b"ding")
    assert (answer.status, answer.text) == (200, "dingding")
    assert (answer.headers.get("x-first"), answer.headers.get("content-type")) == ("1", "text/x")
    failed = client.get(call("bell", "fail"))
    assert (failed.status, json.loads(failed.body)) == (
        404, {"code": 5, "message": "no such bell"})


def invoke(rpc, app_id, method, value, verb=None):
    request = message(f"{COMMON}.InvokeRequest")(method=method)
    request.data.value = value
    if verb:
        request.http_extension.verb = verb
    return {"id": app_id, "message": request}


def test_a_grpc_caller_invokes_apps_there(attic):
    rpc = Rpc(attic.grpc_target("speaker"))
    ringing = rpc.call("InvokeService", **invoke(rpc, "bell", "ring", b"ding"))
    assert (ringing.data.value, ringing.content_type) == (b"dingding", "text/x")
    failed = rpc.fail("InvokeService", **invoke(rpc, "bell", "fail", b""))
    assert (failed.code, failed.message) == ("NOT_FOUND", "no such bell")
    lit = rpc.call("InvokeService", **invoke(rpc, "lamp", "on", b"x", verb=3))
    assert json.loads(lit.data.value)["method"] == "POST"
    rpc.close()


def test_any_service_is_passed_on_to_an_app_there(attic):
    rpc = Rpc(attic.grpc_target("speaker"))
    metadata = {"dapr-app-id": "bell"}
    assert rpc.raw("/any.Service/Reverse", b"abc", headers=metadata).result() == b"cbaspeaker"
    counted = rpc.channel.unary_stream("/any.Service/Count")(
        b"3", timeout=20, metadata=list(metadata.items()))
    assert list(counted) == [b"0", b"1", b"2"]
    missing = failure_of(rpc.raw("/any.Service/None", headers=metadata))
    assert missing.code == "UNIMPLEMENTED"
    rpc.close()


def test_failures_there_are_told_and_not_tried_again(attic):
    client = attic.api("speaker")
    began = time.monotonic()
    down = client.get(call("down"))
    assert down.status == 500
    assert "rpc error: code = Internal desc = error invoking app channel: Get" in down.text
    ghost = client.get(call("ghost"))
    assert ghost.status == 500
    assert "rpc error: code = NotFound desc = couldn't find service: ghost" in ghost.text
    assert time.monotonic() - began < 1, "the pause before a second try is a second"


def test_a_refusal_there_is_a_refusal_here(bench, lamp):
    port = free_port()
    configuration = {"apiVersion": "dapr.io/v1alpha1", "kind": "Configuration",
                     "metadata": {"name": "c"},
                     "spec": {"accessControl": {"defaultAction": "deny"}}}
    bench.hub([app("lamp", lamp.port), configuration], flags=["--dapr-internal-grpc-port", port])
    hub = hub_beside(bench, peer(port, "lamp"))
    refused = hub.api("speaker").get(call("lamp"))
    assert refused.status == 403
    assert "access control policy has denied access" in refused.text


def test_a_hub_that_is_gone_and_comes_back(bench, lamp):
    port = free_port()
    hall = bench.hub([app("lamp", lamp.port)], flags=["--dapr-internal-grpc-port", port])
    hub = hub_beside(bench, peer(port, "lamp"))
    client = hub.api("speaker")
    assert client.get(call("lamp")).status == 200
    hall.process.kill()
    hub.process.wait_for_log("another hub does not answer", limit=30)
    away = client.get(call("lamp"))
    assert away.status == 500 and "not in a healthy state" in away.text
    bench.started(hall)
    wait_until(lambda: client.get(call("lamp")).status == 200, "the other hub's return", limit=30)


def test_a_call_goes_to_no_third_hub(bench):
    """Each of the two takes the other for the place where the lamp is."""
    ports = free_port(), free_port()
    flags = [["--dapr-internal-grpc-port", port] for port in ports]
    bench.hub([app("speaker"), peer(ports[1], "lamp")], flags=flags[0])
    hub = hub_beside(bench, peer(ports[0], "lamp"), flags=flags[1])
    answer = hub.api("speaker").get(call("lamp"))
    assert answer.status == 500
    assert "couldn't find service: lamp" in answer.text


def test_a_lane_here_falls_back_to_the_baseline_there(bench, lamp):
    instances = Instances(bench)
    port = free_port()
    bench.hub([app("lamp", lamp.port)], flags=["--dapr-internal-grpc-port", port])
    hub = hub_beside(bench, lane("gray"), instances.add("radio"), peer(port, "lamp"))
    answer = hub.api("speaker").get(call("lamp"), headers={"x-lane": "gray"})
    assert (answer.status, answer.headers.get("x-lane-served")) == (200, "base")


def port_beside(bench, answer, **more):
    """A hub, and the port of something that is no edgelane."""
    port = InternalPort(answer, **more)
    return hub_beside(bench, peer(port.port, "door")), port


def test_a_daprd_is_called_as_daprds_call_each_other(bench):
    hub, port = port_beside(bench, lambda request, body, context: response(
        201, b"he", b"llo", headers={"X-Own": ["1", "2"], "Content-Length": "5"}))
    answer = hub.api("speaker").put(call("door", "open?x=1"), b"wide",
                                    headers={"X-Mine": "kept", "content-type": "text/plain"})
    port.close()
    assert (answer.status, answer.text) == (201, "hello")
    assert answer.headers.all("x-own") == ["1", "2"]
    method, request, body = port.seen[0]
    told = {name.lower(): list(one.values) for name, one in request.metadata.items()}
    assert (method, body, request.ver) == ("CallLocalStream", b"wide", 1)
    assert (request.message.method, request.message.content_type) == ("open", "text/plain")
    assert (request.message.http_extension.verb, request.message.http_extension.querystring) == (
        4, "x=1")
    assert told["x-mine"] == ["kept"]
    assert told["destination-app-id"] == told["dapr-callee-app-id"] == ["door"]
    assert (told["dapr-caller-app-id"], told["dapr-caller-namespace"]) == (["speaker"], ["default"])
    assert told["content-length"] == ["4"]
    assert {"x-forwarded-for", "x-forwarded-host", "forwarded"} <= set(told)


def test_an_old_daprd_is_called_by_one_message(bench):
    hub, port = port_beside(bench, lambda request, body, context: response(200, b"re: ", body),
                            knows=("CallLocal",))
    answer = hub.api("speaker").post(call("door"), b"ding")
    port.close()
    assert (answer.status, answer.text) == (200, "re: ding")
    assert [method for method, _, _ in port.seen] == ["CallLocal"]


def test_what_a_daprd_must_not_answer_is_an_error(bench):
    def answer(request, body, context):
        made, pieces = response(200)
        if request.message.method == "nothing":
            made.ClearField("status")
        if request.message.method == "much":
            made.status.code = 1000
        if request.message.method == "split":
            made.message.content_type = "text/plain\r\nx-forged: 1"
        if request.message.method == "busy":
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        return made, pieces
    hub, port = port_beside(bench, answer)
    client = hub.api("speaker")
    assert ("response does not contain the required fields in the leading chunk"
            in client.get(call("door", "nothing")).text)
    assert "its status is none" in client.get(call("door", "much")).text
    assert "its content type is none" in client.get(call("door", "split")).text
    busy = client.get(call("door", "busy"))
    port.close()
    assert busy.status == 500 and "not now" in busy.text
    assert len(port.seen) == 4, "what has been sent is not sent again"


def test_bodies_stream_both_ways(attic, lamp):
    """The lamp answers each piece before the next is sent."""
    def talk(exchange):
        pieces = exchange.pieces()
        exchange.begin_chunked()
        for piece in pieces:
            exchange.send(wire.chunk(b"re: " + piece))
        exchange.send(b"0\r\n\r\n")
    lamp.route("/talk", talk)
    with attic.api("speaker").connect() as connection:
        connection.send_head("POST", call("lamp", "talk"), {"Transfer-Encoding": "chunked"})
        connection.send(wire.chunk(b"one"))
        status, headers = connection.read_head()
        assert status == 200
        pieces = wire.body_pieces(connection.reader, headers, True)
        assert next(pieces) == b"re: one"
        connection.send(wire.chunk(b"two"))
        assert next(pieces) == b"re: two"
        connection.send(b"0\r\n\r\n")
        assert not b"".join(pieces)


def test_a_caller_that_leaves_ends_the_call_there(attic, lamp):
    left = threading.Event()

    def wait(exchange):
        exchange.read_body()
        exchange.begin_chunked()
        exchange.send(wire.chunk(b"begun"))
        exchange.wait_for_peer_to_leave()
        left.set()
        exchange.hang_up()
    lamp.route("/wait", wait)
    with attic.api("speaker").connect() as connection:
        connection.send_request("GET", call("lamp", "wait"))
        connection.read_head()
    assert left.wait(15)


def test_one_that_is_not_read_holds_up_no_other(attic, lamp):
    lamp.route("/endless", lambda exchange: exchange.answer(200, b"e" * 32 * MEBIBYTE))
    client = attic.api("speaker")
    with client.connect() as unread, client.connect() as another:
        for connection in (unread, another):
            connection.send_request("GET", call("lamp", "endless"))
            connection.read_head()
        for _ in range(20):
            assert client.get(call("lamp", "teapot")).text == "short"


def test_many_calls_at_once(attic):
    client = attic.api("speaker")

    def post(number):
        answer = client.post(call("lamp"), b"%d" % number)
        return answer.status, json.loads(answer.body)["body"]
    with ThreadPoolExecutor(max_workers=24) as pool:
        answers = list(pool.map(post, range(300)))
    assert answers == [(200, str(number)) for number in range(300)]
