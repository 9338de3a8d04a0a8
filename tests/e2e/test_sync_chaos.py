"""Broker, etcd, hub and links are cut, killed and restarted in any order, under load."""
import os
import random
import signal

import pytest

from harness.cloud import Cloud, uplink
from harness.etcd import Etcd
from harness.link import Link
from harness.load import Commanding, Publishing, Reading, Revising, holes
from harness.outbox import is_drained
from harness.resources import app, component
from harness.waiting import wait_until

SEED = int(os.environ.get("EDGELANE_CHAOS_SEED", random.randrange(1 << 32)))
ROUNDS = int(os.environ.get("EDGELANE_CHAOS_ROUNDS", "5"))
KEYS = [f"shop/k{n}" for n in range(5)]
LONG = 120.0  # seconds
TOLD = f"EDGELANE_CHAOS_SEED={SEED}"


class World:
    """A hub with a cloud behind links, and what can be taken away from it."""

    def __init__(self, bench):
        self.bench = bench
        self.cloud = Cloud(bench.directory())
        self.etcd = Etcd(bench.directory()).start()
        self.etcd.write(dict.fromkeys(KEYS, "0"))
        self.links = [Link(self.cloud.server.port), Link(self.etcd.port)]
        self.lamp = bench.app()
        self.hub = bench.hub([
            app("shop"), app("lamp", self.lamp.port),
            uplink(f"mqtt://127.0.0.1:{self.links[0].port}", [("pubsub", "orders", "event")]),
            component("cloud", "configuration.etcd", {
                "endpoints": f"127.0.0.1:{self.links[1].port}", "keyPrefixPath": "shop",
                "probation": "0"})])
        api = self.hub.api("shop")
        wait_until(lambda: api.get("/v1.0/configuration/cloud").status == 200, "values", LONG)
        self.publishing = [Publishing(api, "orders", name) for name in "abcd"]
        self.revising = Revising(self.etcd, KEYS)
        self.reading = Reading(api, "cloud")
        self.commanding = Commanding(self.cloud, "lamp")
        self.load = [*self.publishing, self.revising, self.reading, self.commanding]

    def ways(self):
        """What can go, and how it comes back."""
        # A broker that is killed with -9 forgets what it acknowledged: that is not the hub's.
        return [(self.cloud.server.end, self.cloud.server.start),
                (lambda: self.etcd.end(signal.SIGKILL), self.etcd.start),
                (self.hub.process.kill, lambda: self.bench.started(self.hub)),
                *((link.cut, link.restore) for link in self.links)]

    def work(self, seconds):
        """Goes on for a while; shorter than what anybody waits for."""
        self.load[0].ending.wait(seconds)

    def close(self):
        for one in [*self.links, self.cloud, self.etcd]:
            one.close()


@pytest.fixture
def world(bench):
    world = World(bench)
    yield world
    world.close()


def make_trouble(world, chance):
    ways = world.ways()
    chance.shuffle(ways)
    ways = ways[:chance.randint(1, len(ways))]
    for go, _ in ways:
        go()
        world.work(chance.uniform(0, 0.6))
    chance.shuffle(ways)
    for _, come in ways:
        come()
        world.work(chance.uniform(0, 0.6))
    world.work(chance.uniform(0, 2))


def test_whatever_goes_and_comes_in_any_order(world):
    chance = random.Random(SEED)
    for one in world.load:
        one.start()
    for _ in range(ROUNDS):
        make_trouble(world, chance)
    for one in world.load:
        one.end()
    accepted = sum(len(one.accepted) for one in world.publishing)
    assert accepted > 10 * ROUNDS and world.reading.count > ROUNDS, TOLD
    wait_until(lambda: is_drained(world.hub), f"an empty outbox, {TOLD}", LONG, 0.1)
    wait_until(lambda: len(world.cloud.once("orders")) >= accepted, f"all messages, {TOLD}", LONG,
               0.1)
    events = world.cloud.once("orders")
    wrong = [text for one in world.publishing for text in one.contradictions(events)]
    assert not wrong and not holes(events) and world.cloud.lost("orders") == 0, (TOLD, wrong)
    check_commands(world)
    check_configuration(world)


def check_commands(world):
    commanding = world.commanding
    wait_until(lambda: set(commanding.taken) <= set(commanding.answers()), f"answers, {TOLD}", LONG,
               0.1)
    assert not commanding.contradictions(world.lamp.requests), TOLD


def check_configuration(world):
    assert not world.reading.wrong, TOLD
    world.revising.act()
    last = world.revising.written
    assert last == world.revising.tried

    def follows():
        world.reading.act()
        return world.reading.newest == last
    wait_until(follows, f"revision {last}, {TOLD}", LONG)
    assert not world.reading.wrong, TOLD
