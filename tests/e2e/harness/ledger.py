"""Writers that note what was acknowledged, and a check that nothing of it is lost."""
import threading

from harness.wire import Truncated


class Writer(threading.Thread):
    """Writes ever larger numbers under keys of its own until the daemon is gone.

    Each step is one of: a single save, a transaction of two keys with the same number, a save of
    several items, or a delete. What was tried is noted before, what was answered 204 after.
    """

    def __init__(self, client, store, name, first):
        super().__init__(daemon=True)
        self.client = client
        self.path = f"/v1.0/state/{store}"
        self.name = name
        self.number = first
        self.tried = {}  # key to numbers since the last acknowledged one; None is a delete
        self.acknowledged = {}  # key to number
        self.count = 0

    def run(self):
        try:
            with self.client.connect() as connection:
                while self.step(connection):
                    pass
        except (OSError, Truncated):
            pass  # the daemon was killed

    def step(self, connection):
        self.number += 1
        changes, verb, path, body = self.choose()
        for key, value in changes.items():
            self.tried.setdefault(key, []).append(value)
        headers = {"Content-Type": "application/json"}
        connection.send_request(verb, path, body, headers)
        if connection.read_answer().status != 204:
            return False
        for key, value in changes.items():
            self.acknowledged[key] = value
            self.tried[key] = []
        self.count += 1
        return True

    def choose(self):
        number = self.number
        single, left, right = (f"{self.name}-{part}" for part in ("single", "left", "right"))
        gone = f"{self.name}-gone"
        if number % 4 == 0:
            body = (b'{"operations":[%b,%b]}' % (upsert(left, number), upsert(right, number)))
            return {left: number, right: number}, "POST", f"{self.path}/transaction", body
        if number % 8 == 1:
            return {gone: None}, "DELETE", f"{self.path}/{gone}", None
        if number % 8 == 5:
            items = {gone: number, single: number}
        else:
            items = {single: number}
        return items, "POST", self.path, b"[" + b",".join(
            b'{"key":"%b","value":%d}' % (key.encode(), value)
            for key, value in items.items()) + b"]"


def upsert(key, number):
    return b'{"operation":"upsert","request":{"key":"%b","value":%d}}' % (key.encode(), number)


def lost(writer, found):
    """What `found` (key to number, absent keys missing) contradicts; [] where all is well."""
    wrong = []
    for key, possible in writer.tried.items():
        allowed = [writer.acknowledged.get(key), *possible]
        if found.get(key) not in allowed:
            wrong.append(f"{key} is {found.get(key)}, must be one of {allowed}")
    left, right = (found.get(f"{writer.name}-{part}") for part in ("left", "right"))
    if left != right:
        wrong.append(f"half a transaction: {left} and {right}")
    return wrong
