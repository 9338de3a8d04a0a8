"""Many messages for the cloud at once, and what the hub says of those that wait."""
import json

from harness.client import Client

BATCH = 500


def admin(hub):
    return Client(str(hub.directory / "run" / "admin.sock"))


def sync_status(hub):
    answer = admin(hub).get("/v1.0-edgelane/sync")
    assert answer.status == 200, answer
    return answer.json()


def is_drained(hub):
    told = sync_status(hub)
    return told["queued"]["messages"] == 0 and told["gaps"] == 0


def publish_numbers(api, topic, numbers):
    """{"n": number} each, in few requests; every one is in the outbox when this returns."""
    numbers = list(numbers)
    with api.connect() as connection:
        for begin in range(0, len(numbers), BATCH):
            entries = [{"entryId": str(n), "event": {"n": n}, "contentType": "application/json"}
                       for n in numbers[begin:begin + BATCH]]
            connection.send_request("POST", f"/v1.0/publish/bulk/pubsub/{topic}",
                                    json.dumps(entries).encode(),
                                    {"Content-Type": "application/json"})
            answer = connection.read_answer()
            assert (answer.status, answer.headers.get("x-durability")) == (204, "committed"), answer
