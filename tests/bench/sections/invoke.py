"""Invocation through the hub beside nginx, haproxy and no proxy at all, on one core."""
import statistics

from lab import load, report
from lab.servers import INVOKE

TITLE = "Invoke: throughput, latency and CPU"
GET, POST = "GET", "POST"
# Method, bytes (of the answer for GET, of the request for POST), connections.
CELLS = ((GET, 1024, 1), (GET, 1024, 8), (GET, 1024, 64), (GET, 16384, 8), (GET, 16384, 32),
         (POST, 1024, 8), (POST, 1024, 32), (POST, 16384, 8), (POST, 16384, 32))
QUICK_CELLS = ((GET, 1024, 8), (POST, 16384, 8))
HEAD = ("load", "server", "req/s", "p50 us", "p99 us", "CPU us/req", "req/s to nginx",
        "req/s to haproxy", "CPU to nginx", "p99 to nginx")
POST_ANSWER_BYTES = 10


def shape_of(method, size, connections):
    if method == GET:
        return load.Shape(f"{INVOKE}/b/{size}", connections)
    return load.Shape(f"{INVOKE}/b/{POST_ANSWER_BYTES}", connections, "post.lua", (size,))


def name_of(method, size, connections):
    return f"{method} {size // 1024} KB, {connections} conn."


def measure_cell(bench, servers, cell):
    shape = shape_of(*cell)
    bench.say(f"{name_of(*cell)}")
    for server in servers:
        load.wrk(server.port, shape, 1, bench.lab.turn)

    def run(server):
        return bench.quiet.run(lambda: load.measure(server, shape, bench.seconds, bench.lab.turn))

    return load.interleave(servers, bench.repetitions, run)


def rows_of(cell, outcomes):
    rows = []
    for name, runs in outcomes.items():
        to_nginx = [f"{load.ratio(runs, outcomes['nginx'], field):.2f}" for field in
                    ("rate", "cpu", "p99")]
        to_haproxy = f"{load.ratio(runs, outcomes['haproxy'], 'rate'):.2f}"
        cpu = f"{load.median(runs, 'cpu'):.1f}" if name != "direct" else ""
        rows.append((name_of(*cell) if name == "direct" else "", name,
                     f"{load.median(runs, 'rate'):.0f}", f"{load.median(runs, 'p50'):.0f}",
                     f"{load.median(runs, 'p99'):.0f}", cpu, to_nginx[0], to_haproxy,
                     to_nginx[1] if cpu else "", to_nginx[2]))
    return rows


def bars_of(cells):
    """The goals, judged by the median over the cells and by the worst of them."""
    def spread(field):
        ratios = [load.ratio(runs["edgelane"], runs["nginx"], field) for runs in cells.values()]
        return statistics.median(ratios), min(ratios), max(ratios)

    (rate, worst_rate, _), (cpu, _, worst_cpu), (p99, _, worst_p99) = map(
        spread, ("rate", "cpu", "p99"))
    return [
        report.at_least("invoke, req/s to nginx, median of the loads", 1.0, rate),
        report.at_least("invoke, req/s to nginx, worst load", 1.0, worst_rate),
        report.at_most("invoke, CPU/request to nginx, median of the loads", 1.0, cpu),
        report.at_most("invoke, CPU/request to nginx, worst load", 1.0, worst_cpu),
        report.at_most("invoke, p99 to nginx, median of the loads", 1.25, p99),
        report.at_most("invoke, p99 to nginx, worst load", 1.25, worst_p99),
    ]


def run(bench):
    lab = bench.lab
    upstream = lab.start_upstream()
    servers = [lab.start_nginx(upstream.port), lab.start_haproxy(upstream.port),
               lab.start_invoking_hub(upstream.port)]
    upstream.name = "direct"
    cells = {cell: measure_cell(bench, [upstream, *servers], cell)
             for cell in (QUICK_CELLS if bench.quick else CELLS)}
    rows = [row for cell, outcomes in cells.items() for row in rows_of(cell, outcomes)]
    text = ("Keep-alive, wrk, everything on one core. GET: the answer has so many bytes; POST: the "
            "request has, the answer 10. Aims beyond the goals: req/s 1.15 of nginx, CPU 0.8.\n\n"
            + report.table(HEAD, rows))
    return report.Section("invoke", TITLE, text, bars_of(cells))
