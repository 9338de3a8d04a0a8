"""Configuration: reading, callbacks to apps, revisions that are whole and kept."""
import json
import shutil
import subprocess
import threading

import pytest

from harness.checks import error_message, has_error
from harness.app import App
from harness.configuration import Editor, Updates, admin, read, subscribe, unsubscribe
from harness.daemon import run_to_end, write_resources
from harness.resources import app, component
from harness.waiting import wait_until
from harness.wire import Truncated


@pytest.fixture
def lamp(bench):
    return bench.app()


@pytest.fixture
def hub(bench, lamp):
    return bench.hub([app("lamp", lamp.port), app("mute")])


@pytest.fixture
def api(hub):
    return hub.api("lamp")


@pytest.fixture
def editor(hub):
    return Editor(hub)


def test_a_hub_has_a_store_of_its_own(hub, api):
    components = api.get("/v1.0/metadata").json()["components"]
    assert ("configstore", "configuration.sqlite") in [
        (one["name"], one["type"]) for one in components]
    assert len(list(hub.directory.rglob("hub.db"))) == 1


def test_reading(api, editor):
    editor.write({"color": "red", "a/b &c": "灯\n\"x\"", "empty": "", "other": "1"})
    answer = api.get("/v1.0/configuration/configstore?key=color&key=a%2Fb+%26c&key=empty&key=no")
    assert answer.status == 200
    assert answer.headers.get("content-type") == "application/json"
    items = answer.json()
    assert set(items) == {"color", "a/b &c", "empty"}
    assert (items["color"]["value"], items["color"]["version"]) == ("red", "1")
    assert items["a/b &c"]["value"] == "灯\n\"x\""
    assert "value" not in items["empty"], "what is empty is left out"
    told = items["color"]["metadata"]
    assert (told["source"], told["stale"]) == ("live", "false")
    assert told["asof"].endswith("Z")


@pytest.mark.parametrize("version", ["v1.0", "v1.0-alpha1"])
def test_no_key_means_every_key(api, editor, version):
    editor.write({f"key{n}": str(n) for n in range(30)})
    answer = api.get(f"/{version}/configuration/configstore")
    assert len(answer.json()) == 30


def test_nothing_found_is_204(api):
    for query in ("", "?key=none"):
        answer = api.get(f"/v1.0/configuration/configstore{query}")
        assert (answer.status, answer.body) == (204, b"")


def test_an_unknown_store(api):
    for path in ("none", "none/subscribe", "none/x/unsubscribe"):
        has_error(api.get(f"/v1.0/configuration/{path}"), 400, "ERR_CONFIGURATION_STORE_NOT_FOUND",
                  "configuration store none not found")


def test_no_store_at_all(bench):
    daemon = bench.daprd("lamp")
    for path in ("s", "s/subscribe", "s/x/unsubscribe"):
        has_error(daemon.api.get(f"/v1.0/configuration/{path}"), 500,
                  "ERR_CONFIGURATION_STORE_NOT_CONFIGURED", "configuration stores not configured")


def test_scopes(bench):
    store = component("shared", "configuration.sqlite", scopes=["speaker"])
    hub = bench.hub([app("lamp"), app("speaker"), store])
    Editor(hub, "shared").write({"a": "1"})
    assert read(hub.api("speaker"), "a", store="shared") == {"a": "1"}
    has_error(hub.api("lamp").get("/v1.0/configuration/shared?key=a"), 500,
              "ERR_CONFIGURATION_STORE_NOT_CONFIGURED", "configuration stores not configured")
    assert "configstore" not in hub.log, "a hub with a store needs no other"


def test_an_app_is_told_of_its_keys(lamp, api, editor):
    updates = Updates(lamp)
    subscription = subscribe(api, "color", "level")
    editor.write({"color": "red", "unrelated": "x"})
    (path, event), = updates.wait_for(1)
    assert path == "/configuration/configstore/color"
    assert event["id"] == subscription
    assert set(event["items"]) == {"color"}
    assert (event["items"]["color"]["value"], event["items"]["color"]["version"]) == ("red", "1")
    editor.write({"color": None, "level": "5"})
    calls = updates.wait_for(3)[1:]
    assert [path for path, _ in calls] == ["/configuration/configstore/color",
                                           "/configuration/configstore/level"]
    for _, event in calls:
        assert event["items"]["color"] == {}, "a deleted key is an empty item"
        assert event["items"]["level"]["value"] == "5"
    request = lamp.seen("/configuration/configstore/level")[0]
    assert request.method == "POST"
    assert request.header("content-type") == "application/json"


def test_twenty_keys_in_one_revision(lamp, api, editor):
    updates = Updates(lamp)
    subscribe(api)
    revision = editor.write({f"key{n}": str(n) for n in range(20)})
    calls = updates.wait_for(20)
    assert {path for path, _ in calls} == {f"/configuration/configstore/key{n}" for n in range(20)}
    for _, event in calls:
        assert len(event["items"]) == 20, "the whole event each time"
        assert {item["version"] for item in event["items"].values()} == {str(revision)}


