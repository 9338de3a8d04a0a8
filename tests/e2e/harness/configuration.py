"""A hub's configuration: as apps read it, and as its administrator writes it."""
import json
import threading
from urllib.parse import quote

from harness.client import Client
from harness.waiting import wait_until


def admin(hub):
    """The API for whoever administers the hub."""
    return Client(str(hub.directory / "run" / "admin.sock"))


class Editor:
    def __init__(self, hub, store="configstore"):
        self.client = admin(hub)
        self.path = f"/v1.0-edgelane/configuration/{store}"

    def write(self, items, note=""):
        answer = self.client.post(self.path, json={"items": items, "note": note})
        assert answer.status == 200, answer
        return answer.json()["revision"]

    def rollback(self, revision):
        return self.client.post(f"{self.path}/rollback", json={"revision": revision})

    def history(self, query=""):
        return self.client.get(f"{self.path}/history{query}")

    def all(self):
        answer = self.client.get(self.path)
        assert answer.status == 200, answer
        return answer.json()


def read(client, *keys, store="configstore"):
    """Values by key."""
    query = "&".join(f"key={quote(key, safe='')}" for key in keys)
    answer = client.get(f"/v1.0/configuration/{store}?{query}")
    if answer.status == 204:
        return {}
    assert answer.status == 200, answer
    return {key: item.get("value", "") for key, item in answer.json().items()}


def subscribe(client, *keys, store="configstore"):
    query = "&".join(f"key={quote(key, safe='')}" for key in keys)
    answer = client.get(f"/v1.0/configuration/{store}/subscribe?{query}")
    assert answer.status == 200, answer
    return answer.json()["id"]


def unsubscribe(client, subscription, store="configstore"):
    return client.get(f"/v1.0/configuration/{store}/{subscription}/unsubscribe")


class Updates:
    """What an app was told, as it came; answers with `status`, or as `answers` says first."""

    def __init__(self, app):
        self.app = app
        self.status = 200
        self.answers = []
        self.held = threading.Event()
        self.held.set()
        self.calls = []  # (path, event)
        self.previous = app.default
        app.default = self._take

    def _take(self, exchange):
        if not exchange.request.path.startswith("/configuration/"):
            self.previous(exchange)
            return
        event = json.loads(exchange.read_body())
        self.calls.append((exchange.request.path, event))
        assert self.held.wait(20)
        exchange.answer(self.answers.pop(0) if self.answers else self.status)

    def wait_for(self, count):
        wait_until(lambda: len(self.calls) >= count, f"{count} updates")
        return self.calls

    def values(self):
        """The last value that was told of each key."""
        told = {}
        for _, event in self.calls:
            told.update({key: item.get("value", "") for key, item in event["items"].items()})
        return told
