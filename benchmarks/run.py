#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the benchmarks in shuffled rounds and prints one table of ratios.

Every contender of every round is a process of its own; a round runs all of them once, in random
order, so that a machine whose speed swings is equally unkind to all. A ratio is the median of the
ratios within the rounds. Nothing here fails: the table says which goals are met.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

THP_FILE = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
INCLUDE_COST = ROOT / "scripts" / "include_cost.py"
MARKERS = ("<!-- bench:begin -->", "<!-- bench:end -->")
HUGE_MALLOC = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # read at start: for a whole process

# contender: (what the table calls it, its name in the program, its environment)
CONTENDERS = {
    "mapvec": ("mapvec::vector", "mapvec", {}),
    "remap": ("remap-doubling", "remap", {}),
    "std": ("std::vector", "std", {}),
    "std_huge": ("std::vector, huge pages", "std", HUGE_MALLOC),
    "pwrite": ("pwrite of 1 MiB (the limit)", "pwrite", {}),
    "named_file": ("named file of one page", "named_file", {}),
    "write_twice": ("write, sync, 16 bytes, sync", "write_twice", {}),
}


@dataclasses.dataclass(frozen=True)
class Goal:
    """`speed`: peer's time over ours, at least; `time`: ours over the peer's, at most. `most` and
    `least` bound our own value, which is a count."""

    kind: str
    bound: float

    def text(self):
        sign = "≥" if self.kind in ("speed", "least") else "≤"
        word = {"speed": "speed ", "time": "time "}.get(self.kind, "")
        return f"{word}{sign} {self.bound:g}"

    def verdict(self, value):
        more_is_better = self.kind in ("speed", "least")
        met = value >= self.bound if more_is_better else value <= self.bound
        return "met" if met else "**missed**"


@dataclasses.dataclass(frozen=True)
class Cell:
    program: str  # the benchmark's name before the slash; cells may share a run
    title: str
    unit: str
    contenders: tuple
    goals: dict
    metric: str = "nanoseconds"
    rounds: int = 0  # 0: as many as asked for; counts need only one
    thp: str = ""  # the only setting under which it says something
    goals_by_thp: dict = dataclasses.field(default_factory=dict)
    journaled: bool = False  # runs on an ext4 of its own, with a journal

    def goal(self, contender, thp):
        return self.goals_by_thp.get(thp, {}).get(contender, self.goals.get(contender))

    def contenders_under(self, thp):
        """With THP always, malloc gives huge pages unasked: std_huge would be std once more."""
        return [name for name in self.contenders if name != "std_huge" or thp != "always"]


# With THP always, std::vector without reserve has huge pages too: then it has their goal.
APPEND_GOALS = {"remap": Goal("speed", 1.5), "std": Goal("speed", 3), "std_huge": Goal("speed", 1)}
APPEND_PEERS = ("mapvec", "remap", "std", "std_huge", "pwrite")
PUSH_GOAL = {"std": Goal("time", 1.1)}
PAIR = ("mapvec", "std")
CELLS = (
    Cell("append", "append 256 MiB of u64", "ns each", APPEND_PEERS, APPEND_GOALS,
         goals_by_thp={"always": {"std": Goal("speed", 1)}}),
    Cell("append", "… and destroy it", "ms", APPEND_PEERS, {}, "destroy_milliseconds"),
    Cell("push_back_u8", "push_back u8, resident", "ns each", PAIR, PUSH_GOAL),
    Cell("push_back_u64", "push_back u64, resident", "ns each", PAIR, PUSH_GOAL),
    Cell("push_back_24", "push_back 24 bytes, resident", "ns each", PAIR, PUSH_GOAL),
    Cell("scan", "sum of 256 MiB of u64", "ns each", PAIR, {"std": Goal("speed", 0.95)}),
    Cell("random_read", "random reads in 256 MiB", "ns each", PAIR, {"std": Goal("speed", 1)}),
    Cell("small", "create, one element, destroy", "ns each", ("mapvec", "named_file", "std"),
         {"named_file": Goal("time", 0.7)}),
    Cell("commit", "append_range of 64 KiB and commit", "ns each", ("mapvec", "write_twice"),
         {"write_twice": Goal("time", 1.2)}, thp="madvise", journaled=True),
    Cell("commit_pushed", "push_back of 64 KiB and commit", "ns each", ("mapvec", "write_twice"),
         {"write_twice": Goal("time", 1.2)}, thp="madvise", journaled=True),
    Cell("open_view", "file_view::open of 100 GiB", "ns each", ("mapvec",),
         {"mapvec": Goal("most", 100_000)}, thp="madvise", journaled=True),
    Cell("open_writer", "file_vector::open of 100 GiB", "ns each", ("mapvec",),
         {"mapvec": Goal("most", 300_000)}, thp="madvise", journaled=True),
    Cell("thousand", "1,000 vectors of one element, resident", "bytes each", PAIR,
         {"mapvec": Goal("most", 8192)}, "resident_bytes", 1, "always"),
    Cell("thousand", "… and their page tables", "bytes each", PAIR, {}, "page_table_bytes", 1,
         "always"),
    Cell("huge_share", "256 MiB mapped as 2 MiB pages", "%", ("mapvec", "remap"),
         {"mapvec": Goal("least", 95)}, "huge_percent", 1),
)


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
            print(f"skipped: THP {value}: {problem.strerror}", file=sys.stderr)
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
            print(f"skipped: an ext4 with a journal: {problem}", file=sys.stderr)
        return self

    def __exit__(self, *_):
        if self.path is not None:
            subprocess.run(["umount", self.path], check=False)


