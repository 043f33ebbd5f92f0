# SPDX-License-Identifier: MIT
#
# Goal: the rules of CONTRIBUTING.md that a machine can check. Method: line by line over every
# source file.
import pathlib
import re

import code_blocks
import rules
import sources

CODE = [".hpp", ".cpp"]
SCRIPTS = [".py", ".sh", ".cmake"]
COMMANDS = ["CMakeLists.txt", "run", "test"]
DATA_FOLDERS = r"tests/.*/(data|golden|corpus)/"


def is_source(name):
    path = pathlib.PurePath(name)
    if re.match(DATA_FOLDERS, name):
        return False
    if path.suffix == "":
        return name.startswith(("scripts/", ".ci/"))
    if path.suffix == ".txt":
        return path.name == "CMakeLists.txt"
    return path.suffix in CODE + SCRIPTS


def check_length(name, count):
    limit = None
    if path_is_header(name):
        limit = rules.LONGER_HEADERS.get(name, rules.HEADER_LINES)
    elif name.endswith("CMakeLists.txt"):
        limit = rules.CMAKELISTS_LINES
    elif name.startswith(rules.RECIPES):
        limit = rules.RECIPE_LINES
    elif name.startswith("examples/") and name.endswith(".cpp"):
        limit = rules.EXAMPLE_LINES
    if limit is not None and count > limit:
        return [f"{name}: {count} lines, at most {limit}"]
    return []


def path_is_header(name):
    return name.startswith("include/") or (name.startswith("src/") and name.endswith(".hpp"))


def check_text(name, lines):
    violations = []
    if not any("SPDX-License-Identifier: MIT" in line for line in lines[:2]):
        violations.append(f"{name}:1: the first line must be the SPDX line")
    for number, line in enumerate(lines, 1):
        here = f"{name}:{number}: "
        if len(line) > rules.COLUMNS:
            violations.append(here + f"{len(line)} columns, at most {rules.COLUMNS}")
        if line != line.rstrip() or "\t" in line:
            violations.append(here + "a tab, or a blank at the end of the line")
        for word in rules.FORBIDDEN_WORDS:
            if re.search(rf"\b{word}\b", line):
                violations.append(here + f"{word} is not for the main branch")
    return violations


def check_code(name, lines):
    violations = []
    may_be_conditional = (not name.startswith(("include/", "src/")) or
                          name in rules.CONDITIONAL_FILES)
    for number, line in enumerate(lines, 1):
        here = f"{name}:{number}: "
        for call in rules.FORBIDDEN_CALLS:
            if re.search(rf"\b{call}\b", line):
                violations.append(here + f"{call} is forbidden")
        if re.match(r"\s*#\s*(if|ifdef|ifndef)\b", line) and not may_be_conditional:
            violations.append(here + "conditional compilation outside "
                              + " and ".join(rules.CONDITIONAL_FILES))
    return violations


def check_listed(root):
    """A test that no CMakeLists.txt names would never run."""
    violations = []
    tests = root / "tests"
    for path in sorted(tests.glob("*/**/CMakeLists.txt")):
        folder = path.parent.relative_to(tests).as_posix()
        if folder in rules.UNLISTED_TEST_FOLDERS:
            continue
        lists = [above / "CMakeLists.txt" for above in path.parent.parents if tests in (
            above, *above.parents)]
        if not any(f"add_subdirectory({path.parent.relative_to(each.parent).as_posix()})"
                   in each.read_text("utf-8") for each in lists if each.exists()):
            violations.append(f"tests/{folder}: is in no CMakeLists.txt above")
    for name in sources.files(root, ["tests"], [".cpp"]):
        folder, _, file = name.rpartition("/")
        listfile = root / folder / "CMakeLists.txt"
        if file.endswith(".test.cpp"):
            text = listfile.read_text(encoding="utf-8") if listfile.exists() else ""
            if file not in text:
                violations.append(f"{name}: is not in the CMakeLists.txt beside it")
    return violations


def check_examples(root):
    """An example that no CMakeLists.txt names would never run."""
    violations = []
    for name in sources.files(root, ["examples"], [".cpp"]):
        path = root / name
        above = next(folder / "CMakeLists.txt" for folder in path.parents
                     if (folder / "CMakeLists.txt").exists())
        if not re.search(rf"\b{path.stem}\b", above.read_text(encoding="utf-8")):
            violations.append(f"{name}: is in no CMakeLists.txt above")
    return violations


def check(root):
    violations = check_listed(root) + check_examples(root) + code_blocks.check(root)
    commands = [name for name in COMMANDS if (root / name).exists()]
    for name in commands + [name for name in sources.files(root) if is_source(name)]:
        lines = sources.lines(root, name)
        violations += check_text(name, lines) + check_length(name, len(lines))
        if pathlib.PurePath(name).suffix in CODE:
            violations += check_code(name, sources.code_lines(root, name))
    clang_format_lines = len(sources.lines(root, ".clang-format"))
    if clang_format_lines > rules.CLANG_FORMAT_LINES:
        violations.append(f".clang-format: {clang_format_lines} lines, "
                          f"at most {rules.CLANG_FORMAT_LINES}")
    return violations


if __name__ == "__main__":
    sources.finish(check(sources.ROOT))
