# SPDX-License-Identifier: MIT
#
# How gdb shows the containers of mapvec:
#
#   mapvec::vector of length 9, capacity 16352, in memory = {0, 1, 2, …}
#   mapvec::file_vector of length 3, capacity 496, 2 committed, in "/data/a.npy" = {…}
#
# It reads members and memory, and calls nothing in the program; so it works in core files too, but
# elements are in none (their mappings are MADV_DONTDUMP). Where the library has no debug
# information, the name of a file that it made is not shown: the kernel knows it without one.
# gdb finds this file by itself beside the shared library. With the static one:
# (gdb) source <prefix>/share/mapvec/gdb/mapvec_printers.py
import math
import re

import gdb
import gdb.printing

REGION_ALIGNMENT = 2 << 20  # of the mapping, which begins with the file: region.hpp


def is_core():
    connection = getattr(gdb.selected_inferior(), "connection", None)
    return connection is not None and connection.type == "core"


def read_bytes(address, size):
    """None where the memory cannot be read."""
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError:
        return None


def mapped_file(address):
    """What is mapped there, as the kernel calls it; "" for memory, None where nobody knows."""
    try:
        table = gdb.execute("info proc mappings", to_string=True)
    except gdb.error:
        return None
    for line in table.splitlines():
        fields = re.match(r"\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+0x[0-9a-f]+\s+0x[0-9a-f]+"
                          r"(?:\s+[r-][w-][x-][ps])?\s*(.*)$", line)
        if fields and int(fields[1], 16) <= address < int(fields[2], 16):
            return fields[3].strip()
    # A core file lists the mappings of files alone.
    return "" if is_core() else None


def text_of(string):
    """A std::string of libstdc++, which need not have printers of its own."""
    return string["_M_dataplus"]["_M_p"].string(length=int(string["_M_string_length"]))


def known_path(value):
    """What a vector takes for the path of its file; None without debug information of that."""
    try:
        return text_of(value["storage_"]["state_"].dereference()["backing"]["path"])
    except gdb.error:
        return None


def place_of(address, known):
    name = mapped_file(address)
    if known:
        return f', in "{known}"'
    if name is None:
        return ""
    if name == "":
        return ", in memory"
    if name.endswith(" (deleted)"):
        return ", in a file" + ("" if known is None else " without a name")
    return f', in "{name}"'


def scalars_in(element):
    """How many numbers of the file's shape are one element: those of a std::array."""
    count = 1
    element = element.strip_typedefs()
    while re.match(r"std::(__\w+::)?array<", element.name or ""):
        count *= int(element.template_argument(1))
        element = element.template_argument(0).strip_typedefs()
    return count


def header_count(first):
    """Elements that the .npy header in front of them counts, None where that cannot be read."""
    start = int(first) // REGION_ALIGNMENT * REGION_ALIGNMENT  # a header is shorter
    header = read_bytes(start, int(first) - start) or b""
    shape = re.search(rb"'shape': \(([^)]*)\)", header)
    if shape is None or not header.startswith(b"\x93NUMPY"):
        return None
    extents = [int(digits) for digits in re.findall(rb"\d+", shape[1])]
    return math.prod(extents) // scalars_in(first.type.target())


class Elements:
    """What all containers have in common; a subclass sets the members."""

    kind, first, length = "", None, 0
    details, path = "", None

    def is_valid(self):
        return self.length >= 0

    def is_readable(self):
        size = self.first.type.target().sizeof
        return self.length == 0 or read_bytes(int(self.first), size) is not None

    def to_string(self):
        if not self.is_valid():
            return f"mapvec::{self.kind} that is not constructed"
        text = f"mapvec::{self.kind} of length {self.length}{self.details}"
        if int(self.first) == 0:
            return text + ", without a file"
        text += place_of(int(self.first), self.path)
        if not self.is_readable():
            text += ", elements not " + ("in the core file" if is_core() else "readable")
        return text

    def children(self):
        if not self.is_valid() or not self.is_readable():
            return
        for index in range(self.length):  # gdb asks for as many as it prints
            yield f"[{index}]", (self.first + index).dereference()

    @staticmethod
    def display_hint():
        return "array"


class Vector(Elements):
    kind = "vector"

    def __init__(self, value):
        end = value["end_"]
        self.first = value["storage_"]["data_"].cast(end.type)
        self.length = int(end - self.first)
        self.capacity = int(value["storage_"]["capacity_bytes_"]) // end.type.target().sizeof
        self.details = f", capacity {self.capacity}"
        self.path = known_path(value)

    def is_valid(self):
        return 0 <= self.length <= self.capacity


class FileVector(Vector):
    kind = "file_vector"

    def __init__(self, value):
        super().__init__(value)
        committed = header_count(self.first) if int(self.first) != 0 else None
        if committed is not None:
            self.details += f", {committed} committed"


class FileView(Elements):
    kind = "file_view"

    def __init__(self, value):
        element = value.type.strip_typedefs().template_argument(0)
        self.first = value["storage_"]["data_"].cast(element.const().pointer())
        self.length = int(value["storage_"]["used_bytes_"]) // element.sizeof


def printers():
    inner = r"^mapvec::(?:v\d+_\d+::)?"
    collection = gdb.printing.RegexpCollectionPrettyPrinter("mapvec")
    collection.add_printer("vector", inner + r"vector<.*>$", Vector)
    collection.add_printer("file_vector", inner + r"file_vector<.*>$", FileVector)
    collection.add_printer("file_view", inner + r"file_view<.*>$", FileView)
    return collection


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
