"""Messages for the cloud on a real broker: kept, sent once it is there, accounted for."""
import json
import pathlib
import signal
import threading

import pytest

from harness.cli import Cli
from harness.client import Client
from harness.cloud import HUB, Cloud, uplink
from harness.daemon import free_port, write_resources
from harness.lanes import lane
from harness.link import Link
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app
from harness.tls import Authority
from harness.waiting import wait_until

TOPICS = [("pubsub", "alarms/#", "alarm"), ("pubsub", "orders", "event"),
          ("pubsub", "power", "telemetry")]
LONG = 60.0  # seconds: the hub and the consumers come back at random times


@pytest.fixture
def cloud(bench):
    cloud = Cloud(bench.directory())
    yield cloud
    cloud.close()


@pytest.fixture
def cli(bench):
    cli = Cli(bench.directory())
    yield cli
    cli.close()


def start(bench, cloud, resources=(), **spec):
    return bench.hub([app("shop"), uplink(cloud.url, TOPICS, **spec), *resources])


def publish(api, topic, body, **metadata):
    query = "&".join(f"metadata.{name}={value}" for name, value in metadata.items())
    return api.post(f"/v1.0/publish/pubsub/{topic}?{query}", json=body)


def publish_all(api, topic, numbers):
    with api.connect() as connection:
        for number in numbers:
            connection.send_request("POST", f"/v1.0/publish/pubsub/{topic}",
                                    json.dumps({"n": number}).encode(),
                                    {"Content-Type": "application/json"})
            answer = connection.read_answer()
            assert (answer.status, answer.headers.get("x-durability")) == (204, "committed"), answer


def numbers(events):
    return [event["data"]["n"] for event in events]


def has_all(cloud, topic, wanted):
    return set(numbers(cloud.events(topic))) >= set(wanted)


def status(hub, path="sync"):
    answer = hub_admin(hub).get(f"/v1.0-edgelane/{path}")
    assert answer.status == 200, answer
    return answer.json()


def hub_admin(hub):
    return Client(str(hub.directory / "run" / "admin.sock"))


def is_drained(hub):
    told = status(hub)
    return told["queued"]["messages"] == 0 and told["gaps"] == 0


def test_what_waits_for_the_broker_arrives_once_and_in_order(bench, cloud):
    cloud.server.end()
    hub = start(bench, cloud)
    publish_all(hub.api("shop"), "orders", range(300))
    publish_all(hub.api("shop"), "alarms/fire", range(10))
    wait_until(lambda: status(hub)["lastError"], "a failed connection")
    assert status(hub)["queued"]["messages"] == 310 and not status(hub)["online"]
    cloud.server.start()
    wait_until(lambda: has_all(cloud, "orders", range(300)), "the orders", LONG)
    wait_until(lambda: has_all(cloud, "alarms/fire", range(10)), "the alarms", LONG)
    assert numbers(cloud.events("orders")) == list(range(300))
    assert numbers(cloud.events("alarms/fire")) == list(range(10))
    first = cloud.events("orders")[0]
    assert (first["source"], first["lane"], first["class"]) == (f"/h/{HUB}/shop", "base", "event")
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG)
    assert status(hub)["online"] and status(hub)["lastError"] == ""


def test_apps_of_the_hub_get_it_too(bench, cloud):
    cloud.server.end()
    shop = Subscriber(bench, [subscription("pubsub", "orders", "/orders")])
    hub = bench.hub([app("shop", shop.port), uplink(cloud.url, TOPICS)])
    wait_for_subscriptions(hub)
    assert publish(hub.api("shop"), "orders", {"n": 1}).headers.get("x-durability") == "committed"
    assert shop.event("/orders")["data"] == {"n": 1}
    answer = publish(hub.api("shop"), "elsewhere", {"n": 1})
    assert answer.headers.get("x-durability") == "memory"
    assert status(hub)["queued"]["messages"] == 1