def run_once(program, cell, contender, directory):
    """The counters of one benchmark in its own process."""
    _, name, environment = CONTENDERS[contender]
    command = [program, f"--benchmark_filter=^{cell.program}/{name}(/|$)",
               "--benchmark_format=json", "--benchmark_min_time=0.1"]
    environment = {**os.environ, **environment, "MAPVEC_DIR": directory}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True,
                          stderr=subprocess.DEVNULL, text=True)
    values = json.loads(done.stdout)["benchmarks"][0]
    if "error_message" in values:
        sys.exit(f"{cell.program}/{name}: {values['error_message']}")
    if "items_per_second" in values:
        values["nanoseconds"] = 1e9 / values["items_per_second"]
    return values


def measure(program, cells, thp, rounds, directory, journaled):
    """{(program, contender): [counters of each round]}; `journaled` is the other directory."""
    jobs = {(cell.program, contender): cell for cell in cells
            for contender in cell.contenders_under(thp)}
    results = {job: [] for job in jobs}
    for number in range(rounds):
        due = [job for job, cell in jobs.items() if number < (cell.rounds or rounds)]
        random.shuffle(due)
        for step, job in enumerate(due):
            if sys.stderr.isatty():
                print(f"\rTHP {thp}, round {number + 1} of {rounds}, {step + 1} of {len(due)} ",
                      end="", file=sys.stderr)
            here = journaled if jobs[job].journaled else directory
            results[job].append(run_once(program, jobs[job], job[1], here))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return results


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def spread(values):
    """The quartiles, in which half of the values lie."""
    if len(values) < 2:
        return "counted"
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{number(low)} – {number(high)}"


def rows_of(cell, thp, results):
    """The table's lines of one cell, ours first."""
    values = {contender: [counters[cell.metric] for counters in results[cell.program, contender]]
              for contender in cell.contenders_under(thp)}
    ours = values["mapvec"]
    for contender, theirs in values.items():
        goal = cell.goal(contender, thp)
        ratio = ""
        checked = statistics.median(theirs)
        if contender != "mapvec" and len(ours) > 1:
            inverse = goal is not None and goal.kind == "time"
            pairs = [a / b if inverse else b / a for a, b in zip(ours, theirs)]
            checked = statistics.median(pairs)
            ratio = f"{'time' if inverse else 'speed'} {number(checked)} ({spread(pairs)})"
        yield (cell.title, thp, CONTENDERS[contender][0],
               f"{number(statistics.median(theirs))} {cell.unit}", spread(theirs), ratio,
               "" if goal is None else goal.text(),
               "" if goal is None else goal.verdict(checked))


