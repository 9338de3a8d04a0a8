"""Messages for the cloud: kept beside bare SQLite, drained beside a bare publisher, reconnecting."""
import json
import os
import sqlite3
import statistics
import subprocess
import time

from lab import load, machine, report, servers
from sections import pubsub
from sections.startup import READY, start_once
from sections.state import interleave

TITLE = "Sync: the outbox and the way to the cloud"
DATA_BYTES = 256
PUBLISHERS = (1, 64)
QUEUED = 50_000
OPEN_ROWS = 1_000_000
STARTS = 20
UPLINK = """---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {{name: membus}}
spec: {{type: pubsub.in-memory, version: v1}}
---
apiVersion: edgelane.dev/v1
kind: Uplink
metadata: {{name: cloud}}
spec:
  url: mqtt://127.0.0.1:{port}
  hub: bench
  maxReconnectInterval: 100ms
  topics:
    - {{pubsub: membus, topic: kept, class: event}}
  limits:
    event: {{messages: 100000000, bytes: 16Gi}}
"""
METHOD = (
    "Publishing: messages of {data} bytes to a topic that goes to the cloud, which is away; a "
    "publisher sends the next when the last is committed. SQLite: a table of messages in a loop, "
    "as many rows a commit as there are publishers, no HTTP.")
HEAD = ("publishers", "who", "messages/s", "p50 us", "p99 us", "disk bytes/message", "to SQLite")
DRAIN_METHOD = (
    "Draining: {queued} messages that wait on disk, from the first acknowledgement of the broker "
    "to the last; the bare publisher is mosquitto_pub -l (libmosquitto, QoS 1, 20 on their way) "
    "with payloads of the same size. Broker and publisher on one core.")
DRAIN_HEAD = ("who", "messages/s", "to mosquitto_pub")
OTHER_METHOD = (
    "Reconnecting: from the moment the broker listens to a waiting message's acknowledgement "
    "(maxReconnectInterval 100ms). Opening: from fork to the first answer, {rows} messages waiting.")
OTHER_HEAD = ("what", "p50 ms", "p90 ms")


def sync_status(root):
    status, body = servers.request(str(root / "run" / "admin.sock"), "GET", "/v1.0-edgelane/sync")
    if status != 200:
        raise RuntimeError(f"the hub's sync status: {status} {body}")
    return json.loads(body)


def acknowledged(root):
    """Messages since the hub's start."""
    return sync_status(root)["sinceStart"]["acknowledged"]


