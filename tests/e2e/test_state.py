"""State over HTTP: what is kept and how it reads back, for every store."""
import threading
from urllib.parse import quote

import pytest

from harness.checks import has_error
from harness.resources import app
from harness.state import Store, stores


@pytest.fixture(scope="module")
def hub(module_bench):
    return module_bench.hub([app("lamp"), app("speaker"), *stores(module_bench.directory())])


@pytest.fixture(params=["memory", "sqlite"])
def store(request, hub):
    return Store(hub.api("lamp"), request.param)


@pytest.mark.parametrize("value, stored", [
    ({"on": True, "level": 3.5, "name": "灯"}, None),
    ("text", b'"text"'), ("", b'""'), (42, b"42"), (-1.5, b"-1.5"), (True, b"true"),
    ([1, [2], {}], None), ("{\"looks\": \"like JSON\"}", None), (12345678901234567890, None),
])
def test_values_read_back(store, value, stored):
    store.set("value", value)
    answer = store.get("value")
    assert answer.status == 200
    assert answer.headers.get("content-type") == "application/json"
    assert answer.json() == value
    assert stored is None or answer.body == stored


def test_null_is_a_value(store):
    store.set("null", None)
    answer = store.get("null")
    assert (answer.status, answer.body) in ((200, b"null"), (204, b""))


def test_a_missing_key(store):
    answer = store.get("never")
    assert (answer.status, answer.body) == (204, b"")
    assert "etag" not in answer.headers


@pytest.mark.parametrize("key", ["a b", "a/b", "灯", "50%", "a?b#c", "x" * 500, "'; DROP TABLE"])
def test_any_key(store, key):
    store.set(key, "there")
    assert store.get(quote(key, safe="")).json() == "there"
    assert store.bulk(key)[key]["data"] == "there"
    assert store.delete(quote(key, safe="")).status == 204
    assert store.get(quote(key, safe="")).status == 204


def test_a_plus_in_the_path_is_a_blank(store):
    store.set("a b", 1)
    assert store.get("a+b").json() == 1


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_post_and_put_save(store, verb):
    answer = store.client.request(verb, store.path, json=[{"key": "verb", "value": verb}])
    assert answer.status == 204
    assert store.get("verb").json() == verb


def test_many_items_at_once(store):
    answer = store.save(*({"key": f"many{n}", "value": n} for n in range(300)))
    assert answer.status == 204
    assert [store.get(f"many{n}").json() for n in (0, 150, 299)] == [0, 150, 299]


def test_member_names_in_any_case(store):
    assert store.save({"KEY": "cased", "Value": 1, "unknown": {"x": 1}}).status == 204
    assert store.get("cased").json() == 1


def test_an_empty_list_is_saved(store):
    assert store.save().status == 204


def test_a_large_value(store):
    value = "v" * 3_000_000
    store.set("large", value)
    assert store.get("large").json() == value


def test_delete(store):
    store.set("gone", 1)
    assert store.delete("gone").status == 204
    assert store.get("gone").status == 204
    assert store.delete("gone").status == 204


def test_bulk(store):
    store.set("b1", {"n": 1})
    store.set("b2", "two")
    found = store.bulk("b1", "absent", "b2")
    assert found["b1"]["data"] == {"n": 1} and found["b1"]["etag"] == store.etag("b1")
    assert found["b2"]["data"] == "two"
    assert found["absent"] == {"key": "absent"}


def test_bulk_of_nothing(store):
    answer = store.client.post(f"{store.path}/bulk", json={"keys": []})
    assert (answer.status, answer.json()) == (200, [])


def test_a_transaction_runs_in_order(store):
    store.set("t1", "old")
    answer = store.transact(("delete", {"key": "t1"}), ("upsert", {"key": "t1", "value": "new"}),
                            ("upsert", {"key": "t2", "value": 2}), ("delete", {"key": "t2"}),
                            ("delete", {"key": "never"}), ("upsert", {"key": "t3", "value": 3}))
    assert (answer.status, answer.body) == (204, b"")
    assert store.get("t1").json() == "new"
    assert store.get("t2").status == 204
    assert store.get("t3").json() == 3


def test_a_transaction_is_all_or_nothing(store):
    store.set("keep", "old")
    answer = store.transact(("upsert", {"key": "keep", "value": "new"}),
                            ("upsert", {"key": "fresh", "value": 1}),
                            ("upsert", {"key": "keep", "value": "x", "etag": "wrong"}))
    assert answer.status == 500
    told = answer.json()
    assert told["errorCode"] == "ERR_STATE_TRANSACTION"
    assert told["message"].startswith("error while executing state transaction: ")
    assert store.get("keep").json() == "old"
    assert store.get("fresh").status == 204


def test_an_empty_transaction(store):
    assert store.transact().status == 204