def include_rows():
    """What including the header costs each compiler, as its own script measures it."""
    command = [sys.executable, "-B", str(INCLUDE_COST)]
    text = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    goal = Goal("most", 0.35)
    for compiler, seconds in re.findall(r"^(\S+): .* ours ([\d.]+) s", text, re.MULTILINE):
        yield ("#include <mapvec/vector.hpp>", "", compiler, f"{seconds} s", "", "", goal.text(),
               goal.verdict(float(seconds)))


def table_of(rows):
    """Markdown with aligned columns, so that it can be read without rendering."""
    head = ("cell", "THP", "contender", "median", "spread", "mapvec's ratio (spread)", "goal",
            "met?")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) +
                     " |" for line in lines)


def first_value(path, key):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return "unknown"


def file_system_of(directory):
    """The type of the mount that holds `directory`: the longest mount point above it wins."""
    mounts = [line.split()[1:3] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    real = os.path.realpath(directory)
    above = [mount for mount in mounts if os.path.commonpath([mount[0], real]) == mount[0]]
    return max(above, key=lambda mount: len(mount[0]))[1]


def machine(build_directory, directory, thp_found, rounds):
    memory_gib = int(first_value("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    cache = (build_directory / "CMakeCache.txt").read_text()
    build_type = cache.partition("CMAKE_BUILD_TYPE:STRING=")[2].partition("\n")[0] or "no type"
    return (f"{first_value('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores, "
            f"{memory_gib:.0f} GiB; Linux {'.'.join(os.uname().release.split('.')[:2])}; files on "
            f"{file_system_of(directory)}; THP setting found: {thp_found or 'none'}; "
            f"build type {build_type}; {rounds} rounds; load before {os.getloadavg()[0]:.1f}.")


def write_document(text):
    """Replaces what stands between the markers."""
    before, begin, rest = DOCUMENT.read_text().partition(MARKERS[0])
    _, end, after = rest.partition(MARKERS[1])
    if not (begin and end):
        sys.exit(f"{DOCUMENT} lacks the markers {MARKERS[0]} and {MARKERS[1]}")
    DOCUMENT.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("build_directory", type=pathlib.Path)
    parser.add_argument("--write", action="store_true", help="put the table into the document")
    parser.add_argument("--only", metavar="NAME",
                        choices=sorted({"include", *(cell.program for cell in CELLS)}),
                        help="one benchmark: %(choices)s")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--directory", default=os.environ.get("MAPVEC_DIR", "/var/tmp"),
                        help="where the files go (default: $MAPVEC_DIR, then /var/tmp)")
    arguments = parser.parse_args()
    if arguments.write and arguments.only:
        parser.error("--write needs all benchmarks, so not --only")
    return arguments


def find_program(build_directory):
    program = build_directory / "benchmarks" / "benchmarks"
    if not program.exists():
        sys.exit(f"{program} is missing: build the target benchmarks first")
    return str(program)


def stop(signal_number, _frame):
    """Ends by an exception, so that the THP setting and the files are put right."""
    sys.exit(128 + signal_number)


def main():
    arguments = parse_arguments()
    program = find_program(arguments.build_directory)
    for signal_number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(signal_number, stop)
    cells = [cell for cell in CELLS if arguments.only in (None, cell.program)]
    directory = tempfile.mkdtemp(prefix="mapvec-bench-", dir=arguments.directory)
    rows = []
    try:
        with ThpSetting() as setting, JournaledDisk(directory) as disk:
            text = machine(arguments.build_directory, directory, setting.found, arguments.rounds)
            print(text, flush=True)
            settable = [thp for thp in ("madvise", "always") if setting.set(thp)]
            for thp in settable or [setting.found or "none"]:
                here = [cell for cell in cells
                        if cell.thp in ("", thp) and (disk.path or not cell.journaled)]
                setting.set(thp)
                results = measure(program, here, thp, arguments.rounds, directory, disk.path)
                rows += [row for cell in here for row in rows_of(cell, thp, results)]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    order = {cell.title: position for position, cell in enumerate(CELLS)}
    rows.sort(key=lambda row: order[row[0]])
    if arguments.only in (None, "include"):
        rows += include_rows()
    print("\n" + table_of(rows))
    if arguments.write:
        write_document(f"{text}\n\n{table_of(rows)}")


if __name__ == "__main__":
    main()
