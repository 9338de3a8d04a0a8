"""configuration.mqtt with a real broker: what is retained there is followed, and served without it."""
import datetime
import signal

import pytest

from harness.cloud import Cloud, uplink
from harness.configuration import Editor, Updates, read, subscribe
from harness.daemon import write_resources
from harness.lanes import lane
from harness.resources import app, component
from harness.retained import Publisher
from harness.signing import Signer
from harness.waiting import wait_until

STORE = "settings"


@pytest.fixture
def cloud(bench):
    cloud = Cloud(bench.directory())
    yield cloud
    cloud.close()


@pytest.fixture
def publisher(cloud):
    return Publisher(cloud)


@pytest.fixture
def lamp(bench):
    return bench.app()


def store(**fields):
    return component(STORE, "configuration.mqtt", {"uplink": "cloud", "probation": "0", **fields})


def started(bench, cloud, lamp, *more, **fields):
    return bench.hub([app("lamp", lamp.port), uplink(cloud.url), store(**fields), *more])


def items(hub, app_id="lamp"):
    answer = hub.api(app_id).get(f"/v1.0/configuration/{STORE}")
    return answer.json() if answer.status == 200 else {}


def values(hub, app_id="lamp"):
    return {key: item.get("value", "") for key, item in items(hub, app_id).items()}


def wait_for(hub, expected, app_id="lamp"):
    wait_until(lambda: values(hub, app_id) == expected, f"{expected}", 30)


def freshness(hub):
    told = items(hub).get("color", {}).get("metadata", {})
    return told.get("source"), told.get("stale")


def wait_until_live(hub):
    wait_until(lambda: freshness(hub) == ("live", "false"), "live values", 30)


def wait_until_stale(hub):
    wait_until(lambda: freshness(hub) == ("cache", "true"), "stale values", 30)


def generation(hub, layer="base"):
    told = Editor(hub, STORE).history().json()["generations"]
    return next(one for one in told if one["layer"] == layer)


def wait_for_refusal(hub, reason):
    wait_until(lambda: reason in generation(hub).get("detail", ""), reason, 30)
    assert generation(hub)["status"] == "refused"
    hub.process.wait_for_log("a revision is refused; what was served before stays")


def test_delivery_change_and_time_without_the_broker(bench, cloud, publisher, lamp):
    publisher.publish("base", 1, color="red", level="1")
    publisher.publish("hub-hub42", 1, level="2")
    hub = started(bench, cloud, lamp)
    wait_for(hub, {"color": "red", "level": "2"})
    wait_until_live(hub)
    updates = Updates(lamp)
    subscribe(hub.api("lamp"), store=STORE)
    publisher.publish("base", 2, color="red", level="3", size="4")
    wait_for(hub, {"color": "red", "level": "2", "size": "4"})
    updates.wait_for(1)
    assert updates.values() == {"size": "4"}, "of what is otherwise, and no more"

    cloud.server.end(signal.SIGKILL)
    wait_until_stale(hub)
    assert values(hub) == {"color": "red", "level": "2", "size": "4"}
    hub.process.kill()
    bench.started(hub)
    assert values(hub) == {"color": "red", "level": "2", "size": "4"}, "at once, and offline"
    assert freshness(hub) == ("cache", "true")
    subscribe(hub.api("lamp"), store=STORE)
    cloud.server.start()
    publisher.publish("base", 3, color="blue", level="3", size="4")
    wait_for(hub, {"color": "blue", "level": "2", "size": "4"})
    updates.wait_for(2)
    assert updates.values() == {"size": "4", "color": "blue"}
    publisher.publish("hub-hub42", 2)
    wait_for(hub, {"color": "blue", "level": "3", "size": "4"})


def test_a_broker_that_has_forgotten_empties_nothing(bench, cloud, publisher, lamp):
    publisher.publish("base", 1, color="red")
    hub = started(bench, cloud, lamp)
    wait_for(hub, {"color": "red"})
    cloud.server.end(signal.SIGKILL)
    for kept in cloud.server.directory.glob("mosquitto.db*"):
        kept.unlink()
    cloud.server.start()
    hub.process.wait_for_log("the broker has no manifest at e1/c/base", 30)
    assert values(hub) == {"color": "red"}
    assert freshness(hub) == ("cache", "true")
    publisher.publish("base", 1, color="red")
    wait_until_live(hub)


