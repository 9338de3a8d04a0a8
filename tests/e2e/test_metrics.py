"""Metrics: what is counted matches what was done; the port; what happens when it is taken."""
import json
import socket

from harness import configuration, metrics
from harness.app import App
from harness.daemon import free_port, run_to_end
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.state import Store
from harness.waiting import wait_until

LATENCIES = [1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 65, 80, 100, 130, 160, 200, 250,
             300, 400, 500, 650, 800, 1000, 2000, 5000, 10000, 20000, 50000, 100000]
SIZES = [1024, 2048, *[4096 * 4 ** power for power in range(11)]]


def two_apps(bench, *more):
    lamp = bench.app()
    lamp.route("/broken", lambda exchange: exchange.answer(503))
    lamp.route("/dapr/subscribe", lambda exchange: exchange.answer(404))
    hub = bench.hub([app("lamp", lamp.port), app("speaker"), *more])
    wait_until(lambda: hub.api("lamp").get("/v1.0/healthz").status == 204, "the lamp")
    return hub


def test_requests_and_calls_are_counted(bench):
    hub = two_apps(bench)
    speaker = hub.api("speaker")
    before = metrics.read(hub)
    for _ in range(7):
        assert speaker.get("/v1.0/invoke/lamp/method/on").status == 200
    for _ in range(3):
        assert speaker.post("/v1.0/invoke/lamp/method/broken", b"x" * 3000).status == 503
    assert speaker.get("/nowhere").status == 404
    after = metrics.read(hub)

    def grown(name, **labels):
        return after.value(name, **labels) - before.value(name, **labels)

    def rows(name):
        return {tuple(labels.values()): value for labels, value in after.all(name)}
    of_speaker = {"app_id": "speaker", "path": ""}
    assert grown("dapr_http_server_request_count", method="GET", status="200", **of_speaker) == 7
    assert grown("dapr_http_server_request_count", method="POST", status="503", **of_speaker) == 3
    assert grown("dapr_http_server_request_count", method="GET", status="404", **of_speaker) == 1
    assert grown("dapr_http_server_latency_count", **of_speaker) == 11
    assert grown("dapr_http_server_request_bytes_sum", app_id="speaker") == 9000
    assert grown("dapr_http_client_completed_count", app_id="lamp", status="200") == 7
    assert grown("dapr_http_client_completed_count", app_id="lamp", status="503") == 3
    assert grown("dapr_http_client_sent_bytes_sum", app_id="lamp", method="POST") == 9000
    between = "dapr_runtime_service_invocation_"
    assert rows(between + "req_sent_total") == {("speaker", "lamp", "unary"): 10}
    assert rows(between + "req_recv_total") == {("lamp", "speaker"): 10}
    assert rows(between + "res_sent_total") == {
        ("lamp", "speaker", "200"): 7, ("lamp", "speaker", "503"): 3}
    assert rows(between + "res_recv_total") == {
        ("speaker", "lamp", "200", "unary"): 7, ("speaker", "lamp", "503", "unary"): 3}
    assert grown(between + "res_recv_latency_ms_count", app_id="speaker") == 10


def test_the_text_is_whole(bench):
    hub = two_apps(bench, component("store", "state.in-memory"))
    Store(hub.api("lamp"), "store").set("k", "v")
    hub.api("speaker").get("/v1.0/invoke/lamp/method/on")
    read = metrics.read(hub)
    assert set(read.types) == set(read.helps)
    assert set(read.types.values()) == {"counter", "gauge", "histogram"}
    histograms = [name for name, kind in read.types.items() if kind == "histogram"]
    for name, labels, value in read.samples:
        base = next((one for one in histograms if name.startswith(one + "_")), name)
        assert base in read.types, name
        assert value >= 0 and name.startswith(("dapr_", "edgelane_", "process_"))
        if base in histograms and name.endswith("_count"):
            buckets = [(known["le"], count)
                       for known, count in read.all(base + "_bucket", **labels)]
            counts = [count for _, count in buckets]
            assert counts == sorted(counts) and buckets[-1] == ("+Inf", value)
            wanted = LATENCIES if "latenc" in base else SIZES
            assert [float(bound) for bound, _ in buckets[:-1]] == wanted, base


def test_components_and_stores_are_counted(bench):
    hub = two_apps(bench, component("store", "state.in-memory"))
    store = Store(hub.api("lamp"), "store")
    store.set("k", "v")
    store.set("k", "w")
    assert store.get("k").status == 200
    etag = store.etag("k")
    assert store.save({"key": "k", "value": 1, "etag": etag + "0"}).status in (400, 409)
    store.delete("k")
    store.bulk("k")
    assert store.transact(("upsert", {"key": "a", "value": 1})).status == 204
    read = metrics.read(hub)
    rows = {(labels["operation"], labels["success"]): value for labels, value in read.all(
        "dapr_component_state_count", app_id="lamp", component="store", namespace="")}
    assert rows == {("set", "true"): 2, ("set", "false"): 1, ("get", "true"): 2,
                    ("delete", "true"): 1, ("bulk_get", "true"): 1, ("transaction", "true"): 1}
    assert read.value("dapr_component_state_latencies_count") == 8
    assert read.value("dapr_runtime_component_loaded", app_id="") == 1
    assert read.value("dapr_runtime_component_init_total", component="state.in-memory") == 1
    assert read.value("edgelane_app_healthy", app_id="lamp") == 1


