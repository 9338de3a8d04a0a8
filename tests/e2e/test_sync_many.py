"""More messages than fit into memory or into a client's 16-bit numbers, queued and drained."""
import pytest

from harness.cloud import Cloud, uplink
from harness.outbox import is_drained, publish_numbers, sync_status
from harness.resources import app
from harness.waiting import wait_until

MANY = 70_000
LONG = 120.0  # seconds


@pytest.fixture
def cloud(bench):
    cloud = Cloud(bench.directory())
    yield cloud
    cloud.close()


def test_seventy_thousand_messages_arrive_once_each(bench, cloud):
    cloud.server.end()
    hub = bench.hub([app("shop"), uplink(cloud.url, [("pubsub", "orders", "event")])])
    publish_numbers(hub.api("shop"), "orders", range(MANY))
    assert sync_status(hub)["queued"]["messages"] == MANY
    hub.process.kill()
    bench.started(hub)
    at_start = hub.process.memory()
    cloud.server.start()
    wait_until(lambda: is_drained(hub), "an empty outbox", LONG, 0.1)
    wait_until(lambda: cloud.count("orders") >= MANY, "all at the subscriber", LONG, 0.1)
    received = cloud.once("orders")
    assert [event["data"]["n"] for event in received] == [*range(MANY)]
    assert len({event["sequence"] for event in received}) == MANY
    assert len(received) + cloud.lost("orders") == MANY
    assert sync_status(hub)["sinceStart"]["acknowledged"] >= MANY
    assert hub.process.memory("VmHWM") < at_start + (32 << 20)
