"""configuration.etcd with a real etcd: following it, and serving without it."""
import signal

import pytest

from harness.checks import has_error
from harness.configuration import Updates, read, subscribe, unsubscribe
from harness.daemon import free_port, write_resources
from harness.etcd import Etcd, Refused
from harness.lanes import lane
from harness.resources import app, component
from harness.rpc import Rpc
from harness.tls import Authority
from harness.waiting import wait_until

STORE = "cloud"


@pytest.fixture
def etcd(bench):
    server = Etcd(bench.directory()).start()
    yield server
    server.close()


def store(server, **fields):
    return component(STORE, "configuration.etcd",
                     {"endpoints": server.endpoint, "keyPrefixPath": "shop", **fields})


@pytest.fixture
def lamp(bench):
    return bench.app()


@pytest.fixture
def hub(bench, etcd, lamp):
    return bench.hub([app("lamp", lamp.port), store(etcd)])


@pytest.fixture
def api(hub):
    return hub.api("lamp")


def items(api, *keys):
    query = "&".join(f"key={key}" for key in keys)
    answer = api.get(f"/v1.0/configuration/{STORE}?{query}")
    if answer.status != 200:
        return {}
    return answer.json()


def values(api, *keys):
    return {key: item.get("value", "") for key, item in items(api, *keys).items()}


def freshness(api, key):
    told = items(api, key).get(key, {}).get("metadata", {})
    return told.get("source"), told.get("stale")


def wait_for(api, expected):
    wait_until(lambda: values(api) == expected, f"{expected}", 30)


def wait_until_live(api, key):
    wait_until(lambda: freshness(api, key) == ("live", "false"), "live values", 30)


def wait_until_stale(api, key):
    wait_until(lambda: freshness(api, key) == ("cache", "true"), "stale values", 30)


def test_reading(api, etcd):
    revision = etcd.write({"shop/color": "red", "shop/a/b": "灯", "shop/empty": "",
                           "shopping": "x", "other/color": "x"})
    wait_for(api, {"color": "red", "a/b": "灯", "empty": ""})
    wait_until_live(api, "color")
    item = items(api, "color", "none")
    assert set(item) == {"color"}
    assert item["color"]["version"] == str(revision)
    assert item["color"]["metadata"]["asof"].endswith("Z")
    assert read(api, "none", store=STORE) == {}


def test_an_app_is_told_of_what_changed(lamp, api, etcd):
    etcd.write({"shop/color": "red", "shop/level": "1"})
    wait_until_live(api, "color")
    updates = Updates(lamp)
    subscription = subscribe(api, "color", "level", store=STORE)
    etcd.write({"shop/other": "x"})
    etcd.write({"shop/color": "red"})  # set again to what it was
    etcd.write({"shop/color": "blue"})
    (path, event), = updates.wait_for(1)
    assert path == f"/configuration/{STORE}/color"
    assert event["id"] == subscription
    assert event["items"]["color"]["value"] == "blue"
    etcd.write({"shop/level": None})
    _, event = updates.wait_for(2)[1]
    assert event["items"] == {"level": {}}
    assert unsubscribe(api, subscription, store=STORE).json() == {"ok": True}
    etcd.write({"shop/color": "green"})
    wait_until(lambda: values(api, "color") == {"color": "green"}, "green")
    assert len(updates.calls) == 2


def test_one_transaction_is_one_revision(lamp, api, etcd):
    etcd.write({"shop/before": "1"})
    wait_until_live(api, "before")
    updates = Updates(lamp)
    subscribe(api, store=STORE)
    revision = etcd.write({f"shop/key{n}": str(n) for n in range(20)})
    calls = updates.wait_for(20)
    assert {path for path, _ in calls} == {f"/configuration/{STORE}/key{n}" for n in range(20)}
    for _, event in calls:
        assert len(event["items"]) == 20, "the whole event each time"
        assert {item["version"] for item in event["items"].values()} == {str(revision)}


