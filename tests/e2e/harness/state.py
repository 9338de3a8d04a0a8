"""A state store as an app sees it over HTTP."""
from harness.resources import component


def stores(directory):
    return [component("memory", "state.in-memory"),
            component("sqlite", "state.sqlite", {"connectionString": f"{directory}/state.db"})]


class Store:
    """One store as one app sees it."""

    def __init__(self, client, name):
        self.client = client
        self.path = f"/v1.0/state/{name}"
        self.name = name

    def save(self, *items, **more):
        return self.client.post(self.path, json=list(items), **more)

    def set(self, key, value, **item):
        answer = self.save({"key": key, "value": value, **item})
        assert (answer.status, answer.body) == (204, b""), answer

    def get(self, key, query=""):
        return self.client.get(f"{self.path}/{key}{query}")

    def etag(self, key):
        return self.get(key).headers.get("etag")

    def delete(self, key, etag=None, query=""):
        headers = {} if etag is None else {"If-Match": etag}
        return self.client.delete(f"{self.path}/{key}{query}", headers)

    def bulk(self, *keys):
        answer = self.client.post(f"{self.path}/bulk", json={"keys": list(keys)})
        assert answer.status == 200, answer
        return {item["key"]: item for item in answer.json()}

    def transact(self, *operations, **body):
        told = [{"operation": verb, "request": request} for verb, request in operations]
        return self.client.post(f"{self.path}/transaction", json={"operations": told, **body})
