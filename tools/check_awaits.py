#!/usr/bin/env python3
"""One await stands in a statement of its own, with plain names and calls as arguments.

    co_await f(a);   auto x = co_await f(a);   x = co_await f(a);   co_return co_await f(a);
"""

import re
import sys

import source_tree

# What may stand between the start of the statement and its co_await.
BEFORE = re.compile(r"(co_return|[\w:<>,&*\s.\[\]()-]*[\w>&*\])]\s*=)?")
CONTROL = re.compile(r"(else|do)\b|(if|while|for|switch)\b[^(]*(?=\()")
LABEL = re.compile(r"(case\s+[\w:]+|default)\s*:\s*")
RULE = "an await stands alone in its statement, with plain names and calls"


def after_parentheses(text: str) -> str | None:
    """What follows the balanced parentheses at the front; None where they do not close."""
    depth = 0
    for index, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0:
            return text[index + 1 :].lstrip()
    return None


def statement_start(text: str) -> str | None:
    """The text after `if (...)`, `else`, labels and the like; None where they do not end."""
    rest: str | None = LABEL.sub("", text, count=1).lstrip()
    while rest and (match := CONTROL.match(rest)):
        rest = rest[match.end() :].lstrip()
        if rest.startswith("("):
            rest = after_parentheses(rest)
    return rest


def statement_begin(code: str, start: int) -> int | None:
    """Where the statement around `start` begins; None inside parentheses."""
    depth = 0
    begin = None
    for index in range(start - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(code[index], 0)
        if depth < 0:
            return None
        if code[index] == ";" and depth == 0 and begin is None:
            begin = index + 1
        if code[index] in "{}":
            return begin or index + 1
    return begin or 0


def is_lone(code: str, start: int) -> bool:
    begin = statement_begin(code, start)
    if begin is None:
        return False
    before = statement_start(code[begin:start].strip())
    if before is None or not BEFORE.fullmatch(before):
        return False
    expression = code[start + len("co_await") : code.find(";", start)]
    if re.search(r"[{}]|\bco_await\b|\]\s*\(", expression):
        return False
    return expression.count("(") == expression.count(")")


def main() -> int:
    problems = []
    for path in source_tree.code_files(".h", ".cpp"):
        if path.parts[0] == "tests":  # never built with the compiler that the rule is for
            continue
        code = source_tree.bare_code(path)
        for match in re.finditer(r"\bco_await\b", code):
            if re.match(r".*\boperator\s*$", code[: match.start()].rsplit("\n", 1)[-1]):
                continue
            if not is_lone(code, match.start()):
                problems.append(f"{path}:{source_tree.line_at(code, match.start())}: {RULE}")
    return source_tree.report(problems)


if __name__ == "__main__":
    sys.exit(main())
