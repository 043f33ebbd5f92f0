# SPDX-License-Identifier: MIT
#
# Prints what #include <mapvec/vector.hpp> costs the compiler, in seconds of user time over a file
# with the standard headers it includes: the median of many rounds in turn, for each compiler. The
# test `gate.include_cost` watches the causes of this cost; it reads no clock.
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "gates"))

import include_cost  # noqa: E402
import rules  # noqa: E402
import sources  # noqa: E402

COMPILERS = ["g++", "clang++-19"]
ROUNDS = 15
LIMIT_SECONDS = 0.35


def std_headers():
    names = set()
    for name in include_cost.reached(ROOT, "include/" + rules.VECTOR_HEADER, []):
        names |= {included for _, _, included in sources.includes(ROOT, name)
                  if not included.startswith("mapvec/")}
    return sorted(names)


def user_seconds(compiler, headers):
    text = "".join(f"#include <{header}>\n" for header in headers)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([compiler, "-std=c++20", "-Iinclude", "-fsyntax-only", "-x", "c++", "-"],
                   input=text, cwd=ROOT, text=True, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def measure(compiler):
    headers = std_headers()
    with_vector, without = [], []
    for _ in range(ROUNDS):
        without.append(user_seconds(compiler, headers))
        with_vector.append(user_seconds(compiler, headers + [rules.VECTOR_HEADER]))
    extra = statistics.median(with_vector) - statistics.median(without)
    print(f"{compiler}: {statistics.median(with_vector):.3f} s, std headers alone "
          f"{statistics.median(without):.3f} s, ours {extra:.3f} s (limit {LIMIT_SECONDS} s)")


if __name__ == "__main__":
    for name in COMPILERS:
        if shutil.which(name):
            measure(name)
