# SPDX-License-Identifier: MIT
#
# Goal: one layout for all C++. Method: clang-format, whose version is pinned, must have nothing to
# change. `scripts/format` applies it.
import shutil
import subprocess

import sources

TOOL = "clang-format-19"
FOLDERS = ["include", "src", "examples", "tests", "benchmarks"]


def check(root):
    if shutil.which(TOOL) is None:
        sources.skip(f"{TOOL} is not installed")
    names = sources.files(root, FOLDERS, [".hpp", ".cpp"])
    answer = subprocess.run([TOOL, "--dry-run", "-Werror", "--ferror-limit=1", *names], cwd=root,
                            capture_output=True, text=True)
    return [line for line in answer.stderr.splitlines() if ": error:" in line]


if __name__ == "__main__":
    sources.finish(check(sources.ROOT))
