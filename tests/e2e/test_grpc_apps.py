"""Apps that speak gRPC: invoked, subscribed, watched."""
import json
import threading

import grpc
import pytest

from harness import metrics
from harness.daemon import free_port
from harness.pubsub import buses, wait_for_subscriptions
from harness.resources import app
from harness.rpc import COMMON, RUNTIME, Rpc, failure_of, message
from harness.rpc_app import CALLBACK, subscribes
from harness.waiting import wait_until

SUCCESS, RETRY, DROP = range(3)
ALPHA = f"{RUNTIME}.AppCallbackAlpha/OnBulkTopicEventAlpha1"
HEALTH = f"{RUNTIME}.AppCallbackHealthCheck/HealthCheck"
GET, POST, PUT = 1, 3, 4


def rpc_resource(name, one, **more):
    return app(name, one.port, protocol="grpc", **more)


def echo(request, context):
    """Tells what came as JSON; some methods fail."""
    if request.method == "refused":
        context.set_trailing_metadata((("x-trailer", "t"),))
        context.abort(grpc.StatusCode.NOT_FOUND, "no such lamp: 50 %")
    if request.method == "typed":
        data = {"type_url": "type.googleapis.com/x.Y", "value": b"\x08\x01"}
        return message(f"{COMMON}.InvokeResponse")(data=data)
    context.send_initial_metadata((("x-answer", "a"), ("x-answer-bin", b"\0\1")))
    told = {"method": request.method, "body": request.data.value.decode(),
            "type_url": request.data.type_url, "content_type": request.content_type,
            "verb": request.http_extension.verb, "query": request.http_extension.querystring,
            "metadata": {name: str(value) for name, value in context.invocation_metadata()}}
    return message(f"{COMMON}.InvokeResponse")(
        data={"value": json.dumps(told).encode()}, content_type="application/json; x=1")


@pytest.fixture(scope="module")
def lamp_app(module_bench):
    one = module_bench.rpc_app()
    one.answer("OnInvoke", echo)
    return one


@pytest.fixture(scope="module")
def hub(module_bench, lamp_app):
    plain = module_bench.app()
    return module_bench.hub([rpc_resource("lamp", lamp_app, appToken={"value": "shown"}),
                             app("speaker"), app("plain", plain.port)])


@pytest.fixture
def speaker(hub):
    rpc = Rpc(hub.grpc_target("speaker"))
    yield rpc
    rpc.close()


def invoke(rpc, method, headers=(), **more):
    return rpc.start("InvokeService", id="lamp", message={"method": method, **more},
                     headers=headers)


def test_an_http_caller(hub):
    answer = hub.api("speaker").put("/v1.0/invoke/lamp/method/a/b?x=1&y=%20", b"body", {
        "Content-Type": "text/plain", "X-Mine": "1", "Authorization": "Bearer b", "Accept": "*/*",
        "Connection": "x-hop", "X-Hop": "no", "x-odd-bin": "no base64"})
    assert answer.status == 200
    assert answer.headers.get("content-type") == "application/json; x=1"
    assert answer.headers.get("x-answer") == "a" and answer.headers.get("x-answer-bin") is None
    told = json.loads(answer.body)
    assert (told["method"], told["body"], told["query"]) == ("a/b", "body", "x=1&y=%20")
    assert (told["verb"], told["content_type"]) == (PUT, "text/plain")
    metadata = told["metadata"]
    assert metadata["x-mine"] == "1" and metadata["dapr-authorization"] == "Bearer b"
    assert metadata["dapr-content-type"] == "text/plain" and metadata["dapr-accept"] == "*/*"
    assert metadata["dapr-api-token"] == "shown"
    assert metadata["dapr-caller-app-id"] == "speaker"
    assert metadata["dapr-callee-app-id"] == "lamp"
    assert metadata["dapr-caller-namespace"] == "default"
    assert metadata["x-forwarded-for"] and metadata["forwarded"]
    assert not {"x-hop", "x-odd-bin", "connection", "host", "content-length"} & set(metadata)


def test_an_http_caller_of_what_fails(hub):
    answer = hub.api("speaker").get("/v1.0/invoke/lamp/method/refused")
    assert answer.status == 404
    assert json.loads(answer.body) == {"code": 5, "message": "no such lamp: 50 %"}


