# SPDX-License-Identifier: MIT
#
# Goal: every public header compiles alone and twice, without warnings. Method: the compiler of the
# argument, with the warnings of CMakePresets.json, over a file that includes only that header. One
# that is for newer standard libraries is left out where the library is older; a test of its own has
# to compile it.
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

import rules
import sources


def warning_flags(root):
    presets = json.loads((root / "CMakePresets.json").read_text(encoding="utf-8"))
    base = next(preset for preset in presets["configurePresets"] if preset["name"] == "base")
    return base["cacheVariables"]["CMAKE_CXX_FLAGS"].split()


def including(header):
    """The line that includes it, where the standard library has what it needs."""
    line = f"#include <{header.removeprefix('include/')}>\n"
    if header not in rules.HEADERS_THAT_NEED:
        return line
    return f"#if __has_include(<{rules.HEADERS_THAT_NEED[header]}>)\n{line}#endif\n"


def compile_alone(root, compiler, flags, header):
    text = 2 * including(header)
    answer = subprocess.run(
        [compiler, "-std=c++20", *flags, "-Iinclude", "-fsyntax-only", "-x", "c++", "-"],
        input=text, cwd=root, capture_output=True, text=True)
    return [] if answer.returncode == 0 else [f"{header}: does not compile alone\n{answer.stderr}"]


def check(root, compiler, headers):
    if shutil.which(compiler) is None:
        sources.skip(f"{compiler} is not installed")
    headers = headers or sources.files(root, ["include"])
    flags = warning_flags(root)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = pool.map(lambda header: compile_alone(root, compiler, flags, header), headers)
    return [violation for answer in answers for violation in answer]


if __name__ == "__main__":
    sources.finish(check(sources.ROOT, sys.argv[1], sys.argv[2:]))
