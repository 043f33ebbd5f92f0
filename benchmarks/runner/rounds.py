# SPDX-License-Identifier: MIT
"""Every contender of every round is a process of its own; a round runs all of them once, cell by
cell, both in random order, so that a machine whose speed swings is equally unkind to all."""

import random
import statistics
import sys

from . import cells, machine


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def key_of(cell):
    """Cells with equal keys show different counters of the same runs."""
    return cell.program, tuple(sorted(cell.arguments.items()))


def best_of(names, rounds):
    """The fastest of `names` in the median; `rounds` is {name: {round: counters}}."""
    def median(name):
        values = [counters["seconds"] for counters in rounds[name].values()]
        return statistics.median(values) if values else float("inf")
    return min((name for name in names if name in rounds), key=median, default=None)


def is_out(name, number, rounds):
    """True if three rounds have shown that another of the group is better."""
    if number < cells.TRIAL_ROUNDS:
        return False
    return any(name in names and name != best_of(names, rounds)
               for names in cells.BEST_OF.values())


def measure_cell(runner, cell, thp, number, rounds):
    """One round of one cell, into rounds = {contender: {round: counters}}."""
    due = [name for name in rounds if number % cells.CONTENDERS[name].every == 0
           and not is_out(name, number, rounds)]
    random.shuffle(due)
    for name in due:
        progress(f"THP {thp}, round {number + 1}, {cell.title}: {cells.CONTENDERS[name].label}")
        counters = runner.run(cell, name)
        if counters is not None:
            rounds[name][number] = counters


def measure(runner, wanted, thp, count):
    """{key of the cell: {contender: {round: counters}}} of the cells that can be measured."""
    results, sample = {}, {}
    for cell in wanted:
        why_not = runner.why_not(cell)
        if why_not:
            machine.skip(cell.title, why_not)
            continue
        key = key_of(cell)
        sample.setdefault(key, cell)
        for name in cell.measured_under(thp):
            if runner.has(name):
                results.setdefault(key, {}).setdefault(name, {})
    for number in range(count):
        due = [key for key, cell in sample.items() if number < (cell.rounds or count)]
        random.shuffle(due)
        for key in due:
            measure_cell(runner, sample[key], thp, number, results[key])
    progress("")
    return results
