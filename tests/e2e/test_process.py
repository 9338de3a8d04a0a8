"""Signals, draining, exit codes and the service manager."""
import os
import random
import signal
import subprocess
import threading
import time
import uuid

import pytest

from harness.client import Client
from harness.daemon import BINARY, clean_environment, free_port, write_resources
from harness.notify import NotifySocket
from harness.resources import app
from harness.waiting import wait_until


@pytest.fixture
def gate(bench):
    """An app whose answers wait for the test."""
    lamp = bench.app()
    lamp.go = threading.Event()

    def held(exchange):
        assert lamp.go.wait(15)
        exchange.answer(200, b"drained")
    lamp.route("/held", held)
    return lamp


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_finish(bench, gate, number):
    hub = bench.hub([app("lamp", gate.port), app("speaker")])
    with hub.api("speaker").connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/lamp/method/held")
        gate.wait_for("/held")
        hub.process.signal(number)
        wait_until(lambda: not accepts(hub.shared), "the end of listening")
        assert hub.process.running()
        gate.go.set()
        assert connection.read_answer().body == b"drained"
    assert hub.process.wait() == 0


def accepts(client):
    try:
        client.connect().close()
    except OSError:
        return False
    return True


def test_idle_connections_do_not_delay_the_end(bench):
    hub = bench.hub([app("lamp")])
    idle = [hub.api("lamp").connect() for _ in range(10)]
    idle[0].send_request("GET", "/v1.0/healthz")
    assert idle[0].read_answer().status == 204
    begin = time.monotonic()
    assert hub.process.stop() == 0
    assert time.monotonic() - begin < 2
    assert all(connection.is_closed() for connection in idle)


def test_what_takes_longer_than_the_grace_is_cut_off(bench, gate):
    hub = bench.hub([app("lamp", gate.port), app("speaker")],
                    ["--dapr-graceful-shutdown-seconds", "1"])
    with hub.api("speaker").connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/lamp/method/held")
        gate.wait_for("/held")
        begin = time.monotonic()
        hub.process.signal(signal.SIGTERM)
        code = hub.process.wait()
        assert 0.9 < time.monotonic() - begin < 4
        assert code in (0, 1)
    gate.go.set()


def test_a_second_signal_ends_at_once(bench, gate):
    hub = bench.hub([app("lamp", gate.port), app("speaker")])
    with hub.api("speaker").connect() as connection:
        connection.send_request("GET", "/v1.0/invoke/lamp/method/held")
        gate.wait_for("/held")
        hub.process.signal(signal.SIGTERM)
        hub.process.wait_for_log("beginning shutdown")
        begin = time.monotonic()
        hub.process.signal(signal.SIGINT)
        assert hub.process.wait() == 1
        assert time.monotonic() - begin < 2
    assert "during shutdown; exiting immediately" in hub.log
    gate.go.set()


def test_sighup_keeps_it_alive(bench):
    hub = bench.hub([app("lamp")])
    for _ in range(3):
        hub.process.signal(signal.SIGHUP)
        hub.process.wait_until_answers(hub.api("lamp"), "/v1.0/healthz")
    assert hub.process.running()


def test_sigterm_behind_sighups_ends_it(bench):
    for _ in range(10):
        hub = bench.hub([app("lamp")])
        for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM):
            hub.process.signal(number)
            time.sleep(random.random() / 100)  # any moment of starting again
        assert hub.process.wait() == 0


# What certificates are judged by while the clock is not set yet.
def test_the_newest_time_is_kept_over_restarts(bench):
    begin = time.time()
    hub = bench.hub([app("lamp")])
    assert hub.process.stop() == 0
    kept = hub.directory / "data" / "clock"
    assert begin - 1 <= kept.stat().st_mtime <= time.time()
    later = begin + 20 * 365 * 86400  # as if the clock had gone back since
    os.utime(kept, (later, later))
    hub.start()
    assert hub.process.stop() == 0
    assert kept.stat().st_mtime == pytest.approx(later, abs=1)


def test_block_shutdown_keeps_the_api_up(bench, gate):
    daprd = bench.daprd("lamp", flags=["--app-port", gate.port,
                                       "--dapr-block-shutdown-duration", "1500ms"])
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    begin = time.monotonic()
    daprd.process.signal(signal.SIGTERM)
    daprd.process.wait_for_log("beginning shutdown")
    assert daprd.api.get("/v1.0/invoke/lamp/method/on").status == 200
    assert daprd.process.wait() == 0
    assert 1.4 < time.monotonic() - begin < 5


