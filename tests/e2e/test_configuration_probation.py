"""A revision of etcd that makes an app fail is rolled back, and withheld until another one comes."""
import signal

import pytest

from harness.cli import Cli
from harness.cloud import HUB, Cloud, uplink
from harness.configuration import Editor, Updates, read, subscribe
from harness.etcd import Etcd
from harness.metrics import read as read_metrics
from harness.resources import app, component
from harness.waiting import wait_until

STORE = "cloud"
HEALTH = {"enabled": True, "path": "/alive", "interval": "400ms", "timeout": "350ms",
          "threshold": 2}


class Obedient:
    """An app that fails while its configuration tells it to."""

    def __init__(self, bench):
        self.app = bench.app()
        self.port = self.app.port
        self.mode = "good"
        self.app.route("/alive", self._answer)
        self.updates = Updates(self.app)

    def _answer(self, exchange):
        told = self.updates.values()
        exchange.answer(500 if (told or {"mode": self.mode}).get("mode") == "bad" else 200)


@pytest.fixture
def etcd(bench):
    server = Etcd(bench.directory()).start()
    server.write({"shop/mode": "good", "shop/color": "red"})
    yield server
    server.close()


@pytest.fixture
def lamp(bench):
    return Obedient(bench)


def store(server, **fields):
    return component(STORE, "configuration.etcd",
                     {"endpoints": server.endpoint, "keyPrefixPath": "shop", **fields})


@pytest.fixture
def hub(bench, etcd, lamp):
    return started(bench, etcd, lamp)


def started(bench, etcd, lamp, *more, **fields):
    hub = bench.hub([app("lamp", lamp.port, health=HEALTH), store(etcd, **fields), *more])
    wait_until_well(hub)
    wait_until(lambda: values(hub).get("mode") == "good", "the first values", 30)
    subscribe(hub.api("lamp"), store=STORE)
    return hub


def wait_until_well(hub):
    wait_until(lambda: read_metrics(hub).value("edgelane_app_healthy", app_id="lamp") == 1,
               "a healthy app", 30)


def values(hub):
    answer = hub.api("lamp").get(f"/v1.0/configuration/{STORE}")
    return {} if answer.status != 200 else read(hub.api("lamp"), store=STORE)


def generation(hub):
    (told,) = Editor(hub, STORE).history().json()["generations"]
    return told


def wait_for(hub, status):
    wait_until(lambda: generation(hub)["status"] == status, status, 30)
    return generation(hub)


def test_what_makes_an_app_fail_is_rolled_back(bench, hub, lamp, etcd):
    good = generation(hub)
    assert good["status"] == "proven"
    bad = etcd.write({"shop/mode": "bad", "shop/color": "blue", "shop/new": "x"})
    lamp.updates.wait_for(3)
    told = wait_for(hub, "rolledback")
    assert (told["rev"], told["served"]) == (bad, good["rev"])
    assert told["detail"] == "the app lamp has become unhealthy"
    assert len(told["sha256"]) == 64
    assert values(hub) == {"mode": "good", "color": "red"}
    wait_until(lambda: lamp.updates.values() == {"mode": "good", "color": "red", "new": ""},
               "the app is told of what was before")
    wait_until_well(hub)
    hub.process.wait_for_log("a revision is rolled back; it is withheld until another one comes")
    shown = read_metrics(hub)
    labels = {"component": STORE, "layer": "all"}
    assert shown.value("edgelane_configuration_withheld", **labels) == 1
    assert shown.value("edgelane_configuration_rollbacks_total", **labels) == 1
    assert shown.value("edgelane_configuration_revision", **labels) == good["rev"]

    calls = len(lamp.updates.calls)
    etcd.write({"shop/mode": "bad"})
    wait_until(lambda: generation(hub)["rev"] > bad, "the same values again")
    assert generation(hub)["status"] == "rolledback"
    for ending in ("kill", "stop"):
        getattr(hub.process, ending)()
        bench.started(hub)
        assert generation(hub)["status"] == "rolledback", "at once"
        assert values(hub) == {"mode": "good", "color": "red"}
    assert len(lamp.updates.calls) == calls

    subscribe(hub.api("lamp"), store=STORE)
    etcd.write({"shop/mode": "better"})
    wait_until(lambda: values(hub) == {"mode": "better", "color": "blue", "new": "x"}, "the next")
    lamp.updates.wait_for(calls + 3)
    assert lamp.updates.values() == {"mode": "better", "color": "blue", "new": "x"}
    assert generation(hub)["status"] == "probation"