def test_a_killed_hub_loses_nothing(bench, cloud):
    cloud.server.end()
    hub = start(bench, cloud)
    publish_all(hub.api("shop"), "orders", range(200))
    hub.process.kill()
    bench.started(hub)
    publish_all(hub.api("shop"), "orders", range(200, 250))
    cloud.server.start()
    wait_until(lambda: cloud.events("orders"), "the first", LONG)
    hub.process.kill()  # some are on their way now
    bench.started(hub)
    wait_until(lambda: has_all(cloud, "orders", range(250)), "all", LONG)
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG)
    events = cloud.once("orders")
    assert numbers(events) == list(range(250))
    assert len({event["sequence"] for event in events}) == 250
    assert [event["sequence"] for event in events] == sorted(event["sequence"] for event in events)


def test_an_orderly_stop_leaves_nothing_to_send_twice(bench, cloud):
    hub = start(bench, cloud)
    cloud.wait_for_hub()
    publish_all(hub.api("shop"), "orders", range(100))
    assert hub.process.stop() == 0
    assert cloud.presence()[-1] == "off"
    bench.started(hub)
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG)
    wait_until(lambda: has_all(cloud, "orders", range(100)), "all", LONG)
    assert numbers(cloud.events("orders")) == list(range(100))


def test_durability_cloud_waits_for_the_broker(bench, cloud):
    cloud.server.end()
    hub = start(bench, cloud)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(
        publish(hub.api("shop"), "orders", {"n": 1}, durability="cloud")))
    waiting.start()
    wait_until(lambda: status(hub)["queued"]["messages"] == 1, "the message in the outbox")
    assert not answers
    cloud.server.start()
    waiting.join(LONG)
    assert (answers[0].status, answers[0].headers.get("x-durability")) == (204, "cloud")
    wait_until(lambda: has_all(cloud, "orders", [1]), "the message")


def test_a_full_outbox_says_so(bench, cloud):
    cloud.server.end()
    hub = start(bench, cloud, limits={"alarm": {"messages": 5}})
    api = hub.api("shop")
    publish_all(api, "alarms/a", range(5))
    refused = publish(api, "alarms/a", {"n": 5})
    assert (refused.status, refused.json()["errorCode"]) == (429, "ERR_OUTBOX_FULL"), refused
    cloud.server.start()
    wait_until(lambda: has_all(cloud, "alarms/a", range(5)), "the alarms", LONG)
    wait_until(lambda: publish(api, "alarms/a", {"n": 6}).status == 204, "room again", LONG)


class Load(threading.Thread):
    """Publishes numbers, as fast as the hub takes them, until `stopped`."""

    def __init__(self, api):
        super().__init__(daemon=True)
        self.api = api
        self.accepted = 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            publish_all(self.api, "power", range(self.accepted, self.accepted + 20))
            self.accepted += 20

    def more(self, count):
        wanted = self.accepted + count
        wait_until(lambda: self.accepted >= wanted, f"{count} more messages", LONG)


def account(cloud, accepted):
    """What is neither there nor in a gap record, or is in both; what a failure shows."""
    events = cloud.once("power")
    numbers_there = {event["data"]["n"] for event in events}
    gaps = [event["data"] for event in cloud.events("gap")]
    return {"accepted": accepted, "received": len(events), "lost": cloud.lost("power"),
            "gaps": [(gap["first"], gap["last"], gap["count"], gap["why"]) for gap in gaps],
            "sequences": [event["sequence"] for event in events],
            "broker": [line for line in cloud.server.log.splitlines()
                       if "connect" in line or "dropped" in line],
            "missing": sorted(set(range(accepted)) - numbers_there)}


def test_received_and_gaps_are_what_was_accepted(bench, cloud):
    hub = start(bench, cloud, limits={"telemetry": {"messages": 150}})
    load = Load(hub.api("shop"))
    load.start()
    for _ in range(3):
        load.more(200)
        cloud.server.end(signal.SIGTERM)
        load.more(300)
        cloud.server.start()
    load.stopped.set()
    load.join(LONG)
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG)
    try:
        wait_until(lambda: len(cloud.once("power")) + cloud.lost("power") == load.accepted,
                   "all messages and gaps", 20)
    except AssertionError:
        raise AssertionError(f"received and gaps are not what was accepted: "
                             f"{account(cloud, load.accepted)}") from None
    assert cloud.lost("power") >= 300
    got = numbers(cloud.once("power"))
    assert got == sorted(got)
    assert status(hub)["sinceStart"]["accepted"] == load.accepted


