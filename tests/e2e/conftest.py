"""Fixtures: hubs, one-app daemons and apps, each with ports and directories of its own."""
import pathlib
import shutil
import signal
import tempfile

import pytest

from harness import daemon
from harness.app import App
from harness.rpc_app import RpcApp


def pytest_sessionstart(session):
    if not daemon.BINARY.exists():
        raise pytest.UsageError(f"{daemon.BINARY} is missing: run ./dev build, or set EDGELANE_BIN")
    # Where the tests run in the background, Ctrl-C is ignored, and what they start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# What uses ports that everyone knows, or is heard by every hub of the machine, runs one by one.
MACHINE_WIDE = {"test_cli_run", "test_demo", "test_flags", "test_grpc", "test_internal_peers",
                "test_internal_port", "test_mdns", "test_mdns_network", "test_process",
                "test_readme"}
LONGEST = {"test_sync_lane_switch", "test_peers"}  # begun first, so that nobody waits for them


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Several workers share the files, each file a whole."""
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            file = item.path.stem
            item.add_marker(pytest.mark.xdist_group("machine" if file in MACHINE_WIDE else file))
        items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    """Of a worker, a test's name ends with that of its group; nobody could run it by that."""
    if hasattr(report, "node"):
        report.nodeid = report.nodeid.rpartition("@")[0]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the end of the log of every daemon that the test could talk to."""
    report = (yield).get_result()
    if report.failed:
        for process in daemon.everything_started:
            if process not in item.ended_before and process.log_path.exists():
                tail = "\n".join(process.log.splitlines()[-60:])
                report.sections.append((f"edgelaned {' '.join(process.arguments)}", tail))


def pytest_runtest_setup(item):
    item.ended_before = {one for one in daemon.everything_started if not one.running()}


class Bench:
    """Makes daemons and apps, and takes them down: a daemon must end with exit code 0."""

    def __init__(self):
        self._directories = []
        self._apps = []
        self._daemons = []

    def directory(self):
        # Short, as paths of Unix sockets are at most 107 bytes long.
        path = pathlib.Path(tempfile.mkdtemp(prefix="edgelane-"))
        self._directories.append(path)
        return path

    def app(self, *arguments, **more):
        self._apps.append(App(*arguments, **more))
        return self._apps[-1]

    def rpc_app(self, *arguments, **more):
        self._apps.append(RpcApp(*arguments, **more))
        return self._apps[-1]

    def hub(self, resources=(), flags=(), environment=()):
        return self.started(daemon.Hub(self.directory(), resources, flags, environment))

    def daprd(self, app_id="lamp", resources=(), flags=(), environment=()):
        return self.started(daemon.Daprd(self.directory(), app_id, resources, flags, environment))

    def process(self, arguments, environment=(), prefix=()):
        """A daemon whose readiness the test itself watches."""
        self._daemons.append(
            daemon.Process(arguments, environment, self.directory() / "log.txt", prefix))
        return self._daemons[-1]

    def started(self, one):
        """Starts a Hub or a Daprd, also one that ran before."""
        try:
            return one.start()
        finally:
            self._daemons.append(one.process)

    def close(self):
        codes = [process.stop() for process in self._daemons if not process.end_was_seen]
        for app in self._apps:
            app.close()
        for path in self._directories:
            shutil.rmtree(path, ignore_errors=True)
        assert all(code == 0 for code in codes), f"exit codes {codes}"


def _bench():
    bench = Bench()
    try:
        yield bench
    finally:
        bench.close()


@pytest.fixture
def bench():
    """For one test."""
    yield from _bench()


@pytest.fixture(scope="module")
def module_bench():
    """For what a file's tests share."""
    yield from _bench()
