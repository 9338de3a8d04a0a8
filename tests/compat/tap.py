"""What the programs print, which is TAP, with the plan at the end; and JUnit made of it."""
import dataclasses
import re
import xml.etree.ElementTree as ElementTree

LINE = re.compile(r"^(not )?ok \d+ - (.*?)(?: # (SKIP )?(.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)$")


@dataclasses.dataclass
class Case:
    name: str
    verdict: str  # passed, failed, skipped
    why: str = ""


def read_cases(text):
    """What a program told of its cases; one that ended too early is a failure of its own."""
    cases, planned = [], None
    for line in text.splitlines():
        if match := LINE.match(line):
            cases.append(_case(*match.groups()))
        elif match := PLAN.match(line):
            planned = int(match.group(1))
    if planned != len(cases):
        why = f"{len(cases)} cases are told, the plan at the end says {planned}"
        cases.append(Case("the program tells all its cases", "failed", why))
    return cases


def _case(wrong, name, skip, why):
    if skip:
        return Case(name, "skipped", why)
    return Case(name, "failed" if wrong else "passed", why or "")


def write_junit(folder, suite, cases, seconds, log):
    root = ElementTree.Element("testsuite", name=suite, time=f"{seconds:.1f}")
    for case in cases:
        element = ElementTree.SubElement(root, "testcase", classname=suite, name=case.name)
        if case.verdict == "failed":
            ElementTree.SubElement(element, "failure", message=case.why)
        elif case.verdict == "skipped":
            ElementTree.SubElement(element, "skipped", message=case.why)
    ElementTree.SubElement(root, "system-out").text = _printable(log)
    folder.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(folder / f"{suite}.xml", encoding="utf-8",
                                        xml_declaration=True)


def _printable(text):
    """Without the characters that XML cannot hold."""
    return "".join(one for one in text if one in "\t\n" or ord(one) >= 32)
