# SPDX-License-Identifier: MIT
import fnmatch
import pathlib
import shutil


def load(conanfile, path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def copy(conanfile, pattern, src, dst):
    """Like Conan's, a '*' stands for folders too."""
    copied = []
    for path in sorted(pathlib.Path(src).rglob(pattern.replace("/*", "/**/*"))):
        name = path.relative_to(src).as_posix()
        if path.is_file() and fnmatch.fnmatchcase(name, pattern):
            to = pathlib.Path(dst, name)
            to.parent.mkdir(parents=True, exist_ok=True)
            copied.append(shutil.copy(path, to))
    return copied
