"""The `edgelane` command, run to its end or beside the test."""
import json
import pathlib
import signal
import subprocess

from harness.daemon import PROGRAMS, clean_environment
from harness.waiting import wait_until

BINARY = PROGRAMS / "edgelane"


class Done:
    def __init__(self, completed):
        self.code = completed.returncode
        self.out = completed.stdout.decode("utf-8", "replace")
        self.error = completed.stderr.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"<{self.code} {self.out!r} {self.error!r}>"


class Cli:
    """A user's command line, with a home and a runtime directory of its own."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.home = self.directory / "home"
        self.home.mkdir()
        self.runtime = self.directory / "runtime"
        self.runtime.mkdir()
        self.environment = {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.runtime)}
        self.runs = []

    def __call__(self, *arguments, stdin=b"", environment=()):
        command = [BINARY, *map(str, arguments)]
        return Done(subprocess.run(command, input=stdin, capture_output=True, timeout=30,
                                   check=False, env=self._environment(environment)))

    def run(self, *arguments, environment=()):
        """`edgelane run`, which goes on."""
        return self.start("run", *arguments, environment=environment)

    def start(self, *arguments, environment=()):
        """A command that goes on."""
        self.runs.append(Run(self, arguments, self._environment(environment)))
        return self.runs[-1]

    def registered(self):
        """The files of what runs."""
        return sorted(path.name for path in self.runtime.glob("edgelane/*"))

    def close(self):
        for run in self.runs:
            run.close()

    def _environment(self, extra):
        return clean_environment({**self.environment, **dict(extra)})


class Run:
    def __init__(self, cli, arguments, environment):
        number = len(cli.runs)
        self.cli = cli
        self.out_path = cli.directory / f"run-{number}.out"
        self.error_path = cli.directory / f"run-{number}.err"
        with open(self.out_path, "wb") as out, open(self.error_path, "wb") as error:
            self.child = subprocess.Popen([BINARY, *map(str, arguments)], env=environment,
                                          stdin=subprocess.DEVNULL, stdout=out, stderr=error)

    @property
    def out(self):
        return self.out_path.read_text("utf-8", "replace")

    @property
    def error(self):
        return self.error_path.read_text("utf-8", "replace")

    def lines(self, prefix="== APP == "):
        """What one of the two printed on standard output."""
        return [line.removeprefix(prefix) for line in self.out.splitlines()
                if line.startswith(prefix)]

    def wait_for_line(self, line):
        def printed():
            assert self.child.poll() is None or line in self.lines(), (self.out, self.error)
            return line in self.lines()
        wait_until(printed, f"the app's line {line!r}")

    def listed(self):
        """What `edgelane list` tells about it, once it is there."""
        def found():
            entries = self.cli("list", "--output", "json").json()
            return [entry for entry in entries if entry.get("cliPid") == self.child.pid]
        return wait_until(found, "an entry of the list")[0]

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, limit=20.0):
        """The exit code."""
        return self.child.wait(limit)

    def close(self):
        if self.child.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
