# SPDX-License-Identifier: MIT
#
# Goal: our parser accepts nothing that NumPy refuses, understands what it accepts as NumPy does,
# and accepts what np.save writes; our dtypes and canonical headers mean to NumPy what they mean to
# us. Method: a few hundred thousand headers, derived from real ones, go through the C++ program in
# one batch, and through numpy.lib.format where it accepted.
#
# oracle.py PROGRAM. Fails where NumPy is missing: nothing else says what a .npy file means.
import ast
import io
import random
import re
import struct
import subprocess
import sys
import warnings

import numpy
from numpy.lib import format as npy

BOUNDARY_VALUES = [0, 1, 9, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1,
                   2**64, 10**30]
SEED = 20240229

STRANGE_DESCRS = [
    "'|V2147483648'", "'|S2147483648'", "'<U536870912'", "'<U4294967297'",
    "'|V18446744073709551617'", "'<m8[2147483648s]'", "'<M8[0s]'", "'<M8[1D]'", "'<M8[as]'",
    "'<M8[B]'", "'<M8[ns]x'", "'<M8[]'", "'<m4'", "'>S8'", "'>V8'", "'>U8'", "'>b1'", "'>m8'",
    "'<b1'", "'|O'", "'O8'", "'|U8'", "'|i4'", "'<i16'", "'<f12'", "'<c4'", "'<f8 '", "' <f8'",
    "'<f8,'", "'(2,)<f8'", "'<f8\\n'", "'<\\x66\\x38'", "'<f' '8'", "'''<f8'''", "('<f8', (2,))",
    "('<f8',)", "[]", "['<f8']", "[('a',)]", "[('a', '<f8'), ('a', '<f4')]",
    "[('a', '<f8'), ('b', '<f4'), ('a', '<f8')]", "[('a', [('b', '<f8'), ('b', '<f4')])]",
    "[('', '|V4')]", "[('', '<f8')]", "[('', '|S4'), ('a', '<f8')]",
    "[('', '|V4'), ('', '|V4'), ('a', '<f8')]", "[('a', '<f8'), ('', '|V4', (2,))]",
    "[('a', '<f8'), ('', [('b', '<f4')])]", "[('a', '|V2147483647'), ('b', '|u1')]",
    "[('a', '<f8', (268435456,))]", "[('a', '<f8', (2147483648,))]",
    "[('a', '<f8', (4294967297,))]", "[('a', '<f8', (65536, 65536, 65536, 65536))]",
    "[('a', '<f8', (0,))]", "[('a', '<f8', ())]", "[('a', '<f8', (3))]", "[('a', '<f8', 3)]",
    "[('a', '<f8', (1,))]", "[('a', '<f8', (1,) )]", "[('a', '<f8', (2L, 3L))]",
    "[(('t', 'a'), '<f8')]", "[('a', '<f8', (2,), 1)]", "[('a', '>f8')]",
    "[(\"it's\", '<f8')]", "[('say \"it\"', '<f8')]", "[('a', '<u1'),]",
    "[('a', '<f8', (" + "1, " * 31 + "1))]", "[('a', '<f8', (" + "1, " * 32 + "1))]",
    "[('x', " * 16 + "'<f8'" + ")]" * 16, "[('x', " * 17 + "'<f8'" + ")]" * 17]
STRANGE_SHAPES = [
    "(10,)", "(10)", "()", "(10, 3,)", "(10, 0)", "[10]", "(10 ,)", "(-1,)", "(00,)", "(010,)",
    "(1_0,)", "(10L,)", "(10l,)", "(10LL,)", "(10 L,)", "(True,)", "(10.0,)", "(0x10,)", "(1e1,)",
    "('10',)", "(,)", "(10,,)", "(1" + "0" * 19 + ",)", "(10, " + "1, " * 30 + "1)",
    "(10, " + "1, " * 31 + "1)"]