def test_many_keys_come_in_pages(bench, etcd, lamp):
    expected = {}
    for batch in range(7):
        part = {f"key{batch}.{n:03}": "v" * 100 for n in range(100)}
        expected.update(part)
        etcd.write({f"shop/{key}": value for key, value in part.items()})
    hub = bench.hub([app("lamp", lamp.port), store(etcd)])
    wait_for(hub.api("lamp"), expected)


def test_values_that_are_large(bench, etcd, lamp):
    """Fewer keys a page; and more than a hub takes is refused with what it is."""
    for n in range(6):
        etcd.write({f"shop/key{n}": str(n) * 1_000_000})
    hub = bench.hub([app("lamp", lamp.port), store(etcd)])
    api = hub.api("lamp")
    wait_until(lambda: len(values(api)) == 6, "six large values", 30)
    assert values(api, "key5") == {"key5": "5" * 1_000_000}
    for n in range(6, 10):
        etcd.write({f"shop/key{n}": str(n) * 1_000_000})
    hub.process.wait_for_log("at most 8 MiB are possible", 30)
    wait_until_stale(api, "key0")
    assert values(api, "key5") == {"key5": "5" * 1_000_000}
    for n in range(4):
        etcd.write({f"shop/key{n}": None})
    wait_until(lambda: freshness(api, "key9") == ("live", "false"), "room again", 60)
    assert len(values(api)) == 6


def test_what_is_no_text_is_left_out_and_said(hub, api, etcd):
    etcd.write({"shop/good": "1", "shop/bytes": b"\xff\xfe", "shop/": "x"})
    wait_for(api, {"good": "1"})
    wait_until_live(api, "good")
    hub.process.wait_for_log("its value is not UTF-8 text; encode bytes as base64")
    etcd.write({"shop/bytes": "text"})
    wait_for(api, {"good": "1", "bytes": "text"})
    etcd.write({"shop/bytes": b"\xff"})
    wait_for(api, {"good": "1"})


def test_without_etcd_the_last_values_are_served(bench, hub, lamp, api, etcd):
    """While the hub runs, and after it has started again."""
    etcd.write({"shop/color": "red", "shop/level": "1"})
    wait_for(api, {"color": "red", "level": "1"})
    wait_until_live(api, "color")
    version = items(api, "color")["color"]["version"]
    etcd.end(signal.SIGKILL)
    wait_until_stale(api, "color")
    assert values(api) == {"color": "red", "level": "1"}
    hub.process.wait_for_log("etcd cannot be followed; the last known values are served")

    assert hub.process.stop() == 0
    bench.started(hub)
    assert values(api) == {"color": "red", "level": "1"}, "at once"
    item = items(api, "color")["color"]
    assert (item["version"], item["metadata"]["stale"]) == (version, "true")
    assert item["metadata"]["asof"] > "2020"

    hub.process.kill()
    bench.started(hub)
    updates = Updates(lamp)
    subscribe(api, store=STORE)
    assert values(api) == {"color": "red", "level": "1"}
    etcd.start()
    wait_until_live(api, "color")
    etcd.write({"shop/color": "blue"})
    updates.wait_for(1)
    assert updates.values() == {"color": "blue"}, "and not of what is as it was"


def test_what_changed_meanwhile_is_told_once(bench, hub, lamp, api, etcd):
    etcd.write({"shop/color": "red", "shop/level": "1", "shop/gone": "x", "shop/back": "1"})
    wait_until_live(api, "color")
    updates = Updates(lamp)
    subscribe(api, store=STORE)
    assert hub.process.stop() == 0
    etcd.write({"shop/color": "green", "shop/gone": None, "shop/back": "2"})
    etcd.write({"shop/color": "blue", "shop/new": "1", "shop/back": "1"})
    etcd.end()
    bench.started(hub)
    subscribe(api, store=STORE)
    etcd.start()
    wait_for(api, {"color": "blue", "level": "1", "back": "1", "new": "1"})
    wait_until_live(api, "color")
    updates.wait_for(3)
    etcd.write({"shop/level": "2"})
    updates.wait_for(4)
    assert sorted(path.rsplit("/", 1)[1] for path, _ in updates.calls) == [
        "color", "gone", "level", "new"]


