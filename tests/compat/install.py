"""Installing what the programs need, by the languages' own clients; kept in build/compat."""
import hashlib
import re
import shutil
import subprocess

LIMIT = 240  # seconds

# How the clients say that they reach nobody.
UNREACHABLE = re.compile(
    r"name resolution|no such host|Unknown host|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET"
    r"|ETIMEDOUT|connection refused|network is unreachable|i/o timeout|connect timed out"
    r"|Read timed out|Temporary failure|Failed to establish a new connection", re.IGNORECASE)


class NoRegistry(Exception):
    """What is needed is neither here, nor is the registry reached that has it."""


class Failed(Exception):
    """An installation that has gone wrong; the text is its output."""


def need_program(name):
    if not shutil.which(name):
        raise NoRegistry(f"{name} is not installed, and apt could not install it")


def run_client(command, folder, environment):
    try:
        done = subprocess.run([str(word) for word in command], cwd=folder, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{command[0]} took more than {LIMIT} s") from error
    if done.returncode == 0:
        return
    said = done.stdout.decode("utf-8", "replace")
    if UNREACHABLE.search(said):
        raise NoRegistry(said)
    raise Failed(said)


def install_once(kept, inputs, commands, folder, environment):
    """Runs the commands unless `kept` holds already what these inputs ask for."""
    stamp = kept / "installed"
    wanted = _digest(inputs, commands)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    for command in commands:
        run_client(command, folder, environment)
    stamp.write_text(wanted)


def _digest(inputs, commands):
    digest = hashlib.sha256(repr(commands).encode())
    for path in inputs:
        digest.update(path.read_bytes())
    return digest.hexdigest()
