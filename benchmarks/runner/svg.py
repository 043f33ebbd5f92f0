# SPDX-License-Identifier: MIT
"""Line charts with logarithmic axes as SVG. The same values give the same bytes. Lines differ in
colour, dash and mark, so that no reader depends on one of them; light and dark follow the reader's
setting."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 970, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 630, 50, 400
STYLE = """
  text { font: 13px sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: bold }
  .page { fill: #ffffff }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .limit { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 2 3 }
  .line { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .page { fill: #0d1117 }
    .grid { stroke: #3d444d }
    .limit { stroke: #9198a1 }
  }
"""
# Each is at least three to one against both backgrounds.
COLOURS = ("#0969da", "#bf6a02", "#1a8a4a", "#cf4a4a", "#8a63d2", "#b0609a", "#6e7781", "#8b7500")
DASHES = ("", "7 3", "2 3", "9 3 2 3")


def tick_text(value):
    """1500 is 1.5k."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def size_text(size_bytes):
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20)):
        if size_bytes >= size:
            return f"{size_bytes / size:g} {unit}"
    return f"{size_bytes} B"


class Axis:
    """Maps values between `low` and `high`, logarithmically, to pixels."""

    def __init__(self, low, high, first_pixel, last_pixel):
        self.low, self.span = math.log(low), math.log(high / low) or 1
        self.first, self.pixels = first_pixel, last_pixel - first_pixel

    def __call__(self, value):
        return round(self.first + (math.log(value) - self.low) / self.span * self.pixels, 1)


def decades(low, high):
    """1, 2 and 5 times the powers of ten between the two."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    ticks = [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]
    return [tick for tick in ticks if low <= tick <= high]


def mark(index, x, y, colour):
    shapes = (f'<circle cx="{x}" cy="{y}" r="3.5"',
              f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6"',
              f'<path d="M{x - 4:.1f} {y + 3:.1f}h8l-4 -7z"')
    return f'{shapes[index % len(shapes)]} fill="{colour}"/>'


def line(index, label, points, place):
    """`points` in pixels; `place` is the y of the label in the legend."""
    colour, dash = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
    path = " ".join(f"{x},{y}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    sample_x = RIGHT + 20
    yield f'<polyline class="line" stroke="{colour}"{dashed} points="{path}"/>'
    yield from (mark(index, x, y, colour) for x, y in points)
    yield (f'<polyline class="line" stroke="{colour}"{dashed} '
           f'points="{sample_x},{place - 4} {sample_x + 24},{place - 4}"/>')
    yield mark(index, sample_x + 12, place - 4, colour)
    yield f'<text x="{sample_x + 30}" y="{place}">{escape(label)}</text>'


def grid(sizes, ticks, x_axis, y_axis):
    for tick in ticks:
        y = y_axis(tick)
        yield f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick_text(tick)}</text>'
    for number, size in enumerate(sizes):
        x = x_axis(size)
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{BOTTOM}"/>'
        row = BOTTOM + 18 + 16 * (number % 2)
        yield f'<text x="{x}" y="{row}" text-anchor="middle">{size_text(size)}</text>'


def chart(title, axis, series, limit_bytes):
    """The text of the file. `series` is [(label, {size in bytes: value})]; a vertical line stands
    at `limit_bytes`, the memory limit."""
    sizes = sorted({size for _, values in series for size in values})
    heights = [value for _, values in series for value in values.values()]
    x_axis = Axis(sizes[0], sizes[-1], LEFT, RIGHT)
    low, high = min(heights) / 1.2, max(heights) * 1.2
    y_axis = Axis(low, high, BOTTOM, TOP)
    parts = [f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
             f'<text class="title" x="{LEFT}" y="24">{escape(title)}</text>',
             f'<text x="{LEFT}" y="42">{escape(axis)}</text>',
             *grid(sizes, decades(low, high), x_axis, y_axis)]
    if sizes[0] <= limit_bytes <= sizes[-1]:
        x = x_axis(limit_bytes)
        parts += [f'<line class="limit" x1="{x}" x2="{x}" y1="{TOP}" y2="{BOTTOM}"/>',
                  f'<text x="{x + 5}" y="{BOTTOM - 8}">memory limit</text>']
    for index, (label, values) in enumerate(series):
        points = [(x_axis(size), y_axis(values[size])) for size in sorted(values)]
        parts += line(index, label, points, TOP + 12 + 22 * index)
    parts.append(f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
                 "size of the data</text>")
    body = "\n".join(parts)
    return ('<svg xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">\n'
            "<!-- SPDX-License-Identifier: MIT -->\n"
            f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n{body}\n</svg>\n")
