"""Fixtures: the package, its files unpacked, and clean systems to install it in."""
import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support import chroot, emulation, package  # noqa: E402


def need(*programs):
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")


@pytest.fixture(scope="session")
def deb():
    found = package.newest()
    if found is None:
        pytest.fail("no package: run ./dev deb, or set EDGELANE_DEB")
    return found


@pytest.fixture(scope="session")
def files(deb, tmp_path_factory):
    """The package's files, unpacked."""
    return package.unpack(deb, tmp_path_factory.mktemp("files"))


def new_chroot(name, packages=()):
    if os.geteuid() != 0:
        pytest.skip("installing in a clean Debian needs root")
    need("mmdebstrap", "unshare", "nsenter", "ip")
    try:
        return chroot.Chroot(chroot.make_base(name, packages))
    except chroot.NoDebian as failure:
        pytest.skip(f"no clean Debian could be made: {failure}")


@pytest.fixture(scope="session", name="emulated")
def emulated_architecture():
    """Programs of the architecture that is tested can be started."""
    architecture = package.tested_architecture()
    if architecture == package.architecture():
        yield architecture
        return
    need("qemu-aarch64-static", "qemu-arm-static")
    if os.geteuid() != 0:
        pytest.skip(f"starting programs of {architecture} needs root")
    try:
        with emulation.of(architecture):
            yield architecture
    except emulation.NoEmulation as failure:
        pytest.skip(f"no programs of {architecture} here: {failure}")


@pytest.fixture(scope="module")
def clean(emulated):
    """A clean Debian whose programs start, for the tests of one file."""
    made = new_chroot("debian", ["systemd-standalone-sysusers", "systemd-standalone-tmpfiles"])
    yield made
    made.close()


@pytest.fixture(scope="module")
def bootable():
    """A Debian with systemd as its first process, and with what boots it."""
    if package.tested_architecture() != package.architecture():
        pytest.skip("booted only for this machine's architecture: qemu-user has no system calls' "
                    "filter and no credentials")
    made = new_chroot("debian-systemd", ["systemd", "systemd-sysv", "systemd-container", "dbus"])
    yield made
    made.close()
