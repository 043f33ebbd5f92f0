# SPDX-License-Identifier: MIT
#
# Goal: the library, its headers and the examples compile with the second compiler without warnings,
# and clang-tidy has nothing to say. Method: the preset `tidy`, built in the directory of the first
# argument; further arguments are the build targets (all by default). Its flags let deprecated
# functions pass: std::stable_sort of libstdc++ 12 calls one, which no other compiler shows.
import os
import re
import shutil
import subprocess
import sys

import sources

TOOLS = ["clang++-19", "clang-tidy-19", "ninja"]


def check(root, build, targets):
    for tool in TOOLS:
        if shutil.which(tool) is None:
            sources.skip(f"{tool} is not installed")
    configure = subprocess.run(["cmake", "--preset", "tidy", "-B", build], cwd=root,
                               capture_output=True, text=True)
    if configure.returncode != 0:
        return ["the preset tidy cannot be configured\n" + configure.stdout + configure.stderr]
    answer = subprocess.run(
        ["ninja", "-C", build, "-k0", f"-j{os.cpu_count()}", *targets],
        cwd=root, capture_output=True, text=True)
    complaints = [line for line in answer.stdout.splitlines()
                  if re.search(r": (fatal )?error:|: warning:", line)]
    if answer.returncode != 0 and not complaints:
        complaints = ["the preset tidy cannot be built\n" + answer.stdout + answer.stderr]
    return sorted(set(complaints))


if __name__ == "__main__":
    sources.finish(check(sources.ROOT, sys.argv[1], sys.argv[2:]))
