"""A disk that fills up and a damaged file: what is refused, what goes on, and what comes back."""
import json

import pytest

from harness import daemon
from harness.checks import error_message
from harness.configuration import Editor, read
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.small_disk import SmallDisk
from harness.waiting import wait_until

QUICK = {"enabled": True, "path": "/alive", "interval": "100ms", "timeout": "90ms", "threshold": 1}
FULL = "error when publishing to topic t in pubsub pubsub: queue.db: disk or quota full: "


class Home:
    """A hub with its data on a small disk, and an app that subscribes and may be away."""

    def __init__(self, bench, size, fields=()):
        directory = bench.directory()
        self.disk = SmallDisk(directory / "data", size)
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

    def serves(self):
        """What needs no space goes on."""
        assert self.api.get("/v1.0/invoke/lamp/method/hello").status == 200
        assert self.api.get("/v1.0/healthz").status == 204
        assert read(self.api, "color") == {"color": "red"}
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


@pytest.fixture
def home(bench):
    homes = []

    def make(size, fields=()):
        homes.append(Home(bench, size, fields))
        return homes[-1]
    yield make
    for one in homes:
        one.close()


def test_publishing_is_refused_and_works_again_with_space(home):
    small = home("4m")
    small.start()
    small.disk.fill(leaving=1 << 20)
    small.publish_until_refused(20_000)
    assert small.accepted > 10
    small.serves()
    small.disk.give_back()
    small.wait_until_published(20_000)
    small.deliver()
    assert small.hub.process.stop() == 0


def test_the_ballast_is_given_back_and_taken_again(home):
    """While publishing goes on all the time."""
    small = home("32m")
    small.start()
    wait_until(lambda: (small.disk.path / "queue.db.ballast").exists(), "the ballast")
    small.disk.fill()
    small.publish_until_refused(200_000)
    small.hub.process.wait_for_log("disk full: ballast given back")
    small.serves()
    small.disk.give_back()
    small.wait_until_published(200_000)
    assert (small.disk.path / "queue.db.ballast").exists()
    small.publish(20)
    small.deliver()
    assert small.hub.process.stop() == 0


def test_delivering_makes_room_in_a_file_at_its_limit(home):
    small = home("8m", {"maxFileSize": "1Mi"})
    small.start()
    small.publish_until_refused(1000)
    assert small.accepted > 256
    small.serves()
    small.deliver()
    small.wait_until_published(1000)
    assert small.hub.process.stop() == 0


def test_messages_on_a_full_disk_outlive_a_restart(home):
    small = home("4m")
    small.start()
    small.disk.fill(leaving=1 << 20)
    small.publish_until_refused(20_000)
    small.hub.process.kill()
    small.disk.give_back()
    small.bench.started(small.hub)
    small.deliver()
    assert small.hub.process.stop() == 0


PAGE = 4096
HEADER, CURSORS, MESSAGE = 0, 4, 15  # numbers of pages


def spoil(path, page):
    data = path.read_bytes()
    assert len(data) > (page + 1) * PAGE
    path.write_bytes(data[:page * PAGE] + b"\xff" * PAGE + data[(page + 1) * PAGE:])


def start_as_a_service(bench, hub):
    """Once more where the first start ends with an error."""
    try:
        bench.started(hub)
    except AssertionError:
        assert hub.process.wait() != 0
        bench.started(hub)


@pytest.mark.parametrize("page, end", [(HEADER, "orderly"), (CURSORS, "orderly"),
                                       (CURSORS, "killed"), (MESSAGE, "killed")])
def test_a_damaged_file_is_set_aside(bench, page, end):
    shop = Subscriber(bench, [subscription("pubsub", "t", "/t")])
    shop.says("/t", *[503] * 1000)
    hub = bench.hub([app("shop", shop.port)])
    wait_for_subscriptions(hub, 1)
    for _ in range(20):
        assert hub.api("shop").post("/v1.0/publish/pubsub/t", b"x" * 3000).status == 204
    assert hub.process.stop() == 0
    path = hub.directory / "data" / "queue.db"
    spoil(path, page)
    if end == "killed":
        # As a hub that is killed leaves it: its log is still there.
        path.with_name("queue.db-wal").touch()
    start_as_a_service(bench, hub)
    assert "database was damaged and has been set aside" in hub.log
    assert list(path.parent.glob("queue.db.bad-*"))
    shop.says("/t")
    wait_for_subscriptions(hub, 2)
    assert hub.api("shop").post("/v1.0/publish/pubsub/t", b"new").status == 204
    wait_until(lambda: any(b'"data":"new"' in (one.body or b"") for one in shop.app.seen("/t")),
               "a message of the new file")
    assert hub.process.stop() == 0
