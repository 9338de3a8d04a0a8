"""A real gRPC app: grpcio's server with the hub's own .proto files."""
import threading
from concurrent import futures

import grpc

from harness.rpc import RUNTIME, method_of, message
from harness.waiting import wait_until

CALLBACK = f"{RUNTIME}.AppCallback"
THREADS = 32


class Seen:
    """One call as it came: the request's message, and the metadata."""

    def __init__(self, request, context):
        self.request = request
        self.metadata = dict(context.invocation_metadata())
        self.peer = context.peer()


class RpcApp(grpc.GenericRpcHandler):
    """`answers` maps "Service/Method" to a function of request and context; what is not there is
    unimplemented. `raw` does the same for methods of no .proto: kind and function of bytes."""

    def __init__(self, address="127.0.0.1:0", listening=True):
        self.answers = {}
        self.raw = {}
        self.seen = {}
        self._lock = threading.Lock()
        self._server = None
        self.address = address
        self.port = 0
        if listening:
            self.listen()

    def listen(self):
        options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)]
        self._server = grpc.server(futures.ThreadPoolExecutor(THREADS), handlers=[self],
                                   options=options)
        self.port = self._server.add_insecure_port(self.address)
        self._server.start()
        if not self.address.startswith("unix:"):
            self.address = f"127.0.0.1:{self.port}"

    def close(self):
        if self._server is not None:
            self._server.stop(None).wait()
            self._server = None

    def answer(self, name, function=None, **fields):
        """What AppCallback's method says: a function, or the fields of its answer."""
        full = name if "/" in name else f"{CALLBACK}/{name}"
        _, answer, _ = method_of(*full.split("/"))
        self.answers[full] = function or (lambda request, context: answer(**fields))

    def calls(self, name):
        with self._lock:
            return list(self.seen.get(name if "/" in name else f"{CALLBACK}/{name}", []))

    def wait_for(self, name, count=1):
        wait_until(lambda: len(self.calls(name)) >= count, f"{count} calls of {name}")
        return self.calls(name)

    def service(self, details):
        name = details.method.lstrip("/")
        if name in self.raw:
            kind, function = self.raw[name]
            return getattr(grpc, f"{kind}_rpc_method_handler")(function)
        if name not in self.answers:
            return None
        request, answer, _ = method_of(*name.split("/"))
        return grpc.unary_unary_rpc_method_handler(
            lambda told, context: self._note(name, told, context),
            request_deserializer=request.FromString, response_serializer=answer.SerializeToString)

    def _note(self, name, request, context):
        with self._lock:
            self.seen.setdefault(name, []).append(Seen(request, context))
        return self.answers[name](request, context)


def subscribes(app, *subscriptions):
    """Has an app list these: fields of TopicSubscription."""
    kind = message("TopicSubscription")
    app.answer("ListTopicSubscriptions", subscriptions=[kind(**one) for one in subscriptions])
