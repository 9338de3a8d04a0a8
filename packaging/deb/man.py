#!/usr/bin/env python3
"""Writes a program's man page from what its --help prints.

usage: man.py NAME SECTION DATE VERSION "what it is" SEE-ALSO <help-text >NAME.SECTION

DATE is in seconds since 1970. "Usage:" and what follows it becomes the synopsis, a line that ends
in a colon a section, an indented line an option or command with its explanation.
"""
import re
import sys
import time

ENTRY = re.compile(r"  ?(\S.*?)(?:  +(\S.*))?$")
CONTINUED_AT = 20  # an explanation goes on at least so far to the right


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\\&" + text if text.startswith(".") else text


def entry(line):
    term, explanation = ENTRY.match(line).groups()
    lines = [".TP", f"\\fB{roff(term)}\\fR"]
    return lines + [roff(explanation)] if explanation else lines


def title_of(line):
    """The section that this line begins; "" where it begins none."""
    return line[:-1] if line.endswith(":") and not line.startswith(" ") else ""


def body(lines):
    for line in lines:
        if not line:
            yield ".PP"
        elif title_of(line):
            yield f".SS {roff(title_of(line))}"
        elif line.startswith(" " * CONTINUED_AT):
            yield roff(line.strip())
        elif line.startswith(" "):
            yield from entry(line)
        else:
            yield roff(line)


def tidy(lines):
    """No paragraph before a heading, after one, or at the end."""
    kept = []
    for line in lines:
        if kept and kept[-1] == ".PP" and (line.startswith((".SS", ".TP", ".SH")) or line == ".PP"):
            kept.pop()
        if not (line == ".PP" and kept and kept[-1].startswith((".SS", ".SH"))):
            kept.append(line)
    return kept[:-1] if kept[-1] == ".PP" else kept


def page(name, section, date, version, summary, see_also, text):
    first, *rest = text.rstrip("\n").splitlines()
    day = time.strftime("%Y-%m-%d", time.gmtime(int(date)))
    return tidy([
        f'.TH {name.upper()} {section} {day} "Edgelane {version}" Edgelane',
        ".SH NAME", f"{name} \\- {roff(summary)}",
        ".SH SYNOPSIS", f"\\fB{roff(first.removeprefix('Usage: '))}\\fR",
        ".SH DESCRIPTION", *body(rest),
        ".SH SEE ALSO", roff(see_also)])


def main():
    print("\n".join(page(*sys.argv[1:7], sys.stdin.read())))


if __name__ == "__main__":
    main()
