"""The log: JSON and text, levels, a file, API calls, and no secret in it."""
import json
import re
import signal

from harness.daemon import run_to_end, write_resources
from harness.resources import app, component, http_endpoint
from harness.state import Store

TEXT = re.compile(r'time="[^"]+" level=(debug|info|warning|error|fatal) msg=("([^"\\]|\\.)*"|\S+)'
                  r'( [\w.]+=("([^"\\]|\\.)*"|\S*))*')


def use(daprd):
    Store(daprd.api, "store").set("k", "v")
    assert daprd.api.get("/nowhere").status == 404
    assert daprd.process.stop() == 0


def test_json(bench):
    daprd = bench.daprd("lamp", [component("store", "state.in-memory")], [
        "--log-as-json", "--log-level", "debug"])
    use(daprd)
    lines = daprd.log.splitlines()
    assert lines
    for line in lines:
        told = json.loads(line)
        assert {"app_id", "instance", "level", "msg", "scope", "time", "type", "ver"} <= set(told)
        assert (told["app_id"], told["type"]) == ("lamp", "log")
        assert told["level"] in ("debug", "info", "warning", "error", "fatal")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z", told["time"])
        assert list(told) == sorted(told)


def test_text(bench):
    daprd = bench.daprd("lamp", [component("store", "state.in-memory")], ["--log-level", "debug"])
    use(daprd)
    for line in daprd.log.splitlines():
        assert TEXT.fullmatch(line), line


def test_levels(bench):
    quiet = bench.daprd(flags=["--log-level", "error"])
    quiet.process.stop()
    assert quiet.log == ""
    loud = bench.daprd(flags=["--log-level", "info"])
    assert "level=info" in loud.log and "level=debug" not in loud.log


def test_a_file_besides(bench):
    path = bench.directory() / "also.log"
    daprd = bench.daprd(flags=["--log-file", path])
    assert daprd.process.stop() == 0
    assert path.read_text() == daprd.log != ""


def test_a_file_that_is_moved_away_is_opened_anew_on_hangup(bench):
    path = bench.directory() / "also.log"
    daprd = bench.daprd(flags=["--log-file", path])
    moved = path.rename(path.with_suffix(".log.1"))
    daprd.process.signal(signal.SIGHUP)
    daprd.process.wait_for_log("Received signal 'hangup'")
    assert daprd.process.stop() == 0
    assert path.read_text().startswith("time=") and "hangup" in path.read_text()
    assert "hangup" not in moved.read_text() and "Running" in moved.read_text()


def test_a_file_that_cannot_be_written():
    code, said = run_to_end(["--app-id", "lamp", "--log-file", "/no/such/place/log"])
    assert code == 1 and "/no/such/place/log" in said


def test_api_calls(bench):
    daprd = bench.daprd("lamp", [component("store", "state.in-memory")], [
        "--enable-api-logging", "--log-as-json"])
    assert daprd.api.get("/v1.0/state/store/k", {"User-Agent": "tester/1"}).status == 204
    assert daprd.process.stop() == 0
    calls = [json.loads(line) for line in daprd.log.splitlines() if "HTTP API Called" in line]
    call = next(one for one in calls if "/v1.0/state" in one["method"])
    assert call["method"].startswith("GET ") and call["scope"] == "dapr.runtime.http-info"
    assert (str(call["code"]), call["useragent"]) == ("204", "tester/1")
    assert {"duration", "size"} <= set(call)


def test_api_calls_are_not_logged_unless_asked_for(bench):
    daprd = bench.daprd("lamp", [component("store", "state.in-memory")])
    assert daprd.api.get("/v1.0/state/store/k").status == 204
    assert daprd.process.stop() == 0
    assert "API Called" not in daprd.log


def test_a_header_cannot_forge_a_line(bench):
    daprd = bench.daprd("lamp", flags=["--enable-api-logging"])
    daprd.api.get("/v1.0/metadata", {"User-Agent": 'a" level=fatal msg="forged'})
    daprd.api.get("/x%0Alevel=fatal%20msg=forged")
    assert daprd.process.stop() == 0
    for line in daprd.log.splitlines():
        assert TEXT.fullmatch(line), line
        assert " level=fatal" not in re.sub(r'"([^"\\]|\\.)*"', '""', line)


def test_nothing_secret_at_any_level(bench):
    """Tokens, keys and secrets, also when what they are used for fails."""
    lamp = bench.app(default=lambda exchange: exchange.answer(500))
    hub = bench.hub([
        app("lamp", lamp.port, appToken={"value": "SECRET-app"}),
        app("speaker", api={"token": {"value": "SECRET-api"}}),
        app("third", api={"token": {"envRef": "THIRD"}}),
        http_endpoint("away", "http://127.0.0.1:1", headers=[
            {"name": "Authorization", "value": "SECRET-header"}]),
        component("store", "state.in-memory", {"primaryEncryptionKeyOfNobody": "SECRET-field"}),
    ], ["--log-level", "debug", "--enable-api-logging"], {"THIRD": "SECRET-env"})
    speaker = hub.shared.with_headers({"dapr-api-token": "SECRET-api"})
    speaker.get("/v1.0/invoke/lamp/method/on", {"Authorization": "Bearer SECRET-callers"})
    speaker.get("/v1.0/invoke/away/method/on")
    hub.shared.get("/v1.0/metadata", {"dapr-api-token": "SECRET-wrong"})
    speaker.post("/v1.0/state/store", b'[{"key": SECRET-state}]')
    Store(hub.api("lamp"), "store").set("k", "SECRET-value")
    assert hub.process.stop() == 0
    assert hub.log and "SECRET" not in hub.log


def test_secrets_are_not_told_when_resources_are_wrong(bench):
    directory = bench.directory()
    write_resources(directory / "etc", [
        app("lamp", prot=1, api={"token": {"value": "SECRET-token"}},
            appToken={"valeu": "SECRET-mistyped"}),
        component("store", "state.sqlite", {"connectionString": ["SECRET-list"]})])
    code, said = run_to_end(["--root", directory, "--dapr-http-port", "0", "--log-level", "debug"])
    assert code == 1 and "SECRET" not in said, said
