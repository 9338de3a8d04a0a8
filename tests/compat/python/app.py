"""What the hub calls in an app, over gRPC, with Dapr's extension for Python."""
import collections
import json
import os
import queue
import threading

from cloudevents.sdk.event import v1
from dapr.clients.exceptions import DaprHttpError
from dapr.ext.grpc import (App, InvokeMethodRequest, InvokeMethodResponse, Rule,
                           SubscriptionMessage, TopicEventResponse)

from tap import LIMIT, equal, refused

BUS = "pubsub"
JSON = {"data_content_type": "application/json"}


class Shop:
    TOPICS = 5

    def __init__(self, client):
        self.client = client
        self.inboxes = collections.defaultdict(queue.Queue)
        self.app = App()
        self._add_methods()
        self._add_topics()
        self._add_refusals()

    def start(self):
        where = {"app_port": int(os.environ["APP_PORT"]), "listen_address": "127.0.0.1"}
        threading.Thread(target=self.app.run, kwargs=where, daemon=True).start()

    def _add_methods(self):
        @self.app.method("order")
        def _order(request: InvokeMethodRequest):
            told = {"data": request.text(), "type": request.content_type,
                    "number": request.metadata["x-number"]}
            return InvokeMethodResponse(json.dumps(told), "application/json")

        @self.app.method("fail")
        def _fail(_request: InvokeMethodRequest):
            raise ValueError("out of stock")

    def _add_topics(self):
        @self.app.subscribe(BUS, "orders")
        def _orders(event: SubscriptionMessage):
            self.inboxes["orders"].put((event.id(), event.data(), event.data_content_type()))

        @self.app.subscribe(BUS, "texts")
        def _texts(event: v1.Event):
            self.inboxes["texts"].put((event.Data(), event.Source()))

        @self.app.subscribe(BUS, "routed", rule=Rule('event.type == "urgent"', 1))
        def _urgent(event: SubscriptionMessage):
            self.inboxes["urgent"].put(event.data())

        @self.app.subscribe(BUS, "routed", rule=Rule('event.data.type.startsWith("s")', 2))
        def _other(event: SubscriptionMessage):
            self.inboxes["other"].put(event.data())

    def _add_refusals(self):
        @self.app.subscribe(BUS, "refused", dead_letter_topic="dead")
        def _refused(_event: SubscriptionMessage):
            return TopicEventResponse("drop")

        @self.app.subscribe(BUS, "dead")
        def _dead(event: SubscriptionMessage):
            self.inboxes["dead"].put(event.data())

    def _take(self, inbox):
        return self.inboxes[inbox].get(timeout=LIMIT)

    def cases(self):
        return [
            ("invoke: the app itself", self.invoke),
            ("invoke: a method that fails", self.invoke_failing),
            ("publish and subscribe", self.publish),
            ("publish and subscribe: text", self.publish_text),
            ("publish and subscribe: a CloudEvent, by rules", self.publish_by_rules),
            ("publish and subscribe: dropped, to the dead letter topic", self.drop),
            ("bulk publish to the app", self.bulk_publish),
        ]

    def invoke(self):
        answer = self.client.dapr.invoke_method("shop", "order", "灯", content_type="text/plain",
                                                http_verb="POST", metadata=(("x-number", "5"),))
        equal(answer.json(), {"data": "灯", "type": "text/plain", "number": ["5"]})

    def invoke_failing(self):
        error = refused(DaprHttpError, lambda: self.client.dapr.invoke_method(
            "shop", "fail", "", http_verb="POST"))
        equal(error.status_code, 500)

    def publish(self):
        self.client.dapr.publish_event(BUS, "orders", json.dumps({"id": 7}), **JSON)
        identity, data, content_type = self._take("orders")
        assert identity
        equal((data, content_type), ({"id": 7}, "application/json"))

    def publish_text(self):
        self.client.dapr.publish_event(BUS, "texts", "hello", data_content_type="text/plain")
        equal(self._take("texts"), (b"hello", "shop"))

    def publish_by_rules(self):
        for kind in ("urgent", "slow"):
            event = {"specversion": "1.0", "id": kind, "source": "/shop", "type": kind,
                     "datacontenttype": "application/json", "data": {"type": kind}}
            self.client.dapr.publish_event(BUS, "routed", json.dumps(event),
                                           data_content_type="application/cloudevents+json")
        equal(self._take("urgent"), {"type": "urgent"})
        equal(self._take("other"), {"type": "slow"})

    def drop(self):
        self.client.dapr.publish_event(BUS, "refused", json.dumps({"id": 9}), **JSON)
        equal(self._take("dead"), {"id": 9})

    def bulk_publish(self):
        answer = self.client.dapr.publish_events(BUS, "orders", ["1", "2"], **JSON)
        equal(answer.failed_entries, [])
        equal(sorted(self._take("orders")[1] for _ in range(2)), [1, 2])
