"""State stores as components: key prefixes, scopes, errors of lookup, files and restarts."""
import os
import pathlib
import sqlite3

import pytest

from harness.checks import error_info
from harness.daemon import run_to_end, write_resources
from harness.resources import app, component
from harness.state import Store, stores


def sqlite_store(path, name="store", fields=(), **more):
    return component(name, "state.sqlite", {"connectionString": str(path), **dict(fields)}, **more)


def shares(bench, prefix, environment=()):
    """Which of lamp's value in store `one` are visible: to speaker there, to lamp in `two`."""
    path = bench.directory() / "state.db"
    fields = {} if prefix is None else {"keyPrefix": prefix}
    hub = bench.hub([app("lamp"), app("speaker"), sqlite_store(path, "one", fields),
                     sqlite_store(path, "two", fields)], environment=environment)
    lamp = Store(hub.api("lamp"), "one")
    lamp.set("k", "lamp's")
    assert lamp.get("k").json() == "lamp's"
    assert lamp.bulk("k")["k"]["data"] == "lamp's"
    return (Store(hub.api("speaker"), "one").get("k").status == 200,
            Store(hub.api("lamp"), "two").get("k").status == 200), keys_in(hub, path)


def keys_in(hub, path):
    hub.process.stop()
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        return [key for (key,) in file.execute("SELECT key FROM state")]


@pytest.mark.parametrize("prefix, seen, key", [
    (None, (False, True), "lamp||k"),
    ("appid", (False, True), "lamp||k"),
    ("name", (True, False), "one||k"),
    ("none", (True, True), "k"),
    ("house", (True, True), "house||k"),
    ("namespace", (False, True), None),
])
def test_key_prefixes(bench, prefix, seen, key):
    told, keys = shares(bench, prefix)
    assert told == seen
    assert key is None or keys == [key]


def test_the_namespace_as_prefix_for_daprd(bench):
    path = bench.directory() / "state.db"
    resources = [sqlite_store(path, fields={"KEYPREFIX": "namespace"})]
    daprd = bench.daprd("lamp", resources, environment={"NAMESPACE": "house"})
    Store(daprd.api, "store").set("k", 1)
    assert keys_in(daprd, path) == ["house.lamp||k"]


def test_a_prefix_that_is_none(bench):
    directory = bench.directory()
    write_resources(directory / "etc", [sqlite_store(directory / "s.db", fields={
        "keyPrefix": "a||b"})])
    code, said = run_to_end(["--root", directory, "--dapr-http-port", "0"])
    assert code == 1 and "||" in said