def test_what_is_not_as_it_says_is_refused(bench, cloud, publisher, lamp):
    publisher.publish("base", 7, color="red")
    hub = started(bench, cloud, lamp)
    wait_for(hub, {"color": "red"})
    publisher.announce("base", 8, {"color": "blue"}, {"inline": {"color": "evil"}})
    wait_for_refusal(hub, "its items are not those of its manifest")
    publisher.publish("base", 6, color="old")
    wait_for_refusal(hub, "its revision 6 of epoch 1 is lower than 7 of epoch 1")
    assert values(hub) == {"color": "red"}
    publisher.publish("base", 8, color="green")
    wait_for(hub, {"color": "green"})
    assert generation(hub)["status"] == "proven"


def test_chunks_are_never_taken_over_in_part(bench, cloud, publisher, lamp):
    old = {f"key{i}": "old" for i in range(40)}
    new = {f"key{i}": "new" * 2000 for i in range(40)}
    parts, named = publisher.chunks("base", old, 10)
    for topic, part in parts:
        publisher.retain(topic, part)
    publisher.announce("base", 1, old, named)
    hub = started(bench, cloud, lamp)
    wait_for(hub, old)

    parts, named = publisher.chunks("base", new, 5)
    for topic, part in parts[1:]:
        publisher.retain(topic, part)
    publisher.announce("base", 2, new, named)
    wrong = {**parts[0][1], "key0": "evil"}
    publisher.retain(parts[0][0], wrong)
    hub.process.wait_for_log("has another SHA-256 than its manifest says", 30)
    assert values(hub) == old
    hub.process.kill()
    bench.started(hub)
    assert values(hub) == old, "of a manifest that is not complete nothing is taken over"
    hub.process.wait_for_log("has another SHA-256 than its manifest says", 30)
    publisher.retain(*parts[0])
    wait_for(hub, new)


def test_only_what_is_signed_is_taken_over(bench, cloud, lamp):
    signer, stranger = Signer(bench.directory()), Signer(bench.directory(), "stranger")
    publisher = Publisher(cloud, signer)
    Publisher(cloud).publish("base", 1, color="evil")
    hub = started(bench, cloud, lamp, signingKeys=signer.public)
    wait_for_refusal(hub, "is not signed by any of signingKeys")
    answer = hub.api("lamp").get(f"/v1.0/configuration/{STORE}?key=color")
    assert answer.status == 500
    assert "what was read from the broker is refused" in answer.json()["message"]
    publisher.publish("base", 1, color="red")
    wait_for(hub, {"color": "red"})
    Publisher(cloud, stranger).publish("base", 2, color="evil")
    wait_for_refusal(hub, "is not signed by any of signingKeys")
    items_of_two = {"color": "blue", "size": "1"}
    parts, named = publisher.chunks("base", items_of_two, 1)
    for topic, part in parts:
        publisher.retain(topic, part)
    publisher.announce("base", 2, items_of_two, named)
    wait_for(hub, items_of_two)


def test_roots_vouch_for_keys_that_change(bench, cloud, lamp):
    root, old, new = (Signer(bench.directory(), name) for name in ("root", "old", "new"))
    hub = started(bench, cloud, lamp, rootKeys=root.public)

    def publish(signer, rev, keys, **items):
        Publisher(cloud, signer).announce("base", rev, items, {"inline": items}, keys=keys)

    publish(old, 1, root.vouch(1, old), color="red")
    wait_for(hub, {"color": "red"})
    publish(new, 2, new.vouch(2, new), color="evil")
    wait_for_refusal(hub, "its keys are not signed by any of rootKeys")
    publish(new, 2, root.vouch(2, new), color="blue")
    wait_for(hub, {"color": "blue"})
    publish(old, 3, root.vouch(1, old), color="evil")
    wait_for_refusal(hub, "its keys, revision 1, are older than revision 2")
    publish(old, 3, root.vouch(3, old, expires="2020-01-01T00:00:00Z"), color="evil")
    wait_for_refusal(hub, "is not signed by any of its keys that have not expired")
    assert values(hub) == {"color": "blue"}


