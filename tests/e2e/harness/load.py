"""What apps, operators and the cloud do all the time, whatever is down, and what contradicts it."""
import json
import subprocess
import threading

from harness.etcd import Refused
from harness.wire import Truncated


class Load(threading.Thread):
    """Does one thing again and again until it is told to end."""

    def __init__(self, pause):
        super().__init__(daemon=True)
        self.pause = pause  # seconds between two
        self.ending = threading.Event()

    def run(self):
        while not self.ending.wait(self.pause):
            self.act()

    def end(self):
        self.ending.set()
        self.join(30)
        assert not self.is_alive()


class Publishing(Load):
    """Numbered messages of one publisher; those that were answered 204 are `accepted`."""

    def __init__(self, api, topic, name):
        super().__init__(0.004)
        self.api = api
        self.path = f"/v1.0/publish/pubsub/{topic}"
        self.name = name
        self.tried = 0
        self.accepted = []
        self.refused = []

    def act(self):
        self.tried += 1
        try:
            answer = self.api.post(self.path, json={"by": self.name, "n": self.tried})
        except (OSError, Truncated):
            return  # the hub is down
        if answer.status == 204:
            self.accepted.append(self.tried)
        else:
            self.refused.append(answer)

    def contradictions(self, events):
        """Of the events of its topic, each id once and in the order in which they came first."""
        came = [event["data"]["n"] for event in events if event["data"]["by"] == self.name]
        wrong = [f"{self.name}: {one.status} {one.body}" for one in self.refused]
        wrong += [f"{self.name}-{n} is lost" for n in sorted({*self.accepted} - {*came})]
        wrong += [f"{self.name}-{n} was never published" for n in came if n > self.tried]
        wrong += [f"{self.name}-{after} came twice or after {before}"
                  for before, after in zip(came, came[1:]) if after <= before]
        return wrong


def holes(events):
    """In the numbers of one stream: what was neither received nor told of."""
    epochs = {}
    for event in events:
        epoch, number = event["sequence"].split("-")
        epochs.setdefault(epoch, []).append(int(number, 16))
    return [f"epoch {epoch}: {len(numbers)} of {max(numbers) - min(numbers) + 1}"
            for epoch, numbers in epochs.items()
            if sorted(numbers) != [*range(min(numbers), max(numbers) + 1)]]


class Revising(Load):
    """Writes revisions in which all keys have the same number, to an etcd that may be away."""

    def __init__(self, etcd, keys):
        super().__init__(0.02)
        self.etcd = etcd
        self.keys = keys
        self.tried = 0
        self.written = 0

    def act(self):
        self.tried += 1
        try:
            self.etcd.write(dict.fromkeys(self.keys, str(self.tried)))
            self.written = self.tried
        except (OSError, Refused, ValueError):
            pass  # etcd is down; it may have it all the same


class Reading(Load):
    """Reads all keys at the hub: whole revisions, of which none is older than the one before."""

    def __init__(self, api, store):
        super().__init__(0.01)
        self.api = api
        self.path = f"/v1.0/configuration/{store}"
        self.count = 0
        self.newest = 0
        self.wrong = []

    def act(self):
        try:
            answer = self.api.get(self.path)
        except (OSError, Truncated):
            return  # the hub is down
        if answer.status != 200:
            self.wrong.append(f"{answer.status} {answer.body}")
            return
        values = {int(item["value"]) for item in answer.json().values()}
        if len(values) != 1:
            self.wrong.append(f"half a revision: {values}")
        elif min(values) < self.newest:
            self.wrong.append(f"{values} after {self.newest}")
        self.count += 1
        self.newest = max(values)


class Commanding(Load):
    """Commands for one app of the hub, through a broker that may be away."""

    def __init__(self, cloud, app):
        super().__init__(0.1)
        self.cloud = cloud
        self.app = app
        self.tried = 0
        self.taken = []  # by the broker

    def act(self):
        self.tried += 1
        command = self.cloud.as_command(f"c{self.tried}", op="invoke", app=self.app,
                                        method=f"POST /{self.tried}")
        try:
            done = subprocess.run(["mosquitto_pub", *self.cloud.place, "-t",
                                   f"e1/d/{self.cloud.hub}", "-m", json.dumps(command)],
                                  stderr=subprocess.DEVNULL, check=False, timeout=5)
        except subprocess.TimeoutExpired:
            return  # the broker may have it
        if done.returncode == 0:
            self.taken.append(self.tried)

    def answers(self):
        """Status by number."""
        return {int(event["correlationid"][1:]): event["data"]["status"]
                for _, event in self.cloud.messages(f"e1/a/{self.cloud.hub}")}

    def contradictions(self, requests):
        """Of what the app was asked for."""
        ran = [int(one.path[1:]) for one in requests if one.path[1:].isdigit()]
        wrong = [f"command {n} ran {ran.count(n)} times" for n in {*ran} if ran.count(n) > 1]
        wrong += [f"command {n} was answered {status} and ran {ran.count(n)} times"
                  for n, status in self.answers().items()
                  if status != "unknown" and (status, ran.count(n)) != ("ok", 1)]
        return wrong
