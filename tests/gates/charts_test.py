# SPDX-License-Identifier: MIT
#
# Goal: a chart of the benchmarks shows the values it is given. Method: draw a made-up one and read
# the SVG back as XML.
import sys
import xml.etree.ElementTree

import sources

sys.path.insert(0, str(sources.ROOT / "benchmarks"))
from runner import svg  # noqa: E402

MIB = 1 << 20
SERIES = [("ours & theirs", {MIB: 1.0, 16 * MIB: 10.0, 256 * MIB: 100.0}),
          ("ends at the limit", {MIB: 100.0, 16 * MIB: 10.0})]
NAMESPACE = "{http://www.w3.org/2000/svg}"


def polylines(root):
    """The points of the lines of the chart, without their samples in the legend."""
    for element in root.iter(f"{NAMESPACE}polyline"):
        points = [tuple(map(float, point.split(","))) for point in element.get("points").split()]
        if points[0][0] <= svg.RIGHT:
            yield points


def check():
    text = svg.chart("title", "GB/s", SERIES, 16 * MIB)
    violations = []
    if text != svg.chart("title", "GB/s", SERIES, 16 * MIB):
        violations.append("the same values give another file")
    root = xml.etree.ElementTree.fromstring(text)
    words = [element.text for element in root.iter(f"{NAMESPACE}text")]
    for word in ("ours & theirs", "ends at the limit", "memory limit", "16 MiB", "10"):
        if word not in words:
            violations.append(f"'{word}' is missing")
    lines = list(polylines(root))
    if [len(points) for points in lines] != [3, 2]:
        return violations + ["a value is missing"]
    (left, low), (middle, half), (right, high) = lines[0]
    if not (left == svg.LEFT and right == svg.RIGHT and abs(middle - (left + right) / 2) < 0.2):
        violations.append("the sizes are not logarithmic from edge to edge")
    if not (low > half > high and abs(half - (low + high) / 2) < 0.2):
        violations.append("the values are not logarithmic, upwards")
    if lines[1] != [(left, high), (middle, half)]:
        violations.append("equal values stand in different places")
    return violations


if __name__ == "__main__":
    sources.finish(check())
