#!/usr/bin/env python3
"""Sums the JUnit files in the result folders given: one line a failure, then the totals.

A folder holds gtest/*.xml (one a test program), ctest.xml and any other *.xml. A folder that is
missing or empty counts as one failure, and so does a program that failed without naming a case.
The exit status is 0 only where something ran and nothing failed.
"""

import dataclasses
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


@dataclasses.dataclass
class Totals:
    passed: int = 0
    skipped: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: "Totals") -> None:
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures


def is_skipped(case: ElementTree.Element) -> bool:
    if case.get("status") in ("notrun", "disabled") or case.get("result") == "skipped":
        return True
    return case.find("skipped") is not None


def has_failed(case: ElementTree.Element) -> bool:
    if case.get("status") == "fail":
        return True
    return case.find("failure") is not None or case.find("error") is not None


def cases(file: pathlib.Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(file).getroot().iter("testcase"))


def read_file(file: pathlib.Path, label: str) -> Totals:
    totals = Totals()
    try:
        found = cases(file)
    except ElementTree.ParseError:
        return Totals(failures=[f"{label}: {file.name} is cut off"])
    for case in found:
        if has_failed(case):
            totals.failures.append(f"{label}: {case.get('classname', '')}.{case.get('name')}")
        elif is_skipped(case):
            totals.skipped += 1
        else:
            totals.passed += 1
    return totals


def read_programs(folder: pathlib.Path) -> Totals:
    """GoogleTest's files, and from ctest's what no such file tells: a crash, a leak, a timeout."""
    totals = Totals()
    told = {}
    for file in sorted((folder / "gtest").glob("*.xml")):
        told[file.stem] = read_file(file, f"{folder.name}/{file.stem}")
        totals.add(told[file.stem])
    for case in cases(folder / "ctest.xml"):
        name = case.get("name", "")
        if has_failed(case):
            if name not in told or not told[name].failures:
                totals.failures.append(f"{folder.name}/{name}: ended in a crash, leak or timeout")
        elif name not in told:
            totals.add(Totals(skipped=1) if is_skipped(case) else Totals(passed=1))
    return totals


def read_folder(folder: pathlib.Path) -> Totals:
    totals = Totals()
    if (folder / "ctest.xml").exists():
        totals.add(read_programs(folder))
    for file in sorted(folder.glob("*.xml")):
        if file.name != "ctest.xml":
            totals.add(read_file(file, folder.name))
    if totals == Totals():
        totals.failures.append(f"{folder.name}: nothing ran")
    return totals


def main() -> int:
    totals = Totals()
    for name in sys.argv[1:]:
        totals.add(read_folder(pathlib.Path(name)))
    for failure in totals.failures:
        print(f"FAILED {failure}")
    print(f"{totals.passed} passed, {len(totals.failures)} failed, {totals.skipped} skipped")
    return 0 if totals.passed and not totals.failures else 1


if __name__ == "__main__":
    sys.exit(main())
