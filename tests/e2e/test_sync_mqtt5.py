"""MQTT 5 and 3.1.1 with real brokers: lanes without consumers, access lists, limits of size."""
import signal
import socket
import threading

import pytest

from harness.cloud import HUB, Cloud, uplink
from harness.daemon import free_port
from harness.lanes import lane
from harness.outbox import is_drained, publish_numbers, sync_status
from harness.resources import app
from harness.waiting import wait_until

TOPICS = [("pubsub", "#", "event")]
LONG = 60.0


@pytest.fixture
def cloud(bench):
    """Of the baseline's consumers alone."""
    cloud = Cloud(bench.directory(), listens=("e1/#",))
    yield cloud
    cloud.close()


def start(bench, url, **spec):
    gray = lane("gray", **spec.pop("lane", {}))
    return bench.hub([app("shop"), app("tester", lane="gray"), gray, uplink(url, TOPICS, **spec)])


def publish(hub, topic, numbers, app_id="tester@gray"):
    publish_numbers(hub.api(app_id), topic, numbers)


def numbers(events):
    return [event["data"]["n"] for event in events]


def version(cloud):
    """As the broker tells it of the hub's last connection."""
    lines = [line for line in cloud.server.log.splitlines()
             if "New client connected" in line and f" as {HUB} " in line]
    return lines[-1].split("(")[1].split(",")[0]


def test_a_lane_that_nobody_consumes_falls_back(bench, cloud):
    hub = start(bench, cloud.url)
    publish(hub, "orders", range(50))
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG)
    wait_until(lambda: len(cloud.once("orders")) == 50, "all at the baseline's topic", LONG)
    events = cloud.events("orders")
    assert numbers(events) == list(range(50)), "once each, in order"
    assert {event["lane"] for event in events} == {"gray"}
    assert {event["lanefallback"] for event in events} == {1}
    assert version(cloud) == "p5"
    assert 1 <= sync_status(hub)["sinceStart"]["unclaimed"] <= 50


def test_without_mqtt_5_nobody_tells(bench, cloud):
    hub = start(bench, cloud.url, mqttVersion="3.1.1")
    publish(hub, "orders", range(3))
    publish(hub, "floor", range(3), "shop")
    wait_until(lambda: numbers(cloud.once("floor")) == [0, 1, 2], "the baseline's", LONG)
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG)
    assert version(cloud) == "p2"
    assert not cloud.events("orders")


def test_the_prefix_and_the_consumers_of_a_lane(bench):
    cloud = Cloud(bench.directory())
    try:
        hub = start(bench, cloud.url, lane={"uplinkPrefix": "team/gray/", "consumers": ["orders"]})
        publish(hub, "orders", range(3))
        publish(hub, "floor", range(3))
        wait_until(lambda: numbers(cloud.once("orders", "team/gray/")) == [0, 1, 2], "the lane's")
        wait_until(lambda: numbers(cloud.once("floor")) == [0, 1, 2], "the baseline's", LONG)
        assert {event["lane"] for event in cloud.events("floor")} == {"gray"}
        assert not cloud.events("orders") and not cloud.events("floor", "team/gray/")
    finally:
        cloud.close()


def test_an_access_list_that_is_put_right(bench):
    directory = bench.directory()
    rules = directory / "acl"
    allowed = "topic readwrite e1/#\n"
    rules.write_text(allowed + f"topic deny e1/u/{HUB}/orders\n", "utf-8")
    cloud = Cloud(directory, settings=[f"acl_file {rules}"])
    try:
        hub = start(bench, cloud.url)
        publish(hub, "orders", range(5), "shop")
        publish(hub, "floor", range(5), "shop")
        wait_until(lambda: numbers(cloud.once("floor")) == [0, 1, 2, 3, 4], "what is allowed", LONG)
        wait_until(lambda: "the cloud does not take a message" in hub.log, "a warning", LONG)
        rules.write_text(allowed, "utf-8")
        cloud.server.child.send_signal(signal.SIGHUP)
        wait_until(lambda: is_drained(hub), "an empty outbox", LONG)
        assert sorted(numbers(cloud.once("orders"))) == [0, 1, 2, 3, 4]
        assert sync_status(hub)["sinceStart"]["givenUp"] == 0
    finally:
        cloud.close()


def test_what_is_too_large_for_the_broker_leaves_a_gap(bench):
    cloud = Cloud(bench.directory(), settings=["max_packet_size 20000"])
    try:
        hub = start(bench, cloud.url)
        api = hub.api("shop")
        answer = api.post("/v1.0/publish/pubsub/orders", json={"n": 0, "more": "x" * 50_000})
        assert answer.status == 204, answer
        publish(hub, "orders", range(1, 5), "shop")
        wait_until(lambda: cloud.lost("orders") == 1, "the gap record", LONG)
        assert {gap["data"]["why"] for gap in cloud.events("gap")} == {"refused"}
        wait_until(lambda: numbers(cloud.once("orders")) == [1, 2, 3, 4], "the others", LONG)
    finally:
        cloud.close()


class OldBroker:
    """In front of a broker: refuses MQTT 5 as one does that has never heard of it."""

    REFUSAL = b"\x20\x02\x00\x01"
    LEVEL = 8  # of the protocol, after the type, a length of one byte and the name

    def __init__(self, port):
        self.behind = port
        self.refused = 0
        self.listener = socket.create_server(("127.0.0.1", free_port()))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.take, args=(client,), daemon=True).start()

    def take(self, client):
        first = client.recv(4096)
        # A length of two bytes moves all by one.
        level = first[self.LEVEL + (1 if first[1] & 0x80 else 0)]
        if level == 5:
            self.refused += 1
            client.sendall(self.REFUSAL)
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self.behind))
        server.sendall(first)
        threading.Thread(target=self.copy, args=(server, client), daemon=True).start()
        self.copy(client, server)

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        target.close()

    def close(self):
        self.listener.close()


def test_a_broker_that_refuses_mqtt_5_gets_3_1_1(bench, cloud):
    old = OldBroker(cloud.server.port)
    try:
        hub = start(bench, f"mqtt://127.0.0.1:{old.port}")
        publish(hub, "orders", range(20), "shop")
        wait_until(lambda: numbers(cloud.once("orders")) == list(range(20)), "all", LONG)
        assert version(cloud) == "p2" and old.refused == 1
        assert "refuses MQTT 5" in hub.log
    finally:
        old.close()
