"""Server reflection: the hub tells what its services are."""
import grpc
import pytest
from google.protobuf import descriptor_pb2

from harness.resources import app
from harness.rpc import LIMIT, RUNTIME, Rpc, described_files, failure_of, message

VERSIONS = ("v1", "v1alpha")
SERVICES = {f"{RUNTIME}.Dapr", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection"}


@pytest.fixture(scope="module")
def hub(module_bench):
    return module_bench.hub([app("lamp")])


def ask(target, version, *requests, metadata=()):
    """The answers to these requests, all on one stream."""
    rpc = Rpc(target, service=f"grpc.reflection.{version}.ServerReflection")
    kind = message(f"grpc.reflection.{version}.ServerReflectionRequest")
    call = rpc.method("ServerReflectionInfo")
    sent = iter([kind(**one) for one in requests])
    try:
        return list(call(sent, timeout=LIMIT, metadata=metadata))
    finally:
        rpc.close()


def file_of(answer):
    [data] = answer.file_descriptor_response.file_descriptor_proto
    return descriptor_pb2.FileDescriptorProto.FromString(data)


@pytest.mark.parametrize("version", VERSIONS)
def test_services_and_their_files(hub, version):
    target = f"127.0.0.1:{hub.grpc_port}"
    listed, found = ask(target, version, {"list_services": ""},
                        {"host": "h", "file_containing_symbol": f"{RUNTIME}.Dapr"})
    assert {one.name for one in listed.list_services_response.service} == SERVICES
    assert found.valid_host == found.original_request.host == "h"
    assert file_of(found).name == "dapr/proto/runtime/v1/dapr.proto"


def test_every_file_is_that_of_protoc(hub):
    """If not, run tools/make_descriptors.py."""
    to_see, seen = ["dapr/proto/runtime/v1/dapr.proto", "grpc/health/v1/health.proto",
                    "grpc/reflection/v1/reflection.proto",
                    "grpc/reflection/v1alpha/reflection.proto"], set()
    while to_see:
        name = to_see.pop()
        if name not in seen:
            [answer] = ask(hub.grpc_target("lamp"), "v1", {"file_by_filename": name})
            assert file_of(answer) == described_files()[name]
            to_see += file_of(answer).dependency
            seen.add(name)
    assert "google/protobuf/empty.proto" in seen


@pytest.mark.parametrize("symbol, file", [
    (f"{RUNTIME}.Dapr.GetState", "dapr/proto/runtime/v1/dapr.proto"),
    (f"{RUNTIME}.GetStateRequest", "dapr/proto/runtime/v1/dapr.proto"),
    ("dapr.proto.common.v1.StateItem", "dapr/proto/common/v1/common.proto"),
    ("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto")])
def test_symbols(hub, symbol, file):
    [answer] = ask(hub.grpc_target("lamp"), "v1", {"file_containing_symbol": symbol})
    assert file_of(answer).name == file


@pytest.mark.parametrize("request_fields", [
    {"file_containing_symbol": "no.Such"}, {"file_containing_symbol": RUNTIME},
    {"file_containing_symbol": ""}, {"file_by_filename": "no.proto"},
    {"all_extension_numbers_of_type": "no.Such"}, {}])
def test_what_is_not_there(hub, request_fields):
    failed, listed = ask(hub.grpc_target("lamp"), "v1", request_fields, {"list_services": "*"})
    assert failed.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert failed.error_response.error_message
    assert len(listed.list_services_response.service) == len(SERVICES)


def test_an_app_that_is_named_is_asked_for_its_own(hub):
    rpc = Rpc(hub.grpc_target("lamp"))
    failure = failure_of(rpc.raw("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                 headers={"dapr-app-id": "nobody"}))
    assert (failure.code, failure.message) == ("UNKNOWN", "couldn't find service: nobody")
    rpc.close()
