# SPDX-License-Identifier: MIT
#
# Sums up a folder of ctest's JUnit files (summary.py FOLDER): the failures, each skip with its
# reason, and "N passed, N failed, N skipped" as the last line. Ends with 1 when anything failed,
# when nothing ran, or when root in CI skips a test that tests/allowed_skips.txt does not name.
import os
import pathlib
import re
import sys
import xml.etree.ElementTree

ALLOWED_SKIPS = pathlib.Path(__file__).resolve().parents[1] / "tests" / "allowed_skips.txt"


def skip_reason(output):
    """What GTEST_SKIP() << ... or a gate said: the lines behind the one that ends in 'Skipped'."""
    found = re.search(r"^(?:.*: )?Skipped\n((?:(?!\[ ).*\n?)*)", output, re.MULTILINE)
    return " ".join(found[1].split()) if found and found[1].strip() else "no reason given"


def read_results(folder):
    """(passed names, failed names, {skipped name: reason}) over all files of the folder."""
    passed, failed, skipped = [], [], {}
    for path in sorted(folder.glob("*.xml")):
        for case in xml.etree.ElementTree.parse(path).iter("testcase"):
            name = f"{path.stem}: {case.get('name')}"
            if case.get("status") == "run":
                passed.append(name)
            elif case.find("skipped") is not None and case.get("status") == "notrun":
                skipped[name] = skip_reason(case.findtext("system-out") or "")
            else:
                failed.append(name)
    steps = folder / "failed_steps"
    if steps.exists():
        failed += steps.read_text(encoding="utf-8").splitlines()
    return passed, failed, skipped


def allowed_skips():
    """The names that may be skipped; behind a '#' stands why."""
    lines = ALLOWED_SKIPS.read_text(encoding="utf-8").splitlines()
    return {line.split("#")[0].strip() for line in lines} - {""}


def main(folder):
    passed, failed, skipped = read_results(folder)
    must_run = os.geteuid() == 0 and os.environ.get("CI") == "true"
    allowed = allowed_skips()
    refused = 0
    for name, reason in skipped.items():
        refuse = must_run and name not in allowed
        refused += refuse
        verdict = " (not in tests/allowed_skips.txt)" if refuse else ""
        print(f"skipped: {name}: {reason}{verdict}")
    for name in failed:
        print(f"failed: {name}")
    if not passed and not failed:
        print("no test ran")
    print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or refused or not passed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
