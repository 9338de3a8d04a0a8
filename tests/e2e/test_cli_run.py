"""edgelane run: an app and its hub, started, watched and stopped together."""
import json
import os
import pathlib
import signal
import socket
import sys

import pytest

from harness.cli import Cli
from harness.client import Client
from harness.daemon import free_port, write_resources
from harness.resources import component
from harness.waiting import wait_until

WAITS = "import signal,sys\nprint('ready', flush=True)\nsignal.pause()"


@pytest.fixture
def cli(bench):
    user = Cli(bench.directory())
    yield user
    user.close()


def python(code, *arguments):
    return ("--", sys.executable, "-c", code, *arguments)


def alive(pid):
    """Whether the process runs; one that is only not yet waited for does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_app_is_told_where_its_hub_is(cli):
    code = """
import json, os, urllib.request
names = ("APP_ID", "APP_PORT", "APP_PROTOCOL", "APP_CHANNEL_ADDRESS", "DAPR_HTTP_PORT",
         "DAPR_GRPC_PORT", "NOTIFY_SOCKET", "ROOM")
print(json.dumps({name: os.environ.get(name) for name in names}))
# The hub is there before the app is.
url = f"http://127.0.0.1:{os.environ['DAPR_HTTP_PORT']}/v1.0/healthz/outbound"
print(urllib.request.urlopen(url).status)
"""
    ports = {"http": free_port(), "grpc": free_port(), "app": free_port()}
    run = cli.run("--app-id", "lamp", "--app-port", ports["app"], "--dapr-http-port", ports["http"],
                  "--dapr-grpc-port", ports["grpc"], *python(code), environment={"ROOM": "kitchen"})
    assert run.wait() == 0, (run.out, run.error)
    told, health = run.lines()
    assert json.loads(told) == {
        "APP_ID": "lamp", "APP_PORT": str(ports["app"]), "APP_PROTOCOL": "http",
        "APP_CHANNEL_ADDRESS": "127.0.0.1", "DAPR_HTTP_PORT": str(ports["http"]),
        "DAPR_GRPC_PORT": str(ports["grpc"]), "NOTIFY_SOCKET": None, "ROOM": "kitchen"}
    assert health == "204"


def test_lines_are_marked_and_streams_stay_apart(cli):
    code = "import sys; print('out'); print('bad', file=sys.stderr); print('last', end='')"
    run = cli.run("--app-id", "lamp", *python(code))
    assert run.wait() == 0
    assert run.lines() == ["out", "last"]
    assert "== APP == bad\n" in run.error
    hub = run.lines("== HUB == ")
    assert any("dapr initialized. Status: Running" in line for line in hub)
    assert all(line.startswith("== ") for line in run.out.splitlines())


@pytest.mark.parametrize("code", [0, 7, 255])
def test_the_exit_code_is_the_apps(cli, code):
    run = cli.run("--app-id", "lamp", *python(f"raise SystemExit({code})"))
    assert run.wait() == code
    assert cli.registered() == []


def test_an_app_killed_by_a_signal_is_told_as_a_shell_does(cli):
    run = cli.run("--app-id", "lamp", *python("import os; os.kill(os.getpid(), 9)"))
    assert run.wait() == 128 + signal.SIGKILL


def test_a_program_that_cannot_be_run(cli):
    missing = cli.run("--app-id", "lamp", "--", "/does/not/exist")
    assert missing.wait() == 127
    assert "cannot run /does/not/exist: No such file or directory" in missing.error
    no_program = cli.run("--app-id", "lamp", "--", "/etc/passwd")
    assert no_program.wait() == 126


def test_an_app_is_called_and_keeps_state(cli, bench):
    app = bench.app()
    run = cli.run("--app-id", "lamp", "--app-port", app.port, "--data-dir", cli.directory / "data",
                  *python(WAITS))
    run.wait_for_line("ready")
    entry = run.listed()
    hub = Client(("127.0.0.1", entry["httpPort"]))
    wait_until(lambda: hub.get("/v1.0/healthz").status == 204, "health")
    assert cli("invoke", "-a", "lamp", "-m", "status").json()["path"] == "/status"
    assert cli("state", "set", "on", "true", "-a", "lamp").code == 0
    run.signal(signal.SIGTERM)
    run.wait()
    again = cli.run("--app-id", "lamp", "--data-dir", cli.directory / "data", *python(WAITS))
    again.wait_for_line("ready")
    again.listed()
    assert cli("state", "get", "on", "--app-id", "lamp").out == "true\n"


def test_resources_are_looked_for_at_home(cli):
    write_resources(cli.home / ".edgelane/components", [component("mine", "state.in-memory")])
    run = cli.run("--app-id", "lamp", *python(WAITS))
    run.wait_for_line("ready")
    run.listed()
    assert cli("state", "set", "k", "1", "--store", "mine", "-a", "lamp").code == 0
    other = cli.directory / "other"
    write_resources(other, [component("other", "state.in-memory")])
    named = cli.run("--app-id", "speaker", "--resources-path", other, *python(WAITS))
    named.wait_for_line("ready")
    named.listed()
    assert cli("state", "get", "k", "--store", "mine", "-a", "speaker").error == (
        "edgelane: state store mine is not found\n")


def test_what_runs_is_listed(cli):
    app_port = free_port()
    first = cli.run("--app-id", "lamp", "--app-port", app_port, *python(WAITS, "-x"))
    entry = first.listed()
    assert entry["appId"] == "lamp"
    assert entry["appPort"] == app_port
    assert entry["state"] == "starting"
    assert entry["command"].startswith(sys.executable)
    assert entry["command"].endswith(" -x")
    second = cli.run("--app-id", "speaker", *python(WAITS))
    second.listed()
    text = cli("list").out.splitlines()
    assert [line.split()[0] for line in text] == ["APP", "lamp", "speaker"]
    first.signal(signal.SIGTERM)
    first.wait()
    assert [line.split()[0] for line in cli("list").out.splitlines()] == ["APP", "speaker"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_app_then_the_hub(cli, number):
    """The app can still use its hub while it ends."""
    code = f"""
