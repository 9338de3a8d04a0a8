"""Runs one command for each file, several at a time, and remembers those that passed."""

import concurrent.futures
import dataclasses
import os
import pathlib
import re
import subprocess
import threading
import time

import source_tree

FINDING = re.compile(r"^(?=\S+?:\d+:\d+: (?:error|warning):)", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Run:
    path: pathlib.Path
    command: tuple[str, ...]
    key: str  # of everything that the outcome depends on


def cache_folder(name: str) -> pathlib.Path:
    top = os.environ.get("EDGELANE_CHECK_CACHE", str(source_tree.ROOT / "build"))
    folder = pathlib.Path(top) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Progress:
    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    def step(self, path: pathlib.Path, seconds: float) -> None:
        with self._lock:
            self._done += 1
            print(f"  [{self._done}/{self._total}] {self._title} {path} ({seconds:.1f} s)", flush=True)


def _execute(run: Run, cache: pathlib.Path, progress: Progress) -> str:
    start = time.monotonic()
    done = subprocess.run(run.command, cwd=source_tree.ROOT, capture_output=True, text=True)
    progress.step(run.path, time.monotonic() - start)
    if done.returncode == 0:
        (cache / run.key).touch()
        return ""
    return done.stdout.strip() or done.stderr.strip() or f"{run.path}: exit {done.returncode}"


def findings(outputs: list[str]) -> list[str]:
    """Each finding once, though many sources include the header that it is in."""
    found: dict[str, None] = {}
    for output in outputs:
        for block in FINDING.split(output):
            if block.strip():
                found[block.rstrip()] = None
    return list(found)


def run_all(title: str, runs: list[Run]) -> int:
    """Prints what failed; the exit status to end with."""
    cache = cache_folder(f"{title}-cache")
    waiting = [run for run in runs if not (cache / run.key).exists()]
    print(f"  {title}: {len(runs) - len(waiting)} files unchanged, {len(waiting)} to do", flush=True)
    progress = Progress(title, len(waiting))
    workers = len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        outputs = list(pool.map(lambda run: _execute(run, cache, progress), waiting))
    return source_tree.report(findings(outputs))