def test_a_revision_is_whole_after_kill(bench, hub, api, etcd):
    etcd.write({f"shop/key{n}": "0" for n in range(10)})
    wait_until_live(api, "key0")
    for round_ in range(1, 4):
        for count in range(15 * round_):
            etcd.write({f"shop/key{n}": f"{round_}.{count}" for n in range(10)})
        hub.process.kill()
        etcd.end()
        bench.started(hub)
        found = values(api)
        assert len(found) == 10
        assert len(set(found.values())) == 1, "parts of two revisions"
        etcd.start()
        wait_for(api, {f"key{n}": f"{round_}.{count}" for n in range(10)})


def test_compaction_past_the_cursor(bench, hub, lamp, api, etcd):
    etcd.write({"shop/color": "red", "shop/gone": "x", "shop/level": "1"})
    wait_until_live(api, "color")
    hub.process.kill()
    etcd.write({"shop/gone": None})
    for n in range(10):
        revision = etcd.write({"shop/color": str(n)})
    etcd.compact(revision)
    bench.started(hub)
    updates = Updates(lamp)
    subscribe(api, store=STORE)
    wait_for(api, {"color": "9", "level": "1"})
    wait_until_live(api, "color")
    etcd.write({"shop/level": "2"})
    wait_until(lambda: updates.values().get("level") == "2", "the level")
    assert "level" not in {key for _, event in updates.calls[:-1] for key in event["items"]}


@pytest.mark.parametrize("running", [True, False])
def test_an_older_state_is_restored(bench, hub, lamp, api, etcd, running):
    etcd.write({"shop/color": "red", "shop/level": "1"})
    etcd.save()
    etcd.start()
    for n in range(20):
        etcd.write({"shop/color": f"blue{n}", "shop/late": "x"})
    wait_until(lambda: values(api, "color") == {"color": "blue19"}, "the last value", 30)
    wait_until_live(api, "color")
    if not running:
        hub.process.kill()
    etcd.restore()
    etcd.start()
    if not running:
        bench.started(hub)
    wait_for(api, {"color": "red", "level": "1"})
    wait_until_live(api, "color")
    hub.process.wait_for_log("etcd was restored or replaced; all values are read again")
    updates = Updates(lamp)
    subscribe(api, store=STORE)
    etcd.write({"shop/color": "green"})
    updates.wait_for(1)
    assert updates.values() == {"color": "green"}, "it is followed from there"


def test_another_cluster_in_its_place(hub, lamp, api, etcd):
    etcd.write({"shop/color": "red", "shop/level": "1"})
    wait_until_live(api, "color")
    updates = Updates(lamp)
    subscribe(api, store=STORE)
    etcd.replace()
    etcd.start()
    for n in range(10):
        etcd.write({"elsewhere": str(n)})
    etcd.write({"shop/color": "blue", "shop/level": "1"})
    wait_for(api, {"color": "blue", "level": "1"})
    wait_until_live(api, "color")
    wait_until(lambda: updates.values().get("color") == "blue", "the color")


def secured(bench, lamp, server, **fields):
    return bench.hub([app("lamp", lamp.port),
                      store(server, username="hub", password="s3cret-word", **fields)])


@pytest.fixture
def guarded(bench):
    """An etcd whose logins last a second."""
    server = Etcd(bench.directory(), "--auth-token-ttl", "1").start()
    server.write({"shop/color": "red", "hidden/color": "x"})
    server.enable_auth("shop/", "shop0", "hub", "s3cret-word")
    yield server
    server.close()


def test_logging_in_again_and_again(bench, lamp, guarded):
    hub = secured(bench, lamp, guarded, auditInterval="1s")
    api = hub.api("lamp")
    wait_for(api, {"color": "red"})
    for n in range(4):
        guarded.log_in("root", "admin")
        guarded.write({"shop/color": str(n)})
        wait_for(api, {"color": str(n)})
        guarded.end(signal.SIGKILL)  # forgets who has logged in
        wait_until_stale(api, "color")
        guarded.start()
        wait_until_live(api, "color")
    before = items(api, "color")["color"]["metadata"]["asof"]
    wait_until(lambda: items(api, "color")["color"]["metadata"]["asof"] > before, "an audit", 20)
    wait_until_live(api, "color")
    assert "s3cret-word" not in hub.log


