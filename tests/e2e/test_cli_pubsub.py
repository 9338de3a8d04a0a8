"""edgelane publish and subscribe: messages from and to the terminal."""
import json
import os
import signal
import socket

import pytest

from harness import daemon
from harness.cli import Cli
from harness.configuration import admin
from harness.pubsub import Subscriber, subscription, wait_for_subscriptions
from harness.resources import app, component
from harness.waiting import wait_until

BUSES = {"mem": "pubsub.in-memory", "disk": "pubsub.sqlite"}


@pytest.fixture
def cli(bench):
    user = Cli(bench.directory())
    yield user
    user.close()


@pytest.fixture(params=BUSES)
def bus(request):
    return request.param


@pytest.fixture
def hub(bench, bus):
    return bench.hub([app("lamp"), component(bus, BUSES[bus])], ["--default-app", "lamp"])


class Terminal:
    """`edgelane` for one hub: as its administrator, and as an app."""

    def __init__(self, cli, hub):
        self.cli = cli
        self.hub = hub
        self.admin = ("--socket", hub.directory / "run" / "admin.sock")

    def publish(self, *arguments, **more):
        return self.cli("publish", *arguments, "--address", self.hub.port, **more)

    def subscribe(self, *arguments):
        """Returns once messages would be shown."""
        shown = self.cli.start("subscribe", *arguments, *self.admin)
        wait_until(lambda: "subscribed" in shown.error or shown.child.poll() is not None,
                   "the subscription")
        assert shown.child.poll() is None, shown.error
        return shown


@pytest.fixture
def terminal(cli, hub):
    return Terminal(cli, hub)


def lines_of(shown, count):
    return wait_until(lambda: shown.out.splitlines()
                      if shown.out.count("\n") >= count else None, f"{count} lines")


def test_what_is_published_is_shown(terminal):
    reached = "memory"  # no app subscribes, for which it would be kept
    shown = terminal.subscribe("orders", "--count", "4")
    done = terminal.publish("orders", '{"id": 7}')
    assert (done.code, done.out, done.error) == (0, f"published: {reached}\n", "")
    assert terminal.publish("elsewhere", "x").code == 0
    told = terminal.publish("orders", "two\nlines", "-o", "json").json()
    assert told == {"topic": "orders", "durability": reached}
    path = terminal.cli.directory / "message"
    path.write_text('"from a file"')
    assert terminal.publish("orders", "--data-file", path).code == 0
    assert terminal.publish("orders", "--data-file", "-", stdin=b"17").code == 0
    assert shown.wait() == 0
    assert shown.out.splitlines() == ['{"id":7}', "two lines", "from a file", "17"]


def test_json_and_metadata(terminal):
    shown = terminal.subscribe("orders", "-o", "json", "--count", "3")
    terminal.publish("orders", '{"id": 7}', "--metadata", "cloudevent.type=made",
                     "--metadata", "partitionKey=k&1")
    terminal.publish("orders", "plain text", "--raw")
    path = terminal.cli.directory / "message"
    path.write_bytes(b"\xff\x00\n")
    terminal.publish("orders", "--raw", "--data-file", path)
    assert shown.wait() == 0
    first, second, third = map(json.loads, shown.out.splitlines())
    event = first["event"]
    assert (first["topic"], event["data"], event["type"]) == ("orders", {"id": 7}, "made")
    assert (event["source"], event["datacontenttype"]) == ("lamp", "application/json")
    assert first["metadata"]["partitionKey"] == "k&1"
    assert first["time"].startswith("20")
    assert second["text"] == "plain text"
    assert third["base64"] == "/wAK"


def test_whole_messages_as_text(terminal):
    shown = terminal.subscribe("orders", "--raw", "--count", "1")
    terminal.publish("orders", "hello", "--metadata", "cloudevent.id=one")
    assert shown.wait() == 0
    event = json.loads(shown.out)
    assert (event["id"], event["data"], event["datacontenttype"]) == ("one", "hello", "text/plain")


