#!/usr/bin/env python3
"""Every header compiles alone: it includes what it uses."""

import json
import pathlib
import re
import sys

import cached_runs
import source_tree

SYSTEM_INCLUDE = re.compile(r"-isystem\s+(\S+)")


def system_folders(build: pathlib.Path) -> list[str]:
    database = json.loads((build / "compile_commands.json").read_text())
    found = {folder for entry in database for folder in SYSTEM_INCLUDE.findall(entry["command"])}
    return sorted(found)


def plan(build: pathlib.Path) -> list[cached_runs.Run]:
    folders = [flag for folder in system_folders(build) for flag in ("-isystem", folder)]
    flags = ["-std=c++23", "-Wall", "-Wextra", "-Werror", "-Wno-pragma-once-outside-header"]
    flags.append("-Wno-missing-designated-field-initializers")
    compiler = ["clang++-19", "-fsyntax-only", *flags, "-I.", *folders, "-x", "c++"]
    context = " ".join(compiler)
    return [
        cached_runs.Run(path, (*compiler, str(path)), source_tree.digest(path, context))
        for path in source_tree.code_files(".h")
    ]


def main() -> int:
    return cached_runs.run_all("header", plan(pathlib.Path(sys.argv[1]).resolve()))


if __name__ == "__main__":
    sys.exit(main())
