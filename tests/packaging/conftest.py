"""Fixtures: the package, its files unpacked, and clean systems to install it in."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support import chroot, package  # noqa: E402


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
        base = chroot.make_base(name, packages)
    except subprocess.CalledProcessError as failure:
        pytest.skip(f"no clean Debian could be made: {failure.stderr[-500:]}")
    return chroot.Chroot(base)


@pytest.fixture(scope="module")
def clean():
    """A clean Debian, for the tests of one file."""
    made = new_chroot("debian", ["systemd-standalone-sysusers", "systemd-standalone-tmpfiles"])
    yield made
    made.close()


@pytest.fixture(scope="module")
def bootable():
    """A Debian with systemd as its first process, and with what boots it."""
    made = new_chroot("debian-systemd", ["systemd", "systemd-sysv", "systemd-container", "dbus"])
    yield made
    made.close()
