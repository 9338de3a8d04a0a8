"""What an app asks of the hub, with Dapr's client for Python."""
import asyncio
import json
import queue
import uuid

import grpc
from dapr.aio.clients import DaprClient as AsyncDaprClient
from dapr.clients import DaprClient
from dapr.clients.exceptions import DaprGrpcError, DaprHttpError
from dapr.clients.grpc._request import TransactionalStateOperation, TransactionOperationType
from dapr.clients.grpc._response import TopicEventResponse
from dapr.clients.grpc._state import Concurrency, StateItem, StateOptions
from dapr.conf import settings

from tap import LIMIT, equal, refused

STORE, BUS, SETTINGS, SECRETS = "statestore", "pubsub", "configstore", "secretstore"


class Client:
    def __init__(self):
        self.dapr = None
        self.key = uuid.uuid4().hex

    def start(self):
        self.dapr = DaprClient()

    def cases(self):
        return [
            ("invoke: GET", self.invoke),
            ("invoke: POST with a body and a query", self.invoke_with_body),
            ("invoke: the app's 404", self.invoke_missing),
            ("invoke over gRPC", self.invoke_over_grpc),
            ("state: save and get", self.save_and_get),
            ("state: what is not there", self.get_nothing),
            ("state: bulk", self.bulk),
            ("state: delete", self.delete),
            ("state: transaction", self.transaction),
            ("state: ETag conflict", self.etag_conflict),
            ("state: an unknown store", self.unknown_store),
            ("publish and subscribe as a stream", self.stream),
            ("publish and subscribe as a stream with a handler", self.stream_with_handler),
            ("publish and subscribe as a stream, with asyncio", self.stream_with_asyncio),
            ("bulk publish", self.bulk_publish),
            ("configuration: get", self.configuration),
            ("configuration: subscribe", self.subscribe_configuration),
            ("secrets: get", self.secret),
            ("secrets: bulk", self.all_secrets),
            ("metadata", self.metadata),
        ]

    def invoke(self):
        answer = self.dapr.invoke_method("lamp", "status", http_verb="GET")
        equal(answer.json(), {"on": True})
        equal(answer.status_code, 200)

    def invoke_with_body(self):
        answer = self.dapr.invoke_method("lamp", "echo", json.dumps({"n": 1}), http_verb="POST",
                                         content_type="application/json",
                                         http_querystring=[("a", "1 2")])
        told = answer.json()
        equal((told["method"], told["path"], told["body"]), ("POST", "/echo", '{"n": 1}'))
        equal(told["query"].replace("%20", "+"), "a=1+2")

    def invoke_missing(self):
        error = refused(DaprHttpError, lambda: self.dapr.invoke_method(
            "lamp", "missing", http_verb="GET"))
        equal(error.status_code, 404)

    def invoke_over_grpc(self):
        settings.DAPR_API_METHOD_INVOCATION_PROTOCOL = "grpc"
        try:
            with DaprClient() as dapr:
                answer = dapr.invoke_method("lamp", "status", http_verb="GET")
                equal(answer.json(), {"on": True})
                error = refused(grpc.RpcError, lambda: dapr.invoke_method(
                    "lamp", "missing", http_verb="GET"))
                equal(error.code().name, "NOT_FOUND")
        finally:
            settings.DAPR_API_METHOD_INVOCATION_PROTOCOL = "http"

    def save_and_get(self):
        self.dapr.save_state(STORE, self.key, json.dumps({"name": "灯"}))
        found = self.dapr.get_state(STORE, self.key)
        equal(found.json(), {"name": "灯"})
        assert found.etag

    def get_nothing(self):
        found = self.dapr.get_state(STORE, "never-" + self.key)
        equal((found.data, found.etag), (b"", ""))

    def bulk(self):
        items = [StateItem(key=f"{self.key}-{n}", value=str(n)) for n in range(3)]
        self.dapr.save_bulk_state(STORE, items)
        keys = [item.key for item in items] + ["never-" + self.key]
        found = {item.key: item.data for item in self.dapr.get_bulk_state(STORE, keys).items}
        equal(found, dict(zip(keys, [b"0", b"1", b"2", b""])))

    def delete(self):
        self.dapr.save_state(STORE, self.key, "1")
        self.dapr.delete_state(STORE, self.key)
        equal(self.dapr.get_state(STORE, self.key).data, b"")

    def transaction(self):
        self.dapr.save_state(STORE, self.key, "old")
        kinds = TransactionOperationType
        self.dapr.execute_state_transaction(STORE, [
            TransactionalStateOperation(key=self.key + "-new", data="new",
                                        operation_type=kinds.upsert),
            TransactionalStateOperation(key=self.key, operation_type=kinds.delete),
        ])
        equal(self.dapr.get_state(STORE, self.key + "-new").data, b"new")
        equal(self.dapr.get_state(STORE, self.key).data, b"")

    def etag_conflict(self):
        self.dapr.save_state(STORE, self.key, "1")
        etag = self.dapr.get_state(STORE, self.key).etag
        options = StateOptions(concurrency=Concurrency.first_write)
        self.dapr.save_state(STORE, self.key, "2", etag=etag, options=options)
        error = refused(DaprGrpcError, lambda: self.dapr.save_state(
            STORE, self.key, "3", etag=etag, options=options))
        equal(error.code().name, "ABORTED")
        equal(self.dapr.get_state(STORE, self.key).data, b"2")
        error = refused(DaprGrpcError, lambda: self.dapr.delete_state(
            STORE, self.key, etag=etag, options=options))
        equal(error.code().name, "ABORTED")

    def unknown_store(self):
        error = refused(DaprGrpcError, lambda: self.dapr.get_state("no-such-store", "a"))
        equal(error.code().name, "INVALID_ARGUMENT")
        equal(error.details(), "state store no-such-store is not found")

    def stream(self):
        subscription = self.dapr.subscribe(BUS, "streamed")
        try:
            self.dapr.publish_event(BUS, "streamed", json.dumps({"id": 7}),
                                    data_content_type="application/json")
            event = subscription.next_message()
            equal((event.topic(), event.pubsub_name()), ("streamed", BUS))
            equal((event.data(), event.data_content_type()), ({"id": 7}, "application/json"))
            equal((event.type(), event.source()), ("com.dapr.event.sent", "shop"))
            subscription.respond_success(event)
            self.dapr.publish_event(BUS, "streamed", "text", data_content_type="text/plain",
                                    publish_metadata={"ttlInSeconds": "60"})
            event = subscription.next_message()
            equal(event.data(), "text")
            subscription.respond_success(event)
        finally:
            subscription.close()

    def stream_with_handler(self):
        got = queue.Queue()

        def handle(message):
            got.put(message.data())
            return TopicEventResponse("success")

        close = self.dapr.subscribe_with_handler(BUS, "bills", handle)
        try:
            for n in range(3):
                self.dapr.publish_event(BUS, "bills", json.dumps(n),
                                        data_content_type="application/json")
            equal([got.get(timeout=LIMIT) for _ in range(3)], [0, 1, 2])
        finally:
            close()

    def stream_with_asyncio(self):
        async def run():
            async with AsyncDaprClient() as dapr:
                subscription = await dapr.subscribe(BUS, "later")
                await dapr.publish_event(BUS, "later", "1", data_content_type="application/json")
                event = await subscription.next_message()
                equal(event.data(), 1)
                await subscription.respond_success(event)
                await subscription.close()

        asyncio.run(asyncio.wait_for(run(), LIMIT))

    def bulk_publish(self):
        subscription = self.dapr.subscribe(BUS, "readings")
        try:
            answer = self.dapr.publish_events(BUS, "readings", ["1", "2", "3"],
                                              data_content_type="application/json")
            equal(answer.failed_entries, [])
            found = []
            for _ in range(3):
                event = subscription.next_message()
                found.append(event.data())
                subscription.respond_success(event)
            equal(sorted(found), [1, 2, 3])
        finally:
            subscription.close()

    def configuration(self):
        found = self.dapr.get_configuration(SETTINGS, ["color", "never"]).items
        equal(list(found), ["color"])
        equal(found["color"].value, "white")
        assert found["color"].version

    def subscribe_configuration(self):
        told = queue.Queue()
        identity = self.dapr.subscribe_configuration(
            SETTINGS, ["level"], lambda _, answer: told.put(answer.items["level"].value))
        assert identity
        self._configure({"level": "4"})
        equal(told.get(timeout=LIMIT), "4")
        equal(self.dapr.unsubscribe_configuration(SETTINGS, identity), True)

    def _configure(self, items):
        """Somebody else changes the configuration."""
        self.dapr.invoke_method("lamp", "configure", json.dumps(items), http_verb="POST")

    def secret(self):
        equal(self.dapr.get_secret(SECRETS, "pin").secret, {"pin": "1234"})
        equal(self.dapr.get_secret(SECRETS, "db").secret, {"user": "u", "password": "p"})

    def all_secrets(self):
        found = self.dapr.get_bulk_secret(SECRETS).secrets
        equal(found["pin"], {"pin": "1234"})
        equal(found["db"], {"user": "u", "password": "p"})

    def metadata(self):
        self.dapr.set_metadata("shelf", "b")
        found = self.dapr.get_metadata()
        equal((found.application_id, found.extended_metadata["shelf"]), ("shop", "b"))
        names = {component.name: component.type for component in found.registered_components}
        equal((names[STORE], names[BUS]), ("state.sqlite", "pubsub.in-memory"))
