"""Apps that subscribe, and what they were given."""
import json

from harness.resources import component
from harness.waiting import wait_until


def buses(directory):
    """One in memory, one on disk that gives up a message soon."""
    disk = {"connectionString": str(directory / "queue.db"), "maxRetries": "2",
            "retryInterval": "50ms"}
    return [component("mem", "pubsub.in-memory"), component("disk", "pubsub.sqlite", disk)]


def subscription(pubsub, topic, path=None, **more):
    entry = {"pubsubname": pubsub, "topic": topic, **more}
    return {**entry, "route": path} if path else entry


class Subscriber:
    """An app with subscriptions of its own; `answers` maps paths to what it says, in turn."""

    def __init__(self, bench, subscriptions=(), status=200, listening=True):
        self.app = bench.app(self._take, listening=listening)
        self.port = self.app.port
        self.answers = {}
        body = subscriptions if isinstance(subscriptions, bytes) else json.dumps(
            list(subscriptions)).encode()
        self.app.route("/dapr/subscribe", lambda exchange: exchange.answer(status, body))

    def _take(self, exchange):
        exchange.read_body()
        waiting = self.answers.get(exchange.request.path, [])
        status, body = waiting.pop(0) if waiting else (200, b"")
        exchange.answer(status, body)

    def says(self, path, *answers):
        """Statuses, or texts of a 200; afterwards an empty 200."""
        self.answers[path] = [(one, b"") if isinstance(one, int) else (200, one.encode())
                              for one in answers]

    def requests(self, path, count=1):
        return wait_until(lambda: [one for one in self.app.seen(path) if one.body is not None],
                          f"a message for {path}") if count == 1 else self._many(path, count)

    def _many(self, path, count):
        def enough():
            found = [one for one in self.app.seen(path) if one.body is not None]
            return found if len(found) >= count else None
        return wait_until(enough, f"{count} messages for {path}")

    def events(self, path, count=1):
        return [json.loads(one.body) for one in self.requests(path, count)]

    def event(self, path):
        return self.events(path)[0]


def wait_for_subscriptions(daemon, count=1):
    """Until so many have been opened since the start."""
    wait_until(lambda: daemon.log.count("app is subscribed to the following topics") >= count,
               f"{count} subscriptions")
