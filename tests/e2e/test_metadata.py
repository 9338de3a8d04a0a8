"""GET and PUT /v1.0/metadata, and shutting down by the API."""
import pytest

from harness.checks import NO_APP_ID, has_error
from harness.resources import app, component


def test_what_a_one_app_daemon_tells(bench):
    lamp = bench.app()
    daprd = bench.daprd("lamp", [component("store", "state.in-memory")], [
        "--app-port", lamp.port, "--app-max-concurrency", "7", "--enable-app-health-check",
        "--app-health-check-path", "/alive", "--app-health-probe-interval", "9",
        "--app-health-probe-timeout", "400", "--app-health-threshold", "4"])
    answer = daprd.api.get("/v1.0/metadata")
    assert (answer.status, answer.headers.get("content-type")) == (200, "application/json")
    told = answer.json()
    assert told["id"] == "lamp" and told["runtimeVersion"]
    assert told["extended"]["daprRuntimeVersion"] == told["runtimeVersion"]
    assert [(one["name"], one["type"], one["version"]) for one in told["components"]] == [
        ("store", "state.in-memory", "v1")]
    assert told["appConnectionProperties"] == {
        "port": lamp.port, "protocol": "http", "channelAddress": "127.0.0.1", "maxConcurrency": 7,
        "health": {"healthCheckPath": "/alive", "healthProbeInterval": "9s",
                   "healthProbeTimeout": "400ms", "healthThreshold": 4}}
    assert told["actorRuntime"]["runtimeStatus"] == "DISABLED"
    for name in ("subscriptions", "httpEndpoints", "actors", "workflows"):
        assert not told.get(name), "what there is none of is left out"


def test_each_app_of_a_hub_sees_itself(bench):
    hub = bench.hub([app("lamp", 9), app("speaker")])
    lamp, speaker = (hub.api(one).get("/v1.0/metadata").json() for one in ("lamp", "speaker"))
    assert (lamp["id"], speaker["id"]) == ("lamp", "speaker")
    assert lamp["appConnectionProperties"]["port"] == 9
    assert "port" not in speaker.get("appConnectionProperties", {})


def test_what_an_app_adds(bench):
    hub = bench.hub([app("lamp"), app("speaker")])
    lamp = hub.api("lamp")
    for key, value in (("cliPID", b"123"), ("appCommand", b"./lamp --on"), ("note", b"one")):
        answer = lamp.put(f"/v1.0/metadata/{key}", value)
        assert (answer.status, answer.body) == (204, b"")
    assert lamp.put("/v1.0/metadata/note", b"two").status == 204
    extended = lamp.get("/v1.0/metadata").json()["extended"]
    assert (extended["cliPID"], extended["appCommand"], extended["note"]) == (
        "123", "./lamp --on", "two")
    assert "cliPID" not in hub.api("speaker").get("/v1.0/metadata").json()["extended"]


def test_text_of_any_kind_stays_json(bench):
    hub = bench.hub([app("lamp")])
    value = 'quote " backslash \\ newline \n end'
    assert hub.api("lamp").put("/v1.0/metadata/odd%20key", value.encode()).status == 204
    assert hub.api("lamp").get("/v1.0/metadata").json()["extended"]["odd key"] == value


def test_what_is_added_has_an_end(bench):
    hub = bench.hub([app("lamp")])
    lamp = hub.api("lamp")
    has_error(lamp.put("/v1.0/metadata/long", b"v" * 4097), 400, "ERR_MALFORMED_REQUEST",
              "the value of app metadata has at most 4096 bytes")
    for number in range(64):
        assert lamp.put(f"/v1.0/metadata/k{number}", b"v" * 4096).status == 204
    has_error(lamp.put("/v1.0/metadata/last", b"v"), 400, "ERR_MALFORMED_REQUEST",
              "an app has at most 64 metadata entries")
    assert lamp.put("/v1.0/metadata/k0", b"new").status == 204
    extended = lamp.get("/v1.0/metadata").json()["extended"]
    assert extended["k0"] == "new" and "long" not in extended and "last" not in extended


def test_an_app_cannot_say_which_version_the_hub_is(bench):
    hub = bench.hub([app("lamp")])
    lamp = hub.api("lamp")
    before = lamp.get("/v1.0/metadata").json()["extended"]
    for name in ("daprRuntimeVersion", "edgelaneVersion"):
        assert lamp.put(f"/v1.0/metadata/{name}", b"9.9.9").status == 204
    assert lamp.get("/v1.0/metadata").json()["extended"] == before


def test_shutdown(bench):
    daprd = bench.daprd()
    answer = daprd.api.post("/v1.0/shutdown")
    assert (answer.status, answer.body) == (204, b"")
    assert daprd.process.wait() == 0
    assert "Daprd shutdown gracefully" in daprd.log


def test_forced_shutdown(bench):
    daprd = bench.daprd()
    assert daprd.api.post("/v1.0/shutdown", headers={"dapr-force-shutdown": "true"}).status == 204
    assert daprd.process.wait() == 1


@pytest.mark.parametrize("verb", ["GET", "PUT"])
def test_shutdown_is_a_post(bench, verb):
    daprd = bench.daprd()
    has_error(daprd.api.request(verb, "/v1.0/shutdown"), 404, "ERR_DIRECT_INVOKE", NO_APP_ID)


def test_an_app_cannot_end_the_hub_of_all(bench):
    hub = bench.hub([app("lamp"), app("speaker")])
    answer = hub.api("lamp").post("/v1.0/shutdown")
    assert answer.status == 403 and answer.json()["errorCode"]
    assert hub.api("speaker").get("/v1.0/healthz").status == 204