def test_what_apps_stay_healthy_with_is_kept(bench, etcd, lamp):
    hub = started(bench, etcd, lamp, probation="4s")
    better = etcd.write({"shop/mode": "better"})
    wait_until(lambda: values(hub)["mode"] == "better", "the next revision")
    told = wait_for(hub, "proven")
    assert (told["rev"], told["served"]) == (better, better)
    hub.process.wait_for_log("a revision has passed its probation")
    etcd.write({"shop/mode": "bad"})
    wait_for(hub, "rolledback")
    assert values(hub)["mode"] == "better", "not what was before that"


def test_an_app_that_does_not_come_up_again_rolls_back(bench, etcd, lamp):
    """The hub is cut off in the middle of a probation, and the app stays down."""
    hub = started(bench, etcd, lamp, probation="3s")
    etcd.write({"shop/color": "blue"})
    wait_until(lambda: values(hub)["color"] == "blue", "the next revision")
    hub.process.kill()
    etcd.end(signal.SIGKILL)
    lamp.mode = "bad"
    lamp.updates.calls.clear()
    bench.started(hub)
    assert values(hub)["color"] == "blue"
    told = wait_for(hub, "rolledback")
    assert told["detail"] == "the app lamp was healthy before and is not"
    assert values(hub)["color"] == "red"


def test_a_hub_that_does_not_stay_up_rolls_back(bench, etcd, lamp):
    hub = started(bench, etcd, lamp)
    etcd.write({"shop/color": "blue"})
    wait_until(lambda: values(hub)["color"] == "blue", "the next revision")
    for _ in range(3):
        assert generation(hub)["status"] == "probation"
        hub.process.kill()
        bench.started(hub)
    assert generation(hub)["status"] == "rolledback"
    assert "times on probation" in generation(hub)["detail"]
    assert values(hub)["color"] == "red"


def test_without_probation_everything_is_taken_over(bench, etcd, lamp):
    hub = started(bench, etcd, lamp, probation="0")
    etcd.write({"shop/mode": "bad"})
    lamp.updates.wait_for(1)
    wait_until(lambda: read_metrics(hub).value("edgelane_app_healthy", app_id="lamp") == 0,
               "an unhealthy app")
    assert generation(hub)["status"] == "proven"
    assert values(hub)["mode"] == "bad"


def test_tools_and_the_cloud_are_told(bench, etcd, lamp):
    cloud, cli = Cloud(bench.directory()), Cli(bench.directory())
    try:
        hub = started(bench, etcd, lamp, uplink(cloud.url))
        cloud.wait_for_hub()
        etcd.write({"shop/mode": "bad"})
        told = wait_for(hub, "rolledback")

        def reports():
            return [report["stores"][STORE] for topic, report in cloud.messages("/cfg")
                    if topic == f"e1/r/{HUB}/cfg"]

        wait_until(lambda: reports() and reports()[-1] == [told], "the report", 30)
        assert "probation" in [report[0]["status"] for report in reports()]
        count = len(reports())
        cloud.server.end()
        cloud.server.start()
        wait_until(lambda: len(reports()) > count, "the report on another connection", 60)
        shown = cli("config", "history", "--store", STORE, "--socket",
                    hub.directory / "run" / "admin.sock")
        assert shown.code == 0, shown
        assert "rolledback" in shown.out and told["detail"] in shown.out
    finally:
        cli.close()
        cloud.close()