def test_a_call_that_fails_is_made_again(lamp, api, editor, hub):
    updates = Updates(lamp)
    updates.answers = [500, 204]
    subscribe(api, "color")
    editor.write({"color": "red"})
    updates.wait_for(3)
    assert "did not take" not in hub.log
    updates.answers = [500, 500, 500]
    editor.write({"color": "blue"})
    hub.process.wait_for_log("app did not take an update of its configuration")
    editor.write({"color": "green"})
    updates.wait_for(7)
    assert updates.values() == {"color": "green"}


def test_subscriptions_end_with_their_app(bench):
    """It is gone when a change comes, subscribes when it is back, and is told once."""
    lamp = bench.app()
    hub = bench.hub([app("lamp", lamp.port)])
    editor, api = Editor(hub), hub.api("lamp")
    subscribe(api, "color")
    place = ("127.0.0.1", lamp.port)
    lamp.close()
    editor.write({"color": "red"})
    hub.process.wait_for_log("app is gone: its subscriptions to configuration end", limit=20)
    back = Updates(App(address=place))
    try:
        subscribe(api, "color")
        editor.write({"color": "blue"})
        back.wait_for(1)
        editor.write({"color": "green"})
        back.wait_for(2)
        assert [event["items"]["color"]["value"] for _, event in back.calls] == ["blue", "green"]
    finally:
        back.app.close()


def test_a_slow_app_delays_nobody_and_gets_the_last_value(bench, lamp):
    speaker = bench.app()
    hub = bench.hub([app("lamp", lamp.port), app("speaker", speaker.port)])
    editor = Editor(hub)
    slow, quick = Updates(lamp), Updates(speaker)
    slow.held.clear()
    subscribe(hub.api("lamp"), "n")
    subscribe(hub.api("speaker"), "n")
    for n in range(10):
        editor.write({"n": str(n)})
        quick.wait_for(n + 1)
    assert len(slow.calls) == 1
    slow.held.set()
    wait_until(lambda: slow.values() == {"n": "9"}, "the last value")
    assert len(slow.calls) == 2


def test_unsubscribing(lamp, api, editor):
    updates = Updates(lamp)
    first, second = subscribe(api, "a"), subscribe(api, "a")
    assert first != second
    answer = unsubscribe(api, first)
    assert (answer.status, answer.json()) == (200, {"ok": True})
    editor.write({"a": "1"})
    updates.wait_for(1)
    editor.write({"a": "2"})
    assert {event["id"] for _, event in updates.wait_for(2)} == {second}
    answer = unsubscribe(api, first)
    assert answer.status == 500
    assert answer.json() == {"message": "failed to unsubscribe to configuration request "
                                        f"{first}: subscription does not exist"}


def test_another_apps_subscription_is_not_ones_own(hub, api):
    subscription = subscribe(api, "a")
    assert unsubscribe(hub.api("mute"), subscription).status == 500
    assert unsubscribe(api, subscription).status == 200


def test_an_app_that_is_not_called_cannot_subscribe(hub):
    has_error(hub.api("mute").get("/v1.0/configuration/configstore/subscribe?key=a"), 500,
              "ERR_APP_CHANNEL_NIL",
              "app channel is not initialized. cannot subscribe to configuration updates")


def test_values_and_revisions_outlive_a_restart(bench, hub, editor):
    editor.write({"a": "1", "b": "2"})
    editor.write({"b": None})
    assert hub.process.stop() == 0
    bench.started(hub)
    assert read(hub.api("lamp")) == {"a": "1"}
    assert editor.all()["revision"] == 2
    assert editor.write({"c": "3"}) == 3


def test_nothing_answered_is_lost_by_kill(bench, hub, editor):
    for round_ in range(3):
        last = [0]

        def write():
            try:
                while True:
                    count = last[0] + 1
                    editor.write({"a": f"{round_}.{count}", "b": f"{round_}.{count}"})
                    last[0] = count
            except (OSError, Truncated):
                pass
        writer = threading.Thread(target=write)
        writer.start()
        wait_until(lambda: last[0] >= 20, "20 writes", step=0.001)
        hub.process.kill()
        writer.join(10)
        bench.started(hub)
        found = read(hub.api("lamp"))
        assert found["a"] == found["b"], "a revision is whole"
        number, count = found["a"].split(".")
        assert int(number) == round_
        assert int(count) in (last[0], last[0] + 1)