def test_a_role_that_is_revoked(bench, lamp, guarded):
    hub = secured(bench, lamp, guarded, auditInterval="1s")
    api = hub.api("lamp")
    wait_until_live(api, "color")
    guarded.revoke("hub")
    hub.process.wait_for_log("permission denied", 20)
    wait_until_stale(api, "color")
    assert values(api) == {"color": "red"}
    guarded.write({"shop/color": "blue"})
    guarded.grant("hub")
    wait_until_live(api, "color")
    assert values(api) == {"color": "blue"}


def test_a_wrong_password(bench, lamp, guarded):
    hub = bench.hub([app("lamp", lamp.port), store(guarded, username="hub", password="wrong-one")])
    hub.process.wait_for_log("invalid user ID or password", 20)
    assert "wrong-one" not in hub.log
    answer = hub.api("lamp").get(f"/v1.0/configuration/{STORE}?key=color")
    assert "invalid user ID or password" in answer.json()["message"]


def test_a_hub_starts_without_having_seen_etcd(bench, lamp):
    server = Etcd(bench.directory())
    hub = bench.hub([app("lamp", lamp.port), store(server)])
    api = hub.api("lamp")
    updates = Updates(lamp)
    subscribe(api, store=STORE)
    hub.process.wait_for_log("etcd cannot be read, and nothing was read before")
    answer = api.get(f"/v1.0/configuration/{STORE}?key=color")
    assert "nothing has been read from etcd yet" in answer.json()["message"]
    has_error(answer, 500, "ERR_CONFIGURATION_GET", answer.json()["message"])
    try:
        server.start()
        server.write({"shop/color": "red"})
        updates.wait_for(1)
        assert updates.values() == {"color": "red"}
    finally:
        server.close()


def test_the_next_server_is_asked(bench, lamp, etcd):
    etcd.write({"shop/color": "red"})
    hub = bench.hub([app("lamp", lamp.port), component(STORE, "configuration.etcd", {
        "endpoints": f"127.0.0.1:{free_port()}, http://{etcd.endpoint}/",
        "keyPrefixPath": "shop/"})])
    wait_until_live(hub.api("lamp"), "color")


def test_over_tls(bench, lamp):
    """Each side shows a certificate; a server of another authority is not believed."""
    authority, other = Authority(bench.directory()), Authority(bench.directory())
    certificate, key = authority.issue("hub")
    server = Etcd(bench.directory(), authority=authority).start()
    try:
        server.write({"shop/color": "red"})
        fields = {"cert": certificate, "key": key, "tlsEnable": "true"}
        hub = bench.hub([app("lamp", lamp.port), store(server, ca=authority.certificate, **fields)])
        wait_until_live(hub.api("lamp"), "color")
        server.write({"shop/color": "blue"})
        wait_for(hub.api("lamp"), {"color": "blue"})
        wary = bench.hub([app("lamp", lamp.port), store(server, ca=other.certificate, **fields)])
        wary.process.wait_for_log("certificate verify failed")
    finally:
        server.close()


