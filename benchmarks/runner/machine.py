# SPDX-License-Identifier: MIT
"""What is done to the machine for a measurement, and undone; and what the machine is."""

import os
import pathlib
import subprocess
import sys
import time

THP_FILE = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
CGROUP = pathlib.Path("/sys/fs/cgroup")


def skip(what, why):
    print(f"skipped: {what}: {why}", file=sys.stderr, flush=True)


class ThpSetting:
    """The machine's setting of transparent huge pages; leaving the block puts it back."""

    def __enter__(self):
        text = THP_FILE.read_text() if THP_FILE.exists() else ""
        self.found = text.partition("[")[2].partition("]")[0]
        return self

    def __exit__(self, *_):
        if self.found:
            self.set(self.found)

    def set(self, value):
        """True if the machine has the setting now."""
        try:
            if self.found and f"[{value}]" not in THP_FILE.read_text():
                THP_FILE.write_text(value)
            return bool(self.found)
        except OSError as problem:
            skip(f"THP {value}", problem.strerror)
            return False


class JournaledDisk:
    """A loop-mounted ext4 with a journal below `directory`; None where it cannot be had."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.path = None

    def __enter__(self):
        image, mount = self.directory / "image", self.directory / "mount"
        mount.mkdir()
        commands = (["truncate", "-s", "1G", image], ["mkfs.ext4", "-q", "-F", image],
                    ["mount", "-o", "loop", image, mount])
        try:
            for command in commands:
                subprocess.run(command, check=True, capture_output=True)
            self.path = str(mount)
        except (OSError, subprocess.CalledProcessError) as problem:
            skip("an ext4 with a journal", problem)
        return self

    def __exit__(self, *_):
        if self.path is not None:
            subprocess.run(["umount", self.path], check=False)


class MemoryGroup:
    """A control group, version 1 or 2, with a limit of memory, page cache included. `run` is None
    where it cannot be had. Each process gets a fresh one, without the pages of the last."""

    def __init__(self, limit_bytes):
        self.limit_bytes = limit_bytes
        self.name = f"mapvec-bench-{os.getpid()}"
        self.version = self.problem = None

    def __enter__(self):
        for version, parent, _ in self.places():
            try:
                self.make(version)
                self.remove(version)
                self.version = version
                return self
            except OSError as problem:
                if parent.exists():
                    self.problem = f"{parent}: {problem.strerror}"
        skip("what needs a memory group", self.problem or "there is no memory controller")
        return self

    def __exit__(self, *_):
        if self.version is not None and self.path(self.version).exists():
            self.remove(self.version)

    def places(self):
        """(version, folder, file of the limit)"""
        return ((1, CGROUP / "memory", "memory.limit_in_bytes"), (2, CGROUP, "memory.max"))

    def path(self, version):
        return self.places()[version - 1][1] / self.name

    def make(self, version):
        """The kernel puts the files into the folder; where it does not, this is no such group."""
        path, limit_file = self.path(version), self.places()[version - 1][2]
        path.mkdir()
        try:
            with open(path / limit_file, "r+", encoding="ascii") as limit:
                limit.write(str(self.limit_bytes))
        except OSError:
            path.rmdir()
            raise
        return path

    def remove(self, version):
        """A group is busy for a moment after its last process."""
        path = self.path(version)
        try:
            if version == 1:
                (path / "memory.force_empty").write_text("0")
        except OSError:
            pass  # its pages go to the parent, then
        for _ in range(100):
            try:
                path.rmdir()
                return
            except OSError:
                time.sleep(0.02)
        skip("removing a memory group", path)

    def run(self, command, **options):
        """subprocess.run of a process that is in the group from its first instruction."""
        path = self.make(self.version)
        entry = str(path / "cgroup.procs")
        try:
            script = 'echo $$ > "$0" && exec "$@"'
            return subprocess.run(["/bin/sh", "-c", script, entry, *map(str, command)],
                                  check=False, **options)
        finally:
            self.remove(self.version)


def free_bytes(directory):
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize


def first_value(path, key):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return "unknown"


def mount_of(directory):
    """(device, type) of the mount that holds `directory`: the longest mount point above it wins."""
    mounts = [line.split()[:3] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    real = os.path.realpath(directory)
    above = [mount for mount in mounts if os.path.commonpath([mount[1], real]) == mount[1]]
    device, _, file_system = max(above, key=lambda mount: len(mount[1]))
    return device, file_system


def read_ahead(device):
    """What the kernel reads ahead on the device, in a word."""
    setting = pathlib.Path("/sys/class/block") / pathlib.Path(device).name / "queue/read_ahead_kb"
    return f"{setting.read_text().strip()} KiB" if setting.exists() else "unknown"


def describe(build_directory, directory, thp_found, rounds):
    memory_gib = int(first_value("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    cache = (build_directory / "CMakeCache.txt").read_text()
    build_type = cache.partition("CMAKE_BUILD_TYPE:STRING=")[2].partition("\n")[0] or "no type"
    device, file_system = mount_of(directory)
    return (f"{first_value('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores, "
            f"{memory_gib:.0f} GiB; Linux {'.'.join(os.uname().release.split('.')[:2])}; files on "
            f"{file_system}, read-ahead {read_ahead(device)}; THP setting found: "
            f"{thp_found or 'none'}; build type {build_type}; {rounds} rounds; load before "
            f"{os.getloadavg()[0]:.1f}.")
