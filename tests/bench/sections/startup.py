"""From fork to the first answer, beside a C program that does nothing."""
import random
import shutil
import statistics
import subprocess

from lab import report, servers

TITLE = "Start to first answer"
HEAD = ("what", "p50 ms", "p90 ms", "to empty program", "to empty server")
READY = "/v1.0/healthz/outbound"
HEALTHZ = "/v1.0/healthz"
STARTS = 40


def start_once(bench, port, path, command):
    """Milliseconds to the first good answer, or with port 0 to the end."""
    tool = [bench.lab.tool("startup"), str(bench.lab.turn.cpu), str(port), path, *command]
    done = subprocess.run(tool, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1e6


class Hub:
    """One way to start the hub."""

    def __init__(self, bench, name, path, apps, fresh):
        self.bench = bench
        self.path = path
        self.apps = apps
        self.fresh = fresh
        self.folder = bench.lab.path(name)
        self.make()
        start_once(bench, *self.call())  # leaves what an earlier run would have

    def make(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.apps:
            self.bench.lab.make_root(self.folder.name, self.apps, servers.free_port())

    def call(self):
        port = servers.free_port()
        return port, self.path, self.bench.lab.hub_command(self.folder, port)

    def start(self):
        if self.fresh:
            self.make()
        return start_once(self.bench, *self.call())


def ways(bench):
    empty = bench.lab.tool("empty")

    def listen():
        port = servers.free_port()
        return start_once(bench, port, "/", [empty, str(port)])

    return {
        "empty C program, to its end": lambda: start_once(bench, 0, "/", [empty]),
        "empty C server, to its answer": listen,
        "hub, no directory yet, healthz/outbound":
            Hub(bench, "start-a", READY, 0, fresh=True).start,
        "hub, no directory yet, healthz": Hub(bench, "start-b", HEALTHZ, 0, fresh=True).start,
        "hub, started before, healthz/outbound":
            Hub(bench, "start-c", READY, 0, fresh=False).start,
        "hub, started before, 10 apps, healthz/outbound":
            Hub(bench, "start-d", READY, 10, fresh=False).start,
    }


def run(bench):
    chosen = ways(bench)
    starts = 5 if bench.quick else STARTS
    bench.say(f"{starts} starts of {len(chosen)} kinds")
    times = {name: [] for name in chosen}

    def one_round():
        return {name: chosen[name]() for name in random.sample(list(chosen), len(chosen))}

    for _ in range(starts):
        for name, took in bench.quiet.run(one_round, tries=1).items():
            times[name].append(took)
    medians = {name: statistics.median(values) for name, values in times.items()}
    empty, server = list(medians.values())[:2]
    rows = [(name, f"{medians[name]:.2f}", f"{sorted(values)[len(values) * 9 // 10]:.2f}",
             f"{medians[name] / empty:.1f}", f"{medians[name] / server:.1f}")
            for name, values in times.items()]
    names = list(medians)
    bars = [
        report.at_most("start to first answer, unprovisioned, to an empty program", 5,
                       medians[names[2]] / empty),
        report.at_most("start to first answer, started before, to an empty program", 5,
                       medians[names[4]] / empty),
    ]
    text = ("From fork and exec to the first 2xx on the shared port, offline, no resources unless "
            "said; the empty programs are dynamically linked C, one that ends and one that "
            "answers 204. The program on one core, the client that asks every 20 us on another, "
            "both at real-time priority.\n\n" + report.table(HEAD, rows))
    return report.Section("startup", TITLE, text, bars)
