#!/usr/bin/env python3
"""Measures the hub beside nginx, haproxy, grpc++, mosquitto, bare SQLite and an empty program."""
import argparse
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from lab import chart, machine, report
from lab.servers import Lab
from sections import (configuration, grpc, invoke, latency, memory, pubsub, revision, startup,
                      state, sync)

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PAGE = PROJECT / "docs" / "benchmarks.md"
PICTURE = PROJECT / "docs" / "invoke.svg"
SECTIONS = {"invoke": invoke, "latency": latency, "grpc": grpc, "pubsub": pubsub, "sync": sync,
            "configuration": configuration, "revision": revision, "state": state,
            "startup": startup, "memory": memory}
NEEDED = ("nginx", "haproxy", "wrk", "h2load", "mosquitto", "mosquitto_pub", "strace", "strip")


class Bench:
    """What a section needs to run."""

    def __init__(self, options, lab):
        self.lab = lab
        self.quick = options.quick
        self.repetitions = 2 if options.quick else options.repetitions
        self.seconds = 1 if options.quick else options.seconds
        self.quiet = machine.Quiet(0 if options.quick else options.patience)

    @staticmethod
    def say(text):
        print(f"   {text} ...", file=sys.stderr, flush=True)


def parse_options():
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__,
        epilog="All that is compared runs on the last CPU, in random order within each "
               "repetition. As root it runs before all other sessions of the machine.")
    parser.add_argument("sections", nargs="*", metavar="section",
                        help=f"what to measure: {', '.join(SECTIONS)} (all)")
    parser.add_argument("--quick", action="store_true",
                        help="a smoke test: few cells, short runs, no waiting; never written")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N")
    parser.add_argument("--seconds", type=int, default=2, metavar="N", help="of one run")
    parser.add_argument("--patience", type=float, default=300, metavar="SECONDS",
                        help="for quiet windows, in each section (300)")
    parser.add_argument("--write", action="store_true",
                        help="put what was measured into docs/benchmarks.md")
    parser.add_argument("--bin", default=os.environ.get("EDGELANE_BIN", ""), metavar="DIR",
                        help="folder of edgelaned (build/release/bin)")
    options = parser.parse_args()
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"unknown section {', '.join(sorted(unknown))}; there are "
                     f"{', '.join(SECTIONS)}")
    if options.write and options.quick:
        parser.error("--quick measures too little to be written")
    return options


def check_needs(programs):
    missing = [name for name in NEEDED if shutil.which(name) is None]
    missing += [str(path) for path in programs if not path.exists()]
    if missing:
        sys.exit(f"bench: missing: {', '.join(missing)}; ./dev bench builds and installs them")


def commit():
    done = subprocess.run(["git", "-C", str(PROJECT), "describe", "--always", "--dirty"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def run_section(name, options, lab, version):
    bench = Bench(options, lab)
    print(f"== bench {name}", file=sys.stderr, flush=True)
    began = time.monotonic()
    try:
        section = SECTIONS[name].run(bench)
    finally:
        lab.stop_all()
    today = datetime.date.today().isoformat()
    when = (f"{today}, commit {version}; {bench.repetitions} repetitions of {bench.seconds} s; "
            f"{bench.quiet.note()}; {time.monotonic() - began:.0f} s in all.")
    return section.markdown(when)


def main():
    options = parse_options()
    hub = pathlib.Path(options.bin or PROJECT / "build/release/bin").resolve() / "edgelaned"
    tools = hub.parent.parent / "bench"
    check_needs([hub, tools / "bench_upstream", tools / "bench_grpc"])
    version = commit()  # others may go on while this measures
    priority = machine.isolate()
    turn = machine.take_turn()
    build = PROJECT / "build"
    build.mkdir(exist_ok=True)
    setting = f"{machine.describe()}; {machine.versions()}; {priority}."
    print(setting)
    written = {}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=build) as folder:
        copy = pathlib.Path(folder) / "edgelaned"  # a build may replace the other
        shutil.copy(hub, copy)
        with Lab(folder, copy, tools, os.cpu_count() - 1) as lab:
            for name in options.sections or SECTIONS:
                text = run_section(name, options, lab, version)
                print(f"\n{text}", flush=True)
                written[name] = text.replace("\n\n", f"\n\n{setting} ", 1)
    if options.write:
        page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        page = report.update_page(page, written, list(SECTIONS))
        PAGE.write_text(page, encoding="utf-8")
        PICTURE.write_text(chart.draw(report.sections_of(page)["invoke"]), encoding="utf-8")
        print(f"written to {PAGE.relative_to(PROJECT)}")
    turn.close()


if __name__ == "__main__":
    main()
