# SPDX-License-Identifier: MIT
#
# Goal: a gate that cannot fail is found out. Method: for each gate, violations are planted one at
# a time in a copy of the sources; the gate, run in the copy, must fail and name the place.
import shutil
import subprocess
import sys
import tempfile
import pathlib

import rules
import sources

COPIED_FILES = ["README.md", "CMakeLists.txt", "CMakePresets.json", ".clang-format", ".clang-tidy",
                "CITATION.cff", "run", "test", "mkdocs.yml", "CHANGELOG.md", "CONTRIBUTING.md",
                "SECURITY.md"]
LAST_LINE = 10**9


class plant:
    """One violation: `text` put in before `line` of a file, which may be new."""

    def __init__(self, name, text, expected, line=LAST_LINE):
        self.name, self.text, self.expected, self.line = name, text, expected, line

    def apply(self, root):
        path = root / self.name
        path.parent.mkdir(exist_ok=True)
        old = path.read_text(encoding="utf-8").splitlines(True) if path.exists() else []
        at = min(self.line - 1, len(old))
        path.write_text("".join(old[:at]) + self.text + "".join(old[at:]), encoding="utf-8")


CLONED = "(int a, int b) {\n  return " + " + ".join(f"(a * {i} - b)" for i in range(9)) + ";\n}\n"
SPDX = "// SPDX-License-Identifier: MIT\n"
IN_OPTIONS = sources.lines(sources.ROOT, "examples/documented.cpp").index("  // [options]") + 2
ERROR_OBJECT = "CMakeFiles/mapvec_core.dir/src/error.cpp.o"
PLANTS = {
    "layers": [
        plant("include/mapvec/units.hpp", "#include <mapvec/file.hpp>\n", "units.hpp:"),
        plant("include/mapvec/planted.hpp", SPDX, "planted.hpp: is in no layer"),
        plant("src/planted.cpp", SPDX, "planted.cpp: is in no layer"),
        plant("src/file.cpp", "#include <sys/mman.h>\n", "only src/posix/"),
        plant("include/mapvec/file.hpp", '#include "posix/syscalls.hpp"\n', "not installed"),
        plant("include/mapvec/vector.hpp", "#include <mapvec/mapvec.hpp>\n", "vector.hpp:"),
        plant("include/mapvec/mapvec.hpp", "#include <mapvec/serialize/nlohmann_json.hpp>\n",
              "mapvec.hpp: includes"),
    ],
    "style": [
        plant("include/mapvec/planted.hpp", "#pragma once\n", "planted.hpp:1: the first line"),
        plant("include/mapvec/planted.hpp", SPDX + "\n" * rules.HEADER_LINES,
              "planted.hpp: 351 lines"),
        plant("src/file.cpp", "// " + "x" * rules.COLUMNS + "\n", "103 columns"),
        plant("src/file.cpp", f"// {rules.FORBIDDEN_WORDS[0]}: later\n", "not for the main branch"),
        plant("src/file.cpp", f"int x = {rules.FORBIDDEN_CALLS[0]}(1, 2, 3);\n", "is forbidden"),
        plant("src/file.cpp", "#ifdef __aarch64__\n#endif\n", "conditional compilation"),
        plant("src/file.cpp", "int x;  \n", "a blank at the end"),
        plant("tests/unit/planted.test.cpp", SPDX, "planted.test.cpp: is not in"),
        plant("tests/examples/data/CMakeLists.txt", "", "examples/data: is in no CMakeLists"),
        plant("examples/readme.cpp", "int planted;\n", "README.md: its program"),
        plant("examples/readme_persistent.cpp", "int planted;\n", "README.md: its program"),
        plant("examples/cookbook/queue.cpp", "int planted;\n", "docs/cookbook.md: its program"),
        plant("examples/cookbook/queue.cpp", "// x\n" * rules.RECIPE_LINES, "at most 50"),
        plant("examples/cookbook/planted.cpp", SPDX, "planted.cpp: is in no CMakeLists.txt"),
        plant("examples/cookbook/planted.cpp", SPDX, "not examples/cookbook/planted.cpp"),
        plant("examples/documented.cpp", "int planted;\n", "README.md:", IN_OPTIONS),
        plant("docs/performance.md", "```cpp\nint planted;\n```\n", "performance.md:"),
        plant("docs/planted/page.md", "- x\n  ~~~ C++\n  int planted;\n  ~~~\n", "page.md:2:"),
        plant("SECURITY.md", "````cpp\n```\nint planted;\n", "SECURITY.md:"),
    ],
    "format": [
        plant("src/planted.cpp", "int  planted ;\n", "src/planted.cpp:"),
        plant("tests/planted.cpp", "int  planted ;\n", "tests/planted.cpp:"),
    ],
    "metadata": [
        plant(".github/workflows/ci.yml", "      - run: make\n", "not .ci/run alone"),
        plant(".github/workflows/ci.yml", "  planted:\n    steps:\n      - run: ./test\n",
              "not .ci/run alone"),
        plant(".github/workflows/ci.yml", "    if: false\n", "if could let"),
        plant(".github/workflows/ci.yml", "        continue-on-error: true\n", "continue-on-error"),
        plant(".github/workflows/ci.yml", "on: push\n", "does not run on schedule"),
        plant(".github/workflows/ci.yml", "      - uses: planted/build@v1\n", "uses planted/build"),
        plant(".github/workflows/planted.yml", "on: push\n", "planted.yml: is a second workflow"),
        plant("CITATION.cff", "version: 0.0.9\n", "version 0.0.9"),
        plant("CITATION.cff", "title:\n", "has no title"),
        plant("src/error.cpp", "namespace mapvec {\n}\n", "src/error.cpp: namespace mapvec {"),
        plant("include/mapvec/units.hpp", "namespace mapvec::inline v9_9::detail {\n}\n",
              "inline v9_9"),
        plant(".github/ISSUE_TEMPLATE/planted.yml", "name: planted\n", "has no body"),
    ],
    "links": [
        plant("README.md", "[planted](docs/planted.md)\n", "planted.md leads nowhere"),
        plant("docs/design.md", "[planted](#planted)\n", "#planted leads to no section"),
        plant("docs/design.md", "[planted](guarantees.md#planted)\n", "leads to no section"),
        plant("docs/guide.md", "[planted](../../planted)\n", "leads out of the checkout"),
    ],
    "site": [
        plant("docs/guide.md", "[planted](planted.md)\n", "planted.md"),
        plant("docs/guide.md", '<img src="https://planted.org/a.png">\n', "loads https://planted"),
        plant("include/mapvec/units.hpp", "/// \\planted\nstruct planted {};\n", "planted"),
    ],
    "api_comments": [
        plant("include/mapvec/units.hpp", "namespace mapvec {\nvoid planted();\n}\n",
              "planted: nothing is said of errors"),
        plant("include/mapvec/stats.hpp", "namespace mapvec {\n/// Throws `error`.\n"
              "void planted() noexcept;\n}\n", "and it is noexcept"),
        plant("include/mapvec/gather.hpp", "\n", "gather: nothing is said of cost", 3),
        plant("include/mapvec/serialize/cereal.hpp", "\n", "its head says nothing of cost", 3),
    ],
    "clones": [
        plant("src/planted.cpp", "int first" + CLONED + "int second" + CLONED, "src/planted.cpp:"),
        plant("src/planted.cpp", "".join(
            line + "\n" for line in sources.lines(sources.ROOT, "include/mapvec/detail/rank.hpp")),
            "src/planted.cpp:"),
    ],
    "include_cost": [
        plant("include/mapvec/units.hpp", "#include <regex>\n", "<regex> is not among"),
        plant("include/mapvec/units.hpp", "int x;\n" * rules.VECTOR_OWN_LINES, "at most"),
    ],
    "headers_alone": [
        plant("include/mapvec/planted.hpp", "#pragma once\nstd::string f();\n", "planted.hpp"),
        plant("include/mapvec/planted.hpp", "struct planted {};\n", "planted.hpp"),
        plant("include/mapvec/planted.hpp",
              "#pragma once\ninline int f(long long x) { return x; }\n", "planted.hpp"),
    ],
    "other_machine": [
        plant("src/error.cpp", "#include <immintrin.h>\n", "src/error.cpp: does not compile"),
        plant("include/mapvec/error.hpp", "using planted = _Float16;\n",
              "src/error.cpp: does not compile"),
    ],
    "tidy": [
        plant("src/error.cpp", "namespace mapvec { int BadName() { return 0; } }\n", "BadName"),
        plant("src/error.cpp", "static int unused_function() { return 0; }\n", "unused_function"),
        plant("include/mapvec/error.hpp", "struct BadStruct {};\n", "BadStruct"),
    ],
}
# The slow gates look at the planted file only.
ARGUMENTS = {
    "headers_alone": ["include/mapvec/planted.hpp"],
    "other_machine": ["src/error.cpp"],
    "tidy": [ERROR_OBJECT],
}


