"""State that expires."""
from datetime import datetime, timezone

import pytest

from harness.resources import app, component
from harness.state import Store, stores
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def hub(module_bench):
    return module_bench.hub([app("lamp"), *stores(module_bench.directory())])


@pytest.fixture(params=["memory", "sqlite"])
def store(request, hub):
    return Store(hub.api("lamp"), request.param)


def ttl(seconds):
    return {"metadata": {"ttlInSeconds": str(seconds)}}


def expires_in(answer):
    """Seconds until a value's end; None without one."""
    told = answer.headers.get("metadata.ttlExpireTime")
    if told is None:
        return None
    end = datetime.fromisoformat(told.replace("Z", "+00:00"))
    return (end - datetime.now(timezone.utc)).total_seconds()


def test_a_value_expires(store):
    store.set("short", 1, **ttl(1))
    assert store.get("short").json() == 1
    wait_until(lambda: store.get("short").status == 204, "the end of the value", limit=4)
    assert store.bulk("short")["short"] == {"key": "short"}
    # What has expired is not there for a first write, nor for an ETag.
    store.set("short", 2, options={"concurrency": "first-write"})
    assert store.get("short").json() == 2


def test_when_it_expires(store):
    store.set("hour", 1, **ttl(3600))
    assert 3590 < expires_in(store.get("hour")) < 3610
    assert "ttlExpireTime" in store.bulk("hour")["hour"]["metadata"]


def test_no_end_without_ttl(store):
    store.set("ever", 1)
    assert expires_in(store.get("ever")) is None


@pytest.mark.parametrize("later", [{}, ttl(-1), ttl(0)])
def test_a_later_write_takes_the_end_away(store, later):
    store.set("once", 1, **ttl(3600))
    store.set("once", 2, **later)
    assert expires_in(store.get("once")) is None


@pytest.mark.parametrize("seconds", ["foo", "1.5", "2147483648", ""])
def test_a_ttl_that_is_none(store, seconds):
    answer = store.save({"key": "odd", "value": 1, **ttl(seconds)})
    assert answer.status in ((500, 400) if seconds else (204, 500, 400)), answer
    assert answer.status == 204 or answer.json()["errorCode"] == "ERR_STATE_SAVE"


def test_the_query_wins_over_the_item(store):
    answer = store.client.post(f"{store.path}?metadata.ttlInSeconds=3600",
                               json=[{"key": "q", "value": 1, **ttl(10)}])
    assert answer.status == 204
    assert expires_in(store.get("q")) > 3000


def test_in_a_transaction(store):
    answer = store.transact(("upsert", {"key": "tx", "value": 1, **ttl(3600)}))
    assert answer.status == 204
    assert expires_in(store.get("tx")) > 3000


def test_the_end_survives_a_restart(bench):
    directory = bench.directory()
    resources = [app("lamp"), component("store", "state.sqlite", {
        "connectionString": f"{directory}/state.db", "cleanupInterval": "1s"})]
    hub = bench.hub(resources)
    store = Store(hub.api("lamp"), "store")
    store.set("long", 1, **ttl(3600))
    store.set("short", 1, **ttl(1))
    assert hub.process.stop() == 0
    store = Store(bench.hub(resources).api("lamp"), "store")
    assert 3000 < expires_in(store.get("long")) < 3610
    wait_until(lambda: store.get("short").status == 204, "the end of the value", limit=4)
