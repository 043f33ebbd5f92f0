# SPDX-License-Identifier: MIT
#
# Goal: the reference says of every public function which errors it may end with, what it makes
# invalid, and what it costs. Method: of each function of namespace mapvec that doxygen finds, its
# own comment, or else the comment of its class or header, must state the three. A class or header
# states a rule for all its functions by an item or paragraph that begins with the word "Errors:",
# "Invalidation:" or "Cost:". A function states its own in words:
#   errors        noexcept in its signature; "throws", "Throws" or "guarantee" in its comment
#   invalidation  const; "valid" (invalid, stay valid), "pointers", "moves" or "address"
#   cost          "Cost", "constant", "linear", "system call", "no call", "once" or "at once"
# What other libraries call is not found, so the heads of those headers must have the three items.
# A comment that says "Throws" belongs to no noexcept function, and a free function has a comment.
import pathlib
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree

import sources

sys.path.insert(0, str(sources.ROOT / "scripts" / "docs"))
import build  # noqa: E402
import filter as doc_filter  # noqa: E402

TOPICS = {
    "errors": ("Errors:", r"[Tt]hrows|guarantee"),
    "invalidation": ("Invalidation:", r"valid|[Pp]ointers|[Mm]oves|address"),
    "cost": ("Cost:", r"Cost|[Cc]onstant|[Ll]inear|system call|[Nn]o call|\bonce\b"),
}


def text_of(node):
    return "" if node is None else " ".join("".join(node.itertext()).split())


def comment_of(definition):
    return " ".join(text_of(definition.find(part))
                    for part in ("briefdescription", "detaileddescription"))


def paragraphs_of(definition):
    """Of the comment of a class or header, items of lists each by itself."""
    for part in ("briefdescription", "detaileddescription"):
        for paragraph in definition.find(part).iter("para"):
            yield text_of(paragraph)


class scope:
    """A class or header: which rules its comment states for all its functions."""

    def __init__(self, definition, around=()):
        paragraphs = list(paragraphs_of(definition))
        self.topics = {topic for topic, (label, _) in TOPICS.items()
                       if any(each.startswith(label) for each in paragraphs)} | set(around)


def is_to_be_described(member):
    arguments = member.findtext("argsstring") or ""
    is_deduction_guide = ") ->" in arguments
    return (member.get("kind") in ("function", "friend") and member.get("prot") == "public" and
            "(" in arguments and not is_deduction_guide and
            not re.search(r"=\s*(delete|default)", arguments))


def violations_of(member, around):
    name, arguments = member.findtext("name"), member.findtext("argsstring")
    place = member.find("location")
    here = f"{place.get('file')}:{place.get('line')}: {name}: "
    own = comment_of(member)
    is_noexcept = "noexcept" in arguments
    found = []
    for topic, (_, words) in TOPICS.items():
        by_signature = ((topic == "errors" and is_noexcept) or
                        (topic == "invalidation" and member.get("const") == "yes"))
        if not (topic in around.topics or by_signature or re.search(words, own)):
            found.append(here + f"nothing is said of {topic}")
    if is_noexcept and re.search(r"\bThrows\b", own):
        found.append(here + "its comment says that it throws, and it is noexcept")
    return found


def read(folder):
    return [xml.etree.ElementTree.parse(path).getroot().find("compounddef")
            for path in sorted((folder / "xml").glob("*.xml")) if path.name != "index.xml" and
            path.name != "Doxyfile.xml"]


def check_compounds(compounds):
    files = {each.find("location").get("file"): scope(each)
             for each in compounds if each.get("kind") == "file"}
    violations, count = [], 0
    described = {}  # free functions: has one of that name in that file a comment?
    for each in compounds:
        name = each.findtext("compoundname")
        if each.get("kind") not in ("class", "struct", "namespace"):
            continue
        if not name.startswith("mapvec") or "detail" in name:
            continue
        is_class = each.get("kind") != "namespace"
        for member in filter(is_to_be_described, each.iter("memberdef")):
            file = member.find("location").get("file")
            around = files[file]
            if is_class:
                around = scope(each, around.topics)
            else:
                key = (file, member.findtext("name"))
                described[key] = described.get(key, False) or bool(comment_of(member).strip())
            count += 1
            violations += violations_of(member, around)
    violations += [f"{file}: {name}: has no comment"
                   for (file, name), has_one in described.items() if not has_one]
    violations += [f"{file}: its head says nothing of {topic}" for file, its in files.items()
                   if doc_filter.CALLED_BY_OTHERS.search("/" + file)
                   for topic in TOPICS.keys() - its.topics]
    if count < 150:
        violations.append(f"only {count} functions were found")
    return violations, count


def check():
    with tempfile.TemporaryDirectory() as folder:
        problem = build.doxygen(folder, "GENERATE_HTML = NO", "GENERATE_XML = YES")
        if problem is not None:
            return problem.splitlines()
        violations, count = check_compounds(read(pathlib.Path(folder)))
    print(f"{count} functions")
    return sorted(set(violations))


if __name__ == "__main__":
    if shutil.which("doxygen") is None:
        sources.skip("no doxygen")
    sources.finish(check())
