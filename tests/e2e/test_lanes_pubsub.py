"""Messages in lanes: each subscribing app gets each of them once, at one of its instances."""
import json

import pytest

from harness.lanes import lane, lane_headers, lane_rules
from harness.mosquitto import Client, Mosquitto
from harness.pubsub import Subscriber, buses, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.waiting import wait_until

GRAY = {"x-lane": "gray"}


def received(subscriber, path):
    """The data of what came, in order."""
    return [json.loads(one.body).get("data") for one in subscriber.app.seen(path)
            if one.body is not None]


class Shop:
    """An app "shop" in the baseline and in lane gray, and a publisher."""

    def __init__(self, bench, base, gray=None, rules=(), more=()):
        directory = bench.directory()
        self.base = Subscriber(bench, base)
        self.subscriptions = len(base)  # of the baseline's instance
        resources = [*buses(directory), lane("gray"), lane("blue"), app("till"),
                     app("shop", self.base.port), *rules, *more]
        self.gray = None
        if gray is not None:
            self.gray = Subscriber(bench, gray)
            resources.append(app("shop", self.gray.port, lane="gray"))
        self.hub = bench.hub(resources)

    def publish(self, pubsub, topic, data, headers=(), query=""):
        answer = self.hub.api("till").post(f"/v1.0/publish/{pubsub}/{topic}{query}", json=data,
                                           headers=headers)
        assert answer.status == 204, answer

    def wait_for_lane(self, pubsub, topic, path):
        """Until the lane's instance takes part."""
        sent = []

        def probes(subscriber):
            return received(subscriber, path).count("probe")

        def takes_part():
            self.publish(pubsub, topic, "probe", GRAY)
            sent.append(1)
            wait_until(lambda: probes(self.base) + probes(self.gray) == len(sent), "the probe")
            return probes(self.gray)
        wait_for_subscriptions(self.hub, self.subscriptions)
        wait_until(takes_part, "the lane's instance")
        self.base.app.requests.clear()
        self.gray.app.requests.clear()


@pytest.mark.parametrize("pubsub", ["mem", "disk"])
def test_each_message_goes_to_its_lanes_instance_once(bench, pubsub):
    own = [subscription(pubsub, "orders", "/orders")]
    shop = Shop(bench, own, own)
    shop.wait_for_lane(pubsub, "orders", "/orders")
    for number in range(20):
        shop.publish(pubsub, "orders", number, GRAY if number % 2 else {})
    wait_until(lambda: len(received(shop.base, "/orders")) + len(received(shop.gray, "/orders"))
               >= 20, "all messages")
    # A last one on each side, so that a double would have come before it.
    shop.publish(pubsub, "orders", "end", GRAY)
    shop.publish(pubsub, "orders", "end")
    wait_until(lambda: "end" in received(shop.base, "/orders") and
               "end" in received(shop.gray, "/orders"), "the last messages")
    in_order = pubsub == "disk"
    for subscriber, wanted in ((shop.base, range(0, 20, 2)), (shop.gray, range(1, 20, 2))):
        got = [one for one in received(subscriber, "/orders") if isinstance(one, int)]
        assert (got if in_order else sorted(got)) == list(wanted)


def test_a_message_carries_its_lane_to_the_app_and_on(bench):
    own = [subscription("mem", "orders", "/orders")]
    shop = Shop(bench, own, own)
    shop.wait_for_lane("mem", "orders", "/orders")
    shop.publish("mem", "orders", 1, {"baggage": "lane=gray"})
    event = shop.gray.event("/orders")
    assert event["lane"] == "gray"
    assert lane_headers(shop.gray.app.seen("/orders")[0]) == ("lane=gray", "gray")
    shop.publish("mem", "orders", 2)
    assert "lane" not in shop.base.event("/orders")
    assert lane_headers(shop.base.app.seen("/orders")[0]) == (None, None)


def test_a_lane_without_an_instance_falls_back_to_the_baseline(bench):
    own = [subscription("mem", "orders", "/orders")]
    shop = Shop(bench, own)
    wait_for_subscriptions(shop.hub)
    shop.publish("mem", "orders", 1, GRAY)
    event = shop.base.event("/orders")
    assert (event["data"], event["lane"]) == (1, "gray")
    assert lane_headers(shop.base.app.seen("/orders")[0]) == ("lane=gray", "gray")


def test_another_lanes_instance_gets_nothing(bench):
    own = [subscription("mem", "orders", "/orders")]
    shop = Shop(bench, own, own)
    shop.wait_for_lane("mem", "orders", "/orders")
    shop.publish("mem", "orders", "b", {"x-lane": "blue"})
    assert shop.base.event("/orders")["lane"] == "blue"
    assert received(shop.gray, "/orders") == []


def test_an_instance_has_routes_and_topics_of_its_own(bench):
    shop = Shop(bench, [subscription("mem", "orders", "/v1")],
                [subscription("mem", "orders", "/v2"), subscription("mem", "news", "/news")])
    shop.wait_for_lane("mem", "orders", "/v2")
    wait_for_subscriptions(shop.hub, 2)
    shop.publish("mem", "orders", "old")
    shop.publish("mem", "orders", "new", GRAY)
    assert shop.base.event("/v1")["data"] == "old"
    assert shop.gray.event("/v2")["data"] == "new"
    # Only the lane subscribes to this: what is in no lane is for nobody.
    shop.publish("mem", "news", "nobody's")
    shop.publish("mem", "news", "ours", GRAY)
    assert shop.gray.event("/news")["data"] == "ours"
    assert received(shop.gray, "/news") == ["ours"] and received(shop.base, "/news") == []


