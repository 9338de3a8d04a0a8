"""Metrics of a daemon, as Prometheus would read them."""
import re

from harness.client import Client

_STARTED = re.compile(r"metrics server started on \S*:(\d+)/")
_SAMPLE = re.compile(r'(?P<name>[a-zA-Z_:][\w:]*)(\{(?P<labels>.*)\})? (?P<value>\S+)')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)')
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


def client(daemon):
    """Of the metrics' port, which the log tells."""
    return Client(("127.0.0.1", int(_STARTED.search(daemon.log)[1])))


class Metrics:
    """One reading: `samples` are (name, labels, value); `types` and `helps` are by name."""

    def __init__(self, text):
        self.samples, self.types, self.helps = [], {}, {}
        assert text.endswith("\n")
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name, _, told = line[7:].partition(" ")
                self.helps[name] = told
            elif line.startswith("# TYPE "):
                name, kind = line[7:].split(" ")
                assert name not in self.types, f"{name} twice"
                self.types[name] = kind
            else:
                self.samples.append(self._sample(line))

    @staticmethod
    def _sample(line):
        found = _SAMPLE.fullmatch(line)
        assert found, line
        text = found["labels"] or ""
        pairs = _LABEL.findall(text)
        assert sum(len(key) + len(value) + 3 for key, value in pairs) + max(
            len(pairs) - 1, 0) == len(text), line
        labels = {key: re.sub(r'\\.', lambda escape: _ESCAPES[escape[0]], value)
                  for key, value in pairs}
        return found["name"], labels, float(found["value"])

    def all(self, name, **labels):
        """(labels, value) of every sample with at least these labels."""
        return [(known, value) for one, known, value in self.samples
                if one == name and labels.items() <= known.items()]

    def value(self, name, **labels):
        """The sum of those samples; 0 where there is none."""
        return sum(value for _, value in self.all(name, **labels))


def read(daemon):
    answer = client(daemon).get("/metrics")
    assert answer.status == 200
    assert answer.headers.get("content-type").startswith("text/plain; version=0.0.4")
    return Metrics(answer.text)
