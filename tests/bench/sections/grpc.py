"""Unary gRPC calls beside grpc++ in each of its modes, which does nothing else, on one core."""
import dataclasses
import re
import struct
import subprocess
import time

from lab import load, machine, report, servers

TITLE = "gRPC: unary calls"
METHOD = "/dapr.proto.runtime.v1.Dapr/GetState"
MODES = ("sync", "callback", "async")
VALUE_BYTES = 100
# Connections, and calls at a time on each.
CELLS = ((1, 1), (1, 10), (8, 1), (8, 10), (32, 10))
QUICK_CELLS = ((8, 10),)
HEAD = ("load", "server", "calls/s", "p50 us", "p99 us", "CPU us/call", "calls/s to best grpc++",
        "PSS after, KB")
STORE = """---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: store
spec:
  type: state.in-memory
  version: v1
"""


def field(number, data):
    return bytes([number << 3 | 2, len(data)]) + data


def framed(message):
    return b"\0" + struct.pack(">I", len(message)) + message


@dataclasses.dataclass
class Calls(load.Outcome):
    pss: int = 0  # KB, of the server after the run


def parse(log, text):
    """h2load's account, and its log: start, status and microseconds of every request."""
    done = int(re.search(r"(\d+) succeeded, 0 failed, 0 errored", text).group(1))
    seconds = float(re.search(r"finished in [\d.]+m?s, ([\d.]+) req/s", text).group(1))
    with open(log, encoding="ascii") as lines:
        took = sorted(int(line.split()[2]) for line in lines)
    return Calls(seconds, took[len(took) // 2], took[len(took) * 99 // 100], done)


def h2load(bench, server, cell, seconds):
    connections, streams = cell
    body, log = bench.lab.path("get-state.bin"), bench.lab.path("h2load.log")
    body.write_bytes(framed(field(1, b"store") + field(2, b"key")))
    log.unlink(missing_ok=True)
    command = ["h2load", f"-D{seconds}", "--warm-up-time=0", "-t1", f"-c{connections}",
               f"-m{streams}", "-d", str(body), "-H", "content-type: application/grpc",
               "-H", "te: trailers", f"--log-file={log}",
               f"http://127.0.0.1:{server.port}{METHOD}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True,
                          preexec_fn=bench.lab.turn.take)
    return parse(log, done.stdout)


def measure(bench, server, cell):
    before = server.cpu_seconds()
    calls = h2load(bench, server, cell, bench.seconds)
    calls.cpu = (server.cpu_seconds() - before) * 1e6 / calls.requests
    calls.pss = machine.pss_kb(server.pid)
    return calls


def start_hub(bench):
    lab = bench.lab
    root = lab.make_root("grpc-root", 1)
    (root / "etc" / "store.yaml").write_text(STORE)
    port = servers.free_port()
    hub = lab.start_hub(root, "--default-app", "caller", "--dapr-grpc-port", str(port))
    value = ('[{"key":"key","value":"' + "v" * (VALUE_BYTES - 2) + '"}]').encode()
    status, body = servers.request(("127.0.0.1", hub.port), "POST", "/v1.0/state/store", value)
    if status != 204:
        raise RuntimeError(f"setting state failed: {status} {body}")
    hub.port = port
    return hub


def start_others(bench):
    started = []
    for mode in MODES:
        port = servers.free_port()
        command = [bench.lab.tool("grpc"), str(port), mode, str(VALUE_BYTES)]
        started.append(bench.lab.start(mode, command, port))
    return started


def measure_cell(bench, cell, all_servers):
    bench.say(name_of(cell))
    for server in all_servers:
        h2load(bench, server, cell, 1)
    return load.interleave(all_servers, bench.repetitions,
                           lambda one: bench.quiet.run(lambda: measure(bench, one, cell)))


def name_of(cell):
    return f"{cell[0]} conn. x {cell[1]}"


def best(outcomes):
    return max(MODES, key=lambda mode: load.median(outcomes[mode], "rate"))


def rows_of(cell, outcomes):
    rows = []
    for name, runs in outcomes.items():
        title = name if name == "edgelane" else f"grpc++ {name}"
        rows.append((name_of(cell) if not rows else "", title,
                     f"{load.median(runs, 'rate'):.0f}", f"{load.median(runs, 'p50'):.0f}",
                     f"{load.median(runs, 'p99'):.0f}", f"{load.median(runs, 'cpu'):.1f}",
                     f"{load.ratio(runs, outcomes[best(outcomes)], 'rate'):.2f}",
                     f"{load.median(runs, 'pss'):.0f}"))
    return rows


def bars_of(cells):
    at_ten = [outcomes for (_, streams), outcomes in cells.items() if streams == 10]
    rate = min(load.ratio(outcomes["edgelane"], outcomes[best(outcomes)], "rate")
               for outcomes in at_ten)
    memory = max(load.median(outcomes["edgelane"], "pss") /
                 load.median(outcomes[best(outcomes)], "pss") for outcomes in at_ten)
    return [report.at_least("gRPC, 10 calls at a time on a connection, calls/s to the best mode "
                            "of grpc++, worst load", 2.0, rate),
            report.at_most("gRPC, 10 calls at a time on a connection, memory to that mode's, worst "
                           "load", 0.5, memory)]


def run(bench):
    all_servers = [start_hub(bench), *start_others(bench)]
    time.sleep(0.1)
    cells = {cell: measure_cell(bench, cell, all_servers)
             for cell in (QUICK_CELLS if bench.quick else CELLS)}
    rows = [row for cell, outcomes in cells.items() for row in rows_of(cell, outcomes)]
    text = (f"`GetState` of one key of {VALUE_BYTES} bytes, by h2load on the same core. The hub "
            "does what it does for every call: who asks, whether the app may, metrics, the component "
            "state.in-memory; each grpc++ server reads the same messages by generated code, looks "
            "into a map under a lock, and does nothing else. PSS is that of the process after the "
            "run, and the hub's is all of the hub.\n\n" + report.table(HEAD, rows))
    return report.Section("grpc", TITLE, text, bars_of(cells))
