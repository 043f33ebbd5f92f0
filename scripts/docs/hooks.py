# SPDX-License-Identifier: MIT
#
# What mkdocs calls while it builds the site. Pages of docs/ may link any file of the checkout, as
# they do where the repository is read; the site gets these files as source/NAME.txt, and the
# reference that doxygen made as api/. A page that no nav entry names is added at the end.
import os
import pathlib
import posixpath
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"(\]\()((?:\.\./)+[^)#\s]+)((?:#[^)\s]*)?\))")


def source_of(page, link):
    """The file of the checkout outside of docs/ that a link of the page docs/`page` means."""
    name = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    return None if name.startswith(("docs/", "..")) or not (ROOT / name).is_file() else name


def add(files, config, name, path):
    if files.get_file_from_path(name) is None:
        added = File(name, str(path.parent), config["site_dir"], config["use_directory_urls"])
        added.abs_src_path = str(path)
        files.append(added)


def named_in(entries):
    """The pages that the nav names."""
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            yield from named_in(value) if isinstance(value, list) else [value]


def on_files(files, config):
    pages = [each for each in files if each.is_documentation_page()]
    for page in pages:
        text = pathlib.Path(page.abs_src_path).read_text(encoding="utf-8")
        for _, link, _ in LINK.findall(text):
            name = source_of(page.src_uri, link)
            if name:
                add(files, config, f"source/{name}.txt", ROOT / name)
    reference = os.environ.get("MAPVEC_API_REFERENCE")
    for path in sorted(pathlib.Path(reference).rglob("*")) if reference else []:
        if path.is_file():
            add(files, config, "api/" + path.relative_to(reference).as_posix(), path)
    named = set(named_in(config["nav"]))
    config["nav"] += [page.src_uri for page in pages if page.src_uri not in named]
    return files


def on_page_markdown(markdown, page, config, files):
    def to_site(found):
        name = source_of(page.file.src_uri, found[2])
        if name is None:
            return found[0]
        up = "../" * page.file.src_uri.count("/")
        return f"{found[1]}{up}source/{name}.txt{found[3]}"
    return LINK.sub(to_site, markdown)
