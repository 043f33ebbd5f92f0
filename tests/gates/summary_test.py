# SPDX-License-Identifier: MIT
#
# Goal: `./test` cannot call a run good that was not. Method: scripts/summary.py over made-up
# results, one for each way to fail, and its last line and exit status.
import os
import pathlib
import subprocess
import sys
import tempfile

import sources

PASSED = '<testcase name="a" status="run"/>'
FAILED = '<testcase name="b" status="fail"><failure message=""/></testcase>'
NOT_BUILT = '<testcase name="b" status="notrun"><failure message=""/></testcase>'
SKIPPED = ('<testcase name="c" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>'
           "<system-out>[ RUN      ] c\nc.test.cpp:9: Skipped\nno loop device\n\n"
           "[  SKIPPED ] c (0 ms)\n</system-out></testcase>")

# (what, testcases, failed steps, CI, expected status as root, expected text in the output)
RUNS = [
    ("all passed", PASSED + PASSED, "", "", 0, "2 passed, 0 failed, 0 skipped"),
    ("one failed", PASSED + FAILED, "", "", 1, "1 passed, 1 failed, 0 skipped"),
    ("not built", PASSED + NOT_BUILT, "", "", 1, "1 passed, 1 failed, 0 skipped"),
    ("a build failed", PASSED, "building asan\n", "", 1, "1 passed, 1 failed, 0 skipped"),
    ("nothing ran", "", "", "", 1, "0 passed, 0 failed, 0 skipped"),
    ("skips alone", SKIPPED, "", "", 1, "0 passed, 0 failed, 1 skipped"),
    ("a skip at home", PASSED + SKIPPED, "", "", 0, "skipped: asan: c: no loop device"),
    ("a skip in CI", PASSED + SKIPPED, "", "true", 1, "not in tests/allowed_skips.txt"),
]


def check_run(what, cases, steps, ci, status, text):
    with tempfile.TemporaryDirectory() as folder:
        results = pathlib.Path(folder)
        (results / "asan.xml").write_text(f"<testsuite>{cases}</testsuite>", encoding="utf-8")
        if steps:
            (results / "failed_steps").write_text(steps, encoding="utf-8")
        answer = subprocess.run(
            [sys.executable, "-B", sources.ROOT / "scripts" / "summary.py", results],
            env=dict(os.environ, CI=ci), capture_output=True, text=True)
    wanted = status if os.geteuid() == 0 or ci != "true" else 0
    if answer.returncode != wanted or (text not in answer.stdout and os.geteuid() == 0):
        return [f"{what}: exit status {answer.returncode}, wanted {wanted} and '{text}' in\n"
                f"{answer.stdout}{answer.stderr}"]
    if not answer.stdout.splitlines()[-1].endswith("skipped"):
        return [f"{what}: the sum must be the last line"]
    return []


if __name__ == "__main__":
    sources.finish([violation for run in RUNS for violation in check_run(*run)])