def test_what_has_expired_is_served_as_stale(bench, cloud, publisher, lamp):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    held = {"color": "red"}
    publisher.announce("base", 1, held, {"inline": held},
                       expires=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    hub = started(bench, cloud, lamp)
    wait_for(hub, held)
    wait_until(lambda: freshness(hub) == ("live", "true"), "stale values of a broker that is there",
               30)
    hub.process.wait_for_log("a manifest has expired; its items are served as stale", 30)
    wait_until(lambda: [told for _, told in cloud.messages("/cfg")][-1]["stores"][STORE][0]
               .get("expired"), "word to the cloud", 30)
    publisher.publish("base", 2, color="red")
    wait_until_live(hub)


def test_a_lane_has_its_layer_and_a_move_shows_it(bench, cloud, publisher, lamp):
    publisher.publish("base", 1, color="red", level="1")
    publisher.publish("lane-gray", 1, level="gray")
    hub = started(bench, cloud, lamp, lane("gray"), hubGroup="north")
    wait_for(hub, {"color": "red", "level": "1"})
    cloud.wait_for_hub()
    wait_until(lambda: generation(hub, "lane")["rev"] == 1, "the lane's layer", 30)
    told = Updates(lamp)
    subscribe(hub.api("lamp"), store=STORE)
    cloud.server.end(signal.SIGKILL)  # what the lane needs is there already
    moved = Editor(hub).client.put("/v1.0-edgelane/lane", json={"lane": "gray"})
    assert moved.status == 200, moved
    wait_for(hub, {"color": "red", "level": "gray"})
    wait_until(lambda: told.values() == {"level": "gray"}, "word of what the lane has otherwise")
    cloud.server.start()
    publisher.publish("lane-gray", 2, level="gray2")
    wait_for(hub, {"color": "red", "level": "gray2"})
    wait_until(lambda: told.values() == {"level": "gray2"}, "word of the lane's change", 30)
    publisher.publish("group-north", 1, level="north")
    wait_for(hub, {"color": "red", "level": "north"})
    publisher.publish("group-north", 2)
    publisher.publish("base", 2, color="blue", level="1")
    wait_for(hub, {"color": "blue", "level": "gray2"})
    wait_until(lambda: told.values() == {"color": "blue", "level": "gray2"}, "both", 30)
    assert Editor(hub).client.put("/v1.0-edgelane/lane", json={"lane": "base"}).status == 200
    wait_until(lambda: told.values() == {"color": "blue", "level": "1"}, "the baseline's again")


def test_a_store_that_goes_is_not_reported_any_more(bench, cloud, publisher, lamp):
    publisher.publish("base", 1, color="red")
    hub = started(bench, cloud, lamp)
    wait_for(hub, {"color": "red"})

    def reported():
        told = [one for _, one in cloud.messages(f"e1/r/{cloud.hub}/cfg")]
        return told[-1]["stores"] if told else None
    wait_until(lambda: STORE in (reported() or {}), "the report", 30)
    write_resources(hub.directory / "etc", [app("lamp", lamp.port), uplink(cloud.url)])
    wait_until(lambda: reported() == {}, "a report without it", 30)


def test_a_hub_without_an_uplink_says_so(bench, lamp):
    failing = store()
    failing["spec"]["ignoreErrors"] = True
    hub = bench.hub([app("lamp", lamp.port), failing])
    assert "add a resource of kind Uplink" in hub.log
    assert read(hub.api("lamp")) == {}


def test_commands_and_configuration_share_a_connection(bench, cloud, publisher, lamp):
    hub = started(bench, cloud, lamp)
    cloud.wait_for_hub()
    publisher.publish("base", 1, color="red")
    wait_for(hub, {"color": "red"})
    cloud.command("c-1", op="config.refresh", store=STORE)
    assert cloud.reply("c-1")["status"] == "ok"
    status = [told for _, told in cloud.messages("/cfg")][-1]["stores"][STORE][0]
    assert (status["layer"], status["status"], status["rev"]) == ("base", "proven", 1)
