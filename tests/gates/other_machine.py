# SPDX-License-Identifier: MIT
#
# Goal: the library compiles for a machine that the tests do not run on. Method: the cross compiler
# of the first argument, with the warnings of CMakePresets.json, reads every source, and a file that
# includes every public header; further arguments are the files to read instead.
import concurrent.futures
import os
import shutil
import subprocess
import sys

import headers_alone
import sources


def compiles(root, command, name):
    answer = subprocess.run([*command, name], cwd=root, capture_output=True, text=True)
    return [] if answer.returncode == 0 else [f"{name}: does not compile\n{answer.stderr}"]


def check(root, compiler, names):
    if shutil.which(compiler) is None:
        sources.skip(f"{compiler} is not installed")
    command = [compiler, "-std=c++20", *headers_alone.warning_flags(root), "-Iinclude", "-Isrc",
               "-fsyntax-only"]
    violations = []
    if not names:
        names = sources.files(root, ["src"], [".cpp"])
        headers = sources.files(root, ["include"])
        text = "".join(map(headers_alone.including, headers))
        answer = subprocess.run([*command, "-x", "c++", "-"], input=text, cwd=root,
                                capture_output=True, text=True)
        if answer.returncode != 0:
            violations.append(f"include: does not compile\n{answer.stderr}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda name: compiles(root, command, name), names):
            violations += found
    return violations


if __name__ == "__main__":
    sources.finish(check(sources.ROOT, sys.argv[1], sys.argv[2:]))
