"""The package built again, elsewhere, at another time zone and language, is the same bit by bit."""
import hashlib
import os
import shutil
import subprocess

import pytest
from conftest import need
from support import package


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def staged(deb):
    stage = package.REPOSITORY / f"build/deb/stage-{package.field(deb, 'Architecture')}/edgelane"
    if not (stage / "debian").exists():
        pytest.skip("the package's sources are not staged here: it was built elsewhere")
    return stage


def test_a_second_build_is_the_same(deb, tmp_path):
    need("dpkg-buildpackage", "clang-19")
    if package.field(deb, "Architecture") != package.architecture():
        pytest.skip("built again only for this machine's architecture")
    if os.environ.get("EDGELANE_SKIP_REBUILD"):
        pytest.skip("EDGELANE_SKIP_REBUILD is set")
    again = tmp_path / "elsewhere" / "edgelane"
    shutil.copytree(staged(deb), again, ignore=shutil.ignore_patterns("obj-*"), symlinks=True)
    subprocess.run(["debian/rules", "clean"], cwd=again, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    different = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "CCACHE_DISABLE": "1"}
    with open(tmp_path / "log", "wb") as log:
        subprocess.run(["sh", "-c", "umask 027 && exec dpkg-buildpackage -us -uc -b"], cwd=again,
                       env={**os.environ, **different}, check=True, stdout=log, stderr=log)
    assert digest(next(again.parent.glob("edgelane_*.deb"))) == digest(deb)
