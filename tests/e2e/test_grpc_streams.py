"""Topics as streams: SubscribeTopicEventsAlpha1."""
import queue

import pytest

from harness.pubsub import buses
from harness.resources import app
from harness.rpc import LIMIT, Rpc, failure_of, message
from harness.waiting import wait_until

SUCCESS, RETRY, DROP = range(3)
STREAMING = 3


class Stream:
    """A subscription; what the client says goes through a queue."""

    def __init__(self, rpc, *said):
        self.said = queue.Queue()
        for one in said:
            self.say(**one)
        self.call = rpc.method("SubscribeTopicEventsAlpha1")(iter(self.said.get, None),
                                                             timeout=LIMIT)

    def say(self, **fields):
        self.said.put(message("SubscribeTopicEventsRequestAlpha1")(**fields))

    def event(self):
        return next(self.call).event_message

    def answer(self, event, status=SUCCESS):
        self.say(event_processed={"id": event.id, "status": {"status": status}})

    def close(self):
        self.said.put(None)


@pytest.fixture(scope="module")
def hub(module_bench):
    directory = module_bench.directory()
    return module_bench.hub([app("lamp"), app("speaker"), *buses(directory)])


@pytest.fixture
def lamp(hub):
    rpc = Rpc(hub.grpc_target("lamp"))
    yield rpc
    rpc.close()


def opened(rpc, pubsub, topic, **more):
    stream = Stream(rpc, {"initial_request": {"pubsub_name": pubsub, "topic": topic, **more}})
    assert next(stream.call).WhichOneof("subscribe_topic_events_response_type") == (
        "initial_response")
    return stream


def publish(rpc, pubsub, topic, data, content_type="text/plain", **metadata):
    rpc.call("PublishEvent", pubsub_name=pubsub, topic=topic, data=data,
             data_content_type=content_type, metadata=metadata)


@pytest.mark.parametrize("bus", ["mem", "disk"])
def test_events_come_and_are_answered(lamp, bus):
    stream = opened(lamp, bus, "a")
    publish(lamp, bus, "a", b"one", **{"cloudevent.subject": "s"})
    event = stream.event()
    assert (event.data, event.data_content_type) == (b"one", "text/plain")
    assert (event.topic, event.pubsub_name, event.path) == ("a", bus, "/")
    assert (event.source, event.type, event.spec_version) == ("lamp", "com.dapr.event.sent", "1.0")
    extensions = event.extensions.fields
    assert extensions["subject"].string_value == "s" and "id" not in extensions
    stream.answer(event)
    publish(lamp, bus, "a", b'{"n": [1.5, null, true]}', "application/json")
    event = stream.event()
    assert event.data == b'{"n":[1.5,null,true]}'
    stream.answer(event)
    publish(lamp, bus, "a", b"\x00\xff", "application/octet-stream")
    event = stream.event()
    assert event.data == b"\x00\xff"
    stream.answer(event)
    stream.close()
    assert list(stream.call) == []


def test_open_streams_are_in_metadata(hub, lamp):
    def listed():
        told = [(one.pubsub_name, one.topic, one.type)
                for one in lamp.call("GetMetadata").subscriptions]
        shown = hub.api("lamp").get("/v1.0/metadata").json().get("subscriptions", [])
        assert [(one["pubsubname"], one["topic"]) for one in shown] == [one[:2] for one in told]
        assert {one["type"] for one in shown} <= {"STREAMING"}
        return told

    stream = opened(lamp, "mem", "listed")
    assert listed() == [("mem", "listed", STREAMING)]
    speaker = hub.api("speaker").get("/v1.0/metadata").json()
    assert "subscriptions" not in speaker
    stream.close()
    assert list(stream.call) == []
    wait_until(lambda: listed() == [], "nothing listed")


def test_what_is_not_answered_comes_again(lamp):
    stream = opened(lamp, "disk", "again")
    publish(lamp, "disk", "again", b"kept")
    first = stream.event()
    stream.answer(first, RETRY)
    second = stream.event()
    assert second.id == first.id
    stream.call.cancel()
    later = opened(lamp, "disk", "again")
    third = later.event()
    assert third.id == first.id
    later.answer(third)
    later.close()
    assert list(later.call) == []


def test_what_is_dropped_goes_to_the_dead_letter_topic(lamp):
    dead = opened(lamp, "disk", "dead")
    stream = opened(lamp, "disk", "b", dead_letter_topic="dead")
    publish(lamp, "disk", "b", b"bad")
    stream.answer(stream.event(), DROP)
    event = dead.event()
    assert event.data == b"bad"
    dead.answer(event)
    for one in (stream, dead):
        one.close()
        assert list(one.call) == []


@pytest.mark.parametrize("said, code, text", [
    ([], "UNKNOWN", "initial request is required"),
    ([{"event_processed": {"id": "x"}}], "UNKNOWN", "initial request is required"),
    ([{"initial_request": {"topic": "t"}}], "UNKNOWN", "pubsubName is required"),
    ([{"initial_request": {"pubsub_name": "mem"}}], "UNKNOWN", "topic is required"),
    ([{"initial_request": {"pubsub_name": "no", "topic": "t"}}], "INVALID_ARGUMENT",
     "pubsub no is not found")])
def test_streams_that_cannot_be(lamp, said, code, text):
    stream = Stream(lamp, *said)
    stream.close()
    failure = failure_of(stream.call)
    assert (failure.code, failure.message) == (code, text)


def test_a_second_initial_request(lamp):
    initial = {"initial_request": {"pubsub_name": "mem", "topic": "t"}}
    stream = opened(lamp, "mem", "t")
    stream.say(**initial)
    failure = failure_of(stream.call)
    assert (failure.code, failure.message) == ("UNKNOWN", "duplicate initial request received")


def test_a_hub_stops_though_streams_are_open(bench):
    hub = bench.hub([app("lamp"), *buses(bench.directory())])
    rpc = Rpc(hub.grpc_target("lamp"))
    streams = [opened(rpc, "mem", "t"), opened(rpc, "disk", "t")]
    publish(rpc, "disk", "t", b"waits")
    assert streams[1].event().data == b"waits"
    hub.process.signal(15)
    failure = failure_of(streams[0].call)
    assert failure.code == "UNAVAILABLE"
    assert hub.process.wait() == 0
    rpc.close()
