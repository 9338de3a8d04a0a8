"""A gRPC client for the hub: grpcio, with the messages of the hub's own .proto files."""
import functools
import pathlib
import subprocess

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTOS = pathlib.Path(__file__).resolve().parents[3] / "edge/api/grpc/proto"
LIMIT = 20  # seconds, for calls that a test gives no limit
RUNTIME = "dapr.proto.runtime.v1"
COMMON = "dapr.proto.common.v1"


@functools.cache
def _files():
    """The .proto files as protoc understands them."""
    names = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    made = subprocess.run(["protoc", f"--proto_path={PROTOS}", "--include_imports",
                           "--descriptor_set_out=/dev/stdout", *names],
                          check=True, capture_output=True).stdout
    return descriptor_pb2.FileDescriptorSet.FromString(made)


def described_files():
    """google.protobuf.FileDescriptorProto of each .proto file, and of what they import."""
    return {file.name: file for file in _files().file}


@functools.cache
def _pool():
    pool = descriptor_pool.DescriptorPool()
    for file in _files().file:
        pool.Add(file)
    return pool


@functools.cache
def message(name):
    """The class of a message; names without a package are the runtime's."""
    full = name if "." in name else f"{RUNTIME}.{name}"
    return message_factory.MessageFactory(_pool()).GetPrototype(
        _pool().FindMessageTypeByName(full))


@functools.cache
def _methods(service):
    """Name to (request class, answer class, grpcio's name of the kind)."""
    found = {}
    for file in _files().file:
        for one in file.service:
            if f"{file.package}.{one.name}" == service:
                found.update({method.name: _method(method) for method in one.method})
    assert found, service
    return found


def _method(method):
    kind = "_".join("stream" if one else "unary"
                    for one in (method.client_streaming, method.server_streaming))
    return message(method.input_type[1:]), message(method.output_type[1:]), kind


def method_of(service, name):
    """(request class, answer class, grpcio's name of the kind)."""
    return _methods(service)[name]


class Rpc:
    """A service's methods as functions of their requests' fields; `headers` are gRPC's metadata."""

    def __init__(self, target, metadata=(), service=f"{RUNTIME}.Dapr", options=()):
        self.channel = grpc.insecure_channel(target, options=list(options))
        self.metadata = dict(metadata)
        self.service = service

    def method(self, name):
        request, answer, kind = _methods(self.service)[name]
        return getattr(self.channel, kind)(f"/{self.service}/{name}",
                                           request_serializer=request.SerializeToString,
                                           response_deserializer=answer.FromString)

    def start(self, method, timeout=LIMIT, headers=(), **fields):
        """A call on its way: a future, or a stream of answers."""
        request, _, kind = _methods(self.service)[method]
        told = list({**self.metadata, **dict(headers)}.items())
        call = self.method(method)
        call = call if kind == "unary_stream" else call.future
        return call(request(**fields), timeout=timeout, metadata=told)

    def call(self, method, timeout=LIMIT, headers=(), **fields):
        return self.start(method, timeout, headers, **fields).result()

    def fail(self, method, timeout=LIMIT, headers=(), **fields):
        """How a call fails that must."""
        return failure_of(self.start(method, timeout, headers, **fields))

    def raw(self, path, body=b"", timeout=LIMIT, headers=()):
        """A call of bytes."""
        told = list({**self.metadata, **dict(headers)}.items())
        return self.channel.unary_unary(path).future(body, timeout=timeout, metadata=told)

    def close(self):
        self.channel.close()


def failure_of(call):
    try:
        answer = call.result() if hasattr(call, "result") else list(call)
    except grpc.RpcError as error:
        return Failure(error)
    raise AssertionError(f"the call answered {answer}")


class Failure:
    """Code, message, and what the details say."""

    def __init__(self, error):
        self.code = error.code().name
        self.message = error.details()
        self.headers = dict(error.initial_metadata() or ())
        trailers = dict(error.trailing_metadata() or ())
        self.details = self._details(trailers.get("grpc-status-details-bin"))

    def _details(self, data):
        if data is None:
            return {}
        status = message("google.rpc.Status").FromString(data)
        number = getattr(grpc.StatusCode, self.code).value[0]
        assert (status.code, status.message) == (number, self.message)
        return {one.type_url.rpartition(".")[2]:
                message(one.type_url.rpartition("/")[2]).FromString(one.value)
                for one in status.details}

    @property
    def reason(self):
        info = self.details.get("ErrorInfo")
        return info.reason if info else None

    @property
    def info(self):
        return dict(self.details["ErrorInfo"].metadata)

    def __repr__(self):
        return f"{self.code} {self.message!r} {self.details}"