def wait_until(condition, what, limit=120.0):
    """The moment at which it came true."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come true in {limit} s")
        time.sleep(0.002)
    return time.monotonic()


class Broker:
    """mosquitto on one port, there or not."""

    def __init__(self, lab):
        self.lab = lab
        self.port = servers.free_port()
        self.server = None
        user = "user root\n" if os.geteuid() == 0 else ""
        self.conf = lab.path("cloud.conf")
        self.conf.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n"
                             f"set_tcp_nodelay true\nlog_type error\n{user}", encoding="utf-8")

    def start(self):
        self.server = self.lab.start("cloud", ["mosquitto", "-c", str(self.conf)], self.port)

    def stop(self):
        self.lab.stop(self.server)
        self.server = None


def start_hub(lab, broker, name):
    root = lab.make_root(name, 1)
    (root / "etc" / "cloud.yaml").write_text(UPLINK.format(port=broker.port), encoding="utf-8")
    return lab.start_hub(root, "--default-app", "caller"), root


def publish_many(hub, count):
    for first in range(0, count, 500):
        entries = [{"entryId": str(n), "event": "d" * DATA_BYTES, "contentType": "text/plain"}
                   for n in range(first, min(first + 500, count))]
        status, body = servers.request(("127.0.0.1", hub.port), "POST",
                                       "/v1.0/publish/bulk/membus/kept",
                                       json.dumps(entries).encode())
        if status != 204:
            raise RuntimeError(f"publishing failed: {status} {body}")


def hub_publish(bench, hub, publishers):
    turn = machine.Turn(bench.lab.turn.cpu, realtime=True)
    turn.give(hub.pid)
    shape = load.Shape("/v1.0/publish/membus/kept", publishers, "publish.lua", (DATA_BYTES - 2,))
    before = machine.disk_bytes(hub.pid)
    got = load.measure(hub, shape, bench.seconds, turn)
    return pubsub.Published(got.rate, got.p50, got.p99,
                            (machine.disk_bytes(hub.pid) - before) / got.requests)


def bare_publish(bench, batch):
    path = bench.lab.path("bare-outbox.db")
    pubsub.remove_database(path)
    rows, took, _cpu, written, p50, p99 = pubsub.numbers_of(
        bench, [bench.lab.tool("sqlite"), "append", str(path), str(batch), str(bench.seconds),
                str(DATA_BYTES)])
    return pubsub.Published(rows * 1e9 / took, p50 / 1e3, p99 / 1e3, written / rows)


def publish_rows(bench, hub, publishers):
    bench.say(f"{publishers} publishers")
    runs = interleave(bench, {
        "SQLite, one commit for all": lambda: bare_publish(bench, publishers),
        "edgelane, outbox": lambda: hub_publish(bench, hub, publishers)})
    rows = []
    for name, of_one in runs.items():
        def middle(field, of_one=of_one):
            return statistics.median(getattr(run, field) for run in of_one)

        rows.append(("" if rows else publishers, name, f"{middle('rate'):.0f}",
                     f"{middle('p50'):.1f}", f"{middle('p99'):.1f}", f"{middle('disk'):.0f}",
                     f"{load.ratio(of_one, runs['SQLite, one commit for all'], 'rate'):.2f}"))
    return rows


def drain_run(bench, broker, hub, root, count):
    """Messages a second, from the first acknowledgement on."""
    publish_many(hub, count)
    machine.Turn(bench.lab.turn.cpu).give(hub.pid)
    before = acknowledged(root)
    broker.start()
    began = wait_until(lambda: acknowledged(root) > before, "the first acknowledgement")
    first = acknowledged(root) - before
    # The rows leave the disk later, together.
    ended = wait_until(lambda: acknowledged(root) == before + count, "the last acknowledgement")
    broker.stop()
    return pubsub.Published((count - first) / (ended - began))


def bare_drain(bench, broker, count, size):
    broker.start()
    lines = ("x" * size + "\n") * count
    began = time.monotonic()
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-q", "1", "-t",
                    "e1/u/bench/kept", "-l"], input=lines.encode(), check=True,
                   preexec_fn=bench.lab.turn.take)
    took = time.monotonic() - began
    broker.stop()
    return pubsub.Published(count / took)


def payload_bytes():
    """Of a message as it goes to the cloud: its data and its envelope."""
    return DATA_BYTES + 430


def drain_rows(bench, broker, hub, root):
    count = QUEUED // 10 if bench.quick else QUEUED
    bench.say(f"{count} messages to drain")
    bare, ours = "mosquitto_pub -l, QoS 1", "edgelane, from the disk"
    runs = interleave(bench, {bare: lambda: bare_drain(bench, broker, count, payload_bytes()),
                              ours: lambda: drain_run(bench, broker, hub, root, count)})
    rows = [(name, f"{load.median(of_one, 'rate'):.0f}",
             f"{load.ratio(of_one, runs[bare], 'rate'):.2f}") for name, of_one in runs.items()]
    return rows, report.at_least("drain of the outbox, messages/s to mosquitto_pub", 0.5,
                                 load.ratio(runs[ours], runs[bare], "rate"))


def reconnect_once(broker, hub, root):
    publish_many(hub, 1)
    before = acknowledged(root)
    broker.start()
    began = time.monotonic()
    ended = wait_until(lambda: acknowledged(root) > before, "the message's way")
    broker.stop()
    wait_until(lambda: not sync_status(root)["online"], "the loss of the connection")
    return 1000 * (ended - began)


def fill_to(path, rows):
    """Copies of the last message, as if they had been published."""
    database = sqlite3.connect(path)
    with database:
        last, size = database.execute(
            "SELECT last_row, bytes / rows FROM sync_totals WHERE class=1").fetchone()
        names = [row[1] for row in database.execute("PRAGMA table_info(sync_event)")]
        rest = ", ".join(name for name in names if name not in ("row", "id", "seq"))
        database.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{rows})"
            f" INSERT INTO sync_event(row, id, seq, {rest})"
            " SELECT e.row+n.i, printf('%s%012x', substr(e.id, 1, 24), n.i), e.seq+n.i,"
            f" {rest} FROM n, sync_event e WHERE e.row={last}")
        database.execute("UPDATE sync_totals SET rows=rows+?, bytes=bytes+?, last_row=last_row+?"
                         " WHERE class=1", (rows, rows * size, rows))
        database.execute("INSERT OR REPLACE INTO sync_stream(class, source, topic, key, last_row)"
                         " SELECT 1, source, topic, key, row FROM sync_event WHERE row=?",
                         (last + rows,))
        database.execute("INSERT OR REPLACE INTO sync_indexed(class, upto) VALUES(1, ?)",
                         (last + rows,))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def open_times(bench, broker, name, rows):
    """Milliseconds of starts with so many messages waiting."""
    bench.say(f"starts with {rows} messages")
    hub, root = start_hub(bench.lab, broker, name)
    publish_many(hub, 1)
    bench.lab.stop(hub)
    if rows > 1:
        fill_to(root / "data" / "queue.db", rows - 1)
    times = []
    for _ in range(3 if bench.quick else STARTS):
        port = servers.free_port()
        command = bench.lab.hub_command(root, port, "--default-app", "caller")
        times.append(start_once(bench, port, READY, command))
    return times


def times_row(what, times):
    return (what, f"{statistics.median(times):.1f}", f"{sorted(times)[len(times) * 9 // 10]:.1f}")


def run(bench):
    broker = Broker(bench.lab)
    hub, root = start_hub(bench.lab, broker, "sync-root")
    rows = []
    for publishers in PUBLISHERS[-1:] if bench.quick else PUBLISHERS:
        rows += publish_rows(bench, hub, publishers)
    bench.lab.stop(hub)
    hub, root = start_hub(bench.lab, broker, "drain-root")
    drained, bar = drain_rows(bench, broker, hub, root)
    bench.say("reconnecting")
    back = [reconnect_once(broker, hub, root) for _ in range(3 if bench.quick else STARTS)]
    count = OPEN_ROWS // 10 if bench.quick else OPEN_ROWS
    few, many = (open_times(bench, broker, f"open-{n}", n) for n in (1, count))
    others = [times_row("broker listens to message acknowledged", back),
              times_row("start to first answer, 1 message waiting", few),
              times_row(f"start to first answer, {count} messages waiting", many)]
    text = "\n\n".join((METHOD.format(data=DATA_BYTES), report.table(HEAD, rows),
                        DRAIN_METHOD.format(queued=QUEUED), report.table(DRAIN_HEAD, drained),
                        OTHER_METHOD.format(rows=count), report.table(OTHER_HEAD, others)))
    bars = [bar, report.at_most(f"start to first answer, {count} messages waiting", 50,
                                statistics.median(many), " ms")]
    return report.Section("sync", TITLE, text, bars)