def test_a_key_with_the_separator(bench):
    hub = bench.hub([app("lamp"), component("store", "state.in-memory")])
    text = "input key/keyPrefix 'a||b' can't contain '||'"
    message = f"api error: code = InvalidArgument desc = {text}"
    answer = Store(hub.api("lamp"), "store").save({"key": "a||b", "value": 1})
    assert answer.status == 400
    told = answer.json()
    assert (told["errorCode"], told["message"]) == ("ERR_MALFORMED_REQUEST", message)
    violation, resource, info = told["details"]
    assert violation["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert violation["field_violations"] == [{"field": "a||b", "description": message}]
    assert resource["@type"] == "type.googleapis.com/google.rpc.ResourceInfo"
    assert (resource["resource_name"], resource["resource_type"]) == ("store", "state")
    assert info["reason"] == "DAPR_STATE_ILLEGAL_KEY"
    for path in ("a%7C%7Cb",):
        assert hub.api("lamp").get(f"/v1.0/state/store/{path}").status == 400
        assert hub.api("lamp").delete(f"/v1.0/state/store/{path}").status == 400


NOT_FOUND = ('{"errorCode":"ERR_STATE_STORE_NOT_FOUND","message":"state store foo is not found",'
             '"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io",'
             '"metadata":{"appID":"lamp"},"reason":"DAPR_STATE_NOT_FOUND"}]}')


def each_call(client):
    """Every state call, to a store named foo."""
    item = [{"key": "k", "value": 1}]
    operation = {"operations": [{"operation": "delete", "request": {"key": "k"}}]}
    return [client.get("/v1.0/state/foo/k"), client.delete("/v1.0/state/foo/k"),
            client.post("/v1.0/state/foo", json=item), client.put("/v1.0/state/foo", json=item),
            client.post("/v1.0/state/foo/bulk", json={"keys": ["k"]}),
            client.post("/v1.0/state/foo/transaction", json=operation)]


def test_an_unknown_store(bench):
    hub = bench.hub([app("lamp"), component("store", "state.in-memory")])
    for answer in each_call(hub.api("lamp")):
        assert (answer.status, answer.text.strip()) == (400, NOT_FOUND)


def test_no_store_at_all(bench):
    for answer in each_call(bench.daprd("lamp").api):
        assert answer.status == 500
        assert answer.json() == {
            "errorCode": "ERR_STATE_STORE_NOT_CONFIGURED",
            "message": "state store foo is not configured",
            "details": [error_info("DAPR_STATE_NOT_CONFIGURED", {"appID": "lamp"})]}


def test_scopes(bench):
    hub = bench.hub([app("lamp"), app("speaker"), component("all", "state.in-memory"),
                     component("foo", "state.in-memory", scopes=["speaker"])])
    Store(hub.api("speaker"), "foo").set("k", 1)
    for answer in each_call(hub.api("lamp")):
        assert (answer.status, answer.text.strip()) == (400, NOT_FOUND)
    told = hub.api("lamp").get("/v1.0/metadata").json()["components"]
    assert [one["name"] for one in told if one["type"].startswith("state.")] == ["all"]


def test_what_the_stores_can_do(bench):
    hub = bench.hub([app("lamp"), *stores(bench.directory())])
    told = [one for one in hub.api("lamp").get("/v1.0/metadata").json()["components"]
            if one["type"].startswith("state.")]
    assert {one["name"]: one["type"] for one in told} == {
        "memory": "state.in-memory", "sqlite": "state.sqlite"}
    for one in told:
        assert one["version"] == "v1"
        assert {"ETAG", "TRANSACTIONAL", "TTL", "ACTOR"} <= set(one["capabilities"])
        assert "QUERY_API" not in one["capabilities"]


def test_memory_forgets_and_sqlite_keeps(bench):
    resources = [app("lamp"), *stores(bench.directory())]
    hub = bench.hub(resources)
    for name in ("memory", "sqlite"):
        Store(hub.api("lamp"), name).set("k", name)
    etag = Store(hub.api("lamp"), "sqlite").etag("k")
    assert hub.process.stop() == 0
    again = bench.hub(resources)
    assert Store(again.api("lamp"), "memory").get("k").status == 204
    kept = Store(again.api("lamp"), "sqlite")
    assert kept.get("k").json() == "sqlite" and kept.etag("k") == etag


def test_a_directory_for_the_file_is_made_or_its_lack_is_told(bench):
    directory = bench.directory()
    write_resources(directory / "etc", [sqlite_store("/proc/nowhere/state.db")])
    code, said = run_to_end(["--root", directory, "--dapr-http-port", "0"])
    assert code == 1
    assert ("[INIT_COMPONENT_FAILURE]: initialization error occurred for store "
            "(state.sqlite/v1): ") in said
    assert "/proc/nowhere/state.db" in said


def test_the_file_is_for_its_owner_only(bench):
    path = bench.directory() / "state.db"
    hub = bench.hub([app("lamp"), sqlite_store(path)])
    Store(hub.api("lamp"), "store").set("k", 1)
    assert path.stat().st_mode & 0o007 == 0


def test_a_damaged_file_is_set_aside(bench):
    path = bench.directory() / "state.db"
    path.write_bytes(b"This is no database, whatever its name says. " * 200)
    hub = bench.hub([app("lamp"), sqlite_store(path)])
    store = Store(hub.api("lamp"), "store")
    store.set("k", 1)
    assert store.get("k").json() == 1
    beside = [name for name in os.listdir(path.parent) if name.startswith("state.db.")]
    assert any("bad" in name or "damaged" in name or "corrupt" in name for name in beside), beside
    assert "state.db" in hub.log and "level=" in hub.log


def test_a_file_damaged_in_the_middle_keeps_what_can_be_read(bench):
    path = bench.directory() / "state.db"
    resources = [app("lamp"), sqlite_store(path)]
    hub = bench.hub(resources)
    store = Store(hub.api("lamp"), "store")
    for start in range(0, 1000, 100):
        assert store.save(*({"key": f"k{n}", "value": "v" * 500}
                            for n in range(start, start + 100))).status == 204
    assert hub.process.stop() == 0
    bench.started(hub)
    store.set("last", 1)
    hub.process.kill()
    damage(path)
    again = bench.hub(resources)
    store = Store(again.api("lamp"), "store")
    kept = sum("data" in item for item in store.bulk(*(f"k{n}" for n in range(1000))).values())
    assert kept > 900, f"only {kept} values are left though one page was damaged"
    store.set("k0", "written again")
    assert store.get("k0").json() == "written again"


def damage(path):
    """Overwrites one page in the middle of the database."""
    size = path.stat().st_size
    with open(path, "r+b") as data:
        data.seek(size // 2 // 4096 * 4096)
        data.write(b"\xff" * 4096)


def test_an_app_may_call_its_table_what_it_likes(bench):
    path = bench.directory() / "state.db"
    hub = bench.hub([app("lamp"), sqlite_store(path, fields={
        "tableName": "lamps", "metadataTableName": "about", "busyTimeout": "1s", "timeout": "5s"})])
    Store(hub.api("lamp"), "store").set("k", 1)
    hub.process.stop()
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        assert list(file.execute("SELECT key FROM lamps")) == [("lamp||k",)]
    file.close()


def test_an_in_memory_database_of_sqlite(bench):
    hub = bench.hub([app("lamp"), sqlite_store(":memory:")])
    store = Store(hub.api("lamp"), "store")
    store.set("k", 1)
    assert store.get("k").json() == 1


def test_the_old_name_of_a_type(bench):
    path = bench.directory() / "state.db"
    hub = bench.hub([app("lamp"), component("store", "state.sqlite3", {"url": f"file:{path}"})])
    Store(hub.api("lamp"), "store").set("k", 1)
    assert pathlib.Path(path).exists()
