"""A hub that is moved to another lane while messages wait, and killed in the middle of it."""
import json

import pytest

from harness.cli import Cli
from harness.cloud import HUB, Cloud, uplink
from harness.lanes import lane
from harness.link import Link
from harness.outbox import admin, is_drained, publish_numbers, sync_status
from harness.resources import app
from harness.waiting import wait_until

TOPICS = [("pubsub", "orders", "event")]
LONG = 90.0  # seconds
MANY = 10_000
DRAIN_RATE = 2000  # so that the drain is longer than the moves, however fast the hub is


@pytest.fixture
def cloud(bench):
    cloud = Cloud(bench.directory())
    yield cloud
    cloud.close()


@pytest.fixture
def link(cloud):
    link = Link(cloud.server.port)
    yield link
    link.close()


@pytest.fixture
def hub(bench, cloud, link):
    cloud.server.end()
    return bench.hub([app("shop"), lane("gray"), lane("blue"),
                      uplink(f"mqtt://127.0.0.1:{link.port}", TOPICS, assignLanes=True,
                             drainRate=DRAIN_RATE)])


def assigned(hub):
    return admin(hub).get("/v1.0-edgelane/lane").json()["assigned"]


def ask_for(hub, name, drain):
    """Writes the request and leaves the answer; a connection that must be closed."""
    connection = admin(hub).connect()
    body = json.dumps({"lane": name, "drain": drain}).encode()
    connection.send_request("PUT", "/v1.0-edgelane/lane", body,
                            {"Content-Type": "application/json"})
    return connection


class Kills:
    """Each as far into a move as its name says."""

    def __init__(self, cloud, hub, drain):
        self.cloud = cloud
        self.hub = hub
        self.drain = drain

    def as_asked(self, name):
        ask_for(self.hub, name, self.drain).close()

    def as_in_force(self, name):
        with ask_for(self.hub, name, self.drain):
            wait_until(lambda: assigned(self.hub) == name, "the lane", step=0)

    def as_answered(self, name):
        with ask_for(self.hub, name, self.drain) as connection:
            assert connection.read_answer().status == 200

    def as_draining(self, name):
        self.as_answered(name)
        seen = self.cloud.count("orders")
        wait_until(lambda: self.cloud.count("orders") > seen + 100 or is_drained(self.hub),
                   "some more messages", LONG)

    def all(self):
        return [self.as_asked, self.as_in_force, self.as_answered, self.as_draining]


class KillsOfAssignments(Kills):
    """The same, where it is the cloud that moves the hub: it prepares, drains and proves."""

    def assign(self, name):
        self.cloud.publish(f"e1/l/{HUB}", {"lane": name, "gen": 1, "probation_s": 1}, "-r")

    def as_asked(self, name):
        self.assign(name)

    def as_in_force(self, name):
        self.assign(name)
        wait_until(lambda: assigned(self.hub) == name, "the lane", LONG, step=0)

    def as_answered(self, name):
        self.assign(name)
        wait_until(lambda: self.reports()[-1:] in (["draining"], ["drain"], ["probation"]),
                   "a report", LONG)

    def reports(self):
        return [one["status"] for _, one in self.cloud.messages(f"e1/r/{HUB}/lane")]


def move_and_kill(bench, hub, link, kills):
    """To gray, with a kill at each point; gives in which lane each of the numbers from MANY on was
    published. The hub that starts is asked before the cloud tells it anything again."""
    lanes = []
    for kill in kills.all():
        kill("gray")
        hub.process.kill()
        link.cut()
        bench.started(hub)
        wait_until(lambda: sync_status(hub)["lane"] == assigned(hub), "one lane", LONG)
        lanes.append(assigned(hub))
        assert lanes[-1] in ("base", "gray")
        publish_numbers(hub.api("shop"), "orders", [MANY + len(lanes) - 1])
        link.restore()
    assert lanes == sorted(lanes), "what was in force is in force after a kill"
    assert lanes[1:] == ["gray"] * 3
    return lanes


def numbers(events):
    return [event["data"]["n"] for event in events]


def start_in_the_middle(cloud, hub):
    publish_numbers(hub.api("shop"), "orders", range(MANY))
    cloud.server.start()
    wait_until(lambda: cloud.count("orders") > 200, "the first messages", LONG)


