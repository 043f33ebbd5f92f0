# SPDX-License-Identifier: MIT
#
# Goal: no link of the documentation leads nowhere. Method: every relative link of every Markdown
# file is followed; a section has to exist under the name that GitHub gives it and under the one
# that mkdocs does.
import re

import sources

LINK = re.compile(r"\]\(([^)\s]+)\)")
TITLE = re.compile(r"^#{1,6} +(.*?) *#*$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages(root):
    return sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*.md"))


def text_of(page):
    return CODE.sub("", page.read_text(encoding="utf-8"))


def sections(page):
    """The names of the sections that both readers know; the second of one name has a number."""
    names = set()
    for title in TITLE.findall(text_of(page)):
        plain = re.sub(r"[`*]|\]\([^)]*\)|\[", "", title).strip().lower()
        github = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        mkdocs = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain, flags=re.ASCII).strip())
        if github == mkdocs:
            names.add(github)
    return names


def wrong_with(root, page, link):
    name, _, section = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.is_relative_to(root.resolve()):
        return "leads out of the checkout"
    if not target.exists():
        return "leads nowhere"
    if section and (target.suffix != ".md" or section not in sections(target)):
        return "leads to no section"
    return None


def check(root):
    violations = []
    for page in pages(root):
        for link in LINK.findall(text_of(page)):
            if re.match(r"[a-z]+:", link):
                continue
            wrong = wrong_with(root, page, link)
            if wrong:
                name = page.relative_to(root).as_posix()
                violations.append(f"{name}: the link {link} {wrong}")
    return violations


if __name__ == "__main__":
    sources.finish(check(sources.ROOT))
