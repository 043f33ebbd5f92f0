# SPDX-License-Identifier: MIT
#
# Goal: the documentation site can be built at every commit, and is complete without the network.
# Method: it is built as by `./run docs`, where warnings of mkdocs and doxygen are errors; what the
# pages load is looked for in them.
import pathlib
import re
import shutil
import sys
import tempfile

import sources

sys.path.insert(0, str(sources.ROOT / "scripts" / "docs"))
import build  # noqa: E402

LOADED = re.compile(r"<(?:script|img|iframe|link(?![^>]*rel=\"?canonical))[^>]*"
                    r"(?:src|href)=\"((?:https?:)?//[^\"]*)\"")
LOADED_BY_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')]*)")


def loads(site):
    violations = []
    for path in sorted(site.rglob("*")):
        pattern = {".html": LOADED, ".css": LOADED_BY_STYLE}.get(path.suffix)
        if pattern:
            text = path.read_text(encoding="utf-8")
            violations += [f"{path.relative_to(site)}: loads {address}"
                           for address in pattern.findall(text)]
    return violations


def escapes(site):
    """What scripts/docs/filter.py hides from doxygen must not be shown."""
    return [f"{path.name}: shows a backslash before a bracket"
            for path in sorted((site / "api").glob("*.html"))
            if re.search(r"\\&[lg]t;", path.read_text(encoding="utf-8"))]


def check():
    with tempfile.TemporaryDirectory() as folder:
        site = pathlib.Path(folder) / "site"
        problem = build.build(site)
        if problem is not None:
            return problem.splitlines()
        wanted = ["index.html", "guide.html", "api/index.html", "api/classmapvec_1_1vector.html"]
        absent = [f"{name}: is not in the site" for name in wanted if not (site / name).exists()]
        return absent + loads(site) + escapes(site)


if __name__ == "__main__":
    for tool in ("mkdocs", "doxygen"):
        if shutil.which(tool) is None:
            sources.skip(f"no {tool}")
    sources.finish(check())