def test_a_grpc_caller(speaker):
    call = invoke(speaker, "on", {"x-mine": "1", "bin-bin": b"\1"}, data={"value": b"body"},
                  content_type="text/x", http_extension={"verb": GET, "querystring": "q=1"})
    answer = call.result()
    told = json.loads(answer.data.value)
    assert (told["method"], told["body"], told["content_type"]) == ("on", "body", "text/x")
    assert (told["verb"], told["query"]) == (GET, "q=1")
    assert told["metadata"]["x-mine"] == "1" and told["metadata"]["bin-bin"] == str(b"\1")
    assert told["metadata"]["dapr-api-token"] == "shown"
    assert answer.content_type == "application/json; x=1"
    headers = dict(call.initial_metadata())
    assert headers["x-answer"] == "a" and headers["x-answer-bin"] == b"\0\1"
    assert "dapr-http-status" not in headers


def test_a_grpc_caller_needs_no_verb(speaker):
    told = json.loads(invoke(speaker, "on").result().data.value)
    assert (told["verb"], told["query"]) == (0, "")


def test_a_message_keeps_its_type(speaker):
    told = json.loads(invoke(speaker, "on", data={"type_url": "x/y", "value": b"1"}).result()
                      .data.value)
    assert (told["type_url"], told["content_type"]) == ("x/y", "application/x-protobuf")
    answer = invoke(speaker, "typed").result()
    assert answer.data.type_url == "type.googleapis.com/x.Y" and answer.data.value == b"\x08\x01"


def test_a_grpc_caller_of_what_fails(speaker):
    call = invoke(speaker, "refused")
    failure = failure_of(call)
    assert (failure.code, failure.message) == ("NOT_FOUND", "no such lamp: 50 %")
    assert dict(call.trailing_metadata())["x-trailer"] == "t"


def test_a_large_body(speaker):
    body = b"x" * (3 << 20)
    told = json.loads(invoke(speaker, "on", data={"value": body}).result().data.value)
    assert told["body"] == body.decode()


def test_metadata_names_the_protocol(hub):
    told = json.loads(hub.api("lamp").get("/v1.0/metadata").body)
    assert told["appConnectionProperties"]["protocol"] == "grpc"


def test_a_daprd_and_an_app_that_comes_back(bench):
    port = free_port()
    one = bench.rpc_app(f"127.0.0.1:{port}", listening=False)
    one.answer("OnInvoke", echo)
    daprd = bench.daprd(flags=["--app-port", port, "--app-protocol", "grpc"])
    assert "application protocol: grpc. waiting on port" in daprd.log
    answer = daprd.api.get("/v1.0/invoke/lamp/method/on")
    assert answer.status == 500 and b"refused" in answer.body
    for _ in range(2):
        one.listen()
        wait_until(lambda: daprd.api.get("/v1.0/invoke/lamp/method/on").status == 200, "the app")
        one.close()


def test_an_app_on_a_socket(bench):
    path = bench.directory() / "app.sock"
    one = bench.rpc_app(f"unix:{path}")
    one.answer("OnInvoke", echo)
    hub = bench.hub([app("lamp", protocol="grpc", address=f"unix:{path}"), app("speaker")])
    assert hub.api("speaker").get("/v1.0/invoke/lamp/method/on").status == 200


def test_calls_at_a_time(bench):
    one = bench.rpc_app()
    gate, running = threading.Event(), []

    def wait(request, context):
        running.append(1)
        gate.wait(20)
        return message(f"{COMMON}.InvokeResponse")()
    one.answer("OnInvoke", wait)
    hub = bench.hub([rpc_resource("lamp", one, maxConcurrency=2), app("speaker")])
    rpc = Rpc(hub.grpc_target("speaker"))
    calls = [invoke(rpc, "on") for _ in range(5)]
    wait_until(lambda: len(running) == 2, "two calls")
    failure = failure_of(rpc.start("InvokeService", timeout=0.3, id="lamp",
                                   message={"method": "on"}))
    assert failure.code == "DEADLINE_EXCEEDED" and len(running) == 2
    gate.set()
    for call in calls:
        call.result()
    rpc.close()


def test_a_caller_that_leaves_cancels_the_call(bench):
    one = bench.rpc_app()
    gone = threading.Event()

    def wait(request, context):
        context.add_callback(gone.set)
        gone.wait(20)
        return message(f"{COMMON}.InvokeResponse")()
    one.answer("OnInvoke", wait)
    hub = bench.hub([rpc_resource("lamp", one), app("speaker")])
    rpc = Rpc(hub.grpc_target("speaker"))
    failure = failure_of(rpc.start("InvokeService", timeout=0.3, id="lamp",
                                   message={"method": "on"}))
    assert failure.code == "DEADLINE_EXCEEDED"
    assert gone.wait(10)
    rpc.close()


