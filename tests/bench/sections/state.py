"""State that is durable on answer, beside bare SQLite doing the same rows."""
import dataclasses
import json
import statistics
import subprocess
import tempfile
import time

from lab import load, machine, report, servers

TITLE = "State: set and get in state.sqlite"
STORE = "/v1.0/state/statestore"
KEYS = 10000
VALUE_BYTES = 256
SET_BYTES = len('[{"key":"k1234","value":""}]') + VALUE_BYTES
CONNECTIONS = (1, 8, 64)
HEAD = ("load", "who", "rows/s", "p50 us", "p99 us", "CPU us/row", "disk bytes/row", "fsync/row",
        "rows/s to SQLite", "to a plain 204", "to a 204 and SQLite")


@dataclasses.dataclass
class Rows:
    rate: float
    p50: float  # microseconds
    p99: float
    cpu: float  # microseconds a row
    disk: float = 0.0  # bytes written a row


def fill(hub):
    """Sets every key once, so that what is measured updates."""
    address = ("127.0.0.1", hub.port)
    for first in range(0, KEYS, 500):
        items = [{"key": f"k{n}", "value": "v" * VALUE_BYTES} for n in range(first, first + 500)]
        status, body = servers.request(address, "POST", STORE, json.dumps(items).encode())
        if status != 204:
            raise RuntimeError(f"setting state failed: {status} {body}")


def turn_of(bench, what):
    """Sets wait for the disk."""
    return machine.Turn(bench.lab.turn.cpu, realtime=what == "set")


def hub_run(bench, hub, shape, what):
    turn = turn_of(bench, what)
    turn.give(hub.pid)
    before = machine.disk_bytes(hub.pid)
    got = load.measure(hub, shape, bench.seconds, turn)
    written = machine.disk_bytes(hub.pid) - before
    return Rows(got.rate, got.p50, got.p99, got.cpu, written / got.requests)


def bare_command(bench, what, batch, seconds):
    return [bench.lab.tool("sqlite"), what, str(bench.lab.path("bare.db")), str(batch),
            str(seconds), str(VALUE_BYTES)]


def bare_run(bench, what, batch):
    done = subprocess.run(bare_command(bench, what, batch, bench.seconds), capture_output=True,
                          text=True, check=True,
                          preexec_fn=turn_of(bench, what).take)
    rows, took, cpu, written, p50, p99 = map(int, done.stdout.split())
    return Rows(rows * 1e9 / took, p50 / 1e3, p99 / 1e3, cpu / 1e3 / rows, written / rows)


def flushes(trace):
    """Calls of fsync and fdatasync in what strace -c wrote."""
    total = 0
    for line in trace.splitlines():
        words = line.split()
        if len(words) >= 5 and words[-1] in ("fsync", "fdatasync"):
            total += int(words[3])
    return total


def hub_flushes(bench, hub, shape):
    """Flushes a set, in a run of its own: strace slows it down, but not what it counts."""
    with tempfile.NamedTemporaryFile("r", dir=bench.lab.folder) as out:
        tracer = subprocess.Popen(
            ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", out.name, "-p",
             str(hub.pid)], stderr=subprocess.PIPE, text=True)
        tracer.stderr.readline()  # it is attached
        requests = load.wrk(hub.port, shape, 1, bench.lab.turn).requests
        tracer.terminate()
        tracer.wait()
        return flushes(out.read()) / requests


def bare_flushes(bench, batch):
    with tempfile.NamedTemporaryFile("r", dir=bench.lab.folder) as out:
        done = subprocess.run(
            ["strace", "-c", "-e", "trace=fsync,fdatasync", "-o", out.name,
             *bare_command(bench, "set", batch, 1)], capture_output=True, text=True, check=True)
        return flushes(out.read()) / int(done.stdout.split()[0])


def interleave(bench, runs):
    """Rows of each repetition by name; `runs` gives one by name."""
    names = list(runs)
    outcomes = {name: [] for name in names}
    for repetition in range(bench.repetitions):
        for name in names if repetition % 2 == 0 else reversed(names):
            outcomes[name].append(bench.quiet.run(runs[name]))
    return outcomes


