# SPDX-License-Identifier: MIT
#
# exports.py PREFIX VERSION: the shared library has its SONAME, and exports what is ours, all in the
# inline namespace of the version: two versions in one process are no mixture. What is not ours may
# be there only as the compiler puts it into every library that throws: the type information, the
# tables and the constants of inline functions of namespace std, all weak.
import pathlib
import re
import subprocess
import sys

OURS = re.compile(r"(?:(?:vtable|VTT|typeinfo|typeinfo name|guard variable) for )?mapvec::(\w+)::")
WEAK_DATA = re.compile(r"(?:vtable|typeinfo|typeinfo name) for std::")


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def complaints_about(library, version):
    found = []
    major_minor = version.split(".")[:2]
    wanted = "libmapvec.so." + ".".join(major_minor)
    soname = re.search(r"SONAME.*\[(.*)\]", output_of("readelf", "-d", library))
    if soname is None or soname[1] != wanted:
        found.append(f"SONAME is not {wanted}")
    ours = foreign = 0
    for line in output_of("nm", "-DC", "--defined-only", library).splitlines():
        _, kind, name = line.split(maxsplit=2)
        own = OURS.match(name)
        if own and own[1] == "v" + "_".join(major_minor):
            ours += 1
        elif (kind == "V" and WEAK_DATA.match(name)) or (kind == "u" and name.startswith("std::")):
            foreign += 1
        else:
            found.append(f"exports {kind} {name}")
    print(f"{ours} names of mapvec, {foreign} of std, {len(found)} complaints")
    return found + (["exports nothing"] if ours == 0 else [])


if __name__ == "__main__":
    libraries = list(pathlib.Path(sys.argv[1]).glob("lib/**/libmapvec.so"))
    complaints = complaints_about(libraries[0], sys.argv[2]) if libraries else ["no libmapvec.so"]
    print("\n".join(complaints))
    sys.exit(1 if complaints else 0)
