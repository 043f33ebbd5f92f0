# SPDX-License-Identifier: MIT
"""The command: arguments, the order of things, and the document."""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from . import cells, charts, machine, programs, rounds, table

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
CHART_FOLDER = ROOT / "docs" / "charts"
INCLUDE_COST = ROOT / "scripts" / "include_cost.py"
QUICK_ROUNDS = 3


def include_rows():
    """What including the header costs each compiler, as its own script measures it."""
    command = [sys.executable, "-B", str(INCLUDE_COST)]
    text = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    goal = cells.Goal("most", 0.35)
    for compiler, seconds in re.findall(r"^(\S+): .* ours ([\d.]+) s", text, re.MULTILINE):
        yield ("#include <mapvec/vector.hpp>", "", compiler, "1", f"{seconds} s", "", "",
               goal.text(), goal.verdict(float(seconds)))


def write_document(name, text):
    """Replaces what stands between the markers of the table `name`."""
    markers = (f"<!-- {name}:begin -->", f"<!-- {name}:end -->")
    before, begin, rest = DOCUMENT.read_text().partition(markers[0])
    _, end, after = rest.partition(markers[1])
    if not (begin and end):
        sys.exit(f"{DOCUMENT} lacks the markers {markers[0]} and {markers[1]}")
    DOCUMENT.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def parse_arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("build_directory", type=pathlib.Path)
    parser.add_argument("--write", action="store_true",
                        help="put the table into the document and draw the charts")
    parser.add_argument("--only", metavar="NAME",
                        choices=sorted({"include", "charts", *cells.TABLES,
                                        *(cell.program for cell in cells.CELLS)}),
                        help="one benchmark, or one table of the document: %(choices)s; charts "
                             "only with --write")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", dest="rounds", action="store_const", const=QUICK_ROUNDS,
                        help=f"{QUICK_ROUNDS} rounds, to see it run")
    parser.add_argument("--directory", default=os.environ.get("MAPVEC_DIR", "/var/tmp"),
                        help="where the files go (default: $MAPVEC_DIR, then /var/tmp)")
    arguments = parser.parse_args()
    if arguments.write and arguments.only not in (None, "charts", *cells.TABLES):
        parser.error("--write needs all benchmarks, those of a table or those of the charts")
    if arguments.write and arguments.rounds < QUICK_ROUNDS:
        parser.error(f"--write needs {QUICK_ROUNDS} rounds or more")
    if arguments.only == "charts" and not arguments.write:
        parser.error("charts are drawn by --write")
    return arguments


def find_programs(build_directory):
    folder = build_directory / "benchmarks"
    for program in ("benchmarks", "workloads"):
        if not (folder / program).exists():
            sys.exit(f"{folder / program} is missing: build the target benchmarks first")
    return folder


def stop(signal_number, _frame):
    """Ends by an exception, so that the THP setting and the files are put right."""
    sys.exit(128 + signal_number)


def measure_cells(runner, wanted, setting, count):
    """{table: its rows, in the order of the cells}."""
    rows = {name: [] for name in cells.TABLES}
    settable = [thp for thp in ("madvise", "always") if setting.set(thp)]
    for thp in settable or [setting.found or "none"]:
        here = [cell for cell in wanted if cell.thp in ("", thp) or not settable]
        setting.set(thp)
        results = rounds.measure(runner, here, thp, count)
        for cell in here:
            if rounds.key_of(cell) in results:
                rows[cell.table] += table.rows_of(cell, thp, results)
    order = {cell.title: position for position, cell in reversed(list(enumerate(cells.CELLS)))}
    return {name: sorted(lines, key=lambda row: order[row[0]]) for name, lines in rows.items()}


def main(description):
    arguments = parse_arguments(description)
    folder = find_programs(arguments.build_directory)
    for signal_number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(signal_number, stop)
    wanted = [cell for cell in cells.CELLS
              if arguments.only in (None, cell.program, cell.table)]
    directory = tempfile.mkdtemp(prefix="mapvec-bench-", dir=arguments.directory)
    rows, chart_results = {}, None
    try:
        with machine.ThpSetting() as setting, machine.JournaledDisk(directory) as disk, \
                machine.MemoryGroup(cells.CAP) as group:
            text = machine.describe(arguments.build_directory, directory, setting.found,
                                    arguments.rounds)
            print(text, flush=True)
            runner = programs.Runner(folder, directory, disk.path, group)
            rows = measure_cells(runner, wanted, setting, arguments.rounds)
            draws = arguments.write and arguments.only in (None, "bench", "charts")
            if draws and group.version is not None:
                setting.set("madvise")
                chart_results = charts.measure(runner, cells.CHART_ROUNDS)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    if arguments.only in (None, "bench", "include"):
        rows["bench"] += include_rows()
    for name, lines in rows.items():
        if not lines:
            continue
        print("\n" + table.table_of(lines))
        if arguments.write:
            write_document(name, f"{text}\n\n{table.table_of(lines)}")
    if chart_results is not None:
        charts.draw(chart_results, CHART_FOLDER)
