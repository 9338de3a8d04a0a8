#!/usr/bin/env python3
"""clang-tidy on every source of the build in argument 1, or on those named after it.

A file that passed is skipped until it, a header under it, its flags or the checks change.
"""

import json
import pathlib
import sys

import cached_runs
import source_tree

# A file that does not compile says so in a few lines.
TIDY = ("clang-tidy-19", "--quiet", "--extra-arg=-ferror-limit=3")


def commands(build: pathlib.Path) -> dict[pathlib.Path, str]:
    """Compile command by source, for the project's own sources."""
    database = json.loads((build / "compile_commands.json").read_text())
    found = {}
    for entry in database:
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(source_tree.ROOT) and not path.is_relative_to(build):
            found[path.relative_to(source_tree.ROOT)] = entry["command"]
    return found


def config_text(path: pathlib.Path) -> str:
    """Every .clang-tidy from the file's folder up to the root."""
    folders = [source_tree.ROOT / parent for parent in path.parents]
    return "".join((f / ".clang-tidy").read_text() for f in folders if (f / ".clang-tidy").exists())


def plan(build: pathlib.Path, only: set[pathlib.Path]) -> list[cached_runs.Run]:
    root = str(source_tree.ROOT)
    runs = []
    for path, flags in sorted(commands(build).items()):
        if only and path not in only:
            continue
        key = source_tree.digest(path, *TIDY, flags.replace(root, ""), config_text(path))
        runs.append(cached_runs.Run(path, (*TIDY, "-p", str(build), str(path)), key))
    return runs


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    only = {pathlib.Path(name) for name in sys.argv[2:]}
    return cached_runs.run_all("tidy", plan(build, only))


if __name__ == "__main__":
    sys.exit(main())
