# SPDX-License-Identifier: MIT
#
# Goal: nothing is written twice. Method: jscpd, of the version in clones/package-lock.json, fetched
# with npm into the folder of the first argument, must find no run of 60 tokens that occurs twice in
# include/ and src/, however few lines it is. Headers and sources count as one language, so that a
# copy of one in the other is seen. (Comments count as tokens: without them the heads of overloaded
# templates, which have to be the same, would be clones.)
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import sources

MIN_TOKENS = 60
PINNED = pathlib.Path(__file__).resolve().parent / "clones"
SEARCHED = ["include", "src"]


def fetch_jscpd(folder):
    """The script to run with node; skips the gate where it cannot be had."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            sources.skip(f"there is no {tool}")
    script = folder / "node_modules" / "jscpd" / "bin" / "jscpd"
    lock = folder / "package-lock.json"
    wanted = (PINNED / "package-lock.json").read_bytes()
    if script.exists() and lock.exists() and lock.read_bytes() == wanted:
        return script
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, folder)
    answer = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                            cwd=folder, capture_output=True, text=True)
    if answer.returncode != 0:
        lock.unlink(missing_ok=True)
        sources.skip("npm cannot fetch jscpd: " + answer.stdout + answer.stderr)
    return script


def report_of(root, jscpd, output):
    answer = subprocess.run(
        ["node", jscpd, "--min-tokens", str(MIN_TOKENS), "--min-lines", "1",
         "--max-lines", "100000", "--max-size", "10mb", "--format", "cpp",
         "--formats-exts", "cpp:cpp,hpp", "--reporters", "json", "--silent",
         "--output", output, *SEARCHED],
        cwd=root, capture_output=True, text=True)
    report = pathlib.Path(output) / "jscpd-report.json"
    if answer.returncode != 0 or not report.exists():
        return None, answer.stdout + answer.stderr
    return json.loads(report.read_text(encoding="utf-8")), ""


def place_of(file):
    return f"{file['name']}:{file['start']}-{file['end']}"


def check(root, folder):
    jscpd = fetch_jscpd(folder)
    with tempfile.TemporaryDirectory() as output:
        report, failure = report_of(root, jscpd, output)
    if report is None:
        return ["jscpd failed\n" + failure]
    read = report["statistics"]["total"]["sources"]
    files = len(sources.files(root, SEARCHED, [".hpp", ".cpp"]))
    violations = []
    if read != files:
        violations.append(f"jscpd read {read} of {files} files")
    for clone in report["duplicates"]:
        violations.append(f"{place_of(clone['firstFile'])}: is also "
                          f"{place_of(clone['secondFile'])}")
    return violations


if __name__ == "__main__":
    sources.finish(check(sources.ROOT, pathlib.Path(sys.argv[1])))
