"""The project's own source files, what they include, and content hashes of both."""

import functools
import hashlib
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE_FOLDERS = ("edge", "components", "sync", "tests", "examples")
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)
COMMENT_OR_LITERAL = re.compile(
    r'R"(?P<tag>[^()\\ ]{0,16})\(.*?\)(?P=tag)"'
    r'|//[^\n]*|/\*.*?\*/'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def files(*suffixes: str) -> list[pathlib.Path]:
    """Files known to git, and new ones that it does not ignore, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = sorted(set(listed.split("\0")) - {""})
    paths = [pathlib.Path(name) for name in names if not suffixes or name.endswith(suffixes)]
    return [path for path in paths if (ROOT / path).is_file()]


def code_files(*suffixes: str) -> list[pathlib.Path]:
    return [path for path in files(*suffixes) if path.parts[0] in CODE_FOLDERS]


@functools.cache
def read(path: pathlib.Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@functools.cache
def includes(path: pathlib.Path) -> tuple[str, ...]:
    """Names as written, without brackets or quotes."""
    return tuple(INCLUDE.findall(read(path)))


@functools.cache
def bare_code(path: pathlib.Path) -> str:
    """The text with comments and literals blanked; every line keeps its number."""
    return COMMENT_OR_LITERAL.sub(_blank, read(path))


def _blank(match: re.Match[str]) -> str:
    text = match.group(0)
    quotes = '""' if text[0] in "\"'R" else " "
    return quotes + "\n" * text.count("\n")


def line_at(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1


def closure(path: pathlib.Path) -> list[pathlib.Path]:
    """The file and every project file that it includes, directly or not."""
    seen = {path}
    waiting = [path]
    while waiting:
        for name in includes(waiting.pop()):
            child = pathlib.Path(name)
            if child not in seen and (ROOT / child).is_file():
                seen.add(child)
                waiting.append(child)
    return sorted(seen)


def digest(path: pathlib.Path, *context: str) -> str:
    """Changes whenever the file, a project file under it, or the context does."""
    state = hashlib.sha256()
    for part in context:
        state.update(part.encode() + b"\0")
    for member in closure(path):
        state.update(str(member).encode() + b"\0" + read(member).encode() + b"\0")
    return state.hexdigest()


def report(problems: list[str]) -> int:
    """Prints them; the exit status to end with."""
    for problem in problems:
        print(problem)
    return 1 if problems else 0
