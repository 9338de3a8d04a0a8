"""The log over the API and the command line, and what `edgelane top` shows."""
import json
import subprocess

import pytest

from harness.cli import BINARY, Cli
from harness.client import Client
from harness.daemon import clean_environment
from harness.resources import app, component
from harness.state import Store
from harness.waiting import wait_until

LOGS = "/v1.0-edgelane/logs"


@pytest.fixture
def cli(bench):
    commands = Cli(bench.directory())
    yield commands
    commands.close()


def admin_socket(hub):
    return str(hub.directory / "run" / "admin.sock")


def admin(hub):
    return Client(admin_socket(hub))


def lines_of(answer):
    assert answer.status == 200, answer
    assert answer.headers.get("content-type") == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def messages(lines):
    return [line["msg"] for line in lines]


def test_the_log_so_far(bench):
    hub = bench.hub([app("lamp")])
    lines = lines_of(admin(hub).get(LOGS))
    assert any("Starting Dapr Runtime" in text for text in messages(lines))
    assert messages(lines_of(admin(hub).get(LOGS + "?tail=1"))) == messages(lines)[-1:]
    assert lines_of(admin(hub).get(LOGS + "?tail=0")) == []


def test_it_is_what_the_daemon_wrote(bench):
    hub = bench.hub([app("lamp")], ["--log-as-json"])
    written = [json.loads(line) for line in hub.log.splitlines()]
    kept = lines_of(admin(hub).get(LOGS))
    assert [line for line in kept if line in written] == kept and len(kept) > 3


def test_filters(bench):
    hub = bench.hub([app("lamp"), app("speaker")], ["--log-level", "debug"])
    of_lamp = lines_of(admin(hub).get(LOGS + "?app=lamp"))
    assert of_lamp and all(line["app"] == "lamp" for line in of_lamp)
    loud = lines_of(admin(hub).get(LOGS + "?level=warn"))
    assert all(line["level"] in ("warning", "error", "fatal") for line in loud)


@pytest.mark.parametrize("query", ["level=loud", "tail=-1", "tail=x"])
def test_a_wrong_query(bench, query):
    answer = admin(bench.hub()).get(f"{LOGS}?{query}")
    assert answer.status == 400 and query.split("=")[0] in answer.json()["message"]


def test_only_administrators_read_it(bench):
    hub = bench.hub([app("lamp")])
    assert hub.api("lamp").get(LOGS).status == 403
    assert hub.shared.get(LOGS).status == 403


def follow(client, query=""):
    connection = client.connect()
    connection.send_request("GET", f"{LOGS}?follow=true{query}")
    status, headers = connection.read_head()
    assert status == 200 and headers.get("transfer-encoding") == "chunked"
    return connection


def read_chunk(connection):
    size = int(connection.reader.through(b"\r\n"), 16)
    data = connection.reader.exactly(size)
    connection.reader.exactly(2)
    return data.decode()


def test_following(bench):
    hub = bench.hub([app("lamp")], ["--enable-api-logging"])
    with follow(admin(hub), "&tail=0") as connection:
        hub.api("lamp").get("/v1.0/metadata", {"User-Agent": "follower/1"})
        lines = [json.loads(line) for line in read_chunk(connection).splitlines()]
        assert "follower/1" in [line.get("useragent") for line in lines]
        hub.api("lamp").get("/v1.0/metadata", {"User-Agent": "follower/2"})
        assert "follower/2" in read_chunk(connection)


def test_the_hub_stops_though_somebody_follows(bench):
    hub = bench.hub([app("lamp")])
    with follow(admin(hub)) as connection:
        assert hub.process.stop() == 0
        while (piece := read_chunk(connection)) != "":
            last = piece
        assert "Dapr is shutting down" in last


def test_a_slow_reader_is_told_what_it_missed(bench):
    hub = bench.hub([app("lamp")], ["--enable-api-logging"])
    lamp = hub.api("lamp")
    with follow(admin(hub), "&tail=0") as connection, lamp.connect() as talking:
        # Long lines fill the socket and then the ring, while nobody reads.
        agent = {"User-Agent": "x" * 3000}
        for _ in range(2500):
            talking.send_request("GET", "/v1.0/healthz", headers=agent)
            assert talking.read_answer().status == 204
        hub_memory = hub.process.memory()
        lost = None
        while lost is None:
            text = read_chunk(connection)
            for line in text.splitlines():
                lost = lost or json.loads(line).get("lost")
        assert 100 < lost < 2500
        assert hub_memory < 64 * 1024 * 1024
        assert lamp.get("/v1.0/healthz").status == 204


def test_followers_are_bounded(bench):
    hub = bench.hub([app("lamp")])
    all_places = [follow(admin(hub)) for _ in range(8)]
    refused = admin(hub).get(LOGS + "?follow=true")
    assert refused.status == 429 and "8 readers" in refused.json()["message"]
    all_places.pop().close()
    wait_until(lambda: admin_place_is_free(hub, all_places), "a free place")
    for connection in all_places:
        connection.close()


