"""Publish and subscribe over HTTP: envelopes, routes, and what an app's answers mean."""
import base64
import json
from datetime import datetime, timedelta, timezone

import pytest

from harness.pubsub import Subscriber, buses, subscription, wait_for_subscriptions
from harness.resources import app

RULES = {"rules": [{"match": 'event.type == "order.created"', "path": "/created"},
                   {"match": "event.data.amount > 100", "path": "/large"},
                   {"match": "event.data.sku.matches('^A[0-9]+$')", "path": "/sku"}],
         "default": "/other"}


def of_both(topic, path, **more):
    return [subscription(name, topic, f"/{name}{path}", **more) for name in ("mem", "disk")]


SUBSCRIPTIONS = [
    *of_both("plain", "/plain"), *of_both("a/b c", "/slashes"), *of_both("types", "/types"),
    *of_both("raw", "/raw", metadata={"rawPayload": "true"}), *of_both("ttl", "/ttl"),
    *of_both("answers", "/answers"), *of_both("letters", "/letters", deadLetterTopic="dead"),
    *of_both("dead", "/dead"), *of_both("trace", "/trace"), *of_both("bulk", "/bulk"),
    subscription("mem", "routes", routes=RULES),
    subscription("mem", "norule", routes={"rules": RULES["rules"][:1]}, deadLetterTopic="unrouted"),
    subscription("mem", "unrouted", "/unrouted"),
    subscription("mem", "no-slash", "no-slash"),
    subscription("mem", "broken", "/broken", deadLetterTopic="brokenLetters"),
    subscription("mem", "brokenLetters", "/broken-letters", metadata={"rawPayload": "true"}),
    {"pubsubName": "mem", "Topic": "cases", "Route": "/cases"},
    subscription("mem", "no route"),
    subscription("disk", "many", "/many",
                 bulkSubscribe={"enabled": True, "maxMessagesCount": 10, "maxAwaitDurationMs": 200}),
]


@pytest.fixture(scope="module")
def shop(module_bench):
    return Subscriber(module_bench, SUBSCRIPTIONS)


@pytest.fixture(scope="module")
def hub(module_bench, shop):
    hub = module_bench.hub([app("shop", shop.port), *buses(module_bench.directory())])
    wait_for_subscriptions(hub, len(SUBSCRIPTIONS) - 1)
    return hub


@pytest.fixture(params=["mem", "disk"])
def bus(request):
    return request.param


@pytest.fixture
def api(hub):
    return hub.api("shop")


def publish(api, bus, topic, body, content_type="text/plain", query=""):
    answer = api.post(f"/v1.0/publish/{bus}/{topic}{query}", body,
                      {"Content-Type": content_type} if content_type else {})
    assert (answer.status, answer.body) == (204, b""), answer
    return answer


def publish_event(api, bus, where, **event):
    publish(api, bus, where, json.dumps(event).encode(), "application/cloudevents+json")


def test_a_message_goes_to_its_subscriber(shop, api, bus):
    answer = publish(api, bus, "plain", b'{"n": 1.50}', "application/json",
                     "?metadata.pubsubName=spoof&metadata.PUBSUBNAME=spoof&metadata.room=hall")
    assert answer.headers.get("x-durability") == {"mem": "memory", "disk": "committed"}[bus]
    request = shop.requests(f"/{bus}/plain")[0]
    assert request.method == "POST"
    assert request.header("content-type") == "application/cloudevents+json"
    assert request.headers.all("pubsubName") == [bus]
    assert request.header("room") == "hall"
    assert b'"data":{"n": 1.50}' in request.body
    event = json.loads(request.body)
    assert list(event) == sorted(event)
    assert event["datacontenttype"] == "application/json"
    assert (event["pubsubname"], event["topic"], event["source"]) == (bus, "plain", "shop")
    assert (event["specversion"], event["type"]) == ("1.0", "com.dapr.event.sent")
    assert len(event["id"]) == 36
    sent = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    assert abs(datetime.now(timezone.utc) - sent) < timedelta(minutes=1)
    assert (event["traceid"], event["traceparent"], event["tracestate"]) == ("", "", "")