STRANGE_ORDERS = ["False", "True", "0", "1", "None", "Falsey", "not True"]
STRANGE_ENDS = ["}", "}\n", " } \n", "}\n\n", "}\n ", "}\0", "}\t", "} #", "}}", ", }", ",, }",
                ", 'x': 1}", ", 'shape': (5,)}", "", "}\r\n", "}\f"]

failures = []


def check(condition, *message):
    if not condition:
        failures.append(" ".join(str(part) for part in message))


def saved(array):
    """The header that np.save writes."""
    file = io.BytesIO()
    numpy.save(file, array)
    file.seek(0)
    npy._read_array_header(file, npy.read_magic(file))
    return file.getvalue()[:file.tell()]


def framed(text, version=(1, 0)):
    """A file's beginning around the text of a dict."""
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return npy.magic(*version) + length + text


def dict_of(header):
    return header[10 if header[6] == 1 else 12:]


def read_by_numpy(header):
    """(descr as np.save writes it, shape, offset), or None where NumPy refuses."""
    file = io.BytesIO(header)
    try:
        shape, fortran_order, dtype = npy._read_array_header(file, npy.read_magic(file))
    except Exception:  # whatever it raises, it does not accept
        return None
    if dtype.hasobject or (fortran_order and len(shape) != 1):
        return None
    return repr(npy.dtype_to_descr(dtype)), shape, file.tell()


def parse_all(program, headers):
    batch = b"".join(struct.pack("<I", len(header)) + header for header in headers)
    answer = subprocess.run([program, "parse"], input=batch, capture_output=True, check=False)
    lines = answer.stdout.decode("ascii", "replace").splitlines()
    if answer.returncode != 0 or len(lines) != len(headers):
        sys.exit(f"{program} ended with {answer.returncode} after {len(lines)} of {len(headers)}\n"
                 + answer.stderr.decode(errors="replace"))
    return [line.split("\t") for line in lines]


def numbers(text):
    return tuple(int(number) for number in text.split(",") if number)


def saved_dtypes():
    kinds = ["?", "b", "B", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "g", "c8", "c16",
             "G", "S1", "S8", "S100", "U1", "U5", "V1", "V24", "M8[ns]", "M8[us]", "M8[D]", "M8",
             "m8[ms]", "m8[25s]", "M8[W]", "m8"]
    described = [
        [("id", "i4"), ("x", "f8")],
        [("a", "i1"), ("v", "i2", (3,)), ("m", "f4", (2, 3))],
        [("name", "S8"), ("in", [("u", "u1"), ("t", "M8[ns]")], (2,))],
        [("it's", "f4"), ("with blank", "f4"), ("{(',:", "f4")],
        [(f"field_{i}", "f8") for i in range(40)],
    ]
    gaps = [
        {"names": ["a", "b"], "formats": ["i4", "f8"], "offsets": [4, 16], "itemsize": 32},
        {"names": ["a"], "formats": [[("x", "u1"), ("y", "i2")]], "offsets": [0], "itemsize": 9},
    ]
    aligned = numpy.dtype([("a", "u1"), ("b", "f8"), ("c", "u2")], align=True)
    # A field name of each length moves the count through every place modulo 16.
    lengths = [[("x" * length, "f8")] for length in range(1, 70)]
    return [numpy.dtype(kind) for kind in kinds + described + gaps + lengths] + [aligned]


def saved_headers():
    headers = []
    for dtype in saved_dtypes():
        for shape in [(0,), (10,), (123456789012,), (5, 3), (0, 4), (7, 1, 1, 2)]:
            array = numpy.broadcast_to(numpy.zeros((), dtype), (1,) * len(shape))
            file = io.BytesIO()
            npy._write_array_header(file, {"descr": npy.dtype_to_descr(array.dtype),
                                           "fortran_order": False, "shape": shape})
            headers.append(file.getvalue())
    return headers


