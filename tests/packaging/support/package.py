"""The .deb that is tested: its fields, its files, and other versions of it."""
import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def architecture():
    """This machine's."""
    return subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()


def tested_architecture():
    return os.environ.get("EDGELANE_ARCH") or architecture()


def newest():
    """EDGELANE_DEB, else the newest in build/deb for the architecture that is tested."""
    named = os.environ.get("EDGELANE_DEB")
    if named:
        return pathlib.Path(named)
    built = (REPOSITORY / "build/deb").glob(f"edgelane_*_{tested_architecture()}.deb")
    return max(built, key=lambda path: path.stat().st_mtime, default=None)


def field(deb, name):
    return subprocess.check_output(["dpkg-deb", "-f", deb, name], text=True).strip()


def unpack(deb, folder):
    subprocess.run(["dpkg-deb", "-x", deb, folder], check=True)
    return pathlib.Path(folder)


def with_version(deb, version, folder):
    """The same package as a later version."""
    tree = pathlib.Path(folder) / "tree"
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = tree / "DEBIAN/control"
    lines = control.read_text().splitlines()
    lines = [f"Version: {version}" if line.startswith("Version:") else line for line in lines]
    control.write_text("\n".join(lines) + "\n")
    later = pathlib.Path(folder) / f"edgelane_{version}_{field(deb, 'Architecture')}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, later], check=True,
                   stdout=subprocess.DEVNULL)
    return later