def one_after_the_other(plain, bare):
    """What a server would reach whose request costs as much as another, and then SQLite's row."""
    return [Rows(1 / (1 / request.rate + 1 / row.rate), 0, 0, 0)
            for request, row in zip(plain, bare, strict=True)]


def row_of(title, name, runs, others, flushes_a_row=None):
    """`others`: the runs that these are compared with, in the order of the last columns."""
    def middle(field):
        return statistics.median(getattr(run, field) for run in runs)

    disk = f"{middle('disk'):.0f}" if flushes_a_row is not None else ""
    flush = f"{flushes_a_row:.3f}" if flushes_a_row is not None else ""
    ratios = [f"{load.ratio(runs, other, 'rate'):.2f}" for other in others]
    return (title, name, f"{middle('rate'):.0f}", f"{middle('p50'):.1f}", f"{middle('p99'):.1f}",
            f"{middle('cpu'):.1f}", disk, flush, *ratios, *[""] * (3 - len(ratios)))


def measure_sets(bench, hub, connections):
    shape = load.Shape(STORE, connections, "state_set.lua", (KEYS, VALUE_BYTES))
    note = load.Shape("/v1.0/metadata/note", connections, "post.lua", (SET_BYTES, "PUT"))
    title = f"set, {connections} conn."
    bench.say(title)
    outcomes = interleave(bench, {"bare": lambda: bare_run(bench, "set", connections),
                                  "note": lambda: hub_run(bench, hub, note, "set"),
                                  "hub": lambda: hub_run(bench, hub, shape, "set")})
    bare, plain, ours = outcomes["bare"], outcomes["note"], outcomes["hub"]
    both = one_after_the_other(plain, bare)
    rows = [row_of(title, f"SQLite, {connections} a commit", bare, [bare],
                   bare_flushes(bench, connections)),
            row_of("", "edgelane, plain 204", plain, [bare]),
            row_of("", "edgelane", ours, [bare, plain, both], hub_flushes(bench, hub, shape))]
    return rows, report.at_least(f"state set, {title[5:]}, rows/s to a plain request and SQLite",
                                 0.8, load.ratio(ours, both, "rate"))


def measure_gets(bench, hub, connections):
    shape = load.Shape(STORE, connections, "state_get.lua", (KEYS,))
    plain = load.Shape("/v1.0/healthz/outbound", connections)
    title = f"get, {connections} conn."
    bench.say(title)
    outcomes = interleave(bench, {"bare": lambda: bare_run(bench, "get", 1),
                                  "plain": lambda: hub_run(bench, hub, plain, "get"),
                                  "hub": lambda: hub_run(bench, hub, shape, "get")})
    bare, ours = outcomes["bare"], outcomes["hub"]
    rows = [row_of(title, "SQLite, one thread", bare, [bare]),
            row_of("", "edgelane, plain 204", outcomes["plain"], [bare]),
            row_of("", "edgelane", ours, [bare, outcomes["plain"]])]
    return rows


def run(bench):
    lab = bench.lab
    hub = lab.start_hub(lab.make_root("state-root", 1), "--default-app", "caller")
    time.sleep(0.1)
    fill(hub)
    connections = (8,) if bench.quick else CONNECTIONS
    rows, bars = [], []
    for count in connections:
        more, bar = measure_sets(bench, hub, count)
        rows += more
        bars.append(bar)
    for count in connections:
        rows += measure_gets(bench, hub, count)
    text = (f"{KEYS} keys, values of {VALUE_BYTES} bytes, updates. A set is answered when it is "
            "committed (WAL, synchronous=FULL). SQLite: the same table and statements in a loop, "
            "as many rows a commit as the hub has connections; no HTTP, no JSON, no client on the "
            "core, so its rate is a ceiling that no server reaches. A plain 204 answers a request "
            "that does nothing; beside a set it has a body of the same size, and \"a 204 and "
            "SQLite\" is one such request and then SQLite's row, one after the other. p50 and p99 "
            "are of one commit (or read) there and of one request here. Everything on one core, "
            "sets at real-time priority, so that who waited for the disk goes on when it is done; "
            "the flushes are counted in a run of their own.\n\n" + report.table(HEAD, rows))
    return report.Section("state", TITLE, text, bars)
