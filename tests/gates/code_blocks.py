# SPDX-License-Identifier: MIT
#
# The C++ that the documentation shows is C++ that ctest runs, to the letter: each block is a file
# of examples/ without its SPDX line, or what stands there between `// [some name]` and `// [end]`.
# Part of the gate `style`.
import re
import textwrap

import rules
import sources

FENCE = re.compile(r"^\s*(```+|~~~+)\s*([^\s`]*)")
BEGIN = re.compile(r"^\s*// \[(?!end\])[\w ]+\]$")
END = re.compile(r"^\s*// \[end\]$")


def documents(root):
    found = sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*.md"))
    return [path.relative_to(root).as_posix() for path in found]


def blocks(lines):
    """(line number, text) of each fenced block of C++; one that is not closed has the rest."""
    found = []
    number = 0
    while number < len(lines):
        fence = FENCE.match(lines[number])
        number += 1
        if fence is None:
            continue
        first = number
        while number < len(lines) and lines[number].strip() != fence[1]:
            number += 1
        if fence[2].lower() in rules.CPP_FENCES:
            found.append((first, textwrap.dedent("\n".join(lines[first:number]))))
        number += 1
    return found


def texts_of(lines):
    """A whole example, and its marked parts."""
    found = {"\n".join(lines[1:]).strip()}
    part = None
    for line in lines:
        if BEGIN.match(line):
            part = []
        elif END.match(line) and part is not None:
            found.add(textwrap.dedent("\n".join(part)))
            part = None
        elif part is not None:
            part.append(line)
    return found


def check(root):
    violations = []
    shown = {name: blocks(sources.lines(root, name)) for name in documents(root)}
    examples = {name: texts_of(sources.lines(root, name))
                for name in sources.files(root, ["examples"], [".hpp", ".cpp"])}
    known = set().union(*examples.values())
    for name, its_blocks in shown.items():
        violations += [f"{name}:{line}: this C++ is no example, nor a marked part of one"
                       for line, text in its_blocks if text not in known]
    for name, texts in examples.items():
        document = "README.md" if name in rules.README_PROGRAMS else None
        if name.startswith(rules.RECIPES) and name.endswith(".cpp"):
            document = rules.COOKBOOK
        if document and not texts & {text for _, text in shown.get(document, [])}:
            violations.append(f"{document}: its program is not {name}")
    return violations
