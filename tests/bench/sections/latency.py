"""What a proxy adds to one request at a time, with all servers taking turns."""
import dataclasses
import statistics
import subprocess

from lab import report
from lab.servers import INVOKE

TITLE = "Invoke: latency that is added, one connection"
PATH = f"{INVOKE}/b/1024"
PACES = ((0, "closed loop"), (1000, "1000/s each"))
HEAD = ("pace", "server", "p50 us", "p99 us", "added p50 us", "added p50 to nginx")


@dataclasses.dataclass
class Times:
    p50: float
    p99: float
    added: float = 0.0  # to the direct server's p50


def take_turns(bench, servers, rate):
    """One run: Times by name, in microseconds."""
    command = [bench.lab.tool("latency"), str(bench.seconds), str(rate), PATH,
               *(str(server.port) for server in servers)]
    done = subprocess.run(command, capture_output=True, text=True, check=True,
                          preexec_fn=bench.lab.turn.take)
    lines = {int(port): (int(p50) / 1e3, int(p99) / 1e3) for port, _, p50, p99 in
             (line.split() for line in done.stdout.splitlines())}
    times = {server.name: Times(*lines[server.port]) for server in servers}
    for time in times.values():
        time.added = time.p50 - times["direct"].p50
    return times


def measure_pace(bench, servers, pace):
    rate, title = pace
    bench.say(title)
    runs = [bench.quiet.run(lambda: take_turns(bench, servers, rate))
            for _ in range(bench.repetitions)]

    def middle(name, field):
        return statistics.median(getattr(run[name], field) for run in runs)

    def to_nginx(name):
        return statistics.median(run[name].added / run["nginx"].added for run in runs)

    rows = []
    for server in servers:
        name = server.name
        is_direct = name == "direct"
        rows.append((title if is_direct else "", name, f"{middle(name, 'p50'):.1f}",
                     f"{middle(name, 'p99'):.1f}",
                     "" if is_direct else f"{middle(name, 'added'):.1f}",
                     "" if is_direct else f"{to_nginx(name):.2f}"))
    return rows, report.at_most(f"invoke, added p50 to nginx's, {title}", 1, to_nginx("edgelane"))


def run(bench):
    lab = bench.lab
    upstream = lab.start_upstream()
    servers = [upstream, lab.start_nginx(upstream.port), lab.start_haproxy(upstream.port),
               lab.start_invoking_hub(upstream.port)]
    upstream.name = "direct"
    rows, bars = [], []
    for pace in PACES[:1] if bench.quick else PACES:
        pace_rows, bar = measure_pace(bench, servers, pace)
        rows += pace_rows
        bars.append(bar)
    text = ("GET with an answer of 1 KB. One client asks the servers in turn, in an order that "
            "changes with each round. All on one core. An aim beyond the goal: 0.8 of nginx's at "
            "1000/s, as caches are cold there.\n\n" + report.table(HEAD, rows))
    return report.Section("latency", TITLE, text, bars)
