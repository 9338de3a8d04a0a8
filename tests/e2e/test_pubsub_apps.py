"""Who subscribes to what: lists of apps, declarations, scopes, apps that go and come back."""
import json
import signal
import threading

import pytest

from harness.checks import error_info, error_message
from harness.pubsub import Subscriber, buses, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.waiting import wait_until

QUICK = {"enabled": True, "path": "/alive", "interval": "100ms", "timeout": "90ms", "threshold": 1}


def has_error(answer, status, code, message):
    assert error_message(answer, status, code) == message


def declared(name, topic, route, pubsub="mem", scopes=(), **spec):
    return {"apiVersion": "dapr.io/v1alpha1", "kind": "Subscription", "metadata": {"name": name},
            "spec": {"pubsubname": pubsub, "topic": topic, "route": route, **spec},
            "scopes": list(scopes)}


def test_every_app_is_a_consumer_of_its_own(bench):
    shops = [Subscriber(bench) for _ in range(2)]
    hub = bench.hub([app("one", shops[0].port), app("two", shops[1].port),
                     *buses(bench.directory()), declared("all", "t", "/all"),
                     declared("two", "u", "/two", scopes=["two"])])
    wait_for_subscriptions(hub, 3)
    for topic in ("t", "u"):
        assert hub.api("one").post(f"/v1.0/publish/mem/{topic}", b"x").status == 204
    assert [shop.event("/all")["source"] for shop in shops] == ["one", "one"]
    assert shops[1].event("/two")["topic"] == "u"
    assert not shops[0].app.seen("/two")


def test_the_app_is_asked_as_daprd_asks(bench):
    shop = Subscriber(bench, [subscription("mem", "t", "/own")])
    hub = bench.hub([app("shop", shop.port), *buses(bench.directory()),
                     declared("t", "t", "/declared"), declared("u", "u", "/u")])
    wait_for_subscriptions(hub, 2)
    asked = shop.app.seen("/dapr/subscribe")
    assert len(asked) == 1
    assert asked[0].method == "GET"
    assert asked[0].header("content-type") == "application/json"
    assert asked[0].header("dapr-app-id") == "shop"
    hub.api("shop").post("/v1.0/publish/mem/t", b"x")
    shop.event("/own")
    assert not shop.app.seen("/declared")


def test_an_app_is_ready_when_its_subscriptions_are_open(bench):
    asked = threading.Event()
    shop = Subscriber(bench)

    @shop.app.route("/dapr/subscribe")
    def later(exchange):
        asked.wait(30)
        exchange.answer(200, json.dumps([subscription("mem", "t", "/own")]).encode())

    daprd = bench.daprd("shop", [component("mem", "pubsub.in-memory")],
                        flags=["--app-port", shop.port])
    wait_until(lambda: shop.app.seen("/dapr/subscribe"), "the question")
    assert daprd.api.get("/v1.0/healthz").status == 500
    asked.set()
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    assert daprd.api.post("/v1.0/publish/mem/t", b"x").status == 204
    assert shop.event("/own")["data"] == "x"


@pytest.mark.parametrize("status, body", [(404, b""), (500, b"no"), (200, b""), (200, b"{}"),
                                          (200, b'[{"pubsubname":"mem","topic":"t",'
                                                b'"routes":{"rules":[{"match":"a.","path":"/"}]}}]')])
def test_a_list_that_is_none(bench, status, body):
    shop = Subscriber(bench, body, status)
    hub = bench.hub([app("shop", shop.port), *buses(bench.directory()),
                     declared("u", "u", "/declared")])
    wait_for_subscriptions(hub, 1)
    hub.api("shop").post("/v1.0/publish/mem/u", b"x")
    shop.event("/declared")
    assert len(shop.app.seen("/dapr/subscribe")) == 1


def test_daprd_has_them_too(bench):
    shop = Subscriber(bench, [subscription("mem", "t", "/own")])
    daprd = bench.daprd("shop", [component("mem", "pubsub.in-memory")],
                        flags=["--app-port", shop.port])
    wait_for_subscriptions(daprd, 1)
    assert daprd.api.post("/v1.0/publish/mem/t", b"x").status == 204
    shop.event("/own")


def test_a_hub_has_a_bus_of_its_own(bench):
    shop = Subscriber(bench, [subscription("pubsub", "t", "/own")])
    hub = bench.hub([app("shop", shop.port)])
    wait_for_subscriptions(hub, 1)
    answer = hub.api("shop").post("/v1.0/publish/pubsub/t", b"x")
    assert (answer.status, answer.headers.get("x-durability")) == (204, "committed")
    shop.event("/own")


def test_messages_wait_for_an_app_that_is_down(bench):
    shop = Subscriber(bench, [subscription("disk", "t", "/own")])
    alive = {"status": 200}
    shop.app.route("/alive", lambda exchange: exchange.answer(alive["status"]))
    hub = bench.hub([app("shop", shop.port, health=QUICK), app("other"),
                     *buses(bench.directory())])
    wait_for_subscriptions(hub, 1)
    alive["status"] = 500
    wait_until(lambda: "app is unhealthy" in hub.log, "the app's illness")
    assert hub.api("other").post("/v1.0/publish/disk/t", b"kept").status == 204
    assert not shop.app.seen("/own")
    alive["status"] = 200
    assert shop.event("/own")["data"] == "kept"
    assert len(shop.app.seen("/dapr/subscribe")) == 1


