# SPDX-License-Identifier: MIT
#
# Goal: <mapvec/vector.hpp> stays cheap to include. Method: no clock, but its causes: which headers
# of the standard library it reaches, and how many lines of ours the compiler reads.
import rules
import sources


def reached(root, name, seen):
    """Every file of the project that `name` includes, itself too."""
    if name not in seen:
        seen.append(name)
        for _, _, included in sources.includes(root, name):
            if included.startswith("mapvec/"):
                reached(root, "include/" + included, seen)
    return seen


def check(root):
    violations = []
    own_lines = 0
    for name in reached(root, "include/" + rules.VECTOR_HEADER, []):
        own_lines += sum(1 for line in sources.code_lines(root, name) if line.strip())
        for number, _, included in sources.includes(root, name):
            if not included.startswith("mapvec/") and included not in rules.VECTOR_STD_HEADERS:
                violations.append(f"{name}:{number}: <{included}> is not among the headers that "
                                  f"<{rules.VECTOR_HEADER}> may include")
    if own_lines > rules.VECTOR_OWN_LINES:
        violations.append(f"<{rules.VECTOR_HEADER}>: {own_lines} lines of our own, "
                          f"at most {rules.VECTOR_OWN_LINES}")
    print(f"<{rules.VECTOR_HEADER}>: {own_lines} lines of our own")
    return violations


if __name__ == "__main__":
    sources.finish(check(sources.ROOT))
