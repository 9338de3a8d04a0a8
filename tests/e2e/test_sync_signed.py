"""Assignments of lanes that have to be signed: by command, and retained."""
import pytest

from harness.cloud import HUB, Cloud, uplink
from harness.lanes import lane
from harness.outbox import sync_status
from harness.resources import app
from harness.signing import Signer
from harness.waiting import wait_until

LONG = 60.0


@pytest.fixture
def cloud(bench):
    cloud = Cloud(bench.directory())
    yield cloud
    cloud.close()


@pytest.fixture
def signer(bench):
    return Signer(bench.directory())


@pytest.fixture
def hub(bench, cloud, signer):
    hub = bench.hub([app("shop"), lane("gray"), lane("blue"),
                     uplink(cloud.url, assignLanes=True, signingKeys={"value": signer.public})])
    cloud.wait_for_hub()
    return hub


def assignment(name, gen, **more):
    return {"op": "lane.assign", "hub": HUB, "lane": name, "gen": gen, **more}


def lane_of(hub):
    return sync_status(hub)["lane"]


def test_a_signed_assignment_is_taken_up_once(bench, cloud, signer, hub):
    signed = signer.sign(assignment("gray", 7))
    cloud.command("c1", **signed)
    reply = cloud.reply("c1")
    assert (reply["status"], reply["code"]) == ("accepted", 202), reply
    wait_until(lambda: lane_of(hub) == "gray", "the lane", LONG)
    cloud.command("c2", **signer.sign(assignment("blue", 8)))
    assert cloud.reply("c2")["status"] == "accepted"
    wait_until(lambda: lane_of(hub) == "blue", "the next lane", LONG)
    hub.process.kill()
    bench.started(hub)
    cloud.command("c3", **signed)
    replayed = cloud.reply("c3")
    assert (replayed["status"], replayed["code"]) == ("rejected", 409), replayed
    assert "its gen is 7, and this hub has taken up 8" in replayed["body"]
    assert "an assignment of the cloud is refused" in hub.log
    assert lane_of(hub) == "blue"


def test_what_is_not_signed_for_this_hub_is_refused(bench, cloud, signer, hub):
    other = Signer(bench.directory(), "other")
    changed = {**signer.sign(assignment("gray", 7)), "lane": "blue"}
    elsewhere = signer.sign({**assignment("gray", 7), "hub": "hub43"})
    refused = {"c1": assignment("gray", 7), "c2": other.sign(assignment("gray", 7)),
               "c3": changed, "c4": elsewhere}
    for identity, data in refused.items():
        cloud.command(identity, **data)
        reply = cloud.reply(identity)
        assert (reply["status"], reply["code"]) == ("rejected", 403), (identity, reply)
        assert "signed" in reply["body"]
    cloud.publish(f"e1/l/{HUB}", {"lane": "gray", "gen": 7, "hub": HUB}, "-r")
    wait_until(lambda: f"topic=e1/l/{HUB}" in hub.log, "a warning", LONG)
    assert lane_of(hub) == "base"
    cloud.publish(f"e1/l/{HUB}", signer.sign({"lane": "gray", "gen": 7, "hub": HUB}), "-r")
    wait_until(lambda: lane_of(hub) == "gray", "the lane", LONG)