def test_what_waits_keeps_its_lane(bench, cloud, hub, link):
    start_in_the_middle(cloud, hub)
    lanes = move_and_kill(bench, hub, link, Kills(cloud, hub, "keep"))
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG, 0.1)
    late = {name: [MANY + i for i, one in enumerate(lanes) if one == name]
            for name in ("base", "gray")}
    assert numbers(cloud.once("orders")) == [*range(MANY), *late["base"]]
    assert numbers(cloud.once("orders", "gray/")) == late["gray"]
    assert {event["lane"] for event in cloud.events("orders")} == {"base"}


def test_what_waits_gets_the_new_lane(bench, cloud, hub, link):
    start_in_the_middle(cloud, hub)
    lanes = move_and_kill(bench, hub, link, Kills(cloud, hub, "retag"))
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG, 0.1)
    base, gray = cloud.once("orders"), cloud.once("orders", "gray/")
    assert sorted({*numbers(base), *numbers(gray)}) == [*range(MANY + len(lanes))]
    ids = {event["id"]: event["data"]["n"] for event in base + gray}
    assert len(ids) == MANY + len(lanes), "a number has two ids"
    # What was on its way, or acknowledged and not yet removed, when the hub was killed.
    twice = {event["id"] for event in base} & {event["id"] for event in gray}
    assert len(twice) <= 512
    assert {event["lane"] for event in gray} == {"gray"}
    assert numbers(gray) == sorted(numbers(gray)) and numbers(base) == sorted(numbers(base))
    stamped_anew = [event for event in gray if event["data"]["n"] < MANY]
    assert stamped_anew and {event["lanefrom"] for event in stamped_anew} == {"base"}


def test_an_assignment_by_the_cloud_outlives_kills(bench, cloud, hub, link):
    start_in_the_middle(cloud, hub)
    kills = KillsOfAssignments(cloud, hub, "keep")
    lanes = move_and_kill(bench, hub, link, kills)
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG, 0.1)
    late = {name: [MANY + i for i, one in enumerate(lanes) if one == name]
            for name in ("base", "gray")}
    assert numbers(cloud.once("orders")) == [*range(MANY), *late["base"]]
    gray = cloud.once("orders", "gray/")
    assert numbers(gray) == late["gray"]
    assert {(event["lane"], event["lanegen"]) for event in gray} == {("gray", 1)}
    wait_until(lambda: kills.reports()[-1:] == ["active"], "the proof", 2 * LONG, 0.2)
    told = admin(hub).get("/v1.0-edgelane/lane/history").json()["changes"]
    assert [(one["lane"], one["note"]) for one in told] == [
        ("gray", "assigned by the cloud, generation 1")]


def subscriptions(cloud):
    return [line.split(" ")[-1].strip("\t ") for line in cloud.server.log.splitlines()
            if f"{HUB} 1 " in line]


def test_commands_follow_the_hub(bench, cloud, hub):
    cli = Cli(bench.directory())
    cloud.server.start()
    cloud.wait_for_hub()
    where = ["--socket", hub.directory / "run" / "admin.sock"]
    moved = cli("lane", "set", "gray", "--note", "field test", *where)
    assert moved.code == 0 and "assigned to gray" in moved.out, moved
    wait_until(lambda: "gray/e1/d/hub42" in subscriptions(cloud), "the lane's commands", LONG)
    wait_until(lambda: [one for _, one in cloud.messages(f"e1/s/{HUB}")][-1]["lane"] == "gray",
               "the lane in the presence", LONG)
    cloud.command("c1", op="lane.assign", lane="blue", drain="retag")
    assert cloud.reply("c1")["status"] == "ok" and assigned(hub) == "blue"
    assert sync_status(hub)["lane"] == "blue"
    # At the lane before, whose commands are still taken.
    cloud.publish(f"gray/e1/d/{HUB}",
                  cloud.as_command("c2", op="lane.assign", lane="gray", drain="both"))
    assert cloud.reply("c2")["code"] == 400
    refused = cli("lane", "set", "gray", "--drain", "both", *where)
    assert refused.code != 0 and "keep" in refused.error, refused
    told = cli("lane", "history", *where, "--output", "json").json()
    assert [(one["lane"], one["drain"]) for one in told] == [("blue", "retag"), ("gray", "keep")]
