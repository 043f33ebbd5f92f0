# SPDX-License-Identifier: MIT
#
# Goal: includes only go down. Method: every file of include/ and src/ has its place in
# rules.LAYERS, and an include is right when it names a file that stands before.
import re

import rules
import sources


def included_file(name, quote, included, place):
    """The file of the project that an include means, or None for any other header."""
    if included.startswith("mapvec/"):
        return "include/" + included
    if quote == '"':
        beside = name.rpartition("/")[0] + "/" + included
        return beside if beside in place else "src/" + included
    return None


def check_include(name, place, number, quote, included):
    here = f"{name}:{number}: "
    if re.fullmatch(rules.SYSTEM_HEADERS, included) and not name.startswith(rules.SYSTEM_FOLDER):
        return [here + f"<{included}>: only {rules.SYSTEM_FOLDER} includes system headers"]
    target = included_file(name, quote, included, place)
    if target is None:
        return []
    if name.startswith("include/") and not target.startswith("include/"):
        return [here + f"a public header includes {included}, which is not installed"]
    if target not in place:
        return [here + f"includes {target}, which is in no layer"]
    if place[target] >= place[name]:
        return [here + f"includes {target}, which stands in a higher place in the layers"]
    return []


def check_umbrella(root):
    included = {"include/" + name for _, _, name in sources.includes(root, rules.UMBRELLA)}
    wanted = {name for layer, names in rules.LAYERS if layer in rules.UMBRELLA_LAYERS
              for name in names if name.startswith("include/") and "/detail/" not in name}
    return ([f"{rules.UMBRELLA}: does not include {name}" for name in sorted(wanted - included)] +
            [f"{rules.UMBRELLA}: includes {name}" for name in sorted(included - wanted)])


def check(root):
    ordered = [name for _, names in rules.LAYERS for name in names] + [rules.UMBRELLA]
    place = {name: index for index, name in enumerate(ordered)}
    present = sources.files(root, ["include", "src"])
    build_list = (root / rules.SOURCE_LIST).read_text(encoding="utf-8").split()
    violations = [f"{name}: listed in a layer but missing" for name in ordered
                  if name not in present]
    for name in present:
        if name not in place:
            violations.append(f"{name}: is in no layer")
            continue
        is_private_header = name.startswith("src/") and name.endswith(".hpp")
        if not is_private_header and name not in [word.rstrip(")") for word in build_list]:
            violations.append(f"{name}: is not in {rules.SOURCE_LIST}")
        for number, quote, included in sources.includes(root, name):
            violations += check_include(name, place, number, quote, included)
    if rules.UMBRELLA in present:
        violations += check_umbrella(root)
    return violations


if __name__ == "__main__":
    sources.finish(check(sources.ROOT))
