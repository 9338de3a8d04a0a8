"""Lanes on one hub: who is in which, and which instance answers."""
import json

import pytest

from harness import daemon, metrics
from harness.cli import Cli
from harness.lanes import KEY, Instances, lane, lane_headers, lane_rules, tag
from harness.resources import app, component
from harness.rpc import Rpc
from harness.waiting import wait_until

CALL = "/v1.0/invoke/lamp/method/on"

RULES = lane_rules(
    callers=[{"app": "gateway", "trust": ["user", "device"]}],
    userKey={"value": KEY},
    users=[{"lane": "gray", "tags": [tag("ann")]}, {"lane": "gray", "prefixes": ["qa-"]}],
    devices=[{"lane": "gray", "ids": ["sensor-1"], "prefixes": ["test-"]},
             {"lane": "base", "ids": ["sensor-2"]}])


@pytest.fixture(scope="module")
def instances(module_bench):
    return Instances(module_bench)


@pytest.fixture(scope="module")
def hub(module_bench, instances):
    hub = module_bench.hub([
        lane("gray"), lane("blue"), lane("sealed", mode="strict"), RULES,
        instances.add("lamp"), instances.add("lamp", "gray"), instances.add("lamp", "blue"),
        instances.add("door"), app("gateway"), app("speaker"), app("tester", lane="gray"),
    ])
    started = {"lamp", "door"}
    wait_until(lambda: all(item["started"] for item in
                           hub.shared.get("/v1.0-edgelane/status").json()["apps"]
                           if item["id"] in started), "every instance to be discovered")
    return hub


def served(answer):
    """Which instance answered, as the hub says; checked against what it said itself."""
    assert answer.status == 200, answer
    lane_id = answer.headers.get("x-lane-served")
    assert answer.text.endswith("@" + lane_id) or lane_id == "base", answer
    return answer.text


def call(hub, caller, headers=(), path=CALL):
    return hub.api(caller).post(path, b"x", headers=headers)


def test_without_a_lane_the_baseline_answers(hub, instances):
    assert served(call(hub, "speaker")) == "lamp"
    assert lane_headers(instances.last("lamp")) == (None, None)


def test_a_lane_that_a_call_is_in_already_is_kept(hub, instances):
    answer = call(hub, "speaker", {"baggage": "a=1,lane=gray"})
    assert served(answer) == "lamp@gray"
    assert lane_headers(instances.last("lamp@gray")) == ("a=1,lane=gray", "gray")
    assert served(call(hub, "speaker", {"x-lane": "blue"})) == "lamp@blue"


def test_a_user_on_the_white_list_is_in_the_lane(hub, instances):
    assert served(call(hub, "gateway", {"x-user-id": "ann"})) == "lamp@gray"
    assert lane_headers(instances.last("lamp@gray")) == ("lane=gray", "gray")
    assert served(call(hub, "gateway", {"x-user-id": "qa-7"})) == "lamp@gray"
    assert served(call(hub, "gateway", {"x-user-id": "bob"})) == "lamp"


def test_a_device_on_the_white_list_is_in_the_lane(hub):
    assert served(call(hub, "gateway", {"x-device-id": "sensor-1"})) == "lamp@gray"
    assert served(call(hub, "gateway", {"x-device-id": "test-9"})) == "lamp@gray"
    assert served(call(hub, "gateway", {"x-device-id": "sensor-9"})) == "lamp"


def test_the_user_comes_before_the_device(hub):
    both = {"x-user-id": "ann", "x-device-id": "sensor-2"}
    assert served(call(hub, "gateway", both)) == "lamp@gray"
    assert served(call(hub, "gateway", {"x-device-id": "sensor-2"})) == "lamp"


def test_users_and_devices_are_believed_only_from_callers_that_are_named(hub):
    for name, value in (("x-user-id", "ann"), ("x-device-id", "sensor-1")):
        assert served(call(hub, "speaker", {name: value})) == "lamp"


def test_what_a_gateway_lets_in_says_nothing_of_lanes(hub, instances):
    answer = call(hub, "gateway", {"baggage": "lane=gray,a=1", "x-lane": "gray"})
    assert served(answer) == "lamp"
    assert lane_headers(instances.last("lamp")) == ("a=1", None)
    # Nor does it hinder the white-list.
    answer = call(hub, "gateway", {"x-lane": "blue", "x-user-id": "ann"})
    assert served(answer) == "lamp@gray"
    assert instances.last("lamp@gray").headers.all("x-lane") == ["gray"]


def test_an_instances_own_calls_are_in_its_lane(hub, instances):
    assert served(call(hub, "tester@gray")) == "lamp@gray"
    # A call that came from elsewhere stays where it is.
    assert served(call(hub, "tester@gray", {"x-lane": "blue"})) == "lamp@blue"
    assert served(call(hub, "tester@gray", {"baggage": "lane=base"})) == "lamp"
    assert lane_headers(instances.last("lamp")) == ("lane=base", "base")


