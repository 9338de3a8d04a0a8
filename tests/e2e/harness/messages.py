"""Publishers and an app that note what was acknowledged and what came, and what contradicts it."""
import json
import threading

from harness.wire import Truncated


class Publisher(threading.Thread):
    """Publishes numbered messages in turn, until the daemon is gone or `stopped` is set."""

    def __init__(self, client, bus, topic, name, padding=0):
        super().__init__(daemon=True)
        self.client = client
        self.path = f"/v1.0/publish/{bus}/{topic}"
        self.name = name
        self.padding = "x" * padding
        self.tried = 0  # numbers 1 to this were sent
        self.acknowledged = 0  # and those up to this were answered 204
        self.refusal = None

    def run(self):
        try:
            with self.client.connect() as connection:
                while self.step(connection):
                    pass
        except (OSError, Truncated):
            pass  # the daemon was killed

    def step(self, connection):
        number = self.tried + 1
        self.tried = number
        body = json.dumps({"by": self.name, "number": number, "padding": self.padding}).encode()
        path = f"{self.path}?metadata.cloudevent.id={self.name}-{number}"
        connection.send_request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.read_answer()
        if answer.status != 204:
            self.refusal = answer
            return False
        self.acknowledged = number
        return True


class Inbox:
    """What an app was given on a path, in the order in which it came; each is answered 200."""

    def __init__(self, app, path):
        self.came = []  # (id, publisher, number)
        app.route(path, self._take)

    def _take(self, exchange):
        event = json.loads(exchange.read_body())
        self.came.append((event["id"], event["data"]["by"], event["data"]["number"]))
        exchange.answer(200)

    def has_all(self, publishers):
        return not self.missing(publishers)

    def missing(self, publishers):
        """What was acknowledged and has not come."""
        came = {(by, number) for _, by, number in list(self.came)}
        return [f"{publisher.name}-{number}" for publisher in publishers
                for number in range(1, publisher.acknowledged + 1)
                if (publisher.name, number) not in came]

    def contradictions(self, publishers):
        """What nobody sent, and what came before an older message of the same publisher."""
        tried = {publisher.name: publisher.tried for publisher in publishers}
        newest = {}
        seen = set()
        wrong = []
        for identity, by, number in list(self.came):
            if identity != f"{by}-{number}" or not 1 <= number <= tried.get(by, 0):
                wrong.append(f"{identity} ({by}, {number}) was never published")
            elif (by, number) not in seen and number < newest.get(by, 0):
                wrong.append(f"{identity} came first after {by}-{newest[by]}")
            seen.add((by, number))
            newest[by] = max(number, newest.get(by, 0))
        return wrong


class Revisions(threading.Thread):
    """Writes revisions of configuration in which every key has the same number."""

    def __init__(self, editor, keys, first):
        super().__init__(daemon=True)
        self.editor = editor
        self.keys = keys
        self.tried = first
        self.acknowledged = first
        self.revision = 0  # the last that was answered

    def run(self):
        try:
            while True:
                self.tried += 1
                self.revision = self.editor.write(dict.fromkeys(self.keys, str(self.tried)))
                self.acknowledged = self.tried
        except (OSError, Truncated):
            pass  # the daemon was killed

    def contradictions(self, found):
        """Of what Editor.all() tells after the next start."""
        values = {found["items"].get(key, {"value": "0"})["value"] for key in self.keys}
        wrong = []
        if len(values) > 1:
            wrong.append(f"half a revision: {found['items']}")
        if not values <= {str(self.acknowledged), str(self.tried)}:
            wrong.append(f"{values}, must be {self.acknowledged} or {self.tried}")
        if found["revision"] not in (self.revision, self.revision + 1):
            wrong.append(f"revision {found['revision']}, answered was {self.revision}")
        return wrong