import os, signal, sys, urllib.request
url = f"http://127.0.0.1:{{os.environ['DAPR_HTTP_PORT']}}/v1.0/healthz/outbound"
def end(got, frame):
    print("signal", got, urllib.request.urlopen(url).status, flush=True)
    sys.exit(5)
signal.signal({int(number)}, end)
print("ready", flush=True)
while True: signal.pause()
"""
    run = cli.run("--app-id", "lamp", *python(code))
    run.wait_for_line("ready")
    entry = run.listed()
    run.signal(number)
    assert run.wait() == 5
    assert f"signal {int(number)} 204" in run.lines()
    assert "Daprd shutdown gracefully" in run.out
    assert not alive(entry["hubPid"])


def test_other_signals_are_passed_on(cli):
    code = """
import os, signal
signal.signal(signal.SIGUSR1, lambda *_: os.write(1, b"usr1\\n"))
print("ready", flush=True)
while True: signal.pause()
"""
    run = cli.run("--app-id", "lamp", *python(code))
    run.wait_for_line("ready")
    run.signal(signal.SIGUSR1)
    run.wait_for_line("usr1")
    assert run.child.poll() is None


def test_one_more_signal_kills_an_app_that_does_not_listen(cli):
    code = """
import os, signal
signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"no\\n"))
print("ready", flush=True)
while True: signal.pause()
"""
    run = cli.run("--app-id", "lamp", *python(code))
    run.wait_for_line("ready")
    run.signal(signal.SIGTERM)
    run.wait_for_line("no")

    def ended():
        if run.child.poll() is None:
            run.signal(signal.SIGTERM)
        return run.child.poll() is not None
    wait_until(ended, "the end", step=0.1)
    assert run.child.returncode == 128 + signal.SIGKILL
    assert "a second signal: killing the app and the hub" in run.error


def test_when_the_hub_dies_the_app_is_ended(cli):
    code = """
import signal, sys
def end(*_):
    print("ended", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True: signal.pause()
"""
    run = cli.run("--app-id", "lamp", *python(code))
    run.wait_for_line("ready")
    os.kill(run.listed()["hubPid"], signal.SIGKILL)
    assert run.wait() == 1
    assert run.lines()[-1] == "ended"
    assert "the hub was ended by signal Killed" in run.error


def test_nothing_is_left_when_edgelane_is_killed(cli):
    run = cli.run("--app-id", "lamp", *python(WAITS))
    run.wait_for_line("ready")
    entry = run.listed()
    run.child.kill()
    run.wait()
    wait_until(lambda: not alive(entry["appPid"]) and not alive(entry["hubPid"]), "their end")
    assert cli("list").out.startswith("No apps.")
    assert cli.registered() == []


def test_a_hub_that_cannot_start_keeps_the_app_from_starting(cli):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = cli.run("--app-id", "lamp", "--dapr-http-port", taken.getsockname()[1],
                      *python("print('started')"))
        assert run.wait() == 1
    assert run.lines() == []
    assert "the hub ended with exit code 1; its last lines above tell why" in run.error
    assert cli.registered() == []


def test_a_terminals_input_goes_to_the_app_where_it_is_none(cli):
    done = cli("run", "--app-id", "lamp", *python("print(input()[::-1])"), stdin=b"lamp\n")
    assert done.code == 0
    assert "== APP == pmal\n" in done.out


@pytest.mark.parametrize("arguments, says", [
    (("--", "true"), "--app-id is missing"),
    (("--app-id", "lamp"), "missing: -- COMMAND [ARGUMENT...]"),
    (("--app-id", "lamp", "--app-port", "70000", "--", "true"), "--app-port: expected a port"),
    (("--app-id", "lamp", "--nix", "--", "true"), "unknown option --nix"),
])
def test_a_wrong_command_line(cli, arguments, says):
    done = cli("run", *arguments)
    assert done.code == 2
    assert says in done.error
