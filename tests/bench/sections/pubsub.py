"""Publishing beside mosquitto and bare SQLite, and the way of a message to its app."""
import dataclasses
import os
import statistics
import subprocess
import time

from lab import load, machine, report, servers
from sections.state import interleave

TITLE = "Pub/sub: publishing and delivery"
DATA_BYTES = 1024
PUBLISHERS = (1, 64)
BATCH = 100  # for what a group of messages gains
BUSES = {"membus": "pubsub.in-memory", "pubsub": "pubsub.sqlite"}
BUS = """---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: {name}
spec:
  type: {type}
  version: v1
"""
SUBSCRIPTION = """---
apiVersion: dapr.io/v1alpha1
kind: Subscription
metadata:
  name: {bus}-{topic}
spec:
  pubsubname: {bus}
  topic: {topic}
  route: /event
scopes: [callee]
"""
MOSQUITTO_CONF = """listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {dir}/
set_tcp_nodelay true
max_queued_messages 0
{user}
"""
METHOD = (
    f"Messages of {DATA_BYTES} bytes; a publisher sends the next when the last is answered. "
    "SQLite: the same table and statement in a loop, as many rows a commit as there are publishers "
    "(p50 and p99 of one commit); \"no HTTP\" is the component alone. Committed over HTTP is for "
    "an app that is away. SQLite, the component and the hub sync before they answer; mosquitto "
    "(persistence on) does not. Everything on one core at real-time priority.")
HEAD = ("publishers", "who", "messages/s", "p50 us", "p99 us", "disk bytes/message",
        "to SQLite", "to mosquitto")
DELIVERY_METHOD = (
    "From publishing to arrival at the app that subscribes, one message at a time, the publisher "
    "waiting for its answer too:")
DELIVERY_HEAD = ("through", "messages", "p50 us", "p99 us", "p50 to mosquitto")


@dataclasses.dataclass
class Published:
    rate: float
    p50: float = 0.0  # microseconds
    p99: float = 0.0
    disk: float = 0.0  # bytes written a message


def numbers_of(bench, command):
    """What a tool printed that waits for the disk, so at real-time priority."""
    turn = machine.Turn(bench.lab.turn.cpu, realtime=True)
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=turn.take,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")
    return list(map(int, done.stdout.split()))


