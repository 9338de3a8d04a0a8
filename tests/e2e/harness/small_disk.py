"""A file system of a few megabytes that can be filled."""
import shutil
import subprocess

import pytest


class SmallDisk:
    def __init__(self, path, size):
        self.path = path
        self.path.mkdir()
        self.filler = path / "filler"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path],
                              capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"a file system of its own needs root: {done.stderr.decode().strip()}")

    def fill(self, leaving=0):
        """Takes all of the space but `leaving` bytes."""
        with open(self.filler, "wb", buffering=0) as file:
            while self.free() > leaving:
                file.write(bytes(min(self.free() - leaving, 1 << 16)))

    def give_back(self):
        self.filler.unlink()

    def remount(self, how):
        """ "ro" or "rw"; nobody may have a file open for writing."""
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True)

    def free(self):
        return shutil.disk_usage(self.path).free

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=True)