def test_history_and_rollback(lamp, api, editor):
    editor.write({"a": "1", "b": "2"}, "first")
    editor.write({"a": "3", "b": None}, "second")
    past = editor.history().json()["revisions"]
    assert [(one["revision"], one["note"]) for one in past] == [(2, "second"), (1, "first")]
    assert past[0]["changes"] == {"a": {"before": "1", "after": "3"}, "b": {"before": "2"}}
    assert len(editor.history("?limit=1").json()["revisions"]) == 1
    assert editor.history("?limit=x").status == 400
    updates = Updates(lamp)
    subscribe(api, "b")
    assert editor.rollback(1).json() == {"revision": 3, "changed": 2}
    assert read(api) == {"a": "1", "b": "2"}
    updates.wait_for(1)
    assert updates.values() == {"b": "2"}
    assert error_message(editor.rollback(9), 404, "ERR_CONFIGURATION_ROLLBACK") == (
        "there is no revision 9")


def test_what_cannot_be_written_is_said(editor):
    def refusal(body):
        return error_message(editor.client.post(editor.path, body), 400, "ERR_MALFORMED_REQUEST")
    assert "invalid JSON" in refusal(b"{")
    assert 'item "a" is number' in refusal(b'{"items":{"a":1}}')
    answer = editor.client.post(editor.path, json={"items": {"": "x"}})
    assert "1 to 1024 bytes" in error_message(answer, 400, "ERR_CONFIGURATION_SET")
    answer = editor.client.post("/v1.0-edgelane/configuration/none", json={"items": {}})
    assert answer.json()["errorCode"] == "ERR_CONFIGURATION_STORE_NOT_FOUND"
    assert editor.all() == {"revision": 0, "items": {}}


def test_only_the_administrator_writes(hub):
    body = {"items": {"a": "1"}}
    for client in (hub.api("lamp"), hub.shared):
        for path in ("", "/history", "/watch"):
            assert client.get(f"/v1.0-edgelane/configuration/configstore{path}").status == 403
        for path in ("", "/rollback"):
            assert client.post(f"/v1.0-edgelane/configuration/configstore{path}",
                               json=body).status == 403
    assert admin(hub).get("/v1.0-edgelane/configuration/configstore").status == 200


class Watch:
    """The lines of a watch, as they come."""

    def __init__(self, client, query=""):
        self.connection = client.connect()
        target = f"/v1.0-edgelane/configuration/configstore/watch{query}"
        self.connection.send_request("GET", target)
        self.status, self.headers = self.connection.read_head()
        self.held = b""

    def chunk(self):
        """The next piece; empty at the end of the answer."""
        size = int(self.connection.reader.through(b"\r\n"), 16)
        data = self.connection.reader.exactly(size + 2)[:-2]
        return data

    def line(self):
        return json.loads(self.chunk())


def test_watching(hub, editor):
    editor.write({"a": "0"})
    watch = Watch(admin(hub), "?key=a&key=b")
    assert watch.status == 200
    assert watch.line() == {"revision": 1}
    editor.write({"a": "1", "c": "x"})
    line = watch.line()
    assert line["revision"] == 2
    assert set(line["items"]) == {"a"}
    assert line["items"]["a"]["value"] == "1"
    editor.write({"c": "y"})
    editor.write({"a": None})
    assert watch.line() == {"revision": 4, "items": {"a": {}}}
    watch.connection.close()


def test_a_stop_ends_what_watches(hub, editor):
    watch = Watch(admin(hub))
    assert watch.line() == {"revision": 0}
    assert hub.process.stop() == 0
    assert watch.chunk() == b"", "the answer is complete"


def test_a_daprd_with_a_store(bench):
    """Its own port administers it: a daprd is one app's."""
    directory = bench.directory()
    lamp = bench.app()
    daemon = bench.daprd("lamp", [component("config", "configuration.sqlite", {
        "connectionString": f"{directory}/config.db"})], ["--app-port", lamp.port])
    updates = Updates(lamp)
    subscribe(daemon.api, "a", store="config")
    answer = daemon.api.put("/v1.0-edgelane/configuration/config", json={"items": {"a": "1"}})
    assert answer.json() == {"revision": 1, "changed": 1}
    updates.wait_for(1)
    assert read(daemon.api, "a", store="config") == {"a": "1"}


def test_a_store_without_a_file(bench):
    directory = bench.directory()
    write_resources(directory, [component("config", "configuration.sqlite")])
    code, output = run_to_end(["--app-id", "lamp", "--dapr-http-port", "0", "--metrics-port", "0",
                               "--resources-path", directory])
    assert code != 0
    assert "is required here: name the database file" in output


def synced(log):
    """How often the process waited for the disk."""
    return sum("fsync(" in line or "fdatasync(" in line for line in log.splitlines())


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_two_hundred_keys_wait_for_the_disk_three_times_at_most(bench, hub, editor):
    editor.write({"first": "1"})
    log = bench.directory() / "strace.txt"
    with subprocess.Popen(["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", log, "-p",
                           str(hub.process.pid)], stderr=subprocess.PIPE) as tracer:
        assert b"attached" in tracer.stderr.readline()
        editor.write({f"key{n}": "value" for n in range(200)})
        tracer.terminate()
    assert 1 <= synced(log.read_text()) <= 3
