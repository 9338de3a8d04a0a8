"""Pages of database files that are overwritten: what is lost, what is saved, and who says so."""
import contextlib
import json
import re
import sqlite3

import pytest

from harness.configuration import Editor, admin, read
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app
from harness.state import Store
from harness.waiting import wait_until

PAGE = 4096
SET_ASIDE = "database was damaged and has been set aside"
KEYS = 400


def root_of(path, name):
    """The number of the first page of a table, counted from 0."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
        return db.execute("SELECT rootpage FROM sqlite_schema WHERE name=?", [name]).fetchone()[0] - 1


def page_with(path, text):
    data = path.read_bytes()
    found = re.search(text, data)
    assert found, text
    return found.start() // PAGE


def spoil(path, page):
    """In place, as a disk does it."""
    with open(path, "r+b", buffering=0) as file:
        file.seek(page * PAGE)
        assert file.write(b"\xff" * PAGE) == PAGE


def was_set_aside(hub, name):
    wait_until(lambda: SET_ASIDE in hub.log, "the damaged file to be set aside")
    line = next(line for line in hub.log.splitlines() if SET_ASIDE in line)
    aside = list((hub.directory / "data").glob(name + ".bad-*"))
    assert f"data/{name}" in line and any(one.name in line for one in aside), (line, aside)


def is_sound_after_a_restart(bench, hub):
    assert hub.process.stop() == 0
    told = hub.log.count(SET_ASIDE)
    bench.started(hub)
    assert hub.log.count(SET_ASIDE) == told
    for one in ("queue", "state", "hub"):
        path = hub.directory / "data" / f"{one}.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


class Filled:
    """A hub with content in each of its files, that has stopped in order."""

    def __init__(self, bench):
        self.bench = bench
        self.shop = Subscriber(bench, [subscription("pubsub", "t", "/t")])
        self.shop.says("/t", *[503] * 1000)
        self.hub = bench.hub([app("shop", self.shop.port)])
        wait_for_subscriptions(self.hub, 1)
        self.api = self.hub.api("shop")
        for number in range(20):
            body = {"number": number, "padding": "x" * 3000}
            assert self.api.post("/v1.0/publish/pubsub/t", json=body).status == 204
        self.state = Store(self.api, "statestore")
        for first in range(0, KEYS, 100):
            assert self.state.save(*[{"key": f"key{i:04}", "value": f"{i:04}" + "v" * 2000}
                                     for i in range(first, first + 100)]).status == 204
        Editor(self.hub).write({f"name{i:04}": f"{i:04}" + "c" * 500 for i in range(100)})
        for i in range(20):
            answer = admin(self.hub).put(f"/v1.0-edgelane/secrets/secretstore/secret{i:04}",
                                         json={"value": "s" * 1000})
            assert answer.status < 300, answer
        assert self.hub.process.stop() == 0

    def path(self, name):
        return self.hub.directory / "data" / name

    def start(self):
        self.bench.started(self.hub)

    def read_all_state(self):
        """The first time some of it may not be readable."""
        return [self.state.get(f"key{i:04}").status for i in range(KEYS)]

    def state_is_served(self, least):
        found = self.state.bulk(*[f"key{i:04}" for i in range(KEYS)]).values()
        whole = [one for one in found if "data" in one]
        assert all(one["data"] == one["key"][3:] + "v" * 2000 for one in whole)
        assert least <= len(whole) <= KEYS
        self.state.set("new", "value")
        assert self.state.get("new").json() == "value"

    def messages_are_delivered(self, least):
        self.shop.says("/t")
        assert self.api.post("/v1.0/publish/pubsub/t", json={"number": "last"}).status == 204

        def numbers():
            came = [json.loads(one.body)["data"]["number"]
                    for one in self.shop.app.seen("/t") if one.body]
            return set(came)
        wait_until(lambda: "last" in numbers() and len(numbers()) > least, "the messages", limit=20)


@pytest.fixture
def filled(bench):
    return Filled(bench)


@pytest.mark.parametrize("what", ["header", "pubsub_topics", "pubsub_cursors", "pubsub_messages"])
def test_a_damaged_queue_is_replaced_in_the_same_start(filled, what):
    path = filled.path("queue.db")
    if what == "pubsub_messages":
        page = page_with(path, rb'"number": ?10,')
    else:
        page = 0 if what == "header" else root_of(path, what)
    spoil(path, page)
    filled.start()
    wait_for_subscriptions(filled.hub, 2)
    filled.messages_are_delivered(least=15 if what == "pubsub_messages" else 0)
    was_set_aside(filled.hub, "queue.db")
    is_sound_after_a_restart(filled.bench, filled.hub)


@pytest.mark.parametrize("what", ["header", "key", "value"])
def test_a_damaged_state_store_is_replaced_in_the_same_start(filled, what):
    path = filled.path("state.db")
    places = {"header": 0, "key": root_of(path, "sqlite_autoindex_state_1"),
              "value": page_with(path, b"0200vvvv")}
    spoil(path, places[what])
    filled.start()
    filled.read_all_state()
    was_set_aside(filled.hub, "state.db")
    filled.state_is_served(least=0 if what == "header" else KEYS - 10)
    is_sound_after_a_restart(filled.bench, filled.hub)


@pytest.mark.parametrize("what", ["header", "configuration", "secrets"])
def test_a_damaged_file_of_the_hub_is_replaced_in_the_same_start(filled, what):
    path = filled.path("hub.db")
    places = {"header": 0, "configuration": page_with(path, b"0050cccc"),
              "secrets": page_with(path, b"secret0010")}
    spoil(path, places[what])
    filled.start()
    for i in range(20):
        filled.api.get(f"/v1.0/secrets/secretstore/secret{i:04}")
    was_set_aside(filled.hub, "hub.db")
    values = read(filled.api)
    assert all(value == name[4:] + "c" * 500 for name, value in values.items())
    least = 0 if what == "header" else 80
    assert least <= len(values) <= 100
    assert len(values) < 100 or what == "secrets"
    secrets = filled.api.get("/v1.0/secrets/secretstore/bulk").json()
    assert all(one == {name: "s" * 1000} for name, one in secrets.items())
    assert len(secrets) == 20 or what != "configuration"
    Editor(filled.hub).write({"new": "value"})
    assert read(filled.api, "new") == {"new": "value"}
    put = admin(filled.hub).put("/v1.0-edgelane/secrets/secretstore/new", json={"value": "n"})
    assert put.status < 300, put
    is_sound_after_a_restart(filled.bench, filled.hub)
    assert filled.api.get("/v1.0/secrets/secretstore/new").json() == {"new": "n"}


def test_a_state_store_that_is_damaged_while_it_is_used(filled):
    filled.start()
    assert filled.state.get("key0000").status == 200
    filled.state.set("key0001", "0001" + "v" * 2000)
    spoil(filled.path("state.db"), page_with(filled.path("state.db"), b"0200vvvv"))
    filled.read_all_state()
    was_set_aside(filled.hub, "state.db")
    filled.state_is_served(least=KEYS - 10)
    is_sound_after_a_restart(filled.bench, filled.hub)


@pytest.mark.parametrize("table", ["pubsub_topics", "pubsub_cursors", "pubsub_messages"])
def test_a_queue_that_is_damaged_while_it_is_used(filled, table):
    filled.start()
    wait_for_subscriptions(filled.hub, 2)
    path = filled.path("queue.db")
    page = page_with(path, rb'"number": ?12,') if table == "pubsub_messages" else root_of(path, table)
    spoil(path, page)
    filled.messages_are_delivered(least=15)
    if table == "pubsub_messages":
        was_set_aside(filled.hub, "queue.db")
    filled.hub.process.stop()
    filled.start()
    wait_for_subscriptions(filled.hub, 3)
    is_sound_after_a_restart(filled.bench, filled.hub)