def test_what_the_cloud_may_have_is_not_given_up(bench, cloud):
    """The cloud took messages, and the link broke before the hub could know."""
    link = Link(cloud.server.port)
    hub = bench.hub([app("shop"), uplink(f"mqtt://127.0.0.1:{link.port}", TOPICS,
                                         limits={"telemetry": {"messages": 30}})])
    wait_until(lambda: status(hub)["online"], "the cloud", LONG)
    link.answers = False
    publish_all(hub.api("shop"), "power", range(8))
    wait_until(lambda: has_all(cloud, "power", range(8)), "the first messages", LONG)
    link.cut()
    publish_all(hub.api("shop"), "power", range(8, 40))
    link.restore()
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG)
    wait_until(lambda: cloud.lost("power") == 10, "the gap record", LONG)
    assert numbers(cloud.once("power")) == [*range(8), *range(18, 40)]
    link.close()


def test_what_cannot_be_published(bench, cloud):
    hub = start(bench, cloud)
    answer = publish(hub.api("shop"), "alarms/a", "x" * (200 << 10))
    assert answer.status == 400 and "may have 131072" in answer.json()["message"], answer
    answer = publish(hub.api("shop"), "alarms/%2B", 1)
    assert answer.status == 400, answer
    assert status(hub)["queued"]["messages"] == 0


def test_a_message_that_ends_each_connection_is_set_aside(bench):
    cloud = Cloud(bench.directory(), settings=["max_packet_size 20000"])
    try:
        cloud.server.end()
        hub = start(bench, cloud, mqttVersion="3.1.1")  # MQTT 5 knows what is too large
        publish_all(hub.api("shop"), "orders", range(20))
        assert publish(hub.api("shop"), "orders", "x" * 50_000).status == 204
        publish_all(hub.api("shop"), "orders", range(20, 40))
        cloud.server.start()
        wait_until(lambda: is_drained(hub), "an empty outbox", LONG)
        wait_until(lambda: cloud.lost("orders") == 1, "the gap record", LONG)
        assert numbers(cloud.once("orders")) == list(range(40))
        assert {gap["data"]["why"] for gap in cloud.events("gap")} == {"unsendable"}
        assert "ended every connection on which it got a message" in hub.log
        assert status(hub)["sinceStart"]["givenUp"] == 1
    finally:
        cloud.close()


def test_bulk_messages_keep_their_order(bench, cloud):
    hub = start(bench, cloud)
    entries = [{"entryId": str(n), "event": {"n": n}, "contentType": "application/json"}
               for n in range(250)]
    answer = hub.api("shop").post("/v1.0/publish/bulk/pubsub/orders", json=entries)
    assert (answer.status, answer.headers.get("x-durability")) == (204, "committed"), answer
    wait_until(lambda: has_all(cloud, "orders", range(250)), "all", LONG)
    assert numbers(cloud.events("orders")) == list(range(250))


def test_the_lane_is_stamped_at_the_entry(bench, cloud):
    hub = bench.hub([app("shop"), app("shop", lane="gray"), lane("gray"),
                     uplink(cloud.url, TOPICS)])
    assert hub.api("shop@gray").post("/v1.0/publish/pubsub/orders", json={"n": 1}).status == 204
    assert publish(hub.api("shop"), "orders", {"n": 2}).status == 204
    wait_until(lambda: cloud.events("orders", "gray/"), "the lane's message", LONG)
    wait_until(lambda: cloud.events("orders"), "the baseline's message", LONG)
    assert cloud.events("orders", "gray/")[0]["lane"] == "gray"
    assert numbers(cloud.events("orders")) == [2]


