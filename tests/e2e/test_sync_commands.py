"""Commands of the cloud on a real broker: carried out once, answered, or refused."""
import json

import pytest

from harness.client import Client
from harness.cloud import Cloud, uplink
from harness.lanes import lane
from harness.resources import app
from harness.waiting import wait_until

LONG = 60.0


@pytest.fixture
def cloud(bench):
    cloud = Cloud(bench.directory())
    yield cloud
    cloud.close()


@pytest.fixture
def lamp(bench):
    return bench.app()


def start(bench, cloud, lamp, *resources, **spec):
    hub = bench.hub([app("lamp", lamp.port), *resources, uplink(cloud.url, **spec)])
    cloud.wait_for_hub()
    return hub


def test_an_app_is_called_and_the_cloud_answered(bench, cloud, lamp):
    start(bench, cloud, lamp)
    cloud.command("c1", op="invoke", app="lamp", method="PUT /set?x=1", body={"on": True})
    reply = cloud.reply("c1")
    assert (reply["status"], reply["code"]) == ("ok", 200), reply
    told = json.loads(reply["body"])
    assert (told["method"], told["path"], told["query"]) == ("PUT", "/set", "x=1")
    assert json.loads(told["body"]) == {"on": True}
    assert ["x-command-id", "c1"] in [[name.lower(), value] for name, value in told["headers"]]


def test_once_though_it_comes_twice_and_the_hub_starts_again(bench, cloud, lamp):
    hub = start(bench, cloud, lamp)
    for _ in range(2):
        cloud.command("c1", op="invoke", app="lamp", method="POST /toggle")
    cloud.reply("c1")
    hub.process.kill()
    bench.started(hub)
    cloud.command("c1", op="invoke", app="lamp", method="POST /toggle")
    cloud.command("c2", op="invoke", app="lamp", method="POST /last")
    cloud.reply("c2")
    wait_until(lambda: len(cloud.replies("c1")) >= 2, "the reply again", LONG)
    assert len(lamp.seen("/toggle")) == 1
    assert {reply["code"] for reply in cloud.replies("c1")} == {200}


def test_a_command_whose_answer_stays_away_is_not_repeated(bench, cloud, lamp):
    served = []

    @lamp.route("/toggle")
    def toggle(exchange):
        served.append(exchange.request.connection)
        if len(served) == 1:
            exchange.answer(200, b"done")
        else:
            exchange.hang_up()
    start(bench, cloud, lamp)
    for identity in ("c1", "c2"):
        cloud.command(identity, op="invoke", app="lamp", method="PUT /toggle")
        reply = cloud.reply(identity)
    assert reply["status"] == "failed", reply
    assert len(served) == 2


def test_a_command_waits_for_the_hub_and_for_the_app(bench, cloud):
    late = bench.app(listening=False)
    hub = start(bench, cloud, late)
    hub.process.stop()
    cloud.command("c1", op="invoke", app="lamp", method="POST /on")
    bench.started(hub)
    wait_until(lambda: "a command of the cloud" in hub.log, "the command", LONG)
    late.listen()
    assert cloud.reply("c1")["status"] == "ok"
    assert len(late.seen("/on")) == 1


def test_an_id_that_is_no_header(bench, cloud, lamp):
    start(bench, cloud, lamp)
    identity = "c1\r\nx-lane: gray"
    cloud.command(identity, op="invoke", app="lamp", method="/on")
    assert cloud.reply(identity)["status"] == "ok"
    assert lamp.last.header("x-command-id") is None and lamp.last.header("x-lane") is None


def test_what_an_app_refuses(bench, cloud, lamp):
    lamp.route("/on", lambda exchange: exchange.answer(409, b"no"))
    start(bench, cloud, lamp)
    cloud.command("c1", op="invoke", app="lamp", method="/on")
    assert cloud.reply("c1") == {"status": "failed", "code": 409, "body": "no"}


@pytest.mark.parametrize("data, code, words", [
    ({"op": "invoke", "app": "radio", "method": "/on"}, 404, 'no app "radio"'),
    ({"op": "invoke", "app": "lamp", "method": "BREW /on"}, 400, "a verb and a path"),
    ({"op": "invoke", "app": "lamp", "method": "POST /on\r\nx-lane: gray"}, 400, "a verb and a"),
    ({"op": "config.refresh"}, 404, "no store of this hub keeps copies"),
    ({"op": "secret.purge", "names": ["*"]}, 404, "no store of this hub keeps copies"),
    ({"op": "secret.purge"}, 400, "names is an array"),
    ({"op": "dance"}, 501, "this hub knows invoke"),
    ({"op": "lane.assign", "lane": "gray"}, 403, "assignLanes: true"),
])
def test_what_the_hub_refuses(bench, cloud, lamp, data, code, words):
    start(bench, cloud, lamp)
    cloud.command("c1", **data)
    reply = cloud.reply("c1")
    assert (reply["status"], reply["code"]) == ("rejected", code), reply
    assert words in reply["body"]


def assigned(hub):
    return Client(str(hub.directory / "run" / "admin.sock")).get("/v1.0-edgelane/lane").json()[
        "assigned"]


def test_the_cloud_assigns_the_hub_to_a_lane(bench, cloud, lamp):
    hub = start(bench, cloud, lamp, lane("gray"), assignLanes=True,
                topics=[("pubsub", "orders", "event")])
    cloud.command("c1", op="lane.assign", lane="blue")
    assert cloud.reply("c1")["code"] == 404
    cloud.publish(f"e1/l/{cloud.hub}", {"lane": "gray", "gen": 1}, "-r")
    wait_until(lambda: assigned(hub) == "gray", "the lane", LONG)
    answer = hub.api("lamp").post("/v1.0/publish/pubsub/orders", json={"n": 1})
    assert answer.status == 204
    wait_until(lambda: cloud.events("orders", "gray/"), "the message in the lane", LONG)
    assert cloud.events("orders", "gray/")[0]["lanegen"] == 1
    cloud.command("c2", op="lane.assign", lane="base")
    assert cloud.reply("c2")["status"] == "ok" and assigned(hub) == "base"
    hub.process.stop()
    bench.started(hub)
    assert assigned(hub) == "base"  # the older assignment of the cloud does not come back


def test_without_leave_an_assignment_is_refused(bench, cloud, lamp):
    hub = start(bench, cloud, lamp, lane("gray"))
    cloud.publish(f"e1/l/{cloud.hub}", {"lane": "gray", "gen": 1}, "-r")

    def reports():
        return [one for _, one in cloud.messages(f"e1/r/{cloud.hub}/lane")
                if one["status"] == "failed"]
    report = wait_until(reports, "a report", LONG)[0]
    assert "assignLanes: true" in report["detail"] and assigned(hub) == "base"


def test_a_flood_of_commands(bench, cloud, lamp):
    hub = start(bench, cloud, lamp)
    hub.process.stop()
    count = 1500
    cloud.commands(cloud.as_command(f"c{n}", op="invoke", app="lamp", method=f"POST /{n}")
                   for n in range(count))
    bench.started(hub)

    def answered():
        return {event["correlationid"] for _, event in cloud.messages(f"e1/a/{cloud.hub}")}
    wait_until(lambda: len(answered()) == count, "all replies", 120, 0.2)
    called = [request.path for request in lamp.requests if request.path != "/dapr/subscribe"]
    assert sorted(called) == sorted(f"/{n}" for n in range(count))