def test_topics_may_hold_slashes(shop, api, bus):
    assert api.put(f"/v1.0/publish/{bus}/a/b%20c", b"x").status == 204
    assert shop.event(f"/{bus}/slashes")["topic"] == "a/b c"


def test_content_types(shop, api, bus):
    kinds = [("application/json", b"[1,2]", "data", [1, 2]),
             ("application/json", b"{broken", "data", "{broken"),
             ("text/plain", b"[1]", "data", "[1]"),
             ("application/vnd.x+json", b"[1]", "data", "[1]"),
             ("application/octet-stream", b"\x00\xff", "data_base64", "AP8="),
             (None, b"x", "data", "x")]
    for number, (content_type, body, _, _) in enumerate(kinds):
        publish(api, bus, "types", body, content_type, f"?metadata.cloudevent.id={number}")
    events = {event["id"]: event for event in shop.events(f"/{bus}/types", len(kinds))}
    for number, (content_type, _, key, value) in enumerate(kinds):
        event = events[str(number)]
        assert event[key] == value
        assert event["datacontenttype"] == (content_type or "text/plain")


def test_a_cloud_event_is_amended(shop, api):
    publish_event(api, "mem", "cases", id="5", type="mine", topic="wrong", ext="e", data={"a": 1})
    event = shop.event("/cases")
    assert (event["id"], event["type"], event["ext"]) == ("5", "mine", "e")
    assert (event["topic"], event["pubsubname"], event["source"]) == ("cases", "mem", "Dapr")
    assert "datacontenttype" not in event


def test_a_trace_travels_along(shop, api, bus):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = api.post(f"/v1.0/publish/{bus}/trace", b"x",
                      {"traceparent": parent, "tracestate": "k=v"})
    assert answer.status == 204
    request = shop.requests(f"/{bus}/trace")[0]
    event = json.loads(request.body)
    assert event["traceid"] == event["traceparent"]
    assert event["traceparent"].split("-")[1] == parent.split("-")[1]
    assert request.header("traceparent") == event["traceparent"]
    assert request.header("tracestate") == "k=v"


def test_raw_payloads(shop, api, bus):
    publish(api, bus, "raw", b"\xfe raw", query="?metadata.rawPayload=true")
    event = shop.event(f"/{bus}/raw")
    assert base64.b64decode(event["data_base64"]) == b"\xfe raw"
    assert event["datacontenttype"] == "application/octet-stream"
    assert (event["topic"], event["pubsubname"], event["source"]) == ("raw", bus, "Dapr")


def test_time_to_live(shop, api):
    publish(api, "mem", "ttl", b"x", query="?metadata.ttlInSeconds=60")
    expiration = shop.event("/mem/ttl")["expiration"]
    left = datetime.fromisoformat(expiration.replace("Z", "+00:00")) - datetime.now(timezone.utc)
    assert timedelta(seconds=50) < left < timedelta(seconds=70)


def test_routes(shop, api):
    publish_event(api, "mem", "routes", id="1", type="order.created")
    publish_event(api, "mem", "routes", id="2", type="x", data={"amount": 101})
    publish_event(api, "mem", "routes", id="3", type="x", data={"amount": 1, "sku": "A12"})
    publish_event(api, "mem", "routes", id="4", type="x", data={"amount": 1, "sku": "B"})
    assert shop.event("/created")["id"] == "1"
    assert shop.event("/large")["id"] == "2"
    assert shop.event("/sku")["id"] == "3"
    assert shop.event("/other")["id"] == "4"


def test_a_route_without_a_slash(shop, api):
    publish(api, "mem", "no-slash", b"x")
    assert shop.event("/no-slash")["data"] == "x"


def test_what_no_rule_takes_goes_to_the_dead_letters(shop, api):
    publish_event(api, "mem", "norule", id="9", type="x")
    assert shop.event("/unrouted")["id"] == "9"


def test_what_is_no_event_goes_to_the_dead_letters(shop, api):
    publish(api, "mem", "broken", b"no json", query="?metadata.rawPayload=true")
    assert base64.b64decode(shop.event("/broken-letters")["data_base64"]) == b"no json"
    assert not shop.app.seen("/broken")


@pytest.mark.parametrize("said", ["", "{}", "no json", '{"status":""}', '{"status":"SUCCESS"}',
                                  '{"status":"DROP"}', 404])
