"""Reading configuration, beside a plain answer of the hub."""
import json
import time

from lab import load, report, servers
from sections.state import hub_run, interleave

TITLE = "Configuration: reading"
KEYS = 200
CONNECTIONS = (1, 8, 64)
ADMIN = "/v1.0-edgelane/configuration/configstore"
READ = "/v1.0/configuration/configstore?key=k7"
HEAD = ("connections", "what", "req/s", "p50 us", "p99 us", "CPU us/request", "to the plain answer")


def fill(root):
    """One revision of all keys, through the socket for administration."""
    items = {f"k{n}": f"value {n}" for n in range(KEYS)}
    status, body = servers.request(str(root / "run" / "admin.sock"), "POST", ADMIN,
                                   json.dumps({"items": items}).encode())
    if status not in (200, 204):
        raise RuntimeError(f"writing the configuration failed: {status} {body}")


def measure(bench, hub, connections):
    bench.say(f"{connections} connections")
    plain = load.Shape("/v1.0/healthz/outbound", connections)
    read = load.Shape(READ, connections)
    runs = interleave(bench, {"plain 204": lambda: hub_run(bench, hub, plain, "get"),
                              "one key": lambda: hub_run(bench, hub, read, "get")})
    rows = []
    for name, of_one in runs.items():
        rows.append(("" if rows else connections, name,
                     *(f"{load.median(of_one, field):.1f}" for field in ("rate", "p50", "p99",
                                                                         "cpu")),
                     f"{load.ratio(of_one, runs['plain 204'], 'rate'):.2f}"))
    return rows, report.at_least(f"configuration read, {connections} conn., req/s to a plain answer",
                                 0.8, load.ratio(runs["one key"], runs["plain 204"], "rate"))


def run(bench):
    root = bench.lab.make_root("configuration-root", 1)
    hub = bench.lab.start_hub(root, "--default-app", "caller")
    time.sleep(0.1)
    fill(root)
    rows, bars = [], []
    for count in (8,) if bench.quick else CONNECTIONS:
        more, bar = measure(bench, hub, count)
        rows += more
        bars.append(bar)
    text = (f"One key of {KEYS} in configuration.sqlite; the plain answer is that of a health "
            "check.\n\n" + report.table(HEAD, rows))
    return report.Section("configuration", TITLE, text, bars)
