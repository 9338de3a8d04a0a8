"""pubsub.mqtt3 on a real server: both ways, and what an end of either side costs."""
import json
import signal

import pytest

from harness.messages import Inbox, Publisher
from harness.mosquitto import Client, Mosquitto, message
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.waiting import wait_until

RULES = {"rules": [{"match": 'event.type == "hot"', "path": "/hot"}], "default": "/mild"}
SUBSCRIPTIONS = [
    subscription("mqtt", "plain", "/plain"),
    subscription("mqtt", "ruled", routes=RULES),
    subscription("mqtt", "floor/+/light", "/lights"),
    subscription("mqtt", "deep/#", "/deep"),
    subscription("mqtt", "foreign", "/foreign", metadata={"rawPayload": "true"}),
    subscription("mqtt", "again", "/again"),
    subscription("mqtt", "broken", "/broken", deadLetterTopic="letters"),
    subscription("mqtt", "load", "/load"),
]


@pytest.fixture
def server(bench):
    server = Mosquitto(bench.directory()).start()
    yield server
    server.close()


@pytest.fixture
def shop(bench):
    return Subscriber(bench, SUBSCRIPTIONS)


@pytest.fixture
def hub(bench, server, shop):
    hub = bench.hub([app("shop", shop.port),
                     component("mqtt", "pubsub.mqtt3", {"url": server.url, "qos": "1"})])
    wait_for_subscriptions(hub, len(SUBSCRIPTIONS))
    return hub


@pytest.fixture
def api(hub):
    return hub.api("shop")


def publish(api, topic, body, **headers):
    answer = api.post(f"/v1.0/publish/mqtt/{topic}", json=body, headers=headers)
    assert answer.status == 204, answer
    return answer


def test_there_and_back(api, shop):
    answer = publish(api, "plain", {"n": 1})
    assert answer.headers.get("x-durability") == "cloud"
    event = shop.event("/plain")
    assert (event["data"], event["source"], event["topic"]) == ({"n": 1}, "shop", "plain")


def test_other_clients_of_the_server(api, server, shop):
    other = Client(server)
    heard = other.subscribe("plain")
    publish(api, "plain", "hello")
    topic, payload = message(heard)
    assert (topic, json.loads(payload)["data"]) == ("plain", "hello")
    other.publish("foreign", "20.5")
    event = shop.event("/foreign")
    assert event["data_base64"] == "MjAuNQ=="
    other.publish("plain", '{"specversion":"1.0","id":"x","source":"s","type":"t","data":7}')
    assert [one["data"] for one in shop.events("/plain", 2)] == ["hello", 7]


def test_rules_choose_the_route(api, shop):
    for kind in ("hot", "cold"):
        answer = api.post(f"/v1.0/publish/mqtt/ruled?metadata.cloudevent.type={kind}", b"1")
        assert answer.status == 204
    assert shop.event("/hot")["type"] == "hot"
    assert shop.event("/mild")["type"] == "cold"


def test_wildcards(api, shop):
    for topic in ("floor/1/light", "floor/1/heat", "floor/2/light", "deep/a", "deep/a/b", "deeper"):
        publish(api, topic, topic)
    assert [one["topic"] for one in shop.events("/lights", 2)] == ["floor/1/light", "floor/2/light"]
    assert [one["topic"] for one in shop.events("/deep", 2)] == ["deep/a", "deep/a/b"]


def test_what_the_app_cannot_take(api, shop, server):
    heard = Client(server).subscribe("letters")
    shop.says("/again", '{"status":"RETRY"}', 500, 200)
    publish(api, "again", "once more")
    assert [one["data"] for one in shop.events("/again", 3)] == ["once more"] * 3
    shop.says("/broken", '{"status":"DROP"}')
    publish(api, "broken", "lost")
    assert json.loads(message(heard)[1])["data"] == "lost"


class Patient(Publisher):
    """Publishes again what is refused: after several ends the hub waits longer than a request."""

    def step(self, connection):
        if not super().step(connection):
            self.tried -= 1
            self.refusal = None
        return True