def test_writes_to_a_database(bench):
    hub = bench.hub([app("lamp")])
    store = Store(hub.api("lamp"), "statestore")
    for number in range(5):
        store.set("k", number)
    read = metrics.read(hub)
    path = str(hub.directory / "data" / "state.db")
    assert read.value("edgelane_store_jobs", file=path) >= 5
    assert 1 <= read.value("edgelane_store_commits", file=path)
    assert read.value("edgelane_store_wal_bytes", file=path) > 0


def test_the_process(bench):
    read = metrics.read(bench.hub())
    assert 1 << 20 < read.value("edgelane_process_resident_memory_bytes") < 1 << 30
    assert read.value("process_resident_memory_bytes") > 1 << 20
    assert read.value("edgelane_process_open_fds") > 3
    assert 0 < read.value("edgelane_uptime_seconds") < 60
    assert 0 < read.value("process_cpu_seconds_total") < 60


def test_health_probes(bench):
    lamp = bench.app()
    lamp.route("/health", lambda exchange: exchange.answer(200))
    daprd = bench.daprd(flags=["--app-port", lamp.port, "--enable-app-health-check",
                               "--app-health-check-path", "/health"])
    wait_until(lambda: metrics.read(daprd).value(
        "dapr_http_healthprobes_completed_count", app_id="lamp", status="200") >= 1, "a probe")
    assert metrics.read(daprd).value("dapr_http_healthprobes_roundtrip_latency_count") >= 1


def test_calls_that_get_no_answer_count_as_500(bench):
    gone = App(listening=False)
    hub = bench.hub([app("gone", gone.port), app("speaker")])
    with hub.api("speaker").connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/gone/method/x")
        wait_until(lambda: metrics.read(hub).value(
            "dapr_http_client_completed_count", app_id="gone", status="500") >= 1, "a failed call")
    gone.close()


def test_requests_without_identity_have_no_app(bench):
    hub = bench.hub([app("lamp")])
    assert hub.shared.get("/v1.0/metadata").status == 200
    assert metrics.read(hub).value("dapr_http_server_request_count", app_id="", method="GET",
                                   status="200") >= 1


def test_statuses_of_one_app_are_bounded(bench):
    wild = bench.app(default=lambda exchange: exchange.answer(int(exchange.request.path[1:])))
    wild.route("/dapr/subscribe", lambda exchange: exchange.answer(404))
    hub = bench.hub([app("wild", wild.port), app("speaker")])
    wait_until(lambda: hub.api("wild").get("/v1.0/healthz").status == 204, "the app")
    for status in range(400, 500):
        assert hub.api("speaker").get(f"/v1.0/invoke/wild/method/{status}").status == status
    read = metrics.read(hub)
    assert len(read.all("dapr_http_client_completed_count")) <= 24
    assert 100 <= read.value("dapr_http_client_completed_count", app_id="wild") <= 102
    assert read.value("dapr_http_client_completed_count", app_id="wild", status="other") > 70
    assert read.value("dapr_http_server_request_count", app_id="speaker") == 100


def test_every_path_answers(bench):
    daprd = bench.daprd()
    for path in ("/", "/metrics", "/anything"):
        assert "process_open_fds" in metrics.client(daprd).get(path).text


def test_a_hub_goes_on_where_the_port_is_taken(bench):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        hub = bench.hub([app("lamp")], [f"--metrics-port={port}"])
        assert hub.api("lamp").get("/v1.0/healthz").status == 204
    warnings = [line for line in hub.log.splitlines() if "level=warning" in line]
    assert len(warnings) == 1 and str(port) in warnings[0] and "--metrics-port" in warnings[0]


def test_a_daprd_ends_where_the_port_is_taken(bench):
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = run_to_end(["--app-id", "lamp", "--dapr-http-port", "0",
                                 f"--metrics-port={port}"])
    assert code == 1 and str(port) in said and "--metrics-port" in said


def test_a_hub_listens_on_loopback_and_a_daprd_everywhere(bench):
    assert "metrics server started on 127.0.0.1:" in bench.hub().log
    assert "metrics server started on 0.0.0.0:" in bench.daprd().log


def test_switched_off(bench):
    port = free_port()
    hub = bench.hub(flags=[f"--metrics-port={port}", "--enable-metrics=false"])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert "metrics" not in hub.log


def test_a_component_that_fails_is_counted(bench):
    wrong = component("wrong", "state.sqlite", {"connectionString": "/no/such/place/x.db"},
                      spec={"ignoreErrors": True})
    read = metrics.read(bench.daprd(resources=[wrong]))
    assert read.value("dapr_runtime_component_init_fail_total", app_id="lamp",
                      component="state.sqlite", reason="init", componentName="wrong") == 1


