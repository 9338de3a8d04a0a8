"""Lanes and rules that end by themselves: who was in them is in the baseline."""
from datetime import datetime, timedelta, timezone

import pytest

from harness import daemon
from harness.cli import Cli
from harness.cloud import HUB, Cloud, uplink
from harness.lanes import Instances, lane, lane_rules
from harness.outbox import admin, sync_status
from harness.resources import app
from harness.waiting import wait_until

CALL = "/v1.0/invoke/lamp/method/on"
LONG = 60.0  # seconds


def soon(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()


def rules(**rule):
    return lane_rules(callers=[{"app": "gateway", "trust": ["device"]}],
                      devices=[{"lane": "gray", "ids": ["s1"], **rule}])


@pytest.fixture
def lamps(bench):
    instances = Instances(bench)
    return [instances.add("lamp"), instances.add("lamp", "gray"), app("gateway")]


def answering(hub, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return hub.api("gateway").post(CALL, b"x", headers=headers).text


def change(hub, resources):
    daemon.write_resources(hub.directory / "etc", resources)


def test_a_rule_ends(bench, lamps):
    hub = bench.hub([lane("gray"), rules(expires="2099-01-01T00:00:00Z"), *lamps])
    wait_until(lambda: answering(hub, x_device_id="s1") == "lamp@gray", "the lane's instance")
    change(hub, [lane("gray"), rules(expires=soon(3)), *lamps])
    wait_until(lambda: answering(hub, x_device_id="s1") == "lamp", "the end of the rule", LONG)
    # The lane itself is there.
    assert answering(hub, x_device_id="s1", baggage="lane=gray") == "lamp"
    hub.process.wait_for_log("has expired")
    change(hub, [lane("gray"), rules(), *lamps])
    wait_until(lambda: answering(hub, x_device_id="s1") == "lamp@gray", "the rule without end")


def test_a_lane_ends_and_the_hub_leaves_it(bench, lamps):
    cloud = Cloud(bench.directory())
    try:
        long = lane("gray", expires="2099-01-01T00:00:00Z")
        hub = bench.hub([long, rules(), *lamps, uplink(cloud.url, [("pubsub", "t", "event")])])
        cli = Cli(bench.directory())
        where = ["--socket", hub.directory / "run" / "admin.sock"]
        assert cli("lane", "set", "gray", *where).code == 0
        wait_until(lambda: answering(hub) == "lamp@gray", "the lane's instance")
        change(hub, [lane("gray", expires=soon(3)), rules(), *lamps,
                     uplink(cloud.url, [("pubsub", "t", "event")])])
        wait_until(lambda: answering(hub, x_device_id="s1") == "lamp", "the lane's end", LONG)
        wait_until(lambda: admin(hub).get("/v1.0-edgelane/lane").json()["assigned"] == "base",
                   "the hub in the baseline", LONG)
        wait_until(lambda: sync_status(hub)["lane"] == "base", "the uplink in the baseline", LONG)
        wait_until(lambda: cloud.messages(f"e1/s/{HUB}")[-1][1]["lane"] == "base",
                   "the presence", LONG)
        told = cli("lane", "history", *where, "--output", "json").json()
        assert [one["lane"] for one in told] == ["base", "gray"]
        assert told[0]["note"] == "the lane gray has expired"
        refused = cli("lane", "set", "gray", *where)
        assert refused.code != 0 and "no lane" in refused.error, refused
        assert "(over)" in cli("lane", "show", *where).out
        # Also after a start, and though an instance of the lane is there.
        hub.process.kill()
        bench.started(hub)
        assert answering(hub, x_device_id="s1") == "lamp"
    finally:
        cloud.close()