def test_health(bench):
    one = bench.rpc_app()
    one.answer("OnInvoke", echo)
    health = {"enabled": True, "interval": "100ms", "timeout": "90ms", "threshold": 2}
    hub = bench.hub([rpc_resource("lamp", one, health=health, appToken={"value": "shown"}),
                     app("speaker")])
    api = hub.api("speaker")
    answer = api.get("/v1.0/invoke/lamp/method/on")
    assert answer.status == 500 and b"app is not in a healthy state" in answer.body
    one.answer(HEALTH)
    hub.process.wait_for_log("app is healthy")
    assert api.get("/v1.0/invoke/lamp/method/on").status == 200
    assert "dapr-api-token" not in one.calls(HEALTH)[0].metadata
    del one.answers[HEALTH]
    hub.process.wait_for_log("app is unhealthy")


def test_messages(bench):
    one = bench.rpc_app()
    subscribes(one, {"pubsub_name": "disk", "topic": "t"},
               {"pubsub_name": "disk", "topic": "routed", "routes": {
                   "rules": [{"match": "event.type == \"x\"", "path": "/x"}], "default": "/rest"}})
    verdicts = {"again": [RETRY]}

    def take(request, context):
        left = verdicts.get(request.data.decode(), [])
        return message("TopicEventResponse")(status=left.pop(0) if left else SUCCESS)
    one.answer("OnTopicEvent", take)
    hub = bench.hub([rpc_resource("lamp", one), app("speaker"), *buses(bench.directory())])
    wait_for_subscriptions(hub.process, 2)
    rpc = Rpc(hub.grpc_target("speaker"))
    rpc.call("PublishEvent", pubsub_name="disk", topic="t", data=b"again",
             data_content_type="text/plain")
    first, second = one.wait_for("OnTopicEvent", 2)
    assert first.request == second.request
    event = first.request
    assert (event.topic, event.pubsub_name, event.path) == ("t", "disk", "")
    assert (event.data, event.data_content_type) == (b"again", "text/plain")
    assert event.source == "speaker"
    assert first.metadata["pubsubname"] == "disk"
    rpc.call("PublishEvent", pubsub_name="disk", topic="routed", data=b"2",
             metadata={"cloudevent.type": "x"})
    assert one.wait_for("OnTopicEvent", 3)[-1].request.path == "/x"
    rpc.call("PublishEvent", pubsub_name="disk", topic="routed", data=b"3")
    assert one.wait_for("OnTopicEvent", 4)[-1].request.path == "/rest"
    rpc.close()


def test_messages_that_are_dropped_or_not_taken(bench):
    one = bench.rpc_app()
    subscribes(one, {"pubsub_name": "disk", "topic": "t", "dead_letter_topic": "dead"},
               {"pubsub_name": "disk", "topic": "dead"})

    def take(request, context):
        if request.data == b"unimplemented":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "not me")
        if request.data == b"broken" and request.topic == "t":
            context.abort(grpc.StatusCode.INTERNAL, "broken")
        drop = request.data == b"drop" and request.topic == "t"
        return message("TopicEventResponse")(status=DROP if drop else SUCCESS)
    one.answer("OnTopicEvent", take)
    hub = bench.hub([rpc_resource("lamp", one), app("speaker"), *buses(bench.directory())])
    wait_for_subscriptions(hub.process, 2)
    rpc = Rpc(hub.grpc_target("speaker"))
    for data in (b"unimplemented", b"drop", b"broken"):
        rpc.call("PublishEvent", pubsub_name="disk", topic="t", data=data,
                 data_content_type="text/plain")

    def dead():
        calls = one.calls("OnTopicEvent")
        return {call.request.data for call in calls if call.request.topic == "dead"}
    wait_until(lambda: dead() == {b"drop", b"broken"}, "dead letters")
    rpc.close()