def test_published_messages_are_counted(bench):
    hub = bench.hub([app("lamp"), component("bus", "pubsub.in-memory")])
    for _ in range(3):
        assert hub.api("lamp").post("/v1.0/publish/bus/on", b"{}").status == 204
    assert hub.api("lamp").post("/v1.0/publish/nowhere/on", b"{}").status >= 400
    read = metrics.read(hub)
    rows = {(labels["component"], labels["topic"], labels["success"]): value
            for labels, value in read.all("dapr_component_pubsub_egress_count", app_id="lamp")}
    assert rows == {("bus", "on", "true"): 3}
    topics = hub.shared.get("/v1.0-edgelane/top").json()["topics"]
    assert [(one["topic"], one["published"]) for one in topics] == [("on", 3)]


def test_deliveries_are_counted(bench):
    shop = Subscriber(bench, [subscription("bus", "orders", "/orders"),
                              subscription("bus", "floor/+/light", "/lights")])
    shop.says("/orders", 200, '{"status":"DROP"}', 500)
    hub = bench.hub([app("shop", shop.port), component("bus", "pubsub.in-memory")])
    wait_for_subscriptions(hub, 2)
    for topic in ("orders", "orders", "orders", "orders", "floor/1/light", "floor/2/light"):
        assert hub.api("shop").post(f"/v1.0/publish/bus/{topic}", b"{}").status == 204

    def rows(name):
        return {(labels["component"], labels["topic"], labels["process_status"]): value
                for labels, value in metrics.read(hub).all(name, app_id="shop")}
    expected = {("bus", "orders", "success"): 2, ("bus", "orders", "drop"): 1,
                ("bus", "orders", "retry"): 1, ("bus", "floor/+/light", "success"): 2}
    wait_until(lambda: rows("dapr_component_pubsub_ingress_count") == expected, "the counts")
    assert rows("dapr_component_pubsub_ingress_latencies_count") == expected
    topics = {one["topic"]: one for one in hub.shared.get("/v1.0-edgelane/top").json()["topics"]}
    assert topics["floor/+/light"]["delivered"] == 2


def test_bulk_messages_are_counted(bench):
    bulk = {"enabled": True, "maxMessagesCount": 4, "maxAwaitDurationMs": 10000}
    shop = Subscriber(bench, [subscription("bus", "orders", "/orders", bulkSubscribe=bulk)])
    words = [{"entryId": str(i), "status": word}
             for i, word in enumerate(("SUCCESS", "SUCCESS", "SUCCESS", "DROP"), 1)]
    shop.says("/orders", json.dumps({"statuses": words}))
    hub = bench.hub([app("shop", shop.port), component("bus", "pubsub.in-memory")])
    wait_for_subscriptions(hub)
    body = [{"entryId": str(i), "event": "x", "contentType": "text/plain"} for i in range(4)]
    assert hub.api("shop").post("/v1.0/publish/bulk/bus/orders", json.dumps(body).encode(),
                                {"Content-Type": "application/json"}).status == 204
    wait_until(lambda: metrics.read(hub).value("dapr_component_pubsub_ingress_bulk_count"), "it")
    read = metrics.read(hub)
    egress = {"app_id": "shop", "component": "bus", "topic": "orders", "success": "true"}
    assert read.value("dapr_component_pubsub_egress_bulk_count", **egress) == 1
    assert read.value("dapr_component_pubsub_egress_bulk_event_count", **egress) == 4
    assert read.value("dapr_component_pubsub_egress_bulk_latencies_count", **egress) == 1
    ingress = {"app_id": "shop", "component": "bus", "topic": "orders"}
    assert read.value("dapr_component_pubsub_ingress_bulk_count", **ingress) == 1
    assert read.value("dapr_component_pubsub_ingress_bulk_latencies_count", **ingress) == 1
    events = "dapr_component_pubsub_ingress_bulk_event_count"
    assert read.value(events, process_status="success", **ingress) == 3
    assert read.value(events, process_status="drop", **ingress) == 1
    told, = hub.shared.get("/v1.0-edgelane/top").json()["topics"]
    assert (told["published"], told["delivered"], told["errors"]) == (4, 3, 1)


def test_subscriptions_to_configuration_are_counted(bench):
    lamp = bench.app()
    hub = bench.hub([app("lamp", lamp.port)])
    api = hub.api("lamp")
    subscription_id = configuration.subscribe(api, "a")
    assert configuration.unsubscribe(api, subscription_id).status == 200
    assert configuration.unsubscribe(api, subscription_id).status == 500
    rows = {(labels["operation"], labels["success"]): value for labels, value in metrics.read(
        hub).all("dapr_component_configuration_count", app_id="lamp", component="configstore")}
    assert rows == {("subscribe", "true"): 1, ("unsubscribe", "true"): 1,
                    ("unsubscribe", "false"): 1}