def start_publishers(hub, name):
    publishers = [Patient(hub.api("shop"), "mqtt", "load", f"{name}p{n}") for n in range(3)]
    for one in publishers:
        one.start()
    return publishers


def wait_for_more(publishers, count):
    """Until each has that many acknowledged besides what it has now."""
    wanted = [one.acknowledged + count for one in publishers]
    try:
        wait_until(lambda: all(one.acknowledged >= least or one.refusal
                               for one, least in zip(publishers, wanted)),
                   f"{count} more messages of each", limit=60)
    except AssertionError:
        stand = {one.name: (one.tried, one.acknowledged) for one in publishers}
        raise AssertionError(f"{stand}, wanted {wanted}") from None
    assert not any(one.refusal for one in publishers), [one.refusal for one in publishers]


def end_by_kill(hub, publishers):
    hub.process.kill()
    for one in publishers:
        one.join(10)
        assert not one.is_alive()


def judge(inbox, publishers):
    try:
        wait_until(lambda: inbox.has_all(publishers), "everything acknowledged", limit=40)
    except AssertionError:
        missing = inbox.missing(publishers)
        raise AssertionError(f"{len(missing)} are lost: {missing[:5]}") from None
    assert inbox.contradictions(publishers) == []


def test_a_server_that_restarts_under_load_loses_nothing(bench, hub, server, shop):
    """Each side of it: what it had acknowledged it keeps, what it had not is sent again."""
    inbox = Inbox(shop.app, "/load")
    publishers = start_publishers(hub, "r")
    for _ in range(5):
        wait_for_more(publishers, 30)
        server.end()
        server.start()
    wait_for_more(publishers, 30)
    end_by_kill(hub, publishers)
    bench.started(hub)
    judge(inbox, publishers)


def test_a_server_that_is_killed_comes_back(bench, hub, server, shop):
    """It forgets what it has not saved; once the app is subscribed again nothing is missing."""
    inbox = Inbox(shop.app, "/load")
    publishers = start_publishers(hub, "k")
    wait_for_more(publishers, 30)
    server.end(signal.SIGKILL)
    server.start()
    sent = {one.name: one.tried for one in publishers}
    since = {}

    def subscribed_again():
        for _, by, number in list(inbox.came):
            if number > sent[by]:
                since.setdefault(by, number)
        return len(since) == len(publishers)
    wait_until(subscribed_again, "newer messages of each", limit=30)
    wait_for_more(publishers, 30)
    end_by_kill(hub, publishers)
    bench.started(hub)
    wanted = {(one.name, number) for one in publishers
              for number in range(since[one.name], one.acknowledged + 1)}
    wait_until(lambda: wanted <= {(by, number) for _, by, number in list(inbox.came)},
               "what was acknowledged since", limit=30)
    assert inbox.contradictions(publishers) == []


def test_a_hub_that_is_killed_under_load_loses_nothing(bench, hub, shop):
    inbox = Inbox(shop.app, "/load")
    everyone = []
    for number in range(3):
        publishers = start_publishers(hub, f"h{number}")
        wait_for_more(publishers, 30)
        end_by_kill(hub, publishers)
        everyone += publishers
        bench.started(hub)
    judge(inbox, everyone)


def test_a_server_that_is_away_refuses_nothing_that_can_wait(bench, server, shop):
    """The hub starts without it; what is published meanwhile is sent when it is there."""
    server.end()
    hub = bench.hub([app("shop", shop.port),
                     component("mqtt", "pubsub.mqtt3", {"url": server.url})])
    publisher = Publisher(hub.api("shop"), "mqtt", "load", "early")
    inbox = Inbox(shop.app, "/load")
    publisher.start()
    wait_until(lambda: publisher.tried, "an attempt")
    server.start()
    wait_for_more([publisher], 5)
    wait_until(lambda: inbox.came, "the app's subscription at the server")
    first = inbox.came[0][2]
    wait_for_more([publisher], 10)
    end_by_kill(hub, [publisher])
    bench.started(hub)
    wait_until(lambda: {("early", number) for number in range(first, publisher.acknowledged + 1)}
               <= {(by, number) for _, by, number in list(inbox.came)},
               "what was acknowledged", limit=30)
