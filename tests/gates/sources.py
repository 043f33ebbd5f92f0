# SPDX-License-Identifier: MIT
#
# What all gates share: the files of the checkout, their includes, and how a gate ends.
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["include", "src", "examples", "tests", "benchmarks", "scripts", "cmake", "docs",
           "packaging", "share", ".ci", ".github"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SKIPPED = 77


def files(root, folders=FOLDERS, suffixes=None):
    """The files under `folders`, as paths relative to `root`, in a fixed order."""
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root).as_posix()
            if path.is_file() and "__pycache__" not in relative:
                if suffixes is None or path.suffix in suffixes:
                    found.append(relative)
    return found


def lines(root, name):
    return (root / name).read_text(encoding="utf-8").splitlines()


def code_lines(root, name):
    """The lines with // comments cut off (block comments are not used in this project)."""
    return [re.sub(r"//.*", "", line) for line in lines(root, name)]


def includes(root, name):
    """(line number, '<' or '"', included name) of each include."""
    matches = ((number, INCLUDE.match(line)) for number, line in enumerate(lines(root, name), 1))
    return [(number, match[1], match[2]) for number, match in matches if match]


def skip(reason):
    print(f"Skipped\n{reason}")
    sys.exit(SKIPPED)


def finish(violations):
    """Prints the violations, and ends the process with 1 if there is one."""
    for violation in violations:
        print(violation)
    print(f"{len(violations)} violations")
    sys.exit(1 if violations else 0)