def remove_database(path):
    for suffix in ("", "-wal", "-shm", ".ballast"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def bare_run(bench, batch):
    path = bench.lab.path("bare-queue.db")
    remove_database(path)
    rows, took, _cpu, written, p50, p99 = numbers_of(
        bench, [bench.lab.tool("sqlite"), "append", str(path), str(batch), str(bench.seconds),
                str(DATA_BYTES)])
    return Published(rows * 1e9 / took, p50 / 1e3, p99 / 1e3, written / rows)


def component_run(bench, publishers):
    path = bench.lab.path("component-queue.db")
    remove_database(path)
    rows, took, written = numbers_of(
        bench, [bench.lab.tool("pubsub"), "keep", str(path), str(publishers),
                str(bench.seconds), str(DATA_BYTES)])
    return Published(rows * 1e9 / took, disk=written / rows)


def hub_run(bench, hub, bus, publishers):
    turn = machine.Turn(bench.lab.turn.cpu, realtime=True)
    turn.give(hub.pid)
    shape = load.Shape(f"/v1.0/publish/{bus}/kept", publishers, "publish.lua", (DATA_BYTES - 2,))
    before = machine.disk_bytes(hub.pid)
    got = load.measure(hub, shape, bench.seconds, turn)
    return Published(got.rate, got.p50, got.p99,
                     (machine.disk_bytes(hub.pid) - before) / got.requests)


def mosquitto_run(bench, broker, publishers):
    turn = machine.Turn(bench.lab.turn.cpu, realtime=True)
    turn.give(broker.pid)
    count, took, p50, p99 = numbers_of(
        bench, [bench.lab.tool("mqtt"), str(broker.port), str(publishers), str(bench.seconds),
                str(DATA_BYTES)])
    return Published(count * 1e9 / took, p50 / 1e3, p99 / 1e3)


def start_mosquitto(lab):
    folder = lab.path("mosquitto")
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    port = servers.free_port()
    conf = folder / "mosquitto.conf"
    conf.write_text(MOSQUITTO_CONF.format(port=port, dir=folder,
                                          user="user root" if os.geteuid() == 0 else ""))
    return lab.start("mosquitto", ["mosquitto", "-c", str(conf)], port)


def start_hub(lab, app_port):
    root = lab.make_root("pubsub-root", 2)
    apps = root / "etc" / "apps.yaml"
    apps.write_text(apps.read_text(encoding="utf-8") + f"spec:\n  port: {app_port}\n",
                    encoding="utf-8")
    (root / "etc" / "bus.yaml").write_text(
        "".join(BUS.format(name=name, type=kind) for name, kind in BUSES.items())
        + "".join(SUBSCRIPTION.format(bus=bus, topic=topic) for bus, topic in
                  (("membus", "delivered"), ("pubsub", "delivered"), ("pubsub", "kept"))),
        encoding="utf-8")
    hub = lab.start_hub(root, "--default-app", "caller")
    app = lab.start("subscriber", [lab.tool("upstream"), str(app_port)], app_port)
    wait_until_kept(hub)
    lab.stop(app)
    return hub


def wait_until_kept(hub, limit=10.0):
    """Until the app has subscribed, for which messages are kept from then on."""
    end = time.monotonic() + limit
    path = "/v1.0/publish/pubsub/kept?metadata.durability=committed"
    while servers.request(("127.0.0.1", hub.port), "POST", path, b"0")[0] != 204:
        if time.monotonic() > end:
            raise RuntimeError("the app did not subscribe")
        time.sleep(0.05)


def publish_rows(bench, hub, broker, publishers):
    bench.say(f"{publishers} publishers")
    runs = interleave(bench, {
        "SQLite, one commit for all": lambda: bare_run(bench, publishers),
        "mosquitto, QoS 1": lambda: mosquitto_run(bench, broker, publishers),
        "pubsub.sqlite, no HTTP": lambda: component_run(bench, publishers),
        "edgelane, committed": lambda: hub_run(bench, hub, "pubsub", publishers),
        "edgelane, memory": lambda: hub_run(bench, hub, "membus", publishers)})
    bare, broker_runs = runs["SQLite, one commit for all"], runs["mosquitto, QoS 1"]
    rows = []
    for name, of_one in runs.items():
        def middle(field, of_one=of_one):
            return statistics.median(getattr(run, field) for run in of_one)

        rows.append(("" if rows else publishers, name, f"{middle('rate'):.0f}",
                     f"{middle('p50'):.1f}" if middle("p50") else "",
                     f"{middle('p99'):.1f}" if middle("p99") else "",
                     f"{middle('disk'):.0f}" if middle("disk") else "",
                     f"{load.ratio(of_one, bare, 'rate'):.2f}",
                     f"{load.ratio(of_one, broker_runs, 'rate'):.2f}"))
    ours = runs["pubsub.sqlite, no HTTP"]
    return rows, report.at_least(f"publish committed, {publishers} at once, rows/s to SQLite", 0.8,
                                 load.ratio(ours, bare, "rate"))


def batch_rows(bench):
    """What a batch gains, beside what the disk lets SQLite gain."""
    bench.say(f"batches of {BATCH}")
    runs = interleave(bench, {"one": lambda: component_run(bench, 1),
                              "batch": lambda: component_run(bench, BATCH),
                              "SQLite, one": lambda: bare_run(bench, 1),
                              "SQLite, batch": lambda: bare_run(bench, BATCH)})
    gain = load.ratio(runs["batch"], runs["one"], "rate")
    bare = load.ratio(runs["SQLite, batch"], runs["SQLite, one"], "rate")
    disk = statistics.median(run.disk for run in runs["batch"])
    text = (f"{BATCH} messages at once are {gain:.1f} times as many a second as one at a time in "
            f"pubsub.sqlite, and {bare:.1f} times in bare SQLite on this disk.")
    return text, [report.at_least(f"publish committed, {BATCH} at once to one at a time", 30, gain),
                  report.at_most(f"bytes written for each byte published, {BATCH} at once", 4,
                                 disk / DATA_BYTES)]


@dataclasses.dataclass
class Delivered:
    count: int
    p50: float
    p99: float


def delivery_run(bench, arguments):
    command = [bench.lab.tool("delivery"), arguments[0], str(bench.seconds), str(DATA_BYTES),
               *map(str, arguments[1:])]
    count, p50, p99 = numbers_of(bench, command)
    return Delivered(count, p50 / 1e3, p99 / 1e3)


def delivery_rows(bench, hub, broker, app_port):
    bench.say("delivery")
    runs = interleave(bench, {
        "mosquitto, QoS 1": lambda: delivery_run(bench, ("mqtt", broker.port)),
        "edgelane, memory": lambda: delivery_run(
            bench, ("hub", hub.port, app_port, "/v1.0/publish/membus/delivered")),
        "edgelane, committed": lambda: delivery_run(
            bench, ("hub", hub.port, app_port, "/v1.0/publish/pubsub/delivered"))})
    rows = []
    for name, of_one in runs.items():
        rows.append((name, sum(run.count for run in of_one),
                     f"{statistics.median(run.p50 for run in of_one):.1f}",
                     f"{statistics.median(run.p99 for run in of_one):.1f}",
                     f"{load.ratio(of_one, runs['mosquitto, QoS 1'], 'p50'):.2f}"))
    return rows


def run(bench):
    app_port = servers.free_port()
    hub = start_hub(bench.lab, app_port)
    broker = start_mosquitto(bench.lab)
    rows, bars = [], []
    for publishers in PUBLISHERS[-1:] if bench.quick else PUBLISHERS:
        more, bar = publish_rows(bench, hub, broker, publishers)
        rows += more
        bars.append(bar)
    batches, more = batch_rows(bench)
    bars += more
    delivered = delivery_rows(bench, hub, broker, app_port)
    text = "\n\n".join((METHOD, report.table(HEAD, rows), batches, DELIVERY_METHOD,
                        report.table(DELIVERY_HEAD, delivered)))
    return report.Section("pubsub", TITLE, text, bars)
