"""A hub's internal port as a daprd uses it, and one as a daprd has it."""
import threading
from concurrent import futures

import grpc

from harness.rpc import COMMON, Rpc, message

INTERNALS = "dapr.proto.internals.v1"
SERVICE = f"{INTERNALS}.ServiceInvocation"
VERBS = ("NONE", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")


def kind(name):
    return message(f"{INTERNALS}.{name}")


def add_values(target, values):
    for name, value in dict(values).items():
        target[name].values.extend([value] if isinstance(value, str) else value)


def request_to(app_id, method="on", verb="GET", metadata=(), content_type="", query="", **fields):
    """InternalInvokeRequest as daprd's sender makes it."""
    request = kind("InternalInvokeRequest")(ver=1, **fields)
    add_values(request.metadata, {"destination-app-id": app_id, "dapr-callee-app-id": app_id,
                                  "dapr-caller-app-id": "far", "dapr-caller-namespace": "default",
                                  **dict(metadata)})
    request.message.method = method
    request.message.content_type = content_type
    if verb:
        request.message.http_extension.verb = VERBS.index(verb)
        request.message.http_extension.querystring = query
    return request


def chunks(request, pieces=()):
    """The messages of CallLocalStream, each piece of the body in one of its own."""
    first = kind("InternalInvokeRequestStream")(request=request)
    payload = message(f"{COMMON}.StreamPayload")
    yield first
    for seq, piece in enumerate(pieces):
        yield kind("InternalInvokeRequestStream")(payload=payload(data=piece, seq=seq))


class Answer:
    """What came back: status, headers and trailers as lists, and the body."""

    def __init__(self, response, body):
        self.status = response.status.code
        self.message = response.status.message
        self.headers = {name.lower(): list(one.values) for name, one in response.headers.items()}
        self.trailers = {name: list(one.values) for name, one in response.trailers.items()}
        self.content_type = response.message.content_type
        self.body = body


class Caller:
    """Calls at an internal port."""

    def __init__(self, port):
        self.rpc = Rpc(f"127.0.0.1:{port}", service=SERVICE)

    def stream(self, request, pieces=(), limit=20):
        answers = list(self.rpc.method("CallLocalStream")(chunks(request, pieces), timeout=limit))
        assert answers[0].HasField("response")
        assert not any(one.HasField("response") for one in answers[1:])
        payloads = [one.payload for one in answers if one.HasField("payload")]
        assert [one.seq for one in payloads] == list(range(len(payloads)))
        return Answer(answers[0].response, b"".join(one.data for one in payloads))

    def unary(self, request, body=b"", limit=20):
        request.message.data.value = body
        response = self.rpc.method("CallLocal")(request, timeout=limit)
        return Answer(response, response.message.data.value)

    def close(self):
        self.rpc.close()


class InternalPort(grpc.GenericRpcHandler):
    """Answers calls as a daprd does that has one app; `knows` are the methods that it serves.
    `answer` makes (InternalInvokeResponse, pieces of the body) of a request and its body."""

    def __init__(self, answer, knows=("CallLocal", "CallLocalStream")):
        self.answer = answer
        self.knows = knows
        self.seen = []  # (method, request, body)
        self._lock = threading.Lock()
        self._server = grpc.server(futures.ThreadPoolExecutor(8), handlers=[self],
                                   options=[("grpc.so_reuseport", 0)])
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def close(self):
        self._server.stop(None).wait()

    def service(self, details):
        service, name = details.method.lstrip("/").split("/")
        if service != SERVICE or name not in self.knows:
            return None
        if name == "CallLocal":
            return grpc.unary_unary_rpc_method_handler(
                self._whole, kind("InternalInvokeRequest").FromString,
                kind("InternalInvokeResponse").SerializeToString)
        return grpc.stream_stream_rpc_method_handler(
            self._streamed, kind("InternalInvokeRequestStream").FromString,
            kind("InternalInvokeResponseStream").SerializeToString)

    def _note(self, method, request, body):
        with self._lock:
            self.seen.append((method, request, body))

    def _whole(self, request, context):
        self._note("CallLocal", request, request.message.data.value)
        response, pieces = self.answer(request, request.message.data.value, context)
        response.message.data.value = b"".join(pieces)
        return response

    def _streamed(self, requests, context):
        first = next(requests)
        assert not first.request.message.data.value, "the body goes in payloads"
        payloads = [first.payload] if first.HasField("payload") else []
        payloads += [one.payload for one in requests]
        assert [one.seq for one in payloads] == list(range(len(payloads)))
        body = b"".join(one.data for one in payloads)
        self._note("CallLocalStream", first.request, body)
        response, pieces = self.answer(first.request, body, context)
        yield kind("InternalInvokeResponseStream")(response=response)
        payload = message(f"{COMMON}.StreamPayload")
        for seq, piece in enumerate(pieces):
            yield kind("InternalInvokeResponseStream")(payload=payload(data=piece, seq=seq))


def response(code, *pieces, headers=(), content_type="text/plain", said=""):
    """What an InternalPort's answer() returns."""
    made = kind("InternalInvokeResponse")()
    made.status.code = code
    made.status.message = said
    made.message.content_type = content_type
    add_values(made.headers, headers)
    return made, pieces
