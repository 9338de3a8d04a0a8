"""Configuration of etcd that is signed: what is not, or is older, is refused."""
import signal

import pytest

from harness.checks import has_error
from harness.configuration import Editor, Updates, read, subscribe
from harness.etcd import Etcd
from harness.lanes import lane
from harness.metrics import read as read_metrics
from harness.resources import app, component
from harness.signing import Signer
from harness.waiting import wait_until

STORE = "cloud"


@pytest.fixture
def etcd(bench):
    server = Etcd(bench.directory()).start()
    yield server
    server.close()


@pytest.fixture
def signer(bench):
    return Signer(bench.directory())


@pytest.fixture
def lamp(bench):
    return bench.app()


def store(server, signer, **fields):
    return component(STORE, "configuration.etcd",
                     {"endpoints": server.endpoint, "keyPrefixPath": "shop",
                      "signingKeys": signer.public, "probation": "0", **fields})


def write(etcd, signer, rev, layer="all", place="", **items):
    manifest = signer.manifest(layer, rev, items)
    etcd.write({f"shop/{place}{key}": value
                for key, value in {**items, ".manifest": manifest}.items()})


def values(hub, app_id="lamp"):
    answer = hub.api(app_id).get(f"/v1.0/configuration/{STORE}")
    return {} if answer.status != 200 else read(hub.api(app_id), store=STORE)


def wait_for(hub, expected, app_id="lamp"):
    wait_until(lambda: values(hub, app_id) == expected, f"{expected}", 30)


def generation(hub):
    return Editor(hub, STORE).history().json()["generations"][0]


def wait_for_refusal(hub, reason):
    wait_until(lambda: reason in generation(hub).get("detail", ""), reason, 30)
    assert generation(hub)["status"] == "refused"
    hub.process.wait_for_log("a revision is refused; what was served before stays")


def test_only_what_is_signed_is_taken_over(bench, etcd, signer, lamp):
    write(etcd, signer, 7, color="red")
    hub = bench.hub([app("lamp", lamp.port), store(etcd, signer)])
    wait_for(hub, {"color": "red"})
    updates = Updates(lamp)
    subscribe(hub.api("lamp"), store=STORE)

    etcd.write({"shop/color": "evil"})
    wait_for_refusal(hub, "its items are not those of its .manifest")
    write(etcd, Signer(bench.directory(), "other"), 8, color="evil")
    wait_for_refusal(hub, "is not signed by any of signingKeys")
    write(etcd, signer, 6, color="old")
    wait_for_refusal(hub, "its revision 6 of epoch 1 is lower than 7 of epoch 1")
    assert values(hub) == {"color": "red"}
    shown = read_metrics(hub)
    assert shown.value("edgelane_configuration_refusals_total", component=STORE) == 3
    assert shown.value("edgelane_configuration_withheld", component=STORE) == 1

    hub.process.kill()
    etcd.end(signal.SIGKILL)
    bench.started(hub)
    assert values(hub) == {"color": "red"}, "what was signed last, after a power cut"
    assert generation(hub)["status"] == "refused"
    etcd.start()
    subscribe(hub.api("lamp"), store=STORE)
    write(etcd, signer, 8, color="green", level="1")
    wait_for(hub, {"color": "green", "level": "1"})
    assert generation(hub)["status"] == "proven"
    updates.wait_for(2)
    assert updates.values() == {"color": "green", "level": "1"}, "and of nothing else"
    write(etcd, signer, 7, color="red", level="1")
    wait_for_refusal(hub, "is lower than 8 of epoch 1")


def test_nothing_is_served_before_anything_is_signed(bench, etcd, signer, lamp):
    etcd.write({"shop/color": "red"})
    hub = bench.hub([app("lamp", lamp.port), store(etcd, signer)])
    wait_for_refusal(hub, "it has no .manifest")
    answer = hub.api("lamp").get(f"/v1.0/configuration/{STORE}?key=color")
    assert "what was read from etcd is refused" in answer.json()["message"]
    has_error(answer, 500, "ERR_CONFIGURATION_GET", answer.json()["message"])
    write(etcd, signer, 1, color="red")
    wait_for(hub, {"color": "red"})


def test_each_layer_is_signed(bench, etcd, signer, lamp):
    gray = bench.app()
    write(etcd, signer, 1, "base", "base/", a="base", b="base")
    write(etcd, signer, 5, "lane-gray", "lane-gray/", b="gray")
    write(etcd, signer, 3, "hub-h1", "hub-h1/", c="hub")
    hub = bench.hub([lane("gray"), app("lamp", lamp.port), app("lamp", gray.port, lane="gray"),
                     store(etcd, signer, layers="true", hubId="h1")])
    wait_for(hub, {"a": "base", "b": "base", "c": "hub"})
    wait_for(hub, {"a": "base", "b": "gray", "c": "hub"}, "lamp@gray")
    manifest = signer.manifest("base", 2, {"a": "base", "b": "evil"})
    etcd.write({"shop/lane-gray/b": "evil", "shop/lane-gray/.manifest": manifest})
    hub.process.wait_for_log("its .manifest is that of the layer base")
    write(etcd, signer, 2, "base", "base/", a="base2", b="base")
    wait_for(hub, {"a": "base2", "b": "gray", "c": "hub"}, "lamp@gray")