def test_an_unknown_operation(store):
    answer = store.transact(("upsert", {"key": "unknown-op", "value": 1}), ("erase", {"key": "k"}))
    assert answer.status == 400
    assert answer.json()["errorCode"] == "ERR_NOT_SUPPORTED_STATE_OPERATION"
    assert answer.json()["message"] == "operation type erase not supported"
    assert store.get("unknown-op").status == 204


def test_etags_change_with_each_write(store):
    store.set("tag", 1)
    first = store.etag("tag")
    store.set("tag", 2, etag=first)
    second = store.etag("tag")
    assert first and second and first != second


def test_a_stale_etag_is_a_conflict(store):
    store.set("tag", 1)
    first = store.etag("tag")
    store.set("tag", 2)
    answer = store.save({"key": "tag", "value": 3, "etag": first})
    assert answer.status == 409
    told = answer.json()
    assert told["errorCode"] == "ERR_STATE_SAVE"
    assert told["message"].startswith(f"failed saving state in state store {store.name}: "
                                      "possible etag mismatch. error from state store")
    assert store.get("tag").json() == 2


def test_an_etag_for_a_key_that_is_not_there(store):
    assert store.save({"key": "no-such", "value": 3, "etag": "some"}).status == 409
    assert store.get("no-such").status == 204


def test_an_empty_etag_is_none(store):
    store.set("tag", 1)
    store.set("tag", 2, etag="")
    assert store.get("tag").json() == 2


def test_delete_with_an_etag(store):
    store.set("tag", 1)
    answer = store.delete("tag", etag="stale")
    assert answer.status == 409
    assert answer.json()["errorCode"] == "ERR_STATE_DELETE"
    assert answer.json()["message"].startswith("failed deleting state with key tag: "
                                               "possible etag mismatch. error from state store")
    assert store.delete("tag", etag=store.etag("tag")).status == 204
    assert store.get("tag").status == 204


def test_one_stale_etag_among_many_items(store):
    store.set("m1", "old")
    answer = store.save({"key": "m1", "value": "new", "etag": "stale"}, {"key": "m2", "value": 2})
    assert answer.status == 409
    assert store.get("m1").json() == "old"
    assert store.get("m2").json() == 2, "items stand alone"


FIRST_WRITE = {"options": {"concurrency": "first-write"}}


def test_first_write(store):
    store.delete("first")
    store.set("first", 1, **FIRST_WRITE)
    assert store.save({"key": "first", "value": 2, **FIRST_WRITE}).status == 409
    store.set("first", 3, etag=store.etag("first"), **FIRST_WRITE)
    assert store.save({"key": "first", "value": 4, "etag": "x", **FIRST_WRITE}).status == 409
    assert store.get("first").json() == 3


def test_last_write_and_consistency(store):
    options = {"concurrency": "last-write", "consistency": "strong"}
    store.set("last", 1, options=options)
    store.set("last", 2, options={"consistency": "eventual"})
    assert store.get("last", "?consistency=strong").json() == 2


@pytest.mark.parametrize("options", [{"concurrency": "x"}, {"consistency": "x"}])
def test_unknown_options(store, options):
    answer = store.save({"key": "options", "value": 1, "options": options})
    assert answer.status == 500
    assert answer.json()["errorCode"] == "ERR_STATE_SAVE"


def test_two_writers_with_etags_lose_nothing(store):
    """Compare-and-set from several threads: every increment counts."""
    store.set("counter", 0)

    def add():
        for _ in range(20):
            while True:
                now = store.get("counter")
                answer = store.save({"key": "counter", "value": now.json() + 1,
                                     "etag": now.headers.get("etag"), **FIRST_WRITE})
                if answer.status == 204:
                    break
                assert answer.status == 409
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("counter").json() == 80


def test_bad_bodies(store):
    for body in (b"{", b"", b'{"key":"k"}', b'[{"key":1}]'):
        answer = store.client.post(store.path, body)
        assert (answer.status, answer.json()["errorCode"]) == (400, "ERR_MALFORMED_REQUEST"), body
        assert answer.json()["message"]
    for path in ("bulk", "transaction"):
        answer = store.client.post(f"{store.path}/{path}", b"{")
        assert (answer.status, answer.json()["errorCode"]) == (400, "ERR_MALFORMED_REQUEST"), path
    assert store.client.post(f"{store.path}/bulk", b"{").json()["message"].startswith(
        "failed deserializing HTTP body: ")


@pytest.mark.parametrize("item", [{"value": 1}, {"key": "", "value": 1}])
def test_an_item_without_key(store, item):
    has_error(store.save(item), 400, "ERR_MALFORMED_REQUEST", '"key" is a required field')


def test_the_query_api_is_not_supported(store):
    answer = store.client.post(f"/v1.0-alpha1/state/{store.name}/query", json={"filter": {}})
    assert answer.status == 500
    assert answer.json()["errorCode"] == "ERR_STATE_STORE_NOT_SUPPORTED"
    assert answer.json()["message"] == "state store does not support querying"