def test_an_event_that_is_passed_on_stays_in_its_lane(bench):
    own = [subscription("mem", "orders", "/orders")]
    shop = Shop(bench, own, own)
    shop.wait_for_lane("mem", "orders", "/orders")
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": 5,
             "lane": "gray"}
    answer = shop.hub.api("till").post("/v1.0/publish/mem/orders", json.dumps(event).encode(),
                                       {"Content-Type": "application/cloudevents+json"})
    assert answer.status == 204
    assert shop.gray.event("/orders")["data"] == 5


def test_who_is_not_trusted_cannot_stamp_an_event(bench):
    own = [subscription("mem", "orders", "/orders")]
    shop = Shop(bench, own, own, [lane_rules(callers=[{"app": "till", "trust": []}])])
    wait_for_subscriptions(shop.hub)
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": 5,
             "lane": "gray"}
    headers = {"Content-Type": "application/cloudevents+json", "x-lane": "gray"}
    shop.hub.api("till").post("/v1.0/publish/mem/orders", json.dumps(event).encode(), headers)
    assert "lane" not in shop.base.event("/orders")


def test_raw_messages_and_bulk_publishing_are_in_lanes_too(bench):
    own = [subscription("disk", "raw", "/raw", metadata={"rawPayload": "true"}),
           subscription("disk", "many", "/many")]
    shop = Shop(bench, own, own)
    shop.wait_for_lane("disk", "many", "/many")
    shop.publish("disk", "raw", "r1", GRAY, "?metadata.rawPayload=true")
    assert shop.gray.event("/raw")["lane"] == "gray"
    # Nobody says it by metadata.
    shop.publish("disk", "raw", "r2", (), "?metadata.rawPayload=true&metadata.lane=gray")
    assert "lane" not in shop.base.event("/raw")
    entries = [{"entryId": str(number), "event": number, "contentType": "application/json"}
               for number in range(3)]
    answer = shop.hub.api("till").post("/v1.0/publish/bulk/disk/many", json=entries, headers=GRAY)
    assert answer.status == 204
    assert [one["data"] for one in shop.gray.events("/many", 3)] == [0, 1, 2]


def test_bulk_subscribers_get_batches_of_one_lane(bench):
    own = [{**subscription("mem", "orders", "/orders"),
            "bulkSubscribe": {"enabled": True, "maxMessagesCount": 8,
                              "maxAwaitDurationMs": 200}}]
    shop = Shop(bench, own, own)
    wait_for_subscriptions(shop.hub)
    wait_until(lambda: shop.gray.app.seen("/dapr/subscribe"), "the lane's list")
    for number in range(8):
        shop.publish("mem", "orders", number, GRAY if number % 2 else {})

    def data_of(subscriber):
        return sorted(entry["event"]["data"] for one in subscriber.app.seen("/orders")
                      if one.body is not None for entry in json.loads(one.body)["entries"])
    wait_until(lambda: len(data_of(shop.base)) + len(data_of(shop.gray)) >= 8, "all messages")
    assert (data_of(shop.base), data_of(shop.gray)) == ([0, 2, 4, 6], [1, 3, 5, 7])


@pytest.fixture
def broker(bench):
    server = Mosquitto(bench.directory()).start()
    yield server
    server.close()


def test_a_device_on_the_white_list_is_known_by_its_topic(bench, broker):
    own = [subscription("mqtt", "sensors/+/up", "/up", metadata={"rawPayload": "true"}),
           subscription("mqtt", "sensors/+/event", "/event")]
    rules = lane_rules(deviceTopics=[{"pubsub": "mqtt", "topic": "sensors/{device}/+"}],
                       devices=[{"lane": "gray", "ids": ["s1"]}])
    bus = component("mqtt", "pubsub.mqtt3", {"url": broker.url, "consumerID": "{appID}"})
    shop = Shop(bench, own, own, [rules], [bus])
    wait_for_subscriptions(shop.hub, 2)
    device = Client(broker)

    def came(subscriber, path):
        return len([one for one in subscriber.app.seen(path) if one.body is not None])

    def lane_is_there():
        device.publish("sensors/s1/up", "probe")
        return wait_until(lambda: came(shop.gray, "/up") + came(shop.base, "/up"), "it") and \
            came(shop.gray, "/up")
    wait_until(lane_is_there, "the lane's instance")
    before = came(shop.base, "/up"), came(shop.gray, "/up")
    device.publish("sensors/s2/up", "21")
    wait_until(lambda: came(shop.base, "/up") > before[0], "the other device's message")
    assert came(shop.gray, "/up") == before[1]
    first = json.loads(shop.gray.app.seen("/up")[0].body)
    assert first["lane"] == "gray"
    assert lane_headers(shop.gray.app.seen("/up")[0]) == ("lane=gray", "gray")
    # What a device says of lanes is not believed, nor passed on.
    event = {"specversion": "1.0", "id": "7", "source": "s", "type": "t", "data": 1,
             "lane": "gray"}
    device.publish("sensors/s2/event", json.dumps(event))
    assert "lane" not in shop.base.event("/event")
    device.publish("sensors/s1/event", json.dumps({**event, "lane": "blue"}))
    assert shop.gray.event("/event")["lane"] == "gray"
