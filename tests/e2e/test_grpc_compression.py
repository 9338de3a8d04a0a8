"""Messages that clients send compressed."""
import grpc
import pytest

from harness.daemon import SANITIZED
from harness.resources import app, component
from harness.rpc import RUNTIME, Rpc, failure_of, message

MEBIBYTE = 1 << 20
LIMIT = 20


@pytest.fixture(scope="module")
def hub(module_bench):
    return module_bench.hub([app("lamp"), component("store", "state.in-memory")])


def saved(size):
    states = [{"key": "zeros", "value": bytes(size)}]
    return message("SaveStateRequest")(store_name="store", states=states)


def save(hub, size, compression=grpc.Compression.Gzip):
    with grpc.insecure_channel(hub.grpc_target("lamp")) as channel:
        call = channel.unary_unary(f"/{RUNTIME}.Dapr/SaveState",
                                   request_serializer=lambda one: one.SerializeToString())
        return failure_of_or_none(call.future(saved(size), LIMIT, compression=compression))


def failure_of_or_none(call):
    try:
        call.result()
    except grpc.RpcError:
        return failure_of(call)
    return None


def test_gzip(hub):
    assert save(hub, MEBIBYTE) is None
    rpc = Rpc(hub.grpc_target("lamp"))
    assert rpc.call("GetState", store_name="store", key="zeros").data == bytes(MEBIBYTE)
    rpc.close()


def test_a_bomb(hub):
    assert save(hub, MEBIBYTE) is None
    before = hub.process.pss()
    for _ in range(3):
        # 100 KiB on the wire.
        failure = save(hub, 100 * MEBIBYTE)
        assert failure.code == "RESOURCE_EXHAUSTED" and "after decompression" in failure.message
    assert SANITIZED or hub.process.pss() < before + 16 * MEBIBYTE
    assert save(hub, 1) is None


def test_an_encoding_that_the_hub_has_not(hub):
    failure = save(hub, MEBIBYTE, grpc.Compression.Deflate)
    assert failure.code == "UNIMPLEMENTED" and '"deflate"' in failure.message