def test_block_shutdown_ends_when_the_app_falls_ill(bench, gate):
    status = [200]
    gate.route("/alive", lambda exchange: exchange.answer(status[0]))
    daprd = bench.daprd("lamp", flags=[
        "--app-port", gate.port, "--dapr-block-shutdown-duration", "60s",
        "--enable-app-health-check", "--app-health-check-path", "/alive",
        "--app-health-probe-interval", "1", "--app-health-threshold", "1"])
    wait_until(lambda: daprd.api.get("/v1.0/invoke/lamp/method/on").status == 200, "health")
    daprd.process.signal(signal.SIGTERM)
    daprd.process.wait_for_log("beginning shutdown")
    status[0] = 500
    assert daprd.process.wait(10) == 0


def test_what_daprd_logs_on_its_way(bench, gate):
    daprd = bench.daprd("lamp", flags=["--app-port", gate.port])
    daprd.process.wait_until_answers(daprd.api, "/v1.0/healthz")
    assert daprd.process.stop() == 0
    for line in ("Starting Dapr Runtime -- version ", "app id: lamp",
                 f"HTTP server is running on port {daprd.port}",
                 "application protocol: http. waiting on port", "application discovered on port",
                 "dapr initialized. Status: Running. Init Elapsed ",
                 "Received signal 'terminated'; beginning shutdown", "Dapr is shutting down",
                 "Daprd shutdown gracefully"):
        assert line in daprd.log, line


def test_a_port_that_is_taken(bench, gate):
    process = bench.process(["--root", bench.directory(), "--dapr-http-port", gate.port])
    assert process.wait() == 1
    assert str(gate.port) in process.log and "in use" in process.log


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_is_told(bench, abstract):
    directory = bench.directory()
    path = f"@edgelane-test-{uuid.uuid4()}" if abstract else directory / "notify"
    manager = NotifySocket(path)
    process = bench.process(
        ["--root", directory, "--dapr-http-port", free_port()],
        {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "200000"})
    manager.wait_for("READY=1")
    manager.wait_for("WATCHDOG=1", 3)
    assert "STOPPING=1" not in manager.told
    process.signal(signal.SIGTERM)
    assert process.wait() == 0
    manager.wait_for("STOPPING=1")
    assert manager.told.count("READY=1") == 1
    manager.close()


def test_ready_does_not_wait_for_apps(bench):
    directory = bench.directory()
    lamp = bench.app(listening=False)
    write_resources(directory / "etc", [app("lamp", lamp.port, health={"enabled": True})])
    manager = NotifySocket(directory / "notify")
    bench.process(["--root", directory, "--dapr-http-port", free_port()],
                  {"NOTIFY_SOCKET": str(directory / "notify")})
    manager.wait_for("READY=1")
    manager.close()


def test_a_watchdog_of_another_process_is_not_fed(bench):
    directory = bench.directory()
    manager = NotifySocket(directory / "notify")
    process = bench.process(
        ["--root", directory, "--dapr-http-port", free_port()],
        {"NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": "50000",
         "WATCHDOG_PID": str(os.getpid())})
    manager.wait_for("READY=1")
    assert process.stop() == 0
    manager.wait_for("STOPPING=1")
    assert "WATCHDOG=1" not in manager.told
    manager.close()


def test_nothing_is_left_open_after_much_use(bench):
    lamp = bench.app()
    hub = bench.hub([app("lamp", lamp.port), app("speaker")])
    speaker = hub.api("speaker")
    assert speaker.get("/v1.0/invoke/lamp/method/on").status == 200
    def descriptors():
        return len(os.listdir(f"/proc/{hub.process.pid}/fd"))
    before = descriptors()
    for _ in range(100):
        assert speaker.get("/v1.0/invoke/lamp/method/on").status == 200
    wait_until(lambda: descriptors() <= before + 1, "descriptors being given back")


def test_a_log_that_nobody_reads_does_not_stop_it(bench):
    """Standard output is a pipe without a reader."""
    directory = bench.directory()
    path = str(directory / "run/apps/lamp/http.sock")
    write_resources(directory / "etc", [app("lamp")])
    reader, writer = os.pipe()
    os.close(reader)
    arguments = ["--root", directory, "--dapr-http-port", "0", "--metrics-port", "9191"]
    child = subprocess.Popen([BINARY, *arguments], stdout=writer, stderr=writer,
                             env=clean_environment({}))
    os.close(writer)
    wait_until(lambda: child.poll() is not None or accepts(Client(path)), "a socket")
    assert child.poll() is None, "it died of its log"
    assert Client(path).get("/v1.0/healthz").status == 204
    child.terminate()
    assert child.wait(10) == 0
