"""Apps that are found by their ids on this machine: two hubs, and python-zeroconf as a daprd."""
import asyncio
import contextlib
import json
import os
import pathlib
import random
import socket
import time

import pytest

from harness.daemon import free_port, write_resources
from harness.internals import InternalPort, response
from harness.resources import app
from harness.rpc import COMMON, Rpc, failure_of, message
from harness.waiting import wait_until

# What is said on this machine's loopback interface is heard by whoever else runs tests there.
RUN = f"{random.randrange(1 << 32):08x}"
POINTER = 12  # the type of the record that leads from a type of services to its instances


def named(name):
    return f"{name}-{RUN}"


def path(app_id, method="on"):
    return f"/v1.0/invoke/{app_id}/method/{method}"


def internal(port=0):
    return ["--dapr-internal-grpc-port", port or free_port()]


def resolver(component):
    return {"apiVersion": "dapr.io/v1alpha1", "kind": "Configuration",
            "metadata": {"name": "config"}, "spec": {"nameResolution": {"component": component}}}


def seeks(process):
    """Whether a process has a UDP socket at the port of multicast DNS."""
    own = set()
    for one in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed by now
            own.add(os.readlink(one))
    lines = pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(":14E9") and f"socket:[{line.split()[9]}]" in own
               for line in lines)


def told(answer):
    return {name.lower(): value for name, value in json.loads(answer.body)["headers"]}


def reverse(request, context):
    return request[::-1]


def ring(request, context):
    data = type(request.data)(value=request.data.value * 2)
    return message(f"{COMMON}.InvokeResponse")(data=data)


@pytest.fixture(scope="module")
def bell(module_bench):
    one = module_bench.rpc_app()
    one.answer("OnInvoke", ring)
    one.raw["any.Service/Reverse"] = ("unary_unary", reverse)
    return one


@pytest.fixture(scope="module")
def porch(module_bench, bell):
    """A hub with a lamp and a bell."""
    lamp = module_bench.app()
    return module_bench.hub([app(named("lamp"), lamp.port),
                             app(named("bell"), bell.port, protocol="grpc")], flags=internal())


@pytest.fixture(scope="module")
def attic(module_bench, porch):
    return module_bench.hub([app("speaker")], flags=internal())


def test_an_app_of_another_hub_is_found_within_a_second(attic):
    began = time.monotonic()
    answer = attic.api("speaker").put(path(named("lamp"), "on?x=1"), b"open")
    took = time.monotonic() - began
    assert answer.status == 200, answer.body
    seen = json.loads(answer.body)
    assert (seen["method"], seen["path"], seen["query"], seen["body"]) == (
        "PUT", "/on", "x=1", "open")
    assert told(answer)["dapr-caller-app-id"] == "speaker"
    assert took < 1


def test_a_grpc_app_is_invoked_and_any_service_is_passed_on(attic):
    rpc = Rpc(attic.grpc_target("speaker"))
    request = message(f"{COMMON}.InvokeRequest")(method="ring")
    request.data.value = b"ding"
    answer = rpc.call("InvokeService", id=named("bell"), message=request)
    assert answer.data.value == b"dingding"
    passed = rpc.raw("/any.Service/Reverse", b"abc", headers={"dapr-app-id": named("bell")})
    assert passed.result() == b"cba"
    rpc.close()


def test_who_is_nowhere_is_told_as_by_dapr(attic):
    missing = named("nobody")
    began = time.monotonic()
    answer = attic.api("speaker").get(path(missing))
    assert time.monotonic() - began < 2.5
    assert answer.status == 500
    assert json.loads(answer.body) == {
        "errorCode": "ERR_DIRECT_INVOKE",
        "message": f"failed to invoke, id: {missing}, err: couldn't find service: {missing}"}
    rpc = Rpc(attic.grpc_target("speaker"))
    failed = failure_of(rpc.raw("/any.Service/Reverse", headers={"dapr-app-id": missing}))
    assert failed.message.endswith(f"couldn't find service: {missing}")
    rpc.close()


def test_an_app_is_not_found_any_more_after_its_hub_stops(bench, attic):
    one = bench.app()
    name = named("fan")
    hub = bench.hub([app(name, one.port)], flags=internal())
    client = attic.api("speaker")
    assert client.get(path(name)).status == 200
    assert hub.process.stop() == 0
    answer = client.get(path(name))
    assert f"couldn't find service: {name}" in answer.text


def test_an_app_whose_hub_was_killed_is_found_where_it_starts_again(bench, attic):
    one = bench.app()
    name = named("heater")
    hub = bench.hub([app(name, one.port)], flags=internal())
    client = attic.api("speaker")
    assert client.get(path(name)).status == 200
    hub.process.kill()
    hub.flags = internal()
    bench.started(hub)
    assert client.get(path(name)).status == 200


def test_an_app_that_is_removed_is_not_found_any_more(bench, attic):
    one = bench.app()
    kept, removed = named("kept"), named("removed")
    hub = bench.hub([app(kept, one.port), app(removed, one.port)], flags=internal())
    client = attic.api("speaker")
    assert client.get(path(removed)).status == 200
    write_resources(hub.directory / "etc", [app(kept, one.port)])
    wait_until(lambda: "couldn't find service" in client.get(path(removed)).text, "it is gone")
    wait_until(lambda: client.get(path(kept)).status == 200, "the other is there")


