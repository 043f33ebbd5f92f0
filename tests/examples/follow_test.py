# SPDX-License-Identifier: MIT
#
# Goal: Python sees the committed prefixes of a file that a C++ program appends to, and nothing
# else. Method: examples/grow.cpp and examples/follow.py run at the same time. First in step: grow
# gets numbers when follow has seen those before; then as fast as they can. The numbers count up, so
# the sum of any range of them is known. And input that is no number is an error, which leaves what
# was committed.
#
# usage: follow_test.py GROW FOLLOW, with a Python that has NumPy
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

try:
    import numpy
except ImportError:
    numpy = None

STEP = 1000  # grow commits so many at a time
GROW = FOLLOW = None


def sum_of(first, last):
    return float(sum(range(first, last)))


class Follow(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(dir="/var/tmp")
        self.addCleanup(scratch.cleanup)
        self.file = pathlib.Path(scratch.name) / "samples.npy"
        self.written = self.seen = 0

    def start(self, *command):
        program = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, encoding="ascii")
        # A program that waits for ever would keep the test waiting.
        watchdog = threading.Timer(90, program.kill)
        watchdog.start()
        for cleanup in (program.stdin.close, program.stdout.close, program.wait, program.kill,
                        watchdog.cancel):
            self.addCleanup(cleanup)
        return program

    def write(self, grow, count):
        numbers = range(self.written, self.written + count)
        grow.stdin.write("".join(f"{number}\n" for number in numbers))
        grow.stdin.flush()
        self.written += count

    def see(self, follow):
        """Reads one line of follow: a prefix that is longer than the one before."""
        line = follow.stdout.readline()
        self.assertNotEqual(line, "", "follow.py ended, or saw nothing for a long time")
        size, total = line.split()
        self.assertGreater(int(size), self.seen)
        self.assertEqual(float(total), sum_of(self.seen, int(size)))
        self.seen = int(size)

    def test_python_sees_committed_prefixes_while_cpp_appends(self):
        total = 20 * STEP + STEP // 2 + 100 * STEP
        follow = self.start(sys.executable, "-B", FOLLOW, self.file, total)
        grow = self.start(GROW, self.file)
        self.write(grow, STEP // 2)
        for committed in range(STEP, 21 * STEP, STEP):
            self.write(grow, STEP)
            self.see(follow)
            self.assertEqual(self.seen, committed)
        self.write(grow, total - self.written)
        grow.stdin.close()
        while self.seen < total:
            self.see(follow)
            self.assertTrue(self.seen % STEP == 0 or self.seen == total, self.seen)
        self.assertEqual((grow.wait(), follow.wait()), (0, 0))
        samples = numpy.load(self.file)
        self.assertTrue(numpy.array_equal(samples["value"], numpy.arange(total)))
        self.assertEqual(samples.dtype["time"], numpy.dtype("<M8[us]"))
        self.assertEqual(self.file.stat().st_size, 128 + total * 16)


class Mistakes(unittest.TestCase):
    def test_what_is_no_number_is_an_error_and_the_commits_stay(self):
        thousand = "".join(f"{number}\n" for number in range(STEP))
        for before, wrong, committed in (
                ("1 2 ", "abc", 0), ("1 2 ", "-", 0), ("1 ", "2x", 0), ("", "1e", 0),
                (thousand + "1 2 ", "3,5", STEP)):
            for behind in (" 3\n", ""):
                with self.subTest(wrong=wrong, behind=behind), \
                        tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
                    file = pathlib.Path(scratch) / "samples.npy"
                    result = subprocess.run([GROW, file], input=before + wrong + behind,
                                            capture_output=True, timeout=60, encoding="ascii")
                    self.assertEqual((result.returncode, result.stdout), (1, ""))
                    self.assertEqual(result.stderr, f"grow: no number: {wrong}\n")
                    self.assertTrue(numpy.array_equal(numpy.load(file)["value"],
                                                      numpy.arange(committed)))


if __name__ == "__main__":
    if numpy is None:
        print("Skipped\nthis Python has no NumPy")
        sys.exit(77)
    GROW, FOLLOW = map(os.path.abspath, sys.argv[1:])
    unittest.main(argv=sys.argv[:1], verbosity=1)
