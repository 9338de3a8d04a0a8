"""A clean Debian in a folder, with a network of its own for the hub that runs in it."""
import pathlib
import re
import shutil
import subprocess
import tempfile

from support import package

# Enters the folder with /proc mounted, and where a writable directory is named, with everything else
# read-only; the mounts are gone when the command is.
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
  DEBIAN_FRONTEND=noninteractive "$@"
"""


def debian_sources():
    """This machine's own sources of Debian, one to a line."""
    layout = "$(ORIGIN) $(LABEL) deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    lines = subprocess.check_output(
        ["apt-get", "indextargets", "--format", layout, "Created-By: Packages"], text=True)
    return "\n".join(sorted(
        {line.split(" ", 2)[2] for line in lines.splitlines() if line.startswith("Debian ")}))


def suite():
    text = pathlib.Path("/etc/os-release").read_text()
    return re.search(r"^VERSION_CODENAME=(\w+)", text, re.MULTILINE).group(1)


def make_base(name, packages=()):
    """A tar of the system; made once, as it takes a while and a network."""
    base = package.REPOSITORY / f"build/packaging/{name}.tar"
    if base.exists():
        return base
    base.parent.mkdir(parents=True, exist_ok=True)
    unfinished = base.with_suffix(".new.tar")
    unfinished.unlink(missing_ok=True)
    command = ["mmdebstrap", "--mode=root", "--variant=minbase", "--quiet",
               f"--include={','.join(['ca-certificates', *packages])}", suite(), unfinished, "-"]
    subprocess.run(command, input=debian_sources(), text=True, check=True, stderr=subprocess.PIPE)
    return unfinished.rename(base)


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
        self._processes.append(subprocess.Popen(self.in_network(entering), **more))
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
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=600)
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
