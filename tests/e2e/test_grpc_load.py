"""Many streams, slow readers, stalled writers and clients that vanish: memory stays bounded."""
import os
import subprocess

import pytest

from harness.daemon import SANITIZED
from harness.http2 import DATA, HEADERS, Http2, framed
from harness.resources import app, component
from harness.rpc import RUNTIME, Rpc, message
from harness.waiting import wait_until

MEBIBYTE = 1 << 20
GET_STATE = f"/{RUNTIME}.Dapr/GetState"
STREAMS = 100  # that the hub takes at once on a connection


@pytest.fixture(scope="module")
def hub(module_bench):
    hub = module_bench.hub([app("lamp"), component("store", "state.in-memory")])
    rpc = Rpc(hub.grpc_target("lamp"))
    states = [{"key": "small", "value": b"s"}, {"key": "large", "value": bytes(100 * 1024)}]
    rpc.call("SaveState", store_name="store", states=states)
    rpc.close()
    return hub


@pytest.fixture(autouse=True)
def nothing_leaks(hub):
    """Whatever a test does, the hub has afterwards what it had before, and answers."""
    files, memory = open_files(hub), hub.process.pss()
    yield
    wait_until(lambda: open_files(hub) <= files, "all connections to be closed")
    wait_until(lambda: SANITIZED or hub.process.pss() < memory + 12 * MEBIBYTE,
               "memory to be given back", 30)
    rpc = Rpc(hub.grpc_target("lamp"))
    assert rpc.call("GetState", store_name="store", key="small").data == b"s"
    rpc.close()


def open_files(hub):
    return len(os.listdir(f"/proc/{hub.process.pid}/fd"))


def socket_of(hub):
    return hub.grpc_target("lamp").removeprefix("unix:")


def request(key):
    return message("GetStateRequest")(store_name="store", key=key).SerializeToString()


def h2load(hub, tmp_path, *arguments):
    body = tmp_path / "request"
    body.write_bytes(framed(request("small")))
    done = subprocess.run(
        ["h2load", "-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers",
         *map(str, arguments), f"--base-uri=unix:{socket_of(hub)}", f"http://hub{GET_STATE}"],
        capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


@pytest.mark.parametrize("clients, at_once, count", [(1, 1, 10_000), (1, STREAMS, 10_000),
                                                     (8, STREAMS, 10_000), (2, 1000, 10_000)])
def test_ten_thousand_streams(hub, tmp_path, clients, at_once, count):
    told = h2load(hub, tmp_path, "-c", clients, "-m", at_once, "-n", count)
    assert f"{count} succeeded, 0 failed, 0 errored, 0 timeout" in told, told


def test_slow_readers(hub):
    readers = [Http2(socket_of(hub), window=0) for _ in range(2)]
    before = hub.process.pss()
    for reader in readers:
        for stream in range(1, 2 * STREAMS, 2):
            reader.call(stream, GET_STATE, request("large"))
        reader.read_until(HEADERS, STREAMS)
    # Each answer is held as it is and as it is sent.
    assert SANITIZED or hub.process.pss() < before + 2 * STREAMS * 3 * 100 * 1024
    readers[0].let_go_on(1, 100)
    assert readers[0].read()[0] == DATA
    for reader in readers:
        reader.close()


def test_stalled_writers(hub):
    writers = [Http2(socket_of(hub)) for _ in range(4)]
    before = hub.process.pss()
    for writer in writers:
        for stream in range(1, 2 * STREAMS, 2):
            writer.begin_call(stream, GET_STATE)
            writer.send(stream, framed(b"cut off", claims=4 * MEBIBYTE))
    rpc = Rpc(hub.grpc_target("lamp"))
    assert rpc.call("GetState", store_name="store", key="small").data == b"s"
    rpc.close()
    # What a message says of its length is not believed before it has come.
    assert SANITIZED or hub.process.pss() < before + 8 * MEBIBYTE
    for writer in writers:
        writer.close()


def test_a_stalled_writer_with_a_deadline_is_answered(hub):
    writer = Http2(socket_of(hub))
    writer.begin_call(1, GET_STATE, **{"grpc-timeout": "50m"})
    writer.send(1, framed(b"", claims=10))
    writer.read_until(HEADERS)
    writer.close()


def test_clients_that_vanish(hub):
    for round_trip in range(200):
        client = Http2(socket_of(hub))
        for stream in range(1, 20, 2):
            client.call(stream, GET_STATE, request("large"))
        if round_trip % 2 == 0:
            client.read_until(HEADERS)
        client.close()
