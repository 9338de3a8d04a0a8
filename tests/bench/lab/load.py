"""Load by wrk, and what came of it."""
import dataclasses
import pathlib
import random
import re
import statistics
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "load"
UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6}


@dataclasses.dataclass
class Shape:
    """What wrk sends."""

    path: str
    connections: int
    script: str = ""  # in the folder load/
    arguments: tuple = ()


@dataclasses.dataclass
class Outcome:
    rate: float  # requests a second
    p50: float  # microseconds
    p99: float
    requests: int
    cpu: float = 0.0  # of the server, microseconds a request


def _duration_us(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * UNITS[unit]


def parse(text):
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk saw errors:\n{text}")
    latency = dict(re.findall(r"^\s+(50|99)%\s+(\S+)$", text, re.MULTILINE))
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    return Outcome(rate, _duration_us(latency["50"]), _duration_us(latency["99"]), requests)


def wrk(port, shape, seconds, turn):
    command = ["wrk", "-t1", f"-c{shape.connections}", f"-d{seconds}s", "--latency"]
    if shape.script:
        command += ["-s", str(FOLDER / shape.script)]
    command += [f"http://127.0.0.1:{port}{shape.path}", "--", *map(str, shape.arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          preexec_fn=turn.take)
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    return parse(done.stdout)


def measure(server, shape, seconds, turn):
    before = server.cpu_seconds()
    outcome = wrk(server.port, shape, seconds, turn)
    outcome.cpu = (server.cpu_seconds() - before) * 1e6 / outcome.requests
    return outcome


def interleave(servers, repetitions, run):
    """run(server) for each server in every repetition, in random order; lists by name."""
    outcomes = {server.name: [] for server in servers}
    for _ in range(repetitions):
        for server in random.sample(servers, len(servers)):
            outcomes[server.name].append(run(server))
    return outcomes


def median(outcomes, field):
    return statistics.median(getattr(outcome, field) for outcome in outcomes)


def ratio(over, under, field):
    """Median of the ratios of each repetition."""
    pairs = zip(over, under, strict=True)
    return statistics.median(getattr(a, field) / getattr(b, field) for a, b in pairs)