def test_a_broker_that_is_not_there_changes_nothing(bench, cli):
    hub = bench.hub([app("shop"), uplink(f"mqtt://127.0.0.1:{free_port()}", TOPICS)])
    publish_all(hub.api("shop"), "orders", range(3))
    socket = hub.directory / "run" / "admin.sock"
    wait_until(lambda: status(hub)["lastError"], "a failed connection")
    shown = cli("outbox", "--socket", socket)
    assert shown.code == 0 and "refused" in shown.out, shown
    row = next(line.split() for line in shown.out.splitlines() if line.startswith("event"))
    assert row[1] == "3" and "base 3" in " ".join(row), shown
    told = cli("outbox", "--socket", socket, "--output", "json").json()
    event = next(one for one in told["classes"] if one["class"] == "event")
    assert (event["messages"], event["lanes"][0]["messages"]) == (3, 3)
    assert event["bytes"] == event["lanes"][0]["bytes"] and event["oldestSeconds"] >= 0
    shown = cli("sync", "status", "--socket", socket)
    assert "is not connected to 127.0.0.1" in shown.out and "3 messages" in shown.out, shown
    assert cli("sync", "status", "--socket", socket, "--output", "json").json()["hub"] == HUB


def test_a_hub_without_an_uplink(bench, cli):
    hub = bench.hub([app("shop")])
    assert status(hub) == {"configured": False}
    assert status(hub, "outbox") == {"configured": False}
    shown = cli("sync", "status", "--socket", hub.directory / "run" / "admin.sock")
    assert shown.code == 0 and "no Uplink" in shown.out, shown
    assert "mosquitto" not in pathlib.Path(f"/proc/{hub.process.pid}/maps").read_text()


def test_metrics_tell_what_waits(bench, cloud):
    port = free_port()
    cloud.server.end()
    hub = bench.hub([app("shop"), uplink(cloud.url, TOPICS)], flags=[f"--metrics-port={port}"])
    publish_all(hub.api("shop"), "orders", range(4))
    text = Client(("127.0.0.1", port)).get("/").text
    assert 'edgelane_outbox_messages{class="event"} 4' in text, text
    assert "edgelane_cloud_online 0" in text


def test_a_change_of_the_uplink_is_taken_up(bench, cloud):
    hub = bench.hub([app("shop"), uplink(f"mqtt://127.0.0.1:{free_port()}", TOPICS)])
    publish_all(hub.api("shop"), "orders", range(3))
    write_resources(hub.directory / "etc", [app("shop"), uplink("ftp://x", TOPICS)])
    hub.process.wait_for_log("spec.url: must begin with mqtt://")
    assert hub.api("shop").get("/v1.0/healthz").status == 204
    write_resources(hub.directory / "etc", [app("shop"), uplink(cloud.url, TOPICS)])
    wait_until(lambda: has_all(cloud, "orders", range(3)), "what waited", LONG)


def test_certificates_and_secrets(bench, cli):
    directory = bench.directory()
    authority = Authority(directory)
    authority.issue("broker")
    certificate, key = authority.issue("hub")
    port = free_port()
    cloud = Cloud(bench.directory(), settings=[
        f"listener {port} 127.0.0.1", f"cafile {directory}/ca.pem",
        f"certfile {directory}/broker.pem", f"keyfile {directory}/broker.key",
        "require_certificate true"])
    try:
        resource = uplink(f"mqtts://127.0.0.1:{port}", TOPICS,
                          caCert={"value": authority.certificate},
                          clientCert={"value": certificate},
                          clientKey={"secretKeyRef": {"name": "uplink", "key": "uplink"}})
        resource["auth"] = {"secretStore": "secretstore"}
        hub = bench.hub([app("shop")])
        admin = ["--socket", hub.directory / "run" / "admin.sock"]
        stored = cli("secret", "set", "uplink", *admin, stdin=key.encode())
        assert stored.code == 0, stored
        write_resources(hub.directory / "etc", [app("shop"), resource])
        cloud.wait_for_hub()
        publish_all(hub.api("shop"), "orders", range(3))
        wait_until(lambda: has_all(cloud, "orders", range(3)), "the messages", LONG)
        assert "PRIVATE KEY" not in hub.log
    finally:
        cloud.close()