def test_answers_that_end_a_message(shop, api, said):
    before = len(shop.app.seen("/disk/answers"))
    shop.says("/disk/answers", said)
    publish(api, "disk", "answers", b"first")
    publish(api, "disk", "answers", b"second")
    events = shop.events("/disk/answers", before + 2)[before:]
    assert sorted(event["data"] for event in events) == ["first", "second"]


@pytest.mark.parametrize("said", ['{"status":"RETRY"}', '{"status":"success"}', 500, 301])
def test_answers_that_bring_a_message_again(shop, api, said):
    before = len(shop.app.seen("/disk/answers"))
    shop.says("/disk/answers", said)
    publish(api, "disk", "answers", b"again")
    events = shop.events("/disk/answers", before + 2)[before:]
    assert events[0] == events[1]


@pytest.mark.parametrize("said", ['{"status":"DROP"}', 404])
def test_dropped_messages_go_to_the_dead_letters(shop, api, bus, said):
    before = len(shop.app.seen(f"/{bus}/dead"))
    tried = len(shop.app.seen(f"/{bus}/letters"))
    shop.says(f"/{bus}/letters", said)
    publish(api, bus, "letters", b"lost")
    assert shop.events(f"/{bus}/dead", before + 1)[before]["data"] == "lost"
    assert len(shop.app.seen(f"/{bus}/letters")) == tried + 1


def test_what_fails_for_good_goes_to_the_dead_letters(shop, api, bus):
    before = len(shop.app.seen(f"/{bus}/dead"))
    shop.says(f"/{bus}/letters", *[500] * 10)
    publish(api, bus, "letters", b"hopeless")
    event = shop.events(f"/{bus}/dead", before + 1)[before]
    # The event as it was, with the topic that it failed on.
    assert (event["data"], event["topic"]) == ("hopeless", "letters")
    shop.says(f"/{bus}/letters")


def test_bulk_publish(shop, api, bus):
    entries = [{"entryId": "1", "event": "text", "contentType": "text/plain"},
               {"entryId": "2", "event": {"n": 1}, "contentType": "application/json"},
               {"entryId": "3", "event": "AP8=", "contentType": "application/octet-stream",
                "metadata": {"cloudevent.type": "mine"}},
               {"entryId": "4", "contentType": "application/cloudevents+json",
                "event": {"id": "own", "data": "ce"}}]
    answer = api.post(f"/v1.0-alpha1/publish/bulk/{bus}/bulk", json=entries)
    assert (answer.status, answer.body) == (204, b"")
    events = shop.events(f"/{bus}/bulk", 4)
    assert [event.get("data", event.get("data_base64")) for event in events] == [
        "text", {"n": 1}, "AP8=", "ce"]
    assert events[2]["type"] == "mine"
    assert events[3]["id"] == "own"
    assert api.post(f"/v1.0/publish/bulk/{bus}/bulk", json=[]).status == 204


def test_bulk_subscribe(shop, api):
    entries = [{"entryId": str(n), "event": {"n": n}, "contentType": "application/json"}
               for n in range(4)]
    shop.says("/many", '{"statuses":[{"entryId":"1","status":"SUCCESS"},'
                       '{"entryId":"2","status":"DROP"}]}')
    assert api.post("/v1.0/publish/bulk/disk/many", json=entries).status == 204
    first = shop.requests("/many")[0]
    assert first.header("content-type") == "application/json"
    told = json.loads(first.body)
    assert (told["type"], told["topic"]) == ("com.dapr.event.sent.bulk", "many")
    assert told["pubsubname"] == "disk"
    entry = told["entries"][0]
    assert (entry["entryId"], entry["contentType"]) == ("1", "application/cloudevents+json")
    assert entry["event"]["data"] == {"n": 0}


def test_metadata_shows_subscriptions(api):
    told = api.get("/v1.0/metadata").json()["subscriptions"]
    shown = next(one for one in told if one["topic"] == "routes")
    assert shown["pubsubname"] == "mem"
    assert shown["type"] == "PROGRAMMATIC"
    assert shown["rules"][-1] == {"match": "", "path": "/other"}
    assert shown["deadLetterTopic"] == ""