def test_layers(bench, etcd, lamp):
    gray = bench.app()
    etcd.write({"shop/base/a": "base", "shop/base/b": "base", "shop/base/c": "base",
                "shop/lane-gray/b": "gray", "shop/lane-gray/d": "gray", "shop/lane-graz/a": "no",
                "shop/hub-h1/c": "hub", "shop/hub-h2/a": "no"})
    hub = bench.hub([lane("gray"), app("lamp", lamp.port), app("lamp", gray.port, lane="gray"),
                     store(etcd, layers="true", hubId="h1")])
    api, api_gray = hub.api("lamp"), hub.api("lamp@gray")
    wait_for(api, {"a": "base", "b": "base", "c": "hub"})
    wait_for(api_gray, {"a": "base", "b": "gray", "c": "hub", "d": "gray"})
    wait_until_live(api, "a")
    forged = api.get(f"/v1.0/configuration/{STORE}?key=b&metadata.lane=gray").json()
    assert forged["b"]["value"] == "base", "a lane is not asked for, it is the instance's"
    for instance, expected in (("lamp", "base"), ("lamp@gray", "gray")):
        told = Rpc(hub.grpc_target(instance)).call(
            "GetConfiguration", store_name=STORE, keys=["b"], metadata={"lane": "gray"})
        assert told.items["b"].value == expected, instance

    told, told_gray = Updates(lamp), Updates(gray)
    subscribe(api, store=STORE)
    subscribe(api_gray, store=STORE)
    etcd.write({"shop/base/b": "base2"})
    told.wait_for(1)
    assert told.values() == {"b": "base2"}
    etcd.write({"shop/lane-gray/b": None})
    told_gray.wait_for(1)
    assert told_gray.values() == {"b": "base2"}, "what lies below is seen again"
    etcd.write({"shop/base/c": "covered", "shop/base/a": "base3"})
    told.wait_for(2)
    told_gray.wait_for(2)
    assert told.values() == {"b": "base2", "a": "base3"}
    assert told_gray.values() == {"b": "base2", "a": "base3"}


def test_layers_of_a_group_and_of_devices(bench, etcd, lamp):
    etcd.write({"shop/base/a": "base", "shop/base/b": "base", "shop/base/c": "base",
                "shop/group-north/b": "north", "shop/group-north/c": "north",
                "shop/group-south/a": "no", "shop/hub-h1/c": "hub",
                "shop/device-h1-lamp/c": "lamp", "shop/device-h1-fan/c": "fan",
                "shop/device-h2-lamp/c": "no"})
    hub = bench.hub([app("lamp", lamp.port), store(etcd, layers="true", hubId="h1",
                                                   hubGroup="north", devices="h1-*")])
    api = hub.api("lamp")

    def of(device):
        answer = api.get(f"/v1.0/configuration/{STORE}?metadata.device={device}")
        return {key: item["value"] for key, item in answer.json().items()}

    wait_for(api, {"a": "base", "b": "north", "c": "hub"})
    wait_until(lambda: of("h1-lamp") == {"a": "base", "b": "north", "c": "lamp"}, "the lamp's")
    assert of("h1-fan")["c"] == "fan"
    assert of("h2-lamp")["c"] == "hub", "another hub's"
    wait_until_live(api, "a")
    refused = api.get(f"/v1.0/configuration/{STORE}?metadata.device=a/b")
    assert (refused.status, "without /" in refused.json()["message"]) == (500, True)

    told = Updates(lamp)
    answer = api.get(f"/v1.0/configuration/{STORE}/subscribe?metadata.device=h1-lamp")
    assert answer.status == 200, answer
    etcd.write({"shop/device-h1-fan/c": "fan2", "shop/hub-h1/c": "covered"})
    wait_until(lambda: of("h2-lamp")["c"] == "covered", "the hub's; each layer comes by itself")
    etcd.write({"shop/device-h1-lamp/c": None})
    told.wait_for(1)
    wait_until(lambda: told.values() == {"c": "covered"}, "what lies below")
    etcd.write({"shop/group-north/b": "north2"})
    wait_until(lambda: told.values() == {"c": "covered", "b": "north2"}, "the group's")
    assert len(told.calls) == 2


def test_another_prefix_does_not_serve_the_old_values(bench, hub, lamp, api, etcd):
    etcd.write({"shop/color": "red"})
    wait_until_live(api, "color")
    assert hub.process.stop() == 0
    etcd.end()
    write_resources(hub.directory / "etc", [app("lamp", lamp.port),
                                            store(etcd, keyPrefixPath="office")])
    bench.started(hub)
    assert values(api) == {}


def test_a_revoked_login_is_refused_by_etcd_itself(guarded):
    """What the tests above rest on."""
    guarded.token = None
    with pytest.raises(Refused):
        guarded.call("/v3/kv/range", {"key": "YQ=="})
