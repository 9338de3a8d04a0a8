"""Tables on the terminal and in docs/benchmarks.md."""
import dataclasses
import re

BAR_HEAD = ("goal", "bar", "measured", "held")
INTRO = """# Benchmarks

Measured by `./dev bench --write`, which writes this page. **Read the ratios**: what is compared ran
in the same minutes on the same core, in random order inside each repetition, and a ratio is the
median of those of the repetitions; absolute numbers are those of one machine on one day.

"Same core" means that the load, the proxy and the app share one CPU, so that nothing waits for
another CPU to wake up. It charges the load and the app to everyone, so ratios of throughput
understate what a proxy alone gains. nginx has one worker, 256 kept connections, no access log and
buffers that hold a whole answer and a whole body; haproxy has one thread, always reuses connections
and has buffers of 32 KB. The hub runs as it is installed: two apps with identities, the callee with
health checks and a limit of calls, a durable state store, the log.
"""
PICTURE = "![Requests a second and CPU a request beside nginx and haproxy](invoke.svg)\n"


@dataclasses.dataclass
class Bar:
    goal: str
    bar: str
    measured: str
    held: bool

    def cells(self):
        return (self.goal, self.bar, self.measured, "yes" if self.held else "**no**")


def at_least(goal, bar, value, unit=""):
    return Bar(goal, f"≥ {bar:g}{unit}", f"{value:.2f}{unit}", value >= bar)


def at_most(goal, bar, value, unit=""):
    return Bar(goal, f"≤ {bar:g}{unit}", f"{value:.2f}{unit}", value <= bar)


def table(head, rows):
    """Markdown whose columns stand under each other on a terminal too."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |" for row in cells]
    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


@dataclasses.dataclass
class Section:
    name: str
    title: str
    text: str  # tables and the sentences between them
    bars: list

    def markdown(self, when):
        bars = f"\n\n{table(BAR_HEAD, [b.cells() for b in self.bars])}" if self.bars else ""
        return f"## {self.title}\n\n{when}\n\n{self.text}{bars}\n"


def sections_of(page):
    """What a page holds: texts by the names of their sections."""
    found = re.findall(r"<!-- (\w+) -->\n(.*?)<!-- end -->", page, re.DOTALL)
    return dict(found)


def _bar_rows(text):
    rows = []
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if tuple(cells) == BAR_HEAD:
            inside = True
        elif inside and line.startswith("|-"):
            continue
        elif inside and line.startswith("|"):
            rows.append(cells)
        else:
            inside = False
    return rows


def update_page(page, written, order):
    """The page with the sections in `written` (texts by name) in place of what it had."""
    texts = {**sections_of(page), **written}
    names = [name for name in order if name in texts]
    rows = [row for name in names for row in _bar_rows(texts[name])]
    parts = [INTRO, PICTURE, "## Goals\n", table(BAR_HEAD, rows) + "\n"]
    parts += [f"<!-- {name} -->\n{texts[name]}<!-- end -->\n" for name in names]
    return "\n".join(parts)
