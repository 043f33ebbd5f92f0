# SPDX-License-Identifier: MIT
"""Measures and draws the charts: each contender at each size, in a memory group, until the kernel
ends the ones that need more memory than there is."""

import random
import statistics

from . import cells, rounds, svg


def cell_of(chart, size):
    """Of a chart, at one size. The scan and the random reads are counters of the same run."""
    names = {name: None for other in cells.CHARTS if other.program == chart.program
             for name in other.contenders}
    return cells.workload(chart.program, f"chart of {chart.program}, {svg.size_text(size)}", "",
                          tuple(names), {}, "",
                          arguments={**cells.CHART_ARGUMENTS, "bytes": size,
                                     "warm_up": min(size, cells.CAP // 2)}, grouped=True)


def measure(runner, count):
    """{(program, size): {contender: [counters]}}"""
    some = {(chart.program, size): cell_of(chart, size) for chart in cells.CHARTS
            for size in cells.CHART_SIZES}
    results = {key: {name: [] for name in cell.contenders if runner.has(name)}
               for key, cell in some.items()}
    for number in range(count):
        jobs = [(key, name) for key in some for name in results[key]
                if number == 0 or results[key][name]]
        random.shuffle(jobs)
        for key, name in jobs:
            rounds.progress(f"charts, round {number + 1} of {count}: {key[0]}, "
                            f"{svg.size_text(key[1])}, {cells.CONTENDERS[name].label}")
            counters = runner.run(some[key], name)
            if counters is not None:
                results[key][name].append(counters)
    rounds.progress("")
    return results


def series_of(chart, results):
    """[(label, {size: value on the axis})], without the contenders that never finished."""
    for name in chart.contenders:
        values = {}
        for size in cells.CHART_SIZES:
            counted = results[chart.program, size].get(name)
            if counted:
                each = statistics.median(counters[chart.metric] for counters in counted)
                values[size] = chart.per_second / each
        if values:
            yield cells.CONTENDERS[name].label, values


def draw(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for chart in cells.CHARTS:
        text = svg.chart(f"{chart.title}, memory limited to {svg.size_text(cells.CAP)}",
                         chart.axis, list(series_of(chart, results)), cells.CAP)
        (folder / chart.file).write_text(text, encoding="utf-8")
