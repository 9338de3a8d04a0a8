#!/usr/bin/env python3
"""No header over 200 lines, no source over 500. Functions are clang-tidy's part."""

import sys

import source_tree

LIMITS = {".h": 200, ".cpp": 500, ".c": 500, ".py": 500, ".sh": 500}


def main() -> int:
    problems = []
    for path in source_tree.files(*LIMITS):
        lines = source_tree.read(path).count("\n")
        limit = LIMITS[path.suffix]
        if lines > limit:
            problems.append(f"{path}: {lines} lines, at most {limit}: split it by meaning")
    return source_tree.report(problems)


if __name__ == "__main__":
    sys.exit(main())
