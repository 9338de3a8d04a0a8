#!/usr/bin/env python3
"""Runs Dapr's SDKs, as they are published, against the hub: run.py [sdk...]; --results FOLDER.

Each SDK's program is an app of its own hub; what it tells of its cases goes into FOLDER as JUnit.
"""
import argparse
import concurrent.futures
import os
import pathlib
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests/e2e"))

import install
import sdks
from stage import Stage, run_program
from tap import Case, read_cases, write_junit

LIMIT = 180  # seconds, for a program


def cases_of(program):
    """(cases, everything printed) of one program with a hub of its own."""
    stage = Stage(program)
    try:
        code, printed = run_program([str(word) for word in program.command], program.folder,
                                    stage.environment(), LIMIT)
        cases = read_cases(printed)
        if code is None:
            cases.append(Case("the program ends", "failed", f"not within {LIMIT} s"))
        if any(case.name == "shutdown" and case.verdict == "passed" for case in cases):
            cases.append(stage.judge_end())
        return cases, printed + "\n" + stage.hub.log
    finally:
        stage.close()


def install_all(chosen):
    """Each SDK's installation, ended; programs have the machine for themselves afterwards."""
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        installed = [pool.submit(sdk.install) for sdk in chosen]
        concurrent.futures.wait(installed)
    print(f"   installed in {time.monotonic() - start:.1f} s", flush=True)
    return installed


def run(program, installed):
    """(cases, log) of one program."""
    try:
        installed.result()
    except install.NoRegistry as error:
        return [Case("all", "skipped", "no registry")], str(error)
    except install.Failed as error:
        return [Case("installation", "failed", "what the client said is below")], str(error)
    return cases_of(program)


def tell(name, cases, seconds, log):
    for case in cases:
        if case.verdict != "passed":
            print(f"   {case.verdict}: {case.why} ({name}: {case.name})")
    counts = [sum(case.verdict == one for case in cases) for one in ("passed", "failed", "skipped")]
    print(f"   {name}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped "
          f"({seconds:.1f} s)", flush=True)
    if counts[1]:
        print("\n".join(log.splitlines()[-60:]))
    return counts[1] == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sdk", nargs="*", choices=[[], *sdks.ALL], help="all, where none is named")
    parser.add_argument("--results", type=pathlib.Path,
                        default=REPOSITORY / "build/results/compat")
    arguments = parser.parse_args()
    chosen = [sdks.ALL[name]() for name in arguments.sdk or sdks.ALL]
    good = True
    for sdk, installed in zip(chosen, install_all(chosen)):
        for program in sdk.programs:
            start = time.monotonic()
            cases, log = run(program, installed)
            told = program.name, cases, time.monotonic() - start, log
            write_junit(arguments.results, *told)
            good = tell(*told) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
