# SPDX-License-Identifier: MIT
#
# Builds the documentation site (build.py FOLDER): doxygen makes the API reference of the headers,
# mkdocs the site of docs/ around it. Warnings are errors. Both are Debian's; /usr/bin/python3 has
# what mkdocs needs.
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOXYFILE = "scripts/docs/Doxyfile"


def run(command, **how):
    """What the command prints, where it fails; None where it does not."""
    answer = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, **how)
    return answer.stdout if answer.returncode != 0 else None


def doxygen(folder, *settings):
    """The reference of the headers in `folder`; `settings` go before those of the Doxyfile."""
    lines = [f"@INCLUDE = {DOXYFILE}", f"OUTPUT_DIRECTORY = {folder}", *settings]
    return run(["doxygen", "-"], input="\n".join(lines) + "\n")


def build(site):
    """The site in `site`, which is made anew; returns what went wrong, or None."""
    with tempfile.TemporaryDirectory() as folder:
        wrong = doxygen(folder)
        if wrong is not None:
            return wrong
        environment = {**os.environ, "MAPVEC_API_REFERENCE": f"{folder}/html"}
        said = run(["mkdocs", "build", "--strict", "--site-dir", str(site)], env=environment)
        return said and "".join(line for line in said.splitlines(True)
                                if not line.startswith("INFO"))


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1]).resolve()
    problem = build(target)
    if problem is not None:
        sys.exit(f"{problem}\nthe documentation was not built")
    print(f"the documentation is in {target}/index.html")
