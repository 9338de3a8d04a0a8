"""Declared subscriptions and buses that come, change and go while the hub runs."""
import pytest

from harness import daemon
from harness.pubsub import Subscriber, wait_for_subscriptions
from harness.resources import app, component
from harness.waiting import wait_until

BUS = component("mem", "pubsub.in-memory")


def first(name, topic, route, **more):
    return {"apiVersion": "dapr.io/v1alpha1", "kind": "Subscription", "metadata": {"name": name},
            "spec": {"pubsubname": "mem", "topic": topic, "route": route}, **more}


def second(name, topic, route, rules=(), **more):
    routes = {"default": route, **({"rules": list(rules)} if rules else {})}
    return {"apiVersion": "dapr.io/v2alpha1", "kind": "Subscription", "metadata": {"name": name},
            "spec": {"pubsubname": "mem", "topic": topic, "routes": routes}, **more}


class House:
    """A hub with an app that has no list of its own, and what the files declare."""

    def __init__(self, bench):
        self.bench = bench
        self.shop = Subscriber(bench, status=404)
        self.apps = [app("shop", self.shop.port)]
        self.hub = bench.hub([*self.apps, BUS])
        self.published = 0

    def write(self, *resources, bus=BUS):
        kept = [bus] if bus else []
        daemon.write_resources(self.hub.directory / "etc", [*self.apps, *kept, *resources])

    def subscriptions(self):
        """(topic, paths) of what is open, as the metadata tells."""
        told = self.hub.api("shop").get("/v1.0/metadata").json().get("subscriptions", [])
        return sorted((one["topic"], *(rule["path"] for rule in one["rules"])) for one in told)

    def wait_for(self, *expected):
        wait_until(lambda: self.subscriptions() == sorted(expected), f"subscriptions {expected}")

    def publish(self, topic, path, status=204, **event):
        """Publishes and waits until the app was given it on this path."""
        self.published += 1
        body = {"id": str(self.published), "data": "x", **event}
        answer = self.hub.api("shop").post(f"/v1.0/publish/mem/{topic}", json=body, headers={})
        assert answer.status == status, answer
        if path is not None:
            wait_until(lambda: self.number_on(path), f"message {self.published} on {path}")

    def number_on(self, path):
        return [one for one in self.shop.app.seen(path) if one.body]


@pytest.fixture
def house(bench):
    return House(bench)


@pytest.fixture(params=[first, second], ids=["v1alpha1", "v2alpha1"])
def declared(request):
    return request.param


def test_one_that_is_added_gets_messages(house, declared):
    assert house.subscriptions() == []
    house.write(declared("s", "t", "/t"))
    house.wait_for(("t", "/t"))
    house.publish("t", "/t")


def test_one_that_is_removed_gets_no_more(house, declared):
    house.write(declared("gone", "t", "/t"), declared("stays", "u", "/u"))
    house.wait_for(("t", "/t"), ("u", "/u"))
    house.publish("t", "/t")
    house.write(declared("stays", "u", "/u"))
    house.wait_for(("u", "/u"))
    house.publish("t", None)
    house.publish("u", "/u")
    assert len(house.number_on("/t")) == 1
    # What is the same as before was not opened anew.
    assert house.hub.log.count("app is subscribed to the following topics: [[u]]") == 1


def test_one_that_is_changed_goes_elsewhere(house, declared):
    house.write(declared("s", "t", "/old"))
    house.wait_for(("t", "/old"))
    house.publish("t", "/old")
    house.write(declared("s", "t", "/new"))
    house.wait_for(("t", "/new"))
    house.publish("t", "/new")
    assert len(house.number_on("/old")) == 1
    house.write(declared("s", "other", "/new"))
    house.wait_for(("other", "/new"))
    house.publish("other", "/new")


def test_a_change_of_the_form_alone_is_no_gap(house):
    house.write(first("s", "t", "/t"))
    house.wait_for(("t", "/t"))
    house.write(second("s", "t", "/t"), first("mark", "mark", "/mark"))
    house.wait_for(("mark", "/mark"), ("t", "/t"))
    house.publish("t", "/t")


def test_rules_that_are_added(house):
    house.write(second("s", "t", "/other"))
    house.wait_for(("t", "/other"))
    rules = [{"match": 'event.type == "large"', "path": "/large"}]
    house.write(second("s", "t", "/other", rules))
    house.wait_for(("t", "/large", "/other"))
    answer = house.hub.api("shop").post(
        "/v1.0/publish/mem/t?metadata.cloudevent.type=large", b"x", {"Content-Type": "text/plain"})
    assert answer.status == 204
    wait_until(lambda: house.number_on("/large"), "the message of the new rule")
    house.publish("t", "/other")


def test_scopes_that_change(house, declared):
    house.write(declared("s", "t", "/t", scopes=["other"]), declared("mark", "m", "/m"))
    house.wait_for(("m", "/m"))
    house.write(declared("s", "t", "/t", scopes=["shop"]), declared("mark", "m", "/m"))
    house.wait_for(("m", "/m"), ("t", "/t"))
    house.publish("t", "/t")


def test_one_that_cannot_be_used_leaves_the_others(house):
    house.write(second("s", "t", "/t"))
    house.wait_for(("t", "/t"))
    bad = second("bad", "u", "/u", [{"match": "a.", "path": "/u"}])
    house.write(second("s", "t", "/t"), bad, second("more", "v", "/v"))
    house.wait_for(("t", "/t"), ("v", "/v"))
    assert "a subscription cannot be used and is left out" in house.hub.log
    assert "subscription bad" in house.hub.log
    house.publish("t", "/t")


def test_a_bus_that_goes_and_comes_back(house, declared):
    house.write(declared("s", "t", "/t"))
    house.wait_for(("t", "/t"))
    house.write(declared("s", "t", "/t"), bus=None)
    house.wait_for()
    house.publish("t", None, status=404)
    house.write(declared("s", "t", "/t"))
    house.wait_for(("t", "/t"))
    house.publish("t", "/t")
    wait_for_subscriptions(house.hub, 2)


def test_messages_on_disk_wait_for_their_bus(bench):
    house = House(bench)
    bus = component("mem", "pubsub.sqlite", {
        "connectionString": str(bench.directory() / "queue.db")})
    wanted = first("s", "t", "/t")
    house.write(wanted, bus=bus)
    house.wait_for(("t", "/t"))
    house.write(bus=bus)
    house.wait_for()
    house.publish("t", None)
    house.write(wanted, bus=None)
    house.hub.process.wait_for_log("component removed")
    house.write(wanted, bus=bus)
    house.wait_for(("t", "/t"))
    wait_until(lambda: house.number_on("/t"), "the message that waited")
