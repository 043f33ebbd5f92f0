# SPDX-License-Identifier: MIT
"""The table: medians, quartiles, and ratios within the rounds."""

import statistics

from . import cells, rounds

HEAD = ("cell", "THP", "contender", "rounds", "median", "spread",
        "mapvec's ratio (spread)", "goal", "met?")


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def spread(values):
    """The quartiles, in which half of the values lie."""
    if len(values) < 2:
        return "once"
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{number(low)} – {number(high)}"


def label_of(name, shown):
    if name in cells.SLOWEST_OF:
        return "the slower of the two (the limit)"
    if shown == name:
        return cells.CONTENDERS[name].label
    note = cells.BEST_NOTES.get(name, "the best of four, the limit")
    return f"{cells.CONTENDERS[shown].label} ({note})"


def ratio_of(goal, ours, theirs):
    """(text, median) of the ratios within the rounds that both took part in."""
    inverse = goal is not None and goal.kind == "time"
    pairs = [ours[at] / theirs[at] if inverse else theirs[at] / ours[at]
             for at in theirs if at in ours]
    if not pairs:
        return "", None
    median = statistics.median(pairs)
    return f"{'time' if inverse else 'speed'} {number(median)} ({spread(pairs)})", median


def verdict_of(goal, ratio, value):
    """Goals of ratios have none where ours, or the peer, could not be measured."""
    if goal is None:
        return ""
    checked = value if goal.kind in ("most", "least") else ratio
    return "unknown" if checked is None else goal.verdict(checked)


def rows_of(cell, thp, results):
    """The table's lines of one cell, ours first."""
    measured = results[rounds.key_of(cell)]

    def values_of(name):
        if name in cells.SLOWEST_OF:
            members = [values_of(member) for member in cells.SLOWEST_OF[name]]
            return {at: max(values[at] for values in members)
                    for at in members[0] if all(at in values for values in members)}
        return {at: counters[cell.metric] for at, counters in measured.get(name, {}).items()}

    ours = values_of(cell.ours)
    for name in cell.contenders_under(thp):
        shown = (rounds.best_of(cells.BEST_OF[name], measured)
                 if name in cells.BEST_OF else name)
        theirs = values_of(shown)
        if not theirs:
            continue
        goal = cell.goal(name, thp)
        is_compared = name != cell.ours and cell.rounds != 1
        text, ratio = ratio_of(goal, ours, theirs) if is_compared else ("", None)
        visible = [cell.rate_bytes / value / 1e9 if cell.rate_bytes else value
                   for value in theirs.values()]
        yield (cell.title, thp, label_of(name, shown), str(len(theirs)),
               f"{number(statistics.median(visible))} {cell.unit}",
               "counted" if cell.rounds == 1 else spread(visible), text,
               "" if goal is None else goal.text(),
               verdict_of(goal, ratio, statistics.median(theirs.values())))


def table_of(rows):
    """Markdown with aligned columns, so that it can be read without rendering."""
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    lines = [HEAD, tuple("-" * width for width in widths), *rows]
    return "\n".join("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) +
                     " |" for line in lines)