def admin_place_is_free(hub, all_places):
    connection = admin(hub).connect()
    connection.send_request("GET", LOGS + "?follow=true")
    status, _ = connection.read_head()
    all_places.append(connection)
    return status == 200


def test_the_command(bench, cli):
    hub = bench.hub([app("lamp")])
    done = cli("logs", "--socket", admin_socket(hub))
    assert done.code == 0 and "info    dapr.runtime: Starting Dapr Runtime" in done.out
    told = cli("logs", "--socket", admin_socket(hub), "--tail", "2", "-o", "json")
    assert len([json.loads(line) for line in told.out.splitlines()]) == 2
    assert cli("logs", "--socket", admin_socket(hub), "--app", "nobody").out == ""
    assert cli("logs", "--socket", admin_socket(hub), "--tail", "x").code == 2
    refused = cli("logs", "--address", str(hub.port))
    assert refused.code == 1 and "admin.sock" in refused.error


def test_the_command_follows(bench, cli):
    hub = bench.hub([app("lamp")])
    out = cli.directory / "logs.out"
    with open(out, "wb") as file, subprocess.Popen(
            [BINARY, "logs", "-f", "--socket", admin_socket(hub)], stdout=file,
            env=clean_environment({})) as child:
        wait_until(lambda: "dapr initialized" in out.read_text(), "the lines so far")
        assert child.poll() is None
        hub.process.stop()
        assert child.wait(10) == 0
    assert "Dapr is shutting down" in out.read_text()


def calls_of(hub, app_id):
    apps = hub.shared.get("/v1.0-edgelane/top").json()["apps"]
    return next(one for one in apps if one["id"] == app_id)["calls"]


def test_counters(bench):
    lamp = bench.app()
    lamp.route("/broken", lambda exchange: exchange.answer(500))
    hub = bench.hub([app("lamp", lamp.port), app("speaker"),
                     component("store", "state.in-memory")])
    wait_until(lambda: hub.api("lamp").get("/v1.0/healthz").status == 204, "the lamp")
    for _ in range(4):
        hub.api("speaker").get("/v1.0/invoke/lamp/method/on")
    hub.api("speaker").get("/v1.0/invoke/lamp/method/broken")
    Store(hub.api("lamp"), "store").set("k", "v")
    # The hub itself asks an app for its subscriptions.
    wait_until(lambda: calls_of(hub, "lamp")["count"] == len(lamp.requests), "every call's count")
    told = hub.shared.get("/v1.0-edgelane/top").json()
    apps = {one["id"]: one for one in told["apps"]}
    assert apps["lamp"]["calls"]["count"] >= 5 and apps["lamp"]["calls"]["errors"] == 1
    assert sum(apps["lamp"]["calls"]["latency"]) == apps["lamp"]["calls"]["count"]
    assert len(told["latencyBoundsMs"]) + 1 == len(apps["lamp"]["calls"]["latency"])
    assert apps["speaker"]["requests"]["count"] == 5
    assert apps["lamp"]["state"] == "running" and apps["lamp"]["calls"]["inFlight"] == 0
    store = next(one for one in told["components"] if one["name"] == "store")
    assert store["count"] == 1
    assert told["residentBytes"] > 1 << 20 and told["cpuSeconds"] > 0


def test_calls_in_flight(bench):
    slow = bench.app()
    slow.route("/slow", lambda exchange: exchange.wait_for_peer_to_leave())
    hub = bench.hub([app("slow", slow.port), app("speaker")])
    with hub.api("speaker").connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/slow/method/slow")
        slow.wait_for("/slow")
        wait_until(lambda: calls_of(hub, "slow")["inFlight"] == 1, "one call under way")
    wait_until(lambda: calls_of(hub, "slow")["inFlight"] == 0, "its end")


def test_top(bench, cli):
    hub = bench.hub([app("lamp"), component("store", "state.in-memory")])
    shown = cli("top", "--once", "--address", str(hub.port), "--interval", "100ms")
    assert shown.code == 0, shown
    assert shown.out.startswith("edgelane ") and "MiB" in shown.out and "\x1b" not in shown.out
    assert "lamp" in shown.out and "state.in-memory" in shown.out
    told = cli("top", "--address", str(hub.port), "--interval", "100ms", "-o", "json").json()
    assert told["apps"][0]["id"] == "lamp" and told["intervalSeconds"] >= 0.1
    assert told["apps"][0]["callP50Ms"] is None  # it has never been called
    assert cli("top", "--address", str(hub.port), "--interval", "1ms").code == 2
    assert cli("top", "--address", "127.0.0.1:1").code == 3
