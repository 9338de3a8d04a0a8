#!/usr/bin/env python3
"""No path of the machine that the project is written on stands in the tree."""

import re
import sys

import source_tree

MACHINE_PATH = re.compile(r"(?<![\w./-])/(root|home/\w|work|Users)/")
PICTURES = (".svg", ".png", ".gif", ".jpg", ".db")


def main() -> int:
    problems = []
    for path in source_tree.files():
        if path.suffix in PICTURES:
            continue
        for number, line in enumerate(source_tree.read(path).splitlines(), 1):
            if match := MACHINE_PATH.search(line):
                problems.append(f"{path}:{number}: {match.group(0)}... is a path of one machine")
    return source_tree.report(problems)


if __name__ == "__main__":
    sys.exit(main())