def bases(types):
    struct_dtype = numpy.dtype([("id", "i4"), ("x", "f8", (2,))], align=True)
    python_2 = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10L, 3L), }".ljust(117) + b"\n"
    version_3 = b"{'shape':(10,),'fortran_order':True,'descr':\"<c8\"}".ljust(116)
    return [saved(numpy.zeros(10)),
            saved(numpy.zeros((10, 3), "f4")),
            saved(numpy.zeros(10, struct_dtype)),
            types["double"],
            types["record"],
            types["array<int, 3>"],
            framed(python_2),
            framed(version_3, (3, 0))]


def every_byte(header):
    for at in range(min(len(header), 128)):
        for value in range(256):
            yield header[:at] + bytes([value]) + header[at + 1:]


def truncations(header):
    text = dict_of(header)
    version = (header[6], 0)
    for size in range(len(header) + 1):
        yield header[:size]
    for size in range(len(text) + 1):
        yield framed(text[:size], version)


def boundaries(header):
    text = dict_of(header)
    version = (header[6], 0)
    for value in BOUNDARY_VALUES:
        for place in re.finditer(rb"\d+", text):
            yield framed(text[:place.start()] + str(value).encode() + text[place.end():], version)
        if value < 2**16 or (value < 2**32 and version != (1, 0)):
            length = struct.pack("<H" if version == (1, 0) else "<I", value)
            yield header[:8] + length + text


def shuffled(header, generator, count):
    """Tokens left out, doubled, exchanged, or replaced by tokens that mean something in Python."""
    others = ["'", '"', "''", "(", ")", "[", "]", "{", "}", ",", ":", " ", "  ", "L", "0", "1", "7",
              "00", "1_0", "-1", "1.0", "1e3", "0x1", "True", "False", "None", "u'a'", "b'a'",
              "'' ''", "'''a'''", "#", "\n", "\t", "\0", "\\", "not", "lambda", "'|V4'", "'|V0'",
              "'<f8'", "'>f8'", "'=f8'", "'|f8'", "'f8'", "'<f8,<f4'", "'|O'", "'<M8[ns]'",
              "'<m8[0s]'", "'<M8[1s]'", "'<U3'", "'>S3'", "'<S0'", "'<i3'", "('', '|V4')",
              "('', '<f8')", "('', '|V4', (2,))", "('a', '<i4')", "('a', '<i4', 2)",
              "('a', '<i4', (2,))", "('a', '<i4', (0,))", "(('t', 'a'), '<i4')", "[('a', '<i4')]",
              "('b', [('c', '|u1')])", "[]", "()", "'descr'", "'shape'", "\x00", "\x7f", "\xe9"]
    text = dict_of(header).decode("ascii").rstrip()
    tokens = re.findall(r"'[^']*'|\"[^\"]*\"|\w+|\s+|.", text)
    for _ in range(count):
        changed = list(tokens)
        for _ in range(generator.choice([1, 1, 1, 2, 3])):
            at = generator.randrange(len(changed))
            kind = generator.randrange(5)
            if kind == 0:
                del changed[at]
            elif kind == 1:
                changed.insert(at, changed[generator.randrange(len(changed))])
            elif kind == 2:
                other = generator.randrange(len(changed))
                changed[at], changed[other] = changed[other], changed[at]
            elif kind == 3:
                changed[at] = generator.choice(others)
            else:
                changed.insert(at, generator.choice(others))
        padded = "".join(changed) + " " * generator.randrange(4) + generator.choice(["", "\n"])
        yield framed(padded.encode("latin1"), generator.choice([(1, 0), (2, 0), (3, 0)]))


