"""Apps at other hubs: two hubs that know each other, and the link between them."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.client import Client
from harness.daemon import write_resources
from harness.lanes import Instances, lane, lane_headers
from harness.other_host import OtherHost
from harness.resources import app
from harness.waiting import wait_until

TOKEN = "the hall's word"


def call(app_id, path="on"):
    return f"/v1.0/invoke/{app_id}/method/{path}"


def peer(port, *apps, token=TOKEN, **spec):
    return {"apiVersion": "edgelane.dev/v1", "kind": "Peer", "metadata": {"name": "hall"},
            "spec": {"url": f"http://127.0.0.1:{port}", "token": {"value": token},
                     "apps": list(apps), **spec}}


def in_lane(app_id, lane_id="gray"):
    return {"app": app_id, "lane": lane_id}


@pytest.fixture
def instances(bench):
    return Instances(bench)


@pytest.fixture
def hall(bench, instances):
    """The other hub; it knows this one as the app "attic"."""
    return bench.hub([
        lane("gray"), app("attic", api={"token": {"value": TOKEN}}),
        instances.add("door"), instances.add("lamp", "gray")])


def hub_beside(bench, hall, *resources):
    hub = bench.hub([lane("gray"), app("speaker"), *resources])
    hub.process.wait_for_log("another hub is there")
    return hub


@pytest.fixture
def attic(bench, hall, instances):
    return hub_beside(bench, hall, instances.add("lamp"), instances.add("radio"),
                      peer(hall.port, {"app": "door"}, in_lane("lamp"), in_lane("radio")))


def test_an_app_at_another_hub_is_called_as_one_here(attic, instances):
    answer = attic.api("speaker").post(call("door", "a%2Fb/c?x=1&y=%20"), b"open",
                                       headers={"x-own": "kept"})
    assert (answer.status, answer.text) == (200, "door")
    seen = instances.last("door")
    assert (seen.method, seen.target, seen.body) == ("POST", "/a/b/c?x=1&y=%20", b"open")
    assert seen.header("x-own") == "kept"
    assert seen.header("dapr-caller-app-id") == "attic", "the other hub knows this hub only"
    assert seen.header("dapr-api-token") is None, "the word is for the other hub"
    assert seen.header("x-edgelane-hop") is None


def test_the_lane_s_instance_elsewhere_comes_before_the_baseline_s_here(attic, instances):
    client = attic.api("speaker")
    assert client.get(call("lamp")).text == "lamp"
    answer = client.get(call("lamp"), headers={"x-lane": "gray"})
    assert (answer.text, answer.headers.get("x-lane-served")) == ("lamp@gray", "gray")
    assert lane_headers(instances.last("lamp@gray")) == ("lane=gray", "gray")


def test_what_the_other_hub_fell_back_to_is_said(attic, instances):
    """Its door has no instance in the lane."""
    answer = attic.api("speaker").get(call("door"), headers={"x-lane": "gray"})
    assert (answer.text, answer.headers.get("x-lane-served")) == ("door", "base")


def test_a_hub_that_is_gone_leaves_the_lane_to_the_baseline(bench, hall, attic):
    client = attic.api("speaker")
    hall.process.kill()
    answer = client.get(call("lamp"), headers={"x-lane": "gray"})
    assert (answer.text, answer.headers.get("x-lane-served")) == ("lamp", "base")
    attic.process.wait_for_log("another hub does not answer", limit=30)
    away = client.get(call("door"))
    assert away.status == 500
    assert "app is not in a healthy state" in away.text
    bench.started(hall)
    wait_until(lambda: client.get(call("door")).text == "door", "the other hub's return", limit=30)
    assert client.get(call("lamp"), headers={"x-lane": "gray"}).text == "lamp@gray"


@pytest.fixture
def host():
    other = OtherHost()
    yield other
    other.close()


def test_a_hub_that_loses_its_power_holds_no_call(bench, host, instances):
    """Nothing says that it is gone; TCP by itself would wait for a quarter of an hour."""
    url = f"http://{host.address}:8080"
    hub = hub_beside(bench, host, instances.add("lamp"),
                     peer(0, {"app": "door"}, in_lane("lamp"), url=url))
    client = hub.api("speaker")
    client.limit = 60
    in_gray = {"x-lane": "gray"}
    assert client.get(call("lamp"), headers=in_gray).text == "there"
    with ThreadPoolExecutor(max_workers=1) as pool:
        held = pool.submit(client.get, call("door", "wait"))
        host.wait_for("waiting")
        host.lose_power()
        hub.process.wait_for_log("another hub does not answer", limit=30)
        assert client.get(call("lamp"), headers=in_gray).text == "lamp"
        ended = held.result()
    assert ended.status == 500
    assert "timed out" in ended.text


def test_a_call_goes_to_no_third_hub(bench, instances):
    """Each of the two takes the other for the place where the lamp is."""
    hall = bench.hub([app("attic", api={"token": {"value": TOKEN}}), app("speaker")])
    attic = bench.hub([app("speaker"), app("hall", api={"token": {"value": TOKEN}}),
                       peer(hall.port, {"app": "lamp"})])
    assert hall.process.stop() == 0
    text = (hall.directory / "etc" / "resources.yaml").read_text(encoding="utf-8")
    back = bench.hub([peer(attic.port, {"app": "lamp"})])
    found = (back.directory / "etc" / "resources.yaml").read_text(encoding="utf-8")
    (hall.directory / "etc" / "resources.yaml").write_text(f"{text}---\n{found}",
                                                           encoding="utf-8")
    bench.started(hall)
    attic.process.wait_for_log("another hub is there")
    answer = attic.api("speaker").get(call("lamp"))
    assert answer.status == 500
    assert "couldn't find service: lamp" in answer.text


def test_a_wrong_word_is_refused_there(bench, hall):
    hub = hub_beside(bench, hall, peer(hall.port, {"app": "door"}, token="another"))
    assert hub.api("speaker").get(call("door")).status == 401


def test_instances_elsewhere_are_shown(attic):
    admin = Client(str(attic.directory / "run" / "admin.sock"))
    lanes = admin.get("/v1.0-edgelane/lane").json()["lanes"]
    shown = {item["instance"]: item for one in lanes for item in one["instances"]}
    assert shown["lamp@gray"]["hub"] == "hall"
    assert shown["lamp@gray"]["health"] == "healthy"
    assert "hub" not in shown["lamp"]


def test_an_app_is_in_one_place(bench):
    root = bench.directory()
    write_resources(root / "etc", [app("door"), peer(1, {"app": "door"})])
    process = bench.process(["--root", root])
    assert process.wait() == 1
    assert "spec.apps[0].app: the app \\\"door\\\" is defined already at" in process.log