def test_a_pattern_shows_topics(terminal):
    shown = terminal.subscribe("floor/+/light", "--count", "2")
    for topic in ("floor/1/light", "floor/1/heat", "floor/2/light"):
        terminal.publish(topic, "on")
    assert shown.wait() == 0
    assert shown.out.splitlines() == ["floor/1/light  on", "floor/2/light  on"]


def test_it_begins_now_and_takes_nothing_from_apps(bench, cli, bus):
    shop = Subscriber(bench, [subscription(bus, "orders", "/orders")])
    hub = bench.hub([app("shop", shop.port), component(bus, BUSES[bus])],
                    ["--default-app", "shop"])
    wait_for_subscriptions(hub)
    terminal = Terminal(cli, hub)
    terminal.publish("orders", "before")
    shown = terminal.subscribe("orders", "--count", "2")
    terminal.publish("orders", "one")
    terminal.publish("orders", "two")
    assert shown.wait() == 0
    assert shown.out.splitlines() == ["one", "two"]
    assert [event["data"] for event in shop.events("/orders", 3)] == ["before", "one", "two"]


def test_the_end_by_time(terminal):
    shown = terminal.subscribe("orders", "--timeout", "1s")
    terminal.publish("orders", "one")
    assert (shown.wait(), shown.out) == (0, "one\n")
    shown = terminal.subscribe("orders", "--timeout", "1s", "--count", "2")
    terminal.publish("orders", "one")
    assert (shown.wait(), shown.out) == (1, "one\n")
    assert "1 of 2 messages came in time" in shown.error


def test_the_end_by_the_user_leaves_nothing_behind(terminal, hub):
    shown = terminal.subscribe("orders")
    terminal.publish("orders", "one")
    lines_of(shown, 1)
    shown.signal(signal.SIGINT)
    assert shown.wait() == -signal.SIGINT
    # More readers than there may be at once: those that left are forgotten soon.
    for _ in range(20):
        wait_until(lambda: terminal.cli("subscribe", "orders", "--timeout", "20ms",
                                        *terminal.admin).code == 0, "a free place")
    assert hub.api("lamp").get("/v1.0/metadata").json().get("subscriptions", []) == []


def test_the_end_of_the_hub_and_of_the_bus(terminal, hub, bus):
    shown = terminal.subscribe("orders")
    daemon.write_resources(hub.directory / "etc", [app("lamp")])
    assert shown.wait() == 3
    assert "the hub has ended the stream" in shown.error
    daemon.write_resources(hub.directory / "etc", [app("lamp"), component(bus, BUSES[bus])])
    wait_until(lambda: hub.api("lamp").post(f"/v1.0/publish/{bus}/t", b"1").status == 204, "a bus")
    shown = terminal.subscribe("orders")
    assert hub.process.stop() == 0
    assert shown.wait() == 3


def test_a_reader_that_does_not_read_holds_up_nobody(bench, bus):
    """It misses messages, in the end knows how many, and the hub's memory stays bounded."""
    shop = Subscriber(bench, [subscription(bus, "orders", "/orders")])
    hub = bench.hub([app("shop", shop.port), component(bus, BUSES[bus])])
    wait_for_subscriptions(hub)
    with socket.socket(socket.AF_UNIX) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(os.fspath(hub.directory / "run" / "admin.sock"))
        slow.sendall(f"GET /v1.0-edgelane/subscribe/{bus}/orders HTTP/1.1\r\n"
                     "Host: x\r\n\r\n".encode())
        slow.settimeout(10)
        began = slow.recv(65536)
        while b"subscribed" not in began:
            began += slow.recv(65536)
        before = hub.process.memory()
        api = hub.api("shop")
        for number in range(200):
            body = json.dumps([{"entryId": str(i), "contentType": "text/plain",
                                "event": f"{number}-{i}-" + "x" * 2000} for i in range(50)])
            assert api.post(f"/v1.0/publish/bulk/{bus}/orders", body.encode(),
                            {"Content-Type": "application/json"}).status == 204
        shop.requests("/orders", 1000)
        assert hub.process.memory() - before < 16 << 20
        read = bytearray()
        while b'{"lost":' not in read:
            piece = slow.recv(65536)
            assert piece
            read += piece