def test_where_the_lane_has_no_instance_the_baseline_answers_and_the_lane_goes_on(hub, instances):
    answer = call(hub, "speaker", {"x-lane": "gray"}, "/v1.0/invoke/door/method/open")
    assert (answer.text, answer.headers.get("x-lane-served")) == ("door", "base")
    assert lane_headers(instances.last("door")) == ("lane=gray", "gray")
    # The next hop is in the lane again.
    assert served(call(hub, "door", {"baggage": "lane=gray"})) == "lamp@gray"


def test_a_strict_lane_does_not_fall_back(hub, instances):
    before = len(instances["lamp"].requests)
    answer = call(hub, "speaker", {"x-lane": "sealed"})
    assert answer.status == 503
    assert answer.json()["errorCode"] == "ERR_LANE_STRICT"
    assert "lane sealed is strict" in answer.json()["message"]
    assert len(instances["lamp"].requests) == before


def test_a_strict_lane_says_so_over_grpc(hub):
    rpc = Rpc(hub.grpc_target("speaker"))
    failure = rpc.fail("InvokeService", id="lamp", headers={"x-lane": "sealed"},
                       message={"method": "on", "http_extension": {"verb": 1}})
    assert (failure.code, failure.reason) == ("UNAVAILABLE", "ERR_LANE_STRICT")
    rpc.close()


def test_a_lane_that_nobody_knows_is_the_baseline(hub):
    def unknown():
        return hub_lanes(hub)["counters"]["unknown"]
    before = unknown()
    assert served(call(hub, "speaker", {"x-lane": "ghost"})) == "lamp"
    assert unknown() == before + 1
    assert metrics.read(hub).value("edgelane_lane_unknown_total") == before + 1


def hub_lanes(hub):
    admin = daemon.Client(str(hub.directory / "run" / "admin.sock"))
    return admin.get("/v1.0-edgelane/lane").json()


def test_who_only_may_be_the_default_app_is_believed_nothing(bench):
    instances = Instances(bench)
    hub = bench.hub([lane("gray"), instances.add("lamp"), instances.add("lamp", "gray"),
                     app("speaker", api={"token": {"value": "t1"}}), app("guest")],
                    ["--default-app", "guest"])
    wait_until(lambda: served(hub.api("guest").post(CALL, headers={"x-lane": "gray"})) ==
               "lamp@gray", "the lane's instance")
    assert served(hub.shared.post(CALL, headers={"x-lane": "gray"})) == "lamp"
    shown = {"x-lane": "gray", "dapr-api-token": "t1"}
    assert served(hub.shared.post(CALL, headers=shown)) == "lamp@gray"


def test_a_lane_whose_instance_goes_down_falls_back_and_comes_back(bench):
    instances = Instances(bench)
    health = {"enabled": True, "path": "/healthz", "interval": "100ms", "timeout": "90ms",
              "threshold": 1}
    hub = bench.hub([lane("gray"), instances.add("lamp"),
                     instances.add("lamp", "gray", health=health), app("speaker")])

    def answering():
        return served(call(hub, "speaker", {"x-lane": "gray"}))
    wait_until(lambda: answering() == "lamp@gray", "the lane's instance")
    well = instances["lamp@gray"].default
    instances["lamp@gray"].route("/healthz", lambda exchange: exchange.answer(500))
    wait_until(lambda: answering() == "lamp", "the fallback")
    instances["lamp@gray"].route("/healthz", well)
    wait_until(lambda: answering() == "lamp@gray", "the lane's instance again")


def test_an_instance_that_takes_no_connection_is_replaced_at_once(bench):
    instances = Instances(bench)
    hub = bench.hub([lane("gray"), instances.add("lamp"),
                     instances.add("lamp", "gray"), app("speaker")])
    wait_until(lambda: served(call(hub, "speaker", {"x-lane": "gray"})) == "lamp@gray",
               "the lane's instance")
    instances["lamp@gray"].close()
    answer = call(hub, "speaker", {"x-lane": "gray"})
    assert served(answer) == "lamp"


def test_lanes_change_without_a_restart(bench):
    instances = Instances(bench)
    lamps = [instances.add("lamp"), instances.add("lamp", "gray"), app("gateway")]
    hub = bench.hub([lane("gray"), *lamps])
    pid = hub.process.pid

    def answering():
        return served(call(hub, "gateway", {"x-user-id": "ann"}))
    assert answering() == "lamp"
    daemon.write_resources(hub.directory / "etc", [lane("gray"), RULES, *lamps])
    wait_until(lambda: answering() == "lamp@gray", "the new rules")
    daemon.write_resources(hub.directory / "etc", [
        lane("gray"), lane_rules(devices=[{"lane": "grey", "ids": ["x"]}]), *lamps])
    hub.process.wait_for_log("did you mean gray?")
    assert answering() == "lamp@gray"
    daemon.write_resources(hub.directory / "etc", [lane("gray"), *lamps])
    wait_until(lambda: answering() == "lamp", "the end of the rules")
    assert hub.process.pid == pid and "starting again" not in hub.log