def test_an_app_that_starts_late(bench):
    shop = Subscriber(bench, listening=False)
    hub = bench.hub([app("shop", shop.port), app("other"), *buses(bench.directory()),
                     declared("d", "t", "/own", "disk")])
    shop.app.listen()
    wait_for_subscriptions(hub, 1)
    assert hub.api("other").post("/v1.0/publish/disk/t", b"x").status == 204
    shop.event("/own")


def test_a_message_under_way_is_finished_at_the_end(bench):
    shop = Subscriber(bench, [subscription("mem", "t", "/slow")])
    hub = bench.hub([app("shop", shop.port), *buses(bench.directory())])
    wait_for_subscriptions(hub, 1)
    answered = []

    @shop.app.route("/slow")
    def slow(exchange):
        exchange.read_body()
        hub.process.signal(signal.SIGTERM)
        hub.process.wait_for_log("Dapr is shutting down")
        # The API is still there for the app.
        answered.append(hub.api("shop").post("/v1.0/state/statestore", json=[]).status)
        exchange.answer(200)

    hub.api("shop").post("/v1.0/publish/mem/t", b"x")
    assert hub.process.wait() == 0
    assert answered == [204]
    assert "a message is lost" not in hub.log


def test_scopes(bench):
    shop = Subscriber(bench, [subscription("ps", "mine", "/mine"),
                              subscription("ps", "forbidden", "/forbidden")])
    fields = {"publishingScopes": "shop=mine;mute=", "subscriptionScopes": "shop = mine"}
    hub = bench.hub([app("shop", shop.port), app("mute"), app("stranger"),
                     component("ps", "pubsub.in-memory", fields),
                     component("hidden", "pubsub.in-memory", scopes=["shop"])])
    wait_for_subscriptions(hub, 1)
    assert "subscription to topic 'forbidden' on pubsub 'ps' is not allowed" in hub.log
    denied = hub.api("mute").post("/v1.0/publish/ps/mine", b"x")
    has_error(denied, 403, "ERR_PUBSUB_FORBIDDEN", "topic mine is not allowed for app id mute")
    has_error(hub.api("shop").post("/v1.0/publish/ps/other", b"x"), 403, "ERR_PUBSUB_FORBIDDEN",
              "topic other is not allowed for app id shop")
    assert hub.api("stranger").post("/v1.0/publish/ps/mine", b"x").status == 204
    shop.event("/mine")
    has_error(hub.api("mute").post("/v1.0/publish/hidden/t", b"x"), 404, "ERR_PUBSUB_NOT_FOUND",
              "pubsub hidden is not found")


def resource_info(message, name="mem"):
    return {"@type": "type.googleapis.com/google.rpc.ResourceInfo", "description": message,
            "owner": "", "resource_name": name, "resource_type": "pubsub"}


def test_errors_of_publishing(bench):
    hub = bench.hub([app("shop"), *buses(bench.directory())])
    api = hub.api("shop")

    def check(answer, status, tag, message, info, resource="mem"):
        details = [info] if resource is None else [resource_info(message, resource), info]
        assert (answer.status, answer.json()) == (
            status, {"errorCode": tag, "message": message, "details": details})

    check(api.post("/v1.0/publish/none/t?metadata.a=b", b"x"), 404, "ERR_PUBSUB_NOT_FOUND",
          "pubsub none is not found", error_info("DAPR_PUBSUB_NOT_FOUND", {"a": "b"}), None)
    check(api.post("/v1.0/publish/mem/", b"x"), 404, "ERR_TOPIC_NAME_EMPTY",
          "topic is empty in pubsub mem", error_info("DAPR_PUBSUB_TOPIC_NAME_EMPTY", None))
    check(api.post("/v1.0/publish/mem/t?metadata.rawPayload=maybe", b"x"), 400,
          "ERR_PUBSUB_REQUEST_METADATA",
          "failed deserializing metadata. Error: rawPayload value must be a valid boolean: "
          "actual is 'maybe'",
          error_info("DAPR_PUBSUB_METADATA_DESERIALIZATION", {"rawPayload": "maybe"}))
    answer = api.post("/v1.0/publish/mem/t", b"[1]",
                      {"Content-Type": "application/cloudevents+json"})
    has_error(answer, 500, "ERR_PUBSUB_CLOUD_EVENTS_SER", "cannot create cloudevent")
    info = answer.json()["details"][1]
    assert info["reason"] == "DAPR_PUBSUB_CLOUD_EVENT_CREATION"
    assert info["metadata"]["appID"] == "shop" and info["metadata"]["error"]