def test_readers_are_limited(terminal, hub, bus):
    readers = [terminal.subscribe("orders") for _ in range(16)]
    refused = terminal.cli("subscribe", "orders", *terminal.admin)
    assert refused.code == 1
    assert "16 readers of topics are connected already; end one" in refused.error
    readers[0].signal(signal.SIGINT)
    readers[0].wait()
    wait_until(lambda: terminal.cli("subscribe", "orders", "--timeout", "200ms",
                                    *terminal.admin).code == 0, "a free place")


def test_what_is_refused(terminal, hub, bus):
    done = terminal.cli("subscribe", "orders", "--address", hub.port)
    assert (done.code, "admin.sock" in done.error) == (1, True)
    done = terminal.cli("subscribe", "orders", "--pubsub", "other", *terminal.admin)
    assert (done.code, done.error) == (1, "edgelane: pubsub other is not found\n")
    done = terminal.publish("orders", "x", "--pubsub", "other")
    assert (done.code, done.error) == (1, "edgelane: pubsub other is not found\n")
    assert terminal.publish("orders").code == 2
    assert terminal.publish("orders", "x", "--metadata", "y").code == 2
    assert terminal.cli("subscribe", "orders", "--count", "x", *terminal.admin).code == 2
    done = terminal.cli("subscribe", "orders", "--app-id", "nobody", *terminal.admin)
    assert "no app of this hub has the id nobody" in done.error
    answer = admin(hub).get(f"/v1.0-edgelane/subscribe/{bus}/")
    assert answer.status == 404


def test_several_buses_must_be_named(bench, cli):
    hub = bench.hub([app("lamp"), *(component(*one) for one in BUSES.items())],
                    ["--default-app", "lamp"])
    terminal = Terminal(cli, hub)
    done = terminal.publish("orders", "x")
    assert done.code == 2
    assert "the hub has several message buses; name one with --pubsub: mem, disk" in done.error
    assert terminal.publish("orders", "x", "-p", "disk").out == "published: memory\n"


def test_the_topic_of_an_app_with_a_namespace(bench, cli):
    hub = bench.hub([app("lamp", namespace="attic"),
                     component("mem", "pubsub.in-memory", {"consumerID": "{namespace}"})])
    terminal = Terminal(cli, hub)
    shown = terminal.subscribe("orders", "--app-id", "lamp", "--count", "1")
    done = cli("publish", "orders", "x", "--socket", hub.socket_path("lamp"))
    assert done.code == 0, done
    assert (shown.wait(), shown.out) == (0, "x\n")


def test_of_an_app_that_the_user_runs(bench, cli):
    resources = bench.directory() / "resources"
    resources.mkdir()
    (resources / "bus.yaml").write_text(json.dumps(component("mem", "pubsub.in-memory")))
    cli.run("--app-id", "mine", "--resources-path", resources, "--", "sleep", "60")
    wait_until(lambda: any(one["appId"] == "mine" and one["state"] != "unknown"
                           for one in cli("list", "-o", "json").json()), "the app's hub")
    shown = cli.start("subscribe", "orders", "--app-id", "mine", "--count", "1")
    wait_until(lambda: "subscribed" in shown.error, "the subscription")
    assert cli("publish", "orders", "x", "--app-id", "mine").out == "published: memory\n"
    assert (shown.wait(), shown.out) == (0, "x\n")


def test_completion_and_help_know_the_commands(cli):
    script = cli("completion", "bash").out
    assert '"publish "*)' in script and '"subscribe "*)' in script
    assert "--metadata" in cli("publish", "--help").out
    assert "--count" in cli("subscribe", "--help").out