def test_a_hub_without_lanes_leaves_the_headers_alone(bench):
    instances = Instances(bench)
    hub = bench.hub([instances.add("lamp"), app("speaker")])
    answer = call(hub, "speaker", {"x-lane": "gray", "baggage": "lane=gray"})
    assert answer.status == 200 and answer.headers.get("x-lane-served") is None
    assert lane_headers(instances.last("lamp")) == ("lane=gray", "gray")


def test_each_instance_has_its_own_socket_and_is_listed(hub):
    shown = hub.shared.get("/v1.0-edgelane/status").json()["apps"]
    assert sorted((item["lane"] for item in shown if item["id"] == "lamp")) == [
        "base", "blue", "gray"]
    assert hub.api("lamp@gray").get("/v1.0/metadata").json()["id"] == "lamp"


@pytest.fixture
def edgelane(bench):
    cli = Cli(bench.directory())
    yield cli
    cli.close()


def test_the_command_shows_and_sets_the_hubs_lane(bench, edgelane):
    instances = Instances(bench)
    hub = bench.hub([lane("gray", uplinkPrefix="gray/"), RULES, instances.add("lamp"),
                     instances.add("lamp", "gray"), app("speaker")])

    def lane_command(*words):
        return edgelane("lane", *words, "--socket", hub.directory / "run" / "admin.sock")

    shown = lane_command("show", "--output", "json").json()
    assert shown["assigned"] == "base"
    gray = next(one for one in shown["lanes"] if one["lane"] == "gray")
    assert gray["uplinkPrefix"] == "gray/" and gray["mode"] == "permissive"
    assert [one["instance"] for one in gray["instances"]] == ["lamp@gray"]
    assert shown["rules"]["users"] == {"exact": 1, "prefixes": 1, "shares": 0}
    assert lane_command("history", "--output", "json").json() == []
    assert served(call(hub, "speaker")) == "lamp"

    assert lane_command("set", "gray", "--note", "field test").code == 0
    assert served(call(hub, "speaker")) == "lamp@gray"
    assert "assigned to gray" in lane_command("show").out
    wrong = lane_command("set", "grey")
    assert wrong.code == 1 and 'there is no lane "grey"' in wrong.error
    assert lane_command("set", "gray").code == 0  # nothing new
    assert lane_command("set", "base").code == 0
    changes = lane_command("history", "--output", "json").json()
    assert [(one["before"], one["lane"], one["note"]) for one in changes] == [
        ("gray", "base", ""), ("base", "gray", "field test")]
    assert "field test" in lane_command("history").out

    assert lane_command("tag", "ann").out.strip() == tag("ann")


def test_the_hubs_lane_outlives_a_kill(bench, edgelane):
    instances = Instances(bench)
    hub = bench.hub([lane("gray"), instances.add("lamp"), instances.add("lamp", "gray"),
                     app("speaker")])
    socket = hub.directory / "run" / "admin.sock"
    assert edgelane("lane", "set", "gray", "--socket", socket).code == 0
    hub.process.kill()
    bench.started(hub)
    wait_until(lambda: served(call(hub, "speaker")) == "lamp@gray", "the lane's instance")
    changes = edgelane("lane", "history", "--output", "json", "--socket", socket).json()
    assert [one["lane"] for one in changes] == ["gray"]


def test_the_hubs_lane_is_the_administrators_affair(hub):
    for client in (hub.shared, hub.api("speaker")):
        assert client.get("/v1.0-edgelane/lane").status == 403
        assert client.put("/v1.0-edgelane/lane", json={"lane": "gray"}).status == 403


def test_completion_knows_lane(edgelane):
    for shell in ("bash", "fish"):
        script = edgelane("completion", shell).out
        assert "lane" in script and "history" in script


def test_a_lane_reads_no_secrets_of_the_baselines(bench):
    path = bench.directory() / "secrets.json"
    path.write_text(json.dumps({"db": "production's", "mail": "real", "lane/gray/db": "gray's",
                                "lane/open/db": "open's"}))
    hub = bench.hub([lane("gray"), lane("open", secretsFallback=True), app("lamp"),
                     app("lamp", lane="gray"), app("lamp", lane="open"),
                     component("vault", "secretstores.local.file", {"secretsFile": str(path)})])

    def read(instance, name):
        # What the call says of its lane counts for nothing.
        return hub.api(instance).get(f"/v1.0/secrets/vault/{name}", headers={"x-lane": "open"})
    assert read("lamp", "db").json() == {"db": "production's"}
    assert read("lamp@gray", "db").json() == {"db": "gray's"}
    assert read("lamp@open", "mail").json() == {"mail": "real"}
    denied = read("lamp@gray", "mail")
    assert denied.status == 403 and "may not read the baseline's" in denied.json()["message"]
    for instance in ("lamp", "lamp@gray", "lamp@open"):
        assert read(instance, "lane%2Fopen%2Fdb").status == 403
    assert hub.api("lamp@gray").get("/v1.0/secrets/vault/bulk").json() == {"db": {"db": "gray's"}}
    assert hub.api("lamp@open").get("/v1.0/secrets/vault/bulk").json() == {
        "db": {"db": "open's"}, "mail": {"mail": "real"}}
    assert set(hub.api("lamp").get("/v1.0/secrets/vault/bulk").json()) == {"db", "mail"}
