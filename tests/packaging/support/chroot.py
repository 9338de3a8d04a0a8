"""A clean Debian in a folder, with a network of its own for the hub that runs in it."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from support import emulation, package

# Enters the folder with /proc mounted, and where a writable directory is named, with everything
# else read-only; the mounts are gone when the command is.
ENTER = """set -e
root=$1 writable=$2
shift 2
if [ -n "$writable" ]; then mount --bind "$root" "$root"; fi
mount -t proc proc "$root/proc"
if [ -n "$writable" ]; then
  mount --bind "$root$writable" "$root$writable"
  mount -o remount,bind,ro "$root"
fi
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive ${QEMU_CPU:+QEMU_CPU=$QEMU_CPU} "$@"
"""
LONGEST_KEPT = 7 * 24 * 3600.0  # seconds


def debian_sources():
    """This machine's own sources of Debian."""
    layout = "$(ORIGIN) $(LABEL) deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    lines = subprocess.check_output(
        ["apt-get", "indextargets", "--format", layout, "Created-By: Packages"], text=True)
    return sorted({line for line in lines.splitlines() if line.startswith("Debian ")})


def choices_of_sources():
    """All of them, and those without security updates, which a mirror may lack for an
    architecture; one source to a line."""
    found = debian_sources()
    for lines in (found, [line for line in found if "security" not in line.lower()]):
        yield "\n".join(line.split(" ", 2)[2] for line in lines)


def suite():
    text = pathlib.Path("/etc/os-release").read_text()
    return re.search(r"^VERSION_CODENAME=(\w+)", text, re.MULTILINE).group(1)


def path_of_base(name, packages):
    """EDGELANE_DEBIAN_CACHE, else below build/; other packages have another path."""
    folder = os.environ.get("EDGELANE_DEBIAN_CACHE") or package.REPOSITORY / "build/packaging"
    held = hashlib.sha256(" ".join([suite(), *packages]).encode()).hexdigest()[:8]
    return pathlib.Path(folder) / f"{name}-{package.tested_architecture()}-{held}.tar"


def make_base(name, packages=()):
    """A tar of the system; made again after a week, as it takes a while and a network."""
    architecture = package.tested_architecture()
    base = path_of_base(name, packages)
    if base.exists() and time.time() - base.stat().st_mtime < LONGEST_KEPT:
        return base
    base.parent.mkdir(parents=True, exist_ok=True)
    unfinished = base.with_suffix(".new.tar")
    command = ["mmdebstrap", "--mode=root", "--variant=minbase", "--quiet",
               f"--architectures={architecture}"]
    for sources in choices_of_sources():
        unfinished.unlink(missing_ok=True)
        # Making the list of CAs takes minutes under qemu; only sources by https need it.
        included = [*packages, "ca-certificates"] if "https:" in sources else packages
        done = subprocess.run(
            [*command, f"--include={','.join(included)}", suite(), unfinished, "-"],
            input=sources, text=True, check=False, stderr=subprocess.PIPE)
        if done.returncode == 0:
            return unfinished.rename(base)
    raise NoDebian(done.stderr[-500:])


class NoDebian(Exception):
    """No clean Debian can be made here; says why."""


def environment():
    """For what is run: qemu's default processor would run what a board's cannot."""
    return {**os.environ, **emulation.variables(package.tested_architecture())}


class Chroot:
    def __init__(self, base):
        # Short, as paths of Unix sockets are at most 107 bytes long.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="edgelane-", dir="/tmp"))
        self._processes = []
        try:
            subprocess.run(["tar", "-xf", base, "-C", self.root], check=True)
        except BaseException:
            self.close()
            raise
        self.network = self._hold_network()

    def _hold_network(self):
        """A namespace with nothing but a loopback device, as long as this process lives."""
        holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"],
            stdout=subprocess.PIPE, text=True)
        self._processes.append(holder)
        assert holder.stdout.readline() == "up\n", "no network namespace"
        return holder.pid

    def path(self, inside):
        return self.root / str(inside).lstrip("/")

    def run(self, *command, check=True, writable=""):
        """With this machine's network: for apt. Standard output and error together."""
        return self._finish(self._entering(command, writable), check)

    def run_offline(self, *command, check=True):
        return self._finish(self.in_network(self._entering(command)), check)

    def start_offline(self, *command, writable="", **more):
        """A process that is killed at the end of the tests; it can write to nothing but `writable`,
        where that is named."""
        entering = self._entering(command, writable)
        self._processes.append(
            subprocess.Popen(self.in_network(entering), env=environment(), **more))
        return self._processes[-1]

    def start_outside(self, *command):
        """One of this machine's programs, in the network of the hub."""
        self._processes.append(subprocess.Popen(self.in_network(command)))
        return self._processes[-1]

    def in_network(self, command):
        return ["nsenter", f"--net=/proc/{self.network}/ns/net", *map(str, command)]

    def _entering(self, command, writable=""):
        return ["unshare", "--mount", "sh", "-c", ENTER, "sh", str(self.root), writable,
                *map(str, command)]

    @staticmethod
    def _finish(command, check):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=600,
                              env=environment())
        assert not check or done.returncode == 0, f"{command[-8:]}:\n{done.stdout[-4000:]}"
        return done

    def install(self, deb):
        shutil.copy(deb, self.path("/tmp/edgelane.deb"))
        self.run("apt-get", "install", "-y", "--no-install-recommends",
                 "-o", "Dpkg::Options::=--force-confold", "/tmp/edgelane.deb")

    def close(self):
        for process in self._processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.root, ignore_errors=True)