def test_several_instances_are_called_in_turn(bench, attic):
    name = named("many")
    lamps = [bench.app(), bench.app()]
    for one in lamps:
        one.route("/who", lambda exchange, port=one.port: exchange.answer(200, b"%d" % port))
        bench.hub([app(name, one.port)], flags=internal())
    client = attic.api("speaker")
    seen = set()
    wait_until(lambda: seen.add(client.get(path(name, "who")).text) or len(seen) == 2, "both")
    answers = [client.get(path(name, "who")).text for _ in range(6)]
    assert all(first != second for first, second in zip(answers, answers[1:]))


def test_a_hub_without_an_internal_port_seeks_nothing(bench, porch):
    hub = bench.hub([app("speaker")])
    began = time.monotonic()
    answer = hub.api("speaker").get(path(named("lamp")))
    assert "couldn't find service" in answer.text
    assert time.monotonic() - began < 1
    assert not seeks(hub.process)


def test_a_hub_that_is_told_to_seeks_without_a_port(bench, porch):
    hub = bench.hub([app("speaker"), resolver("mdns")])
    assert hub.api("speaker").get(path(named("lamp"))).status == 200


def test_another_resolver_turns_it_off(bench, porch):
    hub = bench.hub([app("speaker"), resolver("consul")], flags=internal())
    assert "couldn't find service" in hub.api("speaker").get(path(named("lamp"))).text
    assert "has no name resolver of that kind" in hub.log
    assert not seeks(hub.process)


# python-zeroconf in the place of the library that a daprd has. It takes no types without an
# underscore where it registers and browses, so that it is used a step below: it answers for what
# stands in its registry, and reads whatever it hears into its cache.


@pytest.fixture
def zeroconf():
    library = pytest.importorskip("zeroconf", reason="python3-zeroconf is not installed")
    one = library.Zeroconf(interfaces=["127.0.0.1"], ip_version=library.IPVersion.V4Only)
    yield one
    one.close()


def type_of(name):
    return f"{name}.local."


def on_its_loop(zeroconf, action):
    asyncio.run_coroutine_threadsafe(action, zeroconf.loop).result(10)


async def register(zeroconf, info):
    zeroconf.registry.async_add(info)


def instances_of(zeroconf, name):
    """The instances of a type that it knows."""
    from zeroconf import current_time_millis
    return [record.alias for record in zeroconf.cache.entries_with_name(type_of(name))
            if record.type == POINTER and not record.is_expired(current_time_millis())]


def ask(zeroconf, name):
    from zeroconf import DNSOutgoing, DNSQuestion
    out = DNSOutgoing(0)
    out.add_question(DNSQuestion(type_of(name), POINTER, 1))
    zeroconf.send(out)


def test_a_daprd_is_called_by_its_app_id(attic, zeroconf):
    from zeroconf import ServiceInfo
    name = named("camera")
    far = InternalPort(lambda request, body, context: response(200, b"picture"))
    info = ServiceInfo(type_of(name), f"far:7.{type_of(name)}", far.port, server="far.local.",
                       addresses=[socket.inet_aton("127.0.0.1")],
                       properties=bytes([len(name)]) + name.encode())
    on_its_loop(zeroconf, register(zeroconf, info))
    began = time.monotonic()
    answer = attic.api("speaker").get(path(name, "look"))
    assert time.monotonic() - began < 1
    assert (answer.status, answer.body) == (200, b"picture"), attic.log
    assert far.seen[0][1].message.method == "look"
    goodbye = zeroconf.generate_service_broadcast(info, 0)
    zeroconf.registry.async_remove(info)
    zeroconf.send(goodbye)
    wait_until(lambda: "couldn't find service" in attic.api("speaker").get(path(name)).text,
               "its goodbye is heard")
    far.close()


def test_what_a_hub_announces_is_read_by_others(bench, zeroconf):
    from zeroconf import ServiceInfo
    one, name, port = bench.app(), named("door"), free_port()
    hub = bench.hub([app(name, one.port)], flags=internal(port))
    wait_until(lambda: instances_of(zeroconf, name), "it is announced")
    [instance] = instances_of(zeroconf, name)
    host = socket.gethostname().split(".")[0][:40]
    assert instance.startswith(f"{host}-")
    assert instance.endswith(f":{hub.process.pid}.{type_of(name)}")
    info = ServiceInfo(type_of(name), instance)
    assert info.load_from_cache(zeroconf), "all of it comes at once"
    assert (info.port, info.addresses) == (port, [socket.inet_aton("127.0.0.1")])
    assert info.text == bytes([len(name)]) + name.encode()
    assert info.server == instance.split(":")[0] + ".local."
    assert hub.process.stop() == 0
    wait_until(lambda: not instances_of(zeroconf, name), "it says goodbye")


def test_it_answers_who_asks_later(bench, attic, zeroconf):
    one, name = bench.app(), named("garage")
    bench.hub([app(name, one.port)], flags=internal())
    assert attic.api("speaker").get(path(name)).status == 200
    wait_until(lambda: instances_of(zeroconf, name), "it is announced")
    zeroconf.cache.async_remove_records(list(zeroconf.cache.entries_with_name(type_of(name))))
    assert not instances_of(zeroconf, name)
    ask(zeroconf, name)
    wait_until(lambda: instances_of(zeroconf, name), "it answers")


def test_any_packet_is_survived(attic):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    for _ in range(2000):
        size = random.choice((0, 1, 11, 12, 60, 500, 1400))
        sender.sendto(b"\0\0\x84\0\0\1" + random.randbytes(size), ("224.0.0.251", 5353))
    sender.close()
    assert attic.process.running()
    assert attic.api("speaker").get(path(named("lamp"))).status == 200
