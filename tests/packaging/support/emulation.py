"""Programs of another architecture: this machine's kernel starts them by qemu-user."""
import contextlib
import pathlib
import subprocess

KERNEL = pathlib.Path("/proc/sys/fs/binfmt_misc")
NAMES = {"arm64": "qemu-aarch64", "armhf": "qemu-arm"}


class NoEmulation(Exception):
    """Such programs cannot be started here; says why."""


def variables(architecture):
    """What the environment tells qemu."""
    return {"QEMU_CPU": "cortex-a7"} if architecture == "armhf" else {}


def _mount():
    done = subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", KERNEL], check=False,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise NoEmulation(f"binfmt_misc cannot be mounted: {done.stderr.strip()}")


def _register(name):
    description = pathlib.Path(f"/usr/lib/binfmt.d/{name}.conf")
    try:
        (KERNEL / "register").write_text(description.read_text().strip())
    except OSError as failure:
        raise NoEmulation(f"the kernel takes no {name}: {failure}") from failure


@contextlib.contextmanager
def of(architecture):
    """The kernel knows qemu for that architecture as long as this is open, and afterwards where it
    did before."""
    name = NAMES[architecture]
    with contextlib.ExitStack() as undo:
        if not (KERNEL / "register").exists():
            _mount()
            undo.callback(subprocess.run, ["umount", KERNEL], check=False)
        if not (KERNEL / name).exists():
            _register(name)
            undo.callback((KERNEL / name).write_text, "-1")
        yield
