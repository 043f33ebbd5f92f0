# SPDX-License-Identifier: MIT
#
# NumPy's side of the tests in numpy.test.cpp: the same elements by the same formulas as
# elements.hpp, and what NumPy does with them.
#
#   arrays.py check FOLDER            reads each file "KIND-COUNT[-WIDTH].npy" in all ways
#   arrays.py save FOLDER             makes such files with np.save
#   arrays.py change PATH             doubles a mapped array in place; changes a copy of it too
#   arrays.py follow PATH KIND COUNT  loads a growing file until it has so many elements
import os
import pathlib
import sys

import numpy
from numpy.lib import format as npy_format

POINT = [("x", "<f4"), ("y", "<f4")]
SAMPLE = [("id", "<i4"), ("", "|V4"), ("value", "<f8"), ("valid", "|b1"), ("", "|V1"),
          ("codes", "<u2", (3,)), ("name", "|S5"), ("", "|V3")]
SCENE = [("kind", "|i1"), ("", "|V3"), ("corners", POINT, (2,)), ("", "|V4"), ("first", SAMPLE),
         ("wave", "<c16")]
COUNTS = [0, 1, 1000]


def hash_of(positions):
    bits = (positions + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> numpy.uint64(31))


def pieces(positions, count):
    """The positions of `count` parts of each element."""
    parts = numpy.arange(count, dtype="u8")
    return positions[..., None] * numpy.uint64(count) + parts


def plain(dtype, positions):
    """An array of a scalar dtype with the elements of these positions."""
    bits = hash_of(positions)
    if dtype.kind == "b":
        return bits % numpy.uint64(2) != 0
    if dtype.kind in "iu":
        return bits.astype(f"u{dtype.itemsize}").view(dtype)
    if dtype.kind in "mM":
        return bits.view("i8").astype(dtype)
    if dtype.kind == "V":
        return bits.view(dtype)
    if dtype.kind == "S":
        return (bits % numpy.uint64(100000)).astype("S5").astype(dtype)
    if dtype.kind == "c":
        part = numpy.dtype(f"f{dtype.itemsize // 2}")
        return plain(part, pieces(positions, 2)).view(dtype)[..., 0]
    whole = {2: "i1", 4: "i2"}.get(dtype.itemsize, "i4")
    return bits.astype(f"u{whole[1]}").view(whole).astype(dtype) / dtype.type(2)


def elements(dtype, positions):
    if dtype.fields is None:
        return plain(dtype, positions)
    result = numpy.zeros(positions.shape, dtype)
    for number, name in enumerate(dtype.names):
        field = dtype.fields[name][0]
        places = positions * numpy.uint64(8) + numpy.uint64(number)
        if field.subdtype is not None:
            field, (count,) = field.subdtype
            places = pieces(places, count)
        result[name] = elements(field, places)
    return result


def kind_of(name):
    """(dtype, extents of a row)"""
    structs = {"point": POINT, "sample": SAMPLE, "scene": SCENE, "sample_2": SAMPLE}
    extents = {"float32_3": (3,), "int16_3_2": (3, 2), "text8_2": (2,), "sample_2": (2,)}
    others = {"datetime_ns": "M8[ns]", "datetime_ms": "M8[ms]", "datetime_D": "M8[D]",
              "timedelta_us": "m8[us]", "text8": "S8", "text3": "S3", "text8_2": "S8",
              "void8": "V8", "enum16": "u2", "float32_3": "f4", "int16_3_2": "i2"}
    if name in structs:
        return npy_format.descr_to_dtype(structs[name]), extents.get(name, ())
    return numpy.dtype(others.get(name, name)), extents.get(name, ())


def expected(kind, count, *width):
    dtype, extents = kind_of(kind)
    shape = (count, *map(int, width), *extents)
    positions = numpy.arange(numpy.prod(shape, dtype="u8"), dtype="u8").reshape(shape)
    return elements(dtype, positions)


def same(array, wanted):
    """Whether all values are equal; what lies in gaps is nobody's business."""
    if array.dtype.fields is not None:
        return all(same(array[name], wanted[name]) for name in array.dtype.names)
    if array.dtype.itemsize in (16, 32):
        return bool((array == wanted).all())  # 80 of 128 bits of a long double
    return array.tobytes() == wanted.tobytes()


def check_file(path):
    kind, count, *width = path.stem.split("-")
    wanted = expected(kind, int(count), *width)
    before = path.read_bytes()
    for mode in ("r", "r+", "c", None):
        array = numpy.load(path, mmap_mode=mode)
        assert array.dtype == wanted.dtype, f"{path} {mode}: {array.dtype}, not {wanted.dtype}"
        assert array.shape == wanted.shape, f"{path} {mode}: {array.shape}, not {wanted.shape}"
        assert same(array, wanted), f"{path} {mode}: other elements"
        del array
        assert path.stat().st_size == len(before), f"{path} {mode}: another size"
    assert path.read_bytes() == before, f"{path}: reading has changed it"


def check(folder):
    paths = sorted(pathlib.Path(folder).glob("*-*.npy"))
    for path in paths:
        check_file(path)
    print(f"{len(paths)} files are right")


def kinds_in(folder):
    return (pathlib.Path(folder) / "kinds").read_text(encoding="ascii").split()


def save(folder):
    kinds = kinds_in(folder)
    for kind in kinds:
        for count in COUNTS:
            numpy.save(f"{folder}/{kind}-{count}.npy", expected(kind, count))
    print(f"{len(kinds) * len(COUNTS)} files are saved")


def change(path):
    in_memory = numpy.load(path, mmap_mode="c")
    in_memory[:] = -1
    in_place = numpy.load(path, mmap_mode="r+")
    in_place *= 2
    in_place.flush()
    print(f"{len(in_place)} elements are changed")


def follow(path, kind, count):
    """Each load must give what some commit made; never fewer elements than the load before."""
    wanted = expected(kind, int(count))
    seen = 0
    loads = 0
    sizes = set()
    while seen < int(count):
        array = numpy.load(path, mmap_mode="r" if loads % 2 else None)
        assert seen <= len(array) <= len(wanted), f"{len(array)} elements after {seen}"
        seen = len(array)
        assert (array == wanted[:seen]).all(), f"other values among {seen}"
        sizes.add(seen)
        loads += 1
        if os.getppid() == 1:
            sys.exit("the writer is gone")
    print(f"followed {len(sizes)}")


if __name__ == "__main__":
    {"check": check, "save": save, "change": change, "follow": follow}[sys.argv[1]](*sys.argv[2:])
