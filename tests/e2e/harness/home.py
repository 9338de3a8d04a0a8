"""A hub whose data is on a file system of its own, and what it does with it."""
import json

from harness import daemon
from harness.checks import error_message
from harness.configuration import Editor, admin, read
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.state import Store
from harness.waiting import wait_until

QUICK = {"enabled": True, "path": "/alive", "interval": "100ms", "timeout": "90ms", "threshold": 1}
FULL = "error when publishing to topic t in pubsub pubsub: queue.db: disk or quota full: "


class Home:
    """A hub with its data on a small disk, and an app that subscribes and may be away."""

    def __init__(self, bench, make_disk, fields=()):
        directory = bench.directory()
        self.disk = make_disk(directory / "data")
        self.bench = bench
        self.shop = Subscriber(bench, [subscription("pubsub", "t", "/t")])
        self.shop.app.route("/alive", lambda exchange: exchange.answer(self.health))
        self.health = 200
        self.accepted = 0
        self.hub = daemon.Hub(directory, [
            app("shop", self.shop.port, health=QUICK), app("lamp", bench.app().port),
            component("pubsub", "pubsub.sqlite", fields)])

    def start(self):
        self.bench.started(self.hub)
        wait_for_subscriptions(self.hub, 1)
        Editor(self.hub).write({"color": "red"})
        self.health = 500
        wait_until(lambda: "app is unhealthy" in self.hub.log, "the app's absence")

    @property
    def api(self):
        return self.hub.api("lamp")

    def publish(self, size):
        body = {"number": self.accepted, "padding": "x" * size}
        answer = self.api.post("/v1.0/publish/pubsub/t", json=body)
        self.accepted += answer.status == 204
        return answer

    def publish_until_refused(self, size, most=2000):
        for _ in range(most):
            answer = self.publish(size)
            if answer.status != 204:
                message = error_message(answer, 500, "ERR_PUBSUB_PUBLISH_MESSAGE")
                assert message.startswith(FULL), message
                return
        raise AssertionError(f"{most} messages were taken")

    def keep_everywhere(self, value):
        """A value in each of the stores; the answers."""
        client = admin(self.hub)
        return [
            self.api.post("/v1.0/state/statestore", json=[{"key": "k", "value": value}]),
            client.post("/v1.0-edgelane/configuration/configstore",
                        json={"items": {"color": value}, "note": ""}),
            client.put("/v1.0-edgelane/secrets/secretstore/pin", json={"value": value})]

    def has_everywhere(self, value):
        assert Store(self.api, "statestore").get("k").json() == value
        assert read(self.api, "color") == {"color": value}
        assert self.api.get("/v1.0/secrets/secretstore/pin").json() == {"pin": value}

    def refuses_everywhere(self, reason):
        # More than what a log's last block may still take.
        for answer in self.keep_everywhere("x" * 20_000):
            assert answer.status >= 400 and reason in answer.body.decode(), answer

    def wait_until_kept(self, value):
        wait_until(lambda: all(answer.status < 300 for answer in self.keep_everywhere(value)),
                   "the stores to be written again")
        self.has_everywhere(value)

    def serves(self, color="red"):
        """What needs no space goes on."""
        assert self.api.get("/v1.0/invoke/lamp/method/hello").status == 200
        assert self.api.get("/v1.0/healthz").status == 204
        assert read(self.api, "color") == {"color": color}
        assert self.hub.process.running()

    def wait_until_published(self, size):
        wait_until(lambda: self.publish(size).status == 204, "space for a message")

    def deliver(self):
        """The app is back and gets all that was accepted, in order."""
        self.health = 200
        events = self.shop.requests("/t", max(2, self.accepted))
        assert [json.loads(one.body)["data"]["number"] for one in events] == [
            *range(self.accepted)]

    def close(self):
        if self.hub.process and self.hub.process.running():
            self.hub.process.stop()
        self.disk.close()
