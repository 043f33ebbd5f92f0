# SPDX-License-Identifier: MIT
"""One run of one contender, in a process of its own: a benchmark of google-benchmark, a workload
program, or fio."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from . import cells, machine

PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"
PYTHON = "/usr/bin/python3"  # Debian's, the one that has Debian's NumPy


class LargeFiles:
    """Files of `FILE_BYTES` under one directory, each made when it is asked for."""

    def __init__(self, programs, directory):
        self.programs = programs
        self.directory = pathlib.Path(directory)
        # A leaf of LMDB's tree keeps 26 bytes for an element of 8, and some room.
        self.payload_bytes = {"npy": cells.FILE_BYTES, "raw": cells.FILE_BYTES,
                              "lmdb": cells.FILE_BYTES // 28 * 8}

    def path(self, kind):
        path = self.directory / f"large.{kind}"
        if not path.exists():
            program = self.programs / ("workloads_lmdb" if kind == "lmdb" else "workloads")
            subprocess.run([program, f"make/{kind}", f"path={path}",
                            f"bytes={self.payload_bytes[kind]}"], check=True,
                           env={**os.environ, "MAPVEC_DIR": str(self.directory)},
                           stdout=subprocess.DEVNULL)
        return path


class Runner:
    """Knows where the programs are and where the files go."""

    def __init__(self, programs, directory, journaled, group):
        self.programs = pathlib.Path(programs)
        self.directory = directory
        self.journaled = journaled
        self.group = group
        self.files = LargeFiles(self.programs, directory)
        self.told = set()

    def why_not(self, cell):
        """Why the whole cell cannot be measured here, or nothing."""
        if cell.journaled and not self.journaled:
            return "there is no ext4 with a journal"
        if cell.grouped and self.group.version is None:
            return "there is no memory group"
        needed = cell.needed_bytes
        if cell.reads_file:
            needed += 3 * cells.FILE_BYTES
        free = machine.free_bytes(self.directory)
        if free < needed:
            return f"needs {needed / cells.GIB:.0f} GiB of disk, {free / cells.GIB:.0f} are free"
        return ""

    def has(self, name):
        """True if the contender's program exists; says once what is missing."""
        contender = cells.CONTENDERS[name]
        if contender.grouped and self.group.version is None:
            return False  # the group has said why
        if contender.fio is not None:
            found = shutil.which("fio")
        elif contender.program.endswith(".py"):
            found = subprocess.run([PYTHON, "-c", "import numpy"], check=False,
                                   capture_output=True).returncode == 0
        else:
            found = (self.programs / contender.program).exists()
        if not found:
            self.tell_once(contender.package, f"{contender.label}: there is no "
                           f"{contender.package}, or there was none when this was configured")
        return bool(found)

    def tell_once(self, key, message):
        if key not in self.told:
            self.told.add(key)
            print(f"left out: {message}", file=sys.stderr, flush=True)

    def run(self, cell, name, more_arguments=None):
        """The counters, or None if the contender failed."""
        contender = cells.CONTENDERS[name]
        if contender.fio is not None:
            return self.run_fio(contender)
        if cell.executable:
            return self.run_benchmark(cell, contender, name)
        return self.run_workload(cell, contender, name, more_arguments or {})

    def environment(self, contender, directory):
        return {**os.environ, **contender.environment, "MAPVEC_DIR": str(directory)}

    def run_benchmark(self, cell, contender, name):
        command = [self.programs / cell.executable,
                   f"--benchmark_filter=^{cell.program}/{contender.name or name}(/|$)",
                   "--benchmark_format=json", "--benchmark_min_time=0.1"]
        where = self.journaled if cell.journaled else self.directory
        done = subprocess.run(command, env=self.environment(contender, where), check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        values = json.loads(done.stdout)["benchmarks"][0]
        if "error_message" in values:
            sys.exit(f"{cell.program}/{name}: {values['error_message']}")
        if "items_per_second" in values:
            values["nanoseconds"] = 1e9 / values["items_per_second"]
        return values

    def run_workload(self, cell, contender, name, more_arguments):
        program = contender.program
        command = [PYTHON, "-B", PEERS / program] if program.endswith(".py") else [
            self.programs / program]
        arguments = {**cell.arguments, **contender.arguments, **more_arguments}
        if cell.reads_file:
            arguments["path"] = self.files.path(contender.file)
            arguments["bytes"] = min(arguments["bytes"],
                                     self.files.payload_bytes[contender.file])
        command += [f"{cell.program}/{contender.name or name}",
                    *(f"{key}={value}" for key, value in arguments.items())]
        options = {"env": self.environment(contender, self.directory), "text": True,
                   "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        run = self.group.run if cell.grouped or contender.grouped else subprocess.run
        done = run(command, **options)
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["killed, as when memory runs out"]
            self.tell_once((cell.title, name, cell.arguments.get("bytes")),
                           f"{cell.title}: {contender.label}: {lines[-1]}")
            return None
        return json.loads(done.stdout.splitlines()[-1])

    def run_fio(self, contender):
        """Writing goes to a fresh file that was allocated before, as appending has it; it ends on
        the disk, because it bypasses the page cache."""
        job = contender.fio
        writes = job.pattern == "write"
        path = pathlib.Path(self.directory) / "written" if writes else self.files.path("raw")
        size = job.bytes if writes else cells.FILE_BYTES
        command = ["fio", "--name=limit", f"--filename={path}", f"--rw={job.pattern}",
                   f"--bs={job.block}", f"--iodepth={job.depth}", "--ioengine=libaio", "--direct=1",
                   "--fallocate=native", f"--size={size}", f"--io_size={job.bytes}",
                   "--output-format=json", f"--unlink={int(writes)}"]
        # Its own iomem=mmaphuge needs pages set aside at boot; malloc's huge pages need none.
        done = subprocess.run(command, check=False, capture_output=True, text=True,
                              env={**os.environ, **contender.environment})
        if done.returncode != 0:
            self.tell_once(contender.label, f"{contender.label}: {done.stderr.strip()[-200:]}")
            return None
        result = json.loads(done.stdout[done.stdout.index("{"):])["jobs"][0]
        side = result["write" if writes else "read"]
        seconds = job.bytes / side["bw_bytes"]
        used = seconds * (result["usr_cpu"] + result["sys_cpu"]) / 100
        return {"seconds": seconds, "durable_seconds": seconds,
                "processor_seconds_per_gibibyte": used / (job.bytes / cells.GIB),
                "nanoseconds": 1e9 / side["iops"]}