def strange():
    """What random changes seldom hit, in every version."""
    usual = ("'<f8'", "(10,)", "False", "}\n")
    dicts = [("'<f4'", "(10, 3)", order, "}") for order in STRANGE_ORDERS]
    lists = [STRANGE_DESCRS, STRANGE_SHAPES, STRANGE_ORDERS, STRANGE_ENDS]
    for position, others in enumerate(lists):
        dicts += [usual[:position] + (other,) + usual[position + 1:] for other in others]
    texts = [f"'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}{end}".encode()
             for descr, shape, order, end in dicts]
    for text in texts:
        for begin in [b"{", b" {", b"({", b"\n{"]:
            for version in [(1, 0), (2, 0), (3, 0)]:
                yield framed(begin + text, version)
            for version in [(0, 0), (1, 1), (4, 0)]:
                yield npy.MAGIC_PREFIX + bytes(version) + framed(begin + text)[8:]
    for size in [9999, 10000, 10001, 20000, 65535]:
        for version in [(1, 0), (2, 0), (3, 0)]:
            yield framed(dict_of(saved(numpy.zeros(10))).rstrip().ljust(size), version)


def compare(program, headers):
    """Returns how many were accepted."""
    accepted = 0
    for header, answer in zip(headers, parse_all(program, headers)):
        if answer[0] != "accepted":
            continue
        accepted += 1
        ours = answer[1], (int(answer[2]),) + numbers(answer[3]), int(answer[4])
        theirs = read_by_numpy(header)
        check(ours == theirs, header, "is", ours, "to us and", theirs, "to NumPy")
    return accepted


def check_types(lines):
    """Our dtypes as NumPy understands them, and as it would write them."""
    types = {}
    for line in lines:
        name, descr, extents, size_bytes, alignment_bytes, header = line.split("\t")
        dtype = npy.descr_to_dtype(ast.literal_eval(descr))
        rows = numbers(extents)
        check(repr(npy.dtype_to_descr(dtype)) == descr, name, "is", descr, "not",
              npy.dtype_to_descr(dtype))
        check(dtype.itemsize * int(numpy.prod(rows, dtype=int)) == int(size_bytes), name,
              "has", size_bytes, "bytes, for NumPy", dtype.itemsize, "by", rows)
        types[name] = bytes.fromhex(header)
        check(read_by_numpy(types[name]) == (descr, (9,) + rows, len(types[name])), name,
              "has a header that NumPy reads as", read_by_numpy(types[name]))
        check(len(types[name]) % int(alignment_bytes) == 0, name, "begins unaligned")
    return types


def check_saved(program):
    """What np.save writes is accepted, and the canonical header fits in its place."""
    headers = saved_headers()
    for header, answer in zip(headers, parse_all(program, headers)):
        check(answer[0] == "accepted", header, "is refused:", answer[1])
        check(answer[-1] == "fits", header, "leaves no room for the canonical header")
    return headers


def main(program):
    warnings.simplefilter("ignore")
    lines = subprocess.run([program, "types"], capture_output=True, text=True, check=True).stdout
    types = check_types(lines.splitlines())
    saved_ones = check_saved(program)

    generator = random.Random(SEED)
    total = accepted = 0
    sources = [("saved", [saved_ones]), ("strange", [list(strange())])]
    for number, base in enumerate(bases(types)):
        check(compare(program, [base]) == 1, base, "is refused")
        sources.append((number, [every_byte(base), truncations(base), boundaries(base),
                                 shuffled(base, generator, 10000)]))
    for name, groups in sources:
        headers = [header for group in groups for header in group]
        of_these = compare(program, headers)
        print(f"base {name}: {of_these} of {len(headers)} headers accepted")
        check(of_these >= 80, "base", name, "says little")
        total += len(headers)
        accepted += of_these
    print(f"{len(types)} types, {total} headers, {accepted} accepted as NumPy {numpy.__version__} "
          f"reads them, {len(failures)} failures")
    check(total >= 200000 and len(types) >= 50, "too few headers or types to mean anything")
    print("\n".join(failures[:50]))
    sys.exit(1 if failures else 0)


main(sys.argv[1])