def test_errors_of_bulk_publishing(bench):
    hub = bench.hub([app("shop"), *buses(bench.directory())])
    api = hub.api("shop")

    def refused(body, tag, message):
        has_error(api.post("/v1.0/publish/bulk/mem/t", json.dumps(body).encode()), 400, tag, message)

    refused([{"event": "x", "contentType": "text/plain"}], "ERR_PUBSUB_EVENTS_SER",
            "error marshaling events to bytes for topic t pubsub mem. error: entryId is duplicated "
            "or not present for entry")
    entry = {"entryId": "1", "event": "x", "contentType": "text/plain"}
    refused([entry, entry], "ERR_PUBSUB_EVENTS_SER",
            "error marshaling events to bytes for topic t pubsub mem. error: entryId is duplicated "
            "or not present for entry")
    start = "error when marshalling cloud event envelope for topic t pubsub mem: "
    for bad in ({"entryId": "1", "event": "x"},
                {"entryId": "1", "event": 1, "contentType": "text/plain"},
                {"entryId": "1", "event": "?", "contentType": "application/octet-stream"}):
        answer = api.post("/v1.0/publish/bulk/mem/t", json=[bad])
        assert answer.status == 400
        assert answer.json()["message"].startswith(start)
    answer = api.post("/v1.0/publish/bulk/mem/t", json={})
    assert answer.status == 400
    assert answer.json()["message"].startswith(
        "error when unmarshaling the request for topic t pubsub mem: ")
    # Topics that the bus refuses fail entry by entry.
    answer = api.post("/v1.0/publish/bulk/mem/a/%23", json=[entry])
    assert answer.status == 500
    told = answer.json()
    assert told["errorCode"] == "ERR_PUBSUB_PUBLISH_MESSAGE"
    assert [failed["entryId"] for failed in told["failedEntries"]] == ["1"]
    assert json.loads(answer.headers.get("metadata.responseData")) == told
    assert answer.headers.get("metadata.error").startswith("error when publishing to topic a/# in")


def test_durability_that_is_not_reached(bench):
    hub = bench.hub([app("shop"), *buses(bench.directory())])
    api = hub.api("shop")
    answer = api.post("/v1.0/publish/mem/t?metadata.durability=committed", b"x")
    assert answer.status == 500
    assert "has reached memory only" in answer.json()["message"]
    # Nobody subscribes, so nothing is kept.
    assert api.post("/v1.0/publish/disk/t?metadata.durability=committed", b"x").status == 500
    assert api.post("/v1.0/publish/mem/t?metadata.durability=much", b"x").status == 400


BULK = {"enabled": True, "maxMessagesCount": 5, "maxAwaitDurationMs": 400}


@pytest.mark.parametrize("bus", ["mem", "disk"])
def test_a_bulk_subscription_waits_for_enough_messages_or_long_enough(bench, bus):
    """Every request but the last is full, and none waits when it is."""
    endless = {**BULK, "maxAwaitDurationMs": 60000}
    shop = Subscriber(bench, [subscription(bus, "soon", "/soon", bulkSubscribe=BULK),
                              subscription(bus, "full", "/full", bulkSubscribe=endless)])
    hub = bench.hub([app("shop", shop.port), *buses(bench.directory())])
    wait_for_subscriptions(hub, 2)

    @shop.app.route("/soon")
    @shop.app.route("/full")
    def take(exchange):
        entries = json.loads(exchange.read_body())["entries"]
        exchange.answer(200, json.dumps({"statuses": [
            {"entryId": one["entryId"], "status": "SUCCESS"} for one in entries]}).encode())

    def publish(topic, count):
        entries = [{"entryId": str(n), "event": str(n), "contentType": "text/plain"}
                   for n in range(count)]
        answer = hub.api("shop").post(f"/v1.0/publish/bulk/{bus}/{topic}", json=entries)
        assert answer.status == 204, answer

    def sizes(path, count):
        requests = shop.requests(path, count) if count > 1 else shop.requests(path)
        return [len(json.loads(one.body)["entries"]) for one in requests]
    publish("full", 15)
    assert sizes("/full", 3) == [5, 5, 5]
    # The three are under way at once, so the app may see them in any order.
    assert sorted((one["event"]["data"] for request in shop.requests("/full", 3)
                   for one in json.loads(request.body)["entries"]),
                  key=int) == [str(n) for n in range(15)]
    publish("soon", 7)
    assert sizes("/soon", 2) == [5, 2]


def test_an_app_that_is_not_asked_for_its_subscriptions(bench):
    shop = Subscriber(bench, [subscription("mem", "own", "/own")])
    daprd = bench.daprd("shop", [*buses(bench.directory()), declared("told", "told", "/told")],
                        ["--disable-init-endpoints", "config,subscribe", "--app-port", shop.port])
    wait_for_subscriptions(daprd, 1)
    for topic in ("own", "told"):
        assert daprd.api.post(f"/v1.0/publish/mem/{topic}", b"x").status == 204
    assert shop.event("/told")["topic"] == "told"
    assert not shop.app.seen("/own") and not shop.app.seen("/dapr/subscribe")
