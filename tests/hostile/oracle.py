# SPDX-License-Identifier: MIT
#
# oracle.py MANIFEST: NumPy reads each file that the library accepted, mapped and by copy, and must
# see the same dtype, shape and bytes. A line of the manifest is "path kind rows width hex".
import sys

import numpy
from numpy.lib import format as npy_format

MEASUREMENT = [("id", "<i4"), ("", "|V4"), ("value", "<f8"), ("valid", "|b1"), ("", "|V1"),
               ("code", "<u2"), ("tag", "|S3"), ("", "|V1")]

# Of each kind the dtype, and the extents of a row; None stands for the width in the manifest.
KINDS = {
    "doubles": ("<f8", ()),
    "bools": ("|b1", ()),
    "bytes": ("|u1", ()),
    "texts": ("|S4", ()),
    "measurements": (MEASUREMENT, ()),
    "triples": ("<f4", (3,)),
    "rows": ("<f4", (None,)),
}


def complaint(path, kind, rows, width, content):
    """What NumPy sees otherwise; empty where it agrees."""
    descr, extents = KINDS[kind]
    dtype = npy_format.descr_to_dtype(descr)
    shapes = [(rows, *(width if extent is None else extent for extent in extents))]
    if shapes[0] == (rows, 1):
        shapes.append((rows,))  # rows of one element look like elements
    for mode in ("r", None):
        try:
            array = numpy.load(path, mmap_mode=mode)
        except Exception as refusal:
            return f"mode {mode}: NumPy refuses it: {refusal!r}"
        if array.dtype != dtype or array.shape not in shapes:
            return f"mode {mode}: {array.dtype} {array.shape} instead of {dtype} {shapes}"
        if array.tobytes() != content:
            return f"mode {mode}: other elements"
    return ""


def main(manifest):
    lines = manifest.read().splitlines()
    complaints = 0
    for line in lines:
        path, kind, rows, width, content = line.split(" ")
        text = complaint(path, kind, int(rows), int(width), bytes.fromhex(content))
        if text:
            complaints += 1
            with open(path, "rb") as file:
                print(f"{kind}: {text}\n  {file.read()[:256]!r}")
    print(f"{len(lines) - complaints} files are what NumPy reads")
    return 1 if complaints else 0


if __name__ == "__main__":
    with open(sys.argv[1], encoding="ascii") as opened:
        sys.exit(main(opened))
