"""The cloud's side of an Uplink: a real broker, what came to it, and commands for hubs."""
import json
import subprocess

from harness.mosquitto import Mosquitto
from harness.waiting import wait_until

HUB = "hub42"


def uplink(url, topics=(), hub=HUB, **spec):
    """`topics`: (pubsub, filter, class) each. It comes back quickly, so that tests go on."""
    return {"apiVersion": "edgelane.dev/v1", "kind": "Uplink", "metadata": {"name": "cloud"},
            "spec": {"url": url, "hub": hub, "maxReconnectInterval": "200ms",
                     "topics": [{"pubsub": pubsub, "topic": topic, "class": kind}
                                for pubsub, topic, kind in topics], **spec}}


class Cloud:
    """A broker with a session that keeps everything that hubs say."""

    def __init__(self, directory, hub=HUB, settings=(), listens=("#",)):
        """`settings`: more lines for the broker; `listens`: what somebody consumes."""
        self.hub = hub
        self.server = Mosquitto(directory)
        with open(self.server.configuration, "a", encoding="utf-8") as configuration:
            configuration.writelines(f"{line}\n" for line in settings)
        self.server.start()
        self.url = self.server.url
        self.place = ["-h", "127.0.0.1", "-p", str(self.server.port), "-q", "1"]
        self.path = self.server.directory / "heard.txt"
        with open(self.path, "ab") as heard:
            self.listener = subprocess.Popen(
                ["stdbuf", "-oL", "mosquitto_sub", *self.place, "-i", "consumers", "-c",
                 *[part for topic in listens for part in ("-t", topic)], "-F", "%t %p"], stdout=heard, stderr=subprocess.DEVNULL)
        wait_until(lambda: "Sending SUBACK to consumers" in self.server.log, "the consumers")

    def messages(self, end=""):
        """(topic, parsed payload) of all that came to topics that end so, in their order."""
        found = []
        for line in self.path.read_text("utf-8").splitlines(keepends=True):
            topic, _, payload = line.partition(" ")
            if line.endswith("\n") and topic.endswith(end) and payload.strip():
                found.append((topic, json.loads(payload)))
        return found

    def count(self, topic):
        """How many messages came that apps published to a topic, in all lanes, with repetitions."""
        return self.path.read_bytes().count(f"e1/u/{self.hub}/{topic} ".encode())

    def events(self, topic, lane=""):
        """What apps published, as often as it came."""
        wanted = f"{lane}e1/u/{self.hub}/{topic}"
        return [event for came, event in self.messages(topic) if came == wanted]

    def once(self, topic, lane=""):
        """The same, each id once; in the order in which they came first."""
        first = {}
        for event in self.events(topic, lane):
            first.setdefault(event["id"], event)
        return list(first.values())

    def lost(self, topic):
        """How many messages the gap records of a topic account for, each record once."""
        records = {event["id"]: event["data"] for event in self.events("gap")}
        return sum(data["count"] for data in records.values() if data["topic"] == topic)

    def publish(self, topic, message, *options):
        subprocess.run(["mosquitto_pub", *self.place, "-t", topic, "-m", json.dumps(message),
                        *options], check=True, timeout=20)

    def command(self, identity, **data):
        self.publish(f"e1/d/{self.hub}", self.as_command(identity, **data))

    def commands(self, many):
        """Many at once, each made by as_command()."""
        lines = "".join(json.dumps(one) + "\n" for one in many).encode()
        subprocess.run(["mosquitto_pub", *self.place, "-t", f"e1/d/{self.hub}", "-l"], input=lines,
                       check=True, timeout=60)

    def as_command(self, identity, **data):
        return {"specversion": "1.0", "type": "io.hub.cmd.v1", "id": identity,
                "source": "/cloud/ops", "replyto": f"e1/a/{self.hub}", "data": data}

    def replies(self, identity):
        return [event["data"] for topic, event in self.messages(f"e1/a/{self.hub}")
                if event["correlationid"] == identity]

    def reply(self, identity):
        return wait_until(lambda: self.replies(identity), f"a reply to {identity}", limit=30)[0]

    def presence(self):
        return [event["st"] for _, event in self.messages(f"e1/s/{self.hub}")]

    def wait_for_hub(self):
        """Until the hub that was started last is there."""
        wait_until(lambda: self.presence()[-1:] == ["on"], "the hub in the cloud", limit=30)

    def close(self):
        self.listener.kill()
        self.listener.wait()
        self.server.close()