def copy_sources(root):
    for name in COPIED_FILES:
        if (sources.ROOT / name).exists():
            shutil.copy(sources.ROOT / name, root)
    for name in sources.FOLDERS:
        if (sources.ROOT / name).exists():
            shutil.copytree(sources.ROOT / name, root / name,
                            ignore=shutil.ignore_patterns("__pycache__"))


def run_gate(root, gate, arguments):
    script = root / "tests" / "gates" / f"{gate}.py"
    return subprocess.run([sys.executable, "-B", script, *arguments],
                          capture_output=True, text=True)


def why_missed(gate, arguments, planted):
    """Why the violation was not seen, or None. Ends the process if a tool is missing."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        copy_sources(root)
        before = []
        if planted.name not in ARGUMENTS.get(gate, []):
            before = run_gate(root, gate, arguments).stdout.splitlines()
        planted.apply(root)
        answer = run_gate(root, gate, arguments)
        if answer.returncode == sources.SKIPPED:
            sources.skip(answer.stdout)
        new = [line for line in answer.stdout.splitlines() if line not in before]
        if answer.returncode != 1 or not any(planted.expected in line for line in new):
            return f"not seen, exit status {answer.returncode}:\n{answer.stdout}{answer.stderr}"
    return None


if __name__ == "__main__":
    name = sys.argv[1]
    overlooked = []
    for violation in PLANTS[name]:
        reason = why_missed(name, sys.argv[2:] + ARGUMENTS.get(name, []), violation)
        print(f"{violation.name}: {violation.text.strip()[:60]!r}: {reason or 'seen'}")
        if reason:
            overlooked.append(f"{violation.name}: {reason}")
    sources.finish(overlooked)
