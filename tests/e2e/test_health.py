"""Health of the daemon and of its apps."""
import threading

import pytest

from harness.checks import error_message, has_error, invoke_failed, invoked
from harness.client import Client
from harness.daemon import Daprd, free_port
from harness.resources import app
from harness.waiting import wait_until

QUICK = {"enabled": True, "path": "/alive", "interval": "100ms", "timeout": "50ms", "threshold": 2}


def test_a_hub_is_healthy_without_its_apps(bench):
    lamp = bench.app(listening=False)
    hub = bench.hub([app("lamp", lamp.port)])
    answer = hub.shared.get("/v1.0/healthz/outbound")
    assert (answer.status, answer.body) == (204, b"")


def test_healthz_waits_for_the_app_and_outbound_does_not(bench):
    lamp = bench.app(listening=False)
    daprd = bench.daprd(flags=["--app-port", lamp.port])
    assert daprd.api.get("/v1.0/healthz/outbound").status == 204
    said = error_message(daprd.api.get("/v1.0/healthz"), 500, "ERR_HEALTH_NOT_READY")
    assert said.startswith("dapr is not ready: [") and said.endswith("]")
    # The API is of use already.
    assert daprd.api.get("/v1.0/metadata").status == 200
    lamp.listen()
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    daprd.process.wait_for_log(f"application discovered on port {lamp.port}")
    daprd.process.wait_for_log("dapr initialized. Status: Running. Init Elapsed ")


def test_healthz_without_an_app_port(bench):
    daprd = bench.daprd()
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")


def test_the_app_id_is_compared(bench):
    daprd = bench.daprd("lamp")
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz?appid=lamp")
    has_error(daprd.api.get("/v1.0/healthz?appid=other"), 500, "ERR_HEALTH_APPID_NOT_MATCH",
              "dapr app-id does not match")


def test_a_public_port(bench):
    port = free_port()
    daprd = bench.daprd("lamp", flags=["--dapr-public-port", port, "--dapr-public-listen-address",
                                       "127.0.0.1"], environment={"DAPR_API_TOKEN": "t0ken"})
    public = Client(("127.0.0.1", port))
    daprd.process.wait_until_answers(public, "/v1.0/healthz")
    assert public.get("/v1.0/healthz/outbound").status == 204
    assert public.get("/v1.0/metadata").json()["id"] == "lamp"
    assert public.get("/v1.0/state/store/k").status == 404
    assert public.put("/v1.0/metadata/k", b"v").status == 404


class Patient:
    """An app whose health is as the test says."""

    def __init__(self, bench):
        self.status = 200
        self.app = bench.app()
        self.app.route("/alive", lambda exchange: exchange.answer(self.status))
        self.port = self.app.port

    def probes(self):
        return len(self.app.seen("/alive"))


@pytest.fixture
def lamp(bench):
    return Patient(bench)


@pytest.fixture
def hub(bench, lamp):
    resource = app("lamp", lamp.port, health=QUICK, appToken={"value": "t0ken"})
    return bench.hub([resource, app("speaker")])


def call(hub, caller="speaker"):
    return hub.api(caller).get("/v1.0/invoke/lamp/method/on")


def test_an_app_falls_ill_and_recovers(hub, lamp):
    wait_until(lambda: call(hub).status == 200, "a healthy app")
    lamp.status = 503
    wait_until(lambda: call(hub).status == 500, "an unhealthy app")
    for caller in ("speaker", "lamp"):
        assert "app is not in a healthy state" in invoke_failed(call(hub, caller), "lamp")
    lamp.status = 299
    wait_until(lambda: call(hub).status == 200, "a healthy app")


def test_one_failure_is_not_enough(hub, lamp):
    wait_until(lambda: call(hub).status == 200, "a healthy app")
    failed = threading.Event()

    def fail_once(exchange):
        exchange.answer(200 if failed.is_set() else 500)
        failed.set()
    lamp.app.route("/alive", fail_once)
    assert failed.wait(5)
    before = lamp.probes()
    wait_until(lambda: lamp.probes() > before + 2, "more probes")
    assert call(hub).status == 200


def test_an_app_is_ill_until_its_first_good_answer(bench):
    lamp = Patient(bench)
    lamp.status = 500
    hub = bench.hub([app("lamp", lamp.port, health=QUICK), app("speaker")])
    wait_until(lambda: lamp.probes() > 0, "a probe")
    assert "app is not in a healthy state" in invoke_failed(call(hub), "lamp")
    lamp.status = 200
    wait_until(lambda: call(hub).status == 200, "a healthy app")


def test_an_answer_that_takes_too_long_is_none(hub, lamp):
    wait_until(lambda: call(hub).status == 200, "a healthy app")

    def hang(exchange):
        exchange.wait_for_peer_to_leave()
        exchange.hang_up()
    lamp.app.route("/alive", hang)
    wait_until(lambda: call(hub).status == 500, "an unhealthy app")


def test_an_app_that_is_gone_is_ill(hub, lamp):
    wait_until(lambda: call(hub).status == 200, "a healthy app")
    lamp.app.close()
    wait_until(lambda: "app is not in a healthy state" in call(hub).text, "an unhealthy app")


def test_a_redirect_is_no_health(hub, lamp):
    wait_until(lambda: call(hub).status == 200, "a healthy app")
    lamp.status = 302
    wait_until(lambda: call(hub).status == 500, "an unhealthy app")


def test_probes_carry_no_token(hub, lamp):
    wait_until(lambda: call(hub).status == 200, "a healthy app")
    probe = lamp.app.seen("/alive")[0]
    assert probe.method == "GET" and "dapr-api-token" not in probe.headers
    assert lamp.app.seen("/on")[0].header("dapr-api-token") == "t0ken"


def test_daprds_flags(bench):
    lamp = Patient(bench)
    lamp.status = 500
    daprd = Daprd(bench.directory(), flags=[
        "--app-port", lamp.port, "--enable-app-health-check", "--app-health-check-path=/alive",
        "--app-health-probe-interval", "1", "--app-health-probe-timeout", "200",
        "--app-health-threshold", "1"])
    daprd.process = bench.process(daprd.arguments())
    daprd.process.wait_until_answers(daprd.api)
    # The app listens, and that is all that healthz waits for.
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    wait_until(lambda: lamp.probes() > 0, "a probe")
    answer = daprd.api.get("/v1.0/invoke/lamp/method/on")
    assert "app is not in a healthy state" in invoke_failed(answer, "lamp")
    lamp.status = 200
    wait_until(lambda: daprd.api.get("/v1.0/invoke/lamp/method/on").status == 200, "health")
    assert invoked(daprd.api.get("/v1.0/invoke/lamp/method/on"))["path"] == "/on"
