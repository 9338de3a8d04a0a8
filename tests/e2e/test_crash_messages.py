"""kill -9 under messages and configuration: nothing that was answered is lost or torn."""
import os
import random

import pytest

from harness.configuration import Editor
from harness.messages import Inbox, Publisher, Revisions
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.waiting import wait_until

ROUNDS = int(os.environ.get("EDGELANE_CRASH_ROUNDS", "40"))
SEED = int(os.environ.get("EDGELANE_CRASH_SEED", random.randrange(1 << 32)))
PUBLISHERS = 3
KEYS = ["red", "green", "blue"]


@pytest.fixture
def shop(bench):
    return Subscriber(bench, [subscription("disk", "t", "/t")])


@pytest.fixture
def inbox(shop):
    return Inbox(shop.app, "/t")


@pytest.fixture
def hub(bench, shop, inbox):
    path = bench.directory() / "queue.db"
    hub = bench.hub([app("shop", shop.port), component("disk", "pubsub.sqlite", {
        "connectionString": str(path)})])
    wait_for_subscriptions(hub, 1)
    return hub


def kill_under_load(hub, publishers, revisions, enough):
    """Kills the hub once so many messages and a revision are acknowledged."""
    threads = [*publishers, revisions]
    for thread in threads:
        thread.start()
    wait_until(lambda: sum(one.acknowledged for one in publishers) >= enough and revisions.revision,
               f"{enough} messages and a revision", step=0.0005)
    hub.process.kill()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert not any(one.refusal for one in publishers), [one.refusal for one in publishers]


def test_nothing_acknowledged_is_lost(bench, hub, inbox):
    chance = random.Random(SEED)
    publishers = []
    value = 0
    for number in range(ROUNDS):
        where = f"round {number}, EDGELANE_CRASH_SEED={SEED}"
        fresh = [Publisher(hub.api("shop"), "disk", "t", f"r{number}p{n}", chance.choice((0, 3000)))
                 for n in range(PUBLISHERS)]
        revisions = Revisions(Editor(hub), KEYS, value)
        kill_under_load(hub, fresh, revisions, chance.randrange(3, 150))
        publishers += fresh
        bench.started(hub)
        found = Editor(hub).all()
        wrong = revisions.contradictions(found)
        assert not wrong, f"{where}: {wrong}"
        value = int(found["items"][KEYS[0]]["value"])
    told = f"EDGELANE_CRASH_SEED={SEED}"
    wait_until(lambda: inbox.has_all(publishers), f"everything acknowledged, {told}", limit=30)
    wrong = inbox.contradictions(publishers)
    assert not wrong, f"{told}: {wrong}"
    assert sum(one.acknowledged for one in publishers) >= ROUNDS * 3
    assert "level=error" not in hub.log, "an unclean end is nothing to worry about"
    assert hub.process.stop() == 0


def test_what_is_not_taken_yet_outlives_kills(bench, hub, shop):
    """The app refuses everything until the last start; then it gets all of it, in order."""
    statuses = []

    @shop.app.route("/t")
    def refuse(exchange):
        exchange.read_body()
        statuses.append(503)
        exchange.answer(503)

    publishers = []
    for number in range(3):
        if number:
            bench.started(hub)
        fresh = [Publisher(hub.api("shop"), "disk", "t", f"r{number}p{n}")
                 for n in range(PUBLISHERS)]
        kill_under_load(hub, fresh, Revisions(Editor(hub), ["round"], number), 30)
        publishers += fresh
    assert statuses
    took = Inbox(shop.app, "/t")
    bench.started(hub)
    wait_until(lambda: took.has_all(publishers), "everything acknowledged", limit=30)
    assert took.contradictions(publishers) == []
    assert hub.process.stop() == 0
