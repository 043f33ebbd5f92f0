# SPDX-License-Identifier: MIT
#
# Goal: the programs of the guide and of the migration pages do what the pages say. Method: each
# judges itself by its exit status. Those that belong together run one after the other in an empty
# folder, and then once more, as a reader would who tries them again.
#
# usage: in_order_test.py PROGRAM..., with a Python that has NumPy
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77


def main(programs):
    scripts = [name for name in programs if name.endswith(".py")]
    try:
        import numpy  # noqa: F401
    except ImportError:
        if scripts:
            print("Skipped\nno NumPy")
            return SKIPPED
    failures = 0
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        for name in 2 * programs:
            path = str(pathlib.Path(name).resolve())
            command = [sys.executable, "-B", path] if name in scripts else [path]
            status = subprocess.run(command, cwd=folder, timeout=100).returncode
            print(f"{pathlib.Path(name).name}: exit status {status}")
            failures += status != 0
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