@pytest.mark.parametrize("method", [f"{CALLBACK}/OnBulkTopicEvent", ALPHA])
def test_messages_in_bulk(bench, method):
    one = bench.rpc_app()
    bulk = {"enabled": True, "max_messages_count": 3, "max_await_duration_ms": 60000}
    subscribes(one, {"pubsub_name": "disk", "topic": "t", "bulk_subscribe": bulk})
    again = [True]

    def take(request, context):
        kind = message("TopicEventBulkResponseEntry")
        statuses = [kind(entry_id=entry.entry_id, status=SUCCESS) for entry in request.entries]
        if again:
            again.clear()
            statuses[0].status = RETRY
        return message("TopicEventBulkResponse")(statuses=statuses)
    one.answer(method, take)
    hub = bench.hub([rpc_resource("lamp", one), app("speaker"), *buses(bench.directory())])
    wait_for_subscriptions(hub.process, 1)
    rpc = Rpc(hub.grpc_target("speaker"))

    def publish(*texts):
        entries = [{"entry_id": str(i), "event": text, "content_type": "text/plain"}
                   for i, text in enumerate(texts)]
        rpc.call("BulkPublishEvent", pubsub_name="disk", topic="t", entries=entries)
    publish(b"a", b"b", b"c")
    request = one.wait_for(method)[0].request
    assert (request.topic, request.pubsub_name, request.path) == ("t", "disk", "")
    assert request.type == "com.dapr.event.sent.bulk" and request.id
    entry = request.entries[0]
    assert entry.content_type == "application/cloudevents+json"
    assert sorted(one.cloud_event.data for one in request.entries) == [b"a", b"b", b"c"]
    assert (entry.cloud_event.source, entry.cloud_event.type) == ("speaker", "com.dapr.event.sent")
    publish(b"d", b"e")
    second = one.wait_for(method, 2)[1].request
    assert entry.cloud_event.data in {one.cloud_event.data for one in second.entries}
    rpc.close()


def test_an_app_without_subscriptions_of_its_own(bench):
    one = bench.rpc_app()
    one.answer("OnTopicEvent")
    declared = {"apiVersion": "dapr.io/v1alpha1", "kind": "Subscription",
                "metadata": {"name": "s"},
                "spec": {"pubsubname": "mem", "topic": "t", "route": "/h"}, "scopes": ["lamp"]}
    hub = bench.hub([rpc_resource("lamp", one), app("speaker"), declared,
                     *buses(bench.directory())])
    wait_for_subscriptions(hub.process)
    rpc = Rpc(hub.grpc_target("speaker"))
    rpc.call("PublishEvent", pubsub_name="mem", topic="t", data=b"1")
    assert one.wait_for("OnTopicEvent")[0].request.path == "/h"
    assert "the app's own subscriptions are not known" not in hub.log
    rpc.close()


def test_calls_are_counted(bench):
    one = bench.rpc_app()
    one.answer("OnInvoke", echo)
    one.answer("OnTopicEvent")
    subscribes(one, {"pubsub_name": "mem", "topic": "t"})
    one.raw["any.Service/Unary"] = ("unary_unary", lambda request, context: request)
    one.answer(HEALTH)
    hub = bench.hub([rpc_resource("lamp", one, health={"enabled": True}), app("speaker"),
                     *buses(bench.directory())])
    wait_for_subscriptions(hub.process)
    rpc = Rpc(hub.grpc_target("speaker"))
    invoke(rpc, "on", data={"value": b"x" * 3000}).result()
    failure_of(invoke(rpc, "refused"))
    rpc.raw("/any.Service/Unary", b"1", headers={"dapr-app-id": "lamp"}).result()
    rpc.call("PublishEvent", pubsub_name="mem", topic="t", data=b"1")
    one.wait_for("OnTopicEvent")
    calls = "dapr_grpc_io_client_completed_rpcs"
    event = {"app_id": "lamp", "grpc_client_method": f"/{CALLBACK}/OnTopicEvent"}
    wait_until(lambda: metrics.read(hub).value(calls, grpc_client_status="OK", **event) == 1,
               "the message to be counted")
    read = metrics.read(hub)

    def to_lamp(method, status):
        return read.value(calls, app_id="lamp", grpc_client_method=method,
                          grpc_client_status=status)

    def of_speaker(method, status):
        return read.value("dapr_grpc_io_server_completed_rpcs", app_id="speaker",
                          grpc_server_method=method, grpc_server_status=status)
    for status in ("OK", "NotFound"):
        assert to_lamp(f"/{CALLBACK}/OnInvoke", status) == 1
        assert of_speaker(f"/{RUNTIME}.Dapr/InvokeService", status) == 1
    assert to_lamp("/any.Service/Unary", "OK") == of_speaker("/any.Service/Unary", "OK") == 1
    assert read.value("dapr_grpc_io_client_sent_bytes_per_rpc_sum", app_id="lamp",
                      grpc_client_method=f"/{CALLBACK}/OnInvoke") > 3000
    assert read.value("dapr_grpc_io_healthprobes_completed_count", app_id="lamp",
                      grpc_client_status="OK") >= 1
    rpc.close()
