# SPDX-License-Identifier: MIT
#
# Goal: gdb shows vectors, live and in a core file, without calling anything in the program, and
# reads no more elements than it prints. Method: gdb in batch mode stops a program that was built
# against an installed library, shared (gdb finds the printers by itself) or static (they are
# sourced). Arguments: shared or static, where the library is installed, the program, an empty
# directory.
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

WAY = sys.argv[1]
STAGE, PROGRAM, WORK = map(pathlib.Path, sys.argv[2:])
SHARE = STAGE / "share"
OWN = re.escape(str(WORK))
AUTO_LOAD = WORK / "auto-load"


def move_auto_load():
    """The library is installed for /usr, and gdb looks below the path that it has now."""
    script = next(SHARE.glob("gdb/auto-load/**/*-gdb.py"))
    folder = script.parent.relative_to(SHARE / "gdb/auto-load")
    library = STAGE / folder.relative_to("usr") / script.name.removesuffix("-gdb.py")
    assert library.exists(), library
    moved = AUTO_LOAD / library.parent.relative_to("/")
    moved.mkdir(parents=True)
    shutil.copy(script, moved)


def gdb(*commands, target=(), sourced=WAY == "static"):
    """What gdb prints, all of it. It may call no function of the program."""
    if not sourced:
        first = [f"set auto-load scripts-directory {AUTO_LOAD}",
                 f"add-auto-load-safe-path {AUTO_LOAD}"]
    else:
        first = [f"source {SHARE}/mapvec/gdb/mapvec_printers.py"]
    setup = ["set pagination off", "set width 0", "set confirm off", "set may-call-functions off",
             "set debuginfod enabled off", "set auto-load python-scripts on"]
    words = ["gdb", "-nx", "-batch"]
    for command in setup + first:
        words += ["-iex", command]
    for command in commands:
        words += ["-ex", command]
    answer = subprocess.run(words + [PROGRAM, *target], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=60)
    return answer.stdout


def printing(names):
    """Commands that print each expression behind a line with it."""
    return [command for name in names for command in (f"echo @{name}=", f"print {name}")]


def printed(output):
    """What printing() has made gdb print, by expression."""
    return dict(re.findall(r"@([^=]*)=\$\d+ = (.*)", output))


NAMES = ["empty", "few", "many", "named", "moved_from", "moved_to", "points", "rows", "triples",
         "closed", "view", "no_view", "cut"]


class printers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir(parents=True)
        if WAY == "shared":
            move_auto_load()
        # The last vector claims 10^12 elements, of which gdb is to ask for four.
        cls.output = gdb(
            "set breakpoint pending on", "break stop", f"run {WORK}", "up", "set print elements 4",
            *printing(NAMES), f"generate-core-file {WORK}/core",
            "set var many.storage_.capacity_bytes_ = 4000000000000",
            "set var many.end_ = (int*)many.storage_.data_ + 1000000000000",
            "echo @huge=", "print many",
            "set var few.end_ = (int*)few.storage_.data_ - 1", "echo @garbage=", "print few",
            "kill")
        cls.live = printed(cls.output)
        cls.core = printed(gdb("up", *printing(NAMES), target=[WORK / "core"]))

    def expect(self, name, text):
        self.assertEqual(self.live.get(name), text, self.output)

    def test_of_vectors_in_memory(self):
        self.assertRegex(self.live.get("few", self.output),
                         r"^mapvec::vector of length 3, capacity \d+, in memory = \{1, 2, 3\}$")
        self.assertRegex(self.live["points"], r", in memory = \{\{x = 1, y = 2\}\}$")

    def test_of_vectors_without_a_file(self):
        self.expect("empty", "mapvec::vector of length 0, capacity 0, without a file")
        self.expect("moved_from", "mapvec::vector of length 0, capacity 0, without a file")
        self.assertRegex(self.live["moved_to"], r"of length 2, .* = \{1, 2\}$")

    def test_of_vectors_in_files(self):
        self.assertRegex(
            self.live["many"],
            r"^mapvec::vector of length 1000000, capacity \d+, in a file without a name = "
            r"\{0, 1, 2, 3\.\.\.\}$")
        self.assertRegex(self.live["named"], rf', in "{OWN}/mapvec-[0-9a-f-]+\.seg" = \{{7\}}$')

    def test_of_persistent_vectors(self):
        self.assertRegex(self.live["rows"],
                         r"^mapvec::file_vector of length 3, capacity \d+, 2 committed, "
                         rf'in "{OWN}/rows\.npy" = \{{0, 0, 0\.5\}}$')
        self.assertRegex(self.live["triples"], r"of length 2, capacity \d+, 2 committed, ")
        self.expect("closed", "mapvec::file_vector of length 0, capacity 0, without a file")

    def test_of_views(self):
        self.expect("view", f'mapvec::file_view of length 2, in "{WORK}/rows.npy" = {{0, 0}}')
        self.expect("no_view", "mapvec::file_view of length 0, without a file")

    def test_of_a_file_that_was_cut_by_others(self):
        self.assertRegex(self.live["cut"], r'of length 2, capacity \d+, in ".*/cut\.npy", '
                                           r"elements not readable$")

    def test_ask_for_no_more_elements_than_are_printed(self):
        self.assertIn("of length 1000000000000, ", self.live.get("huge", self.output))
        self.assertIn("{0, 1, 2, 3...}", self.live["huge"])

    def test_of_what_is_no_vector_yet(self):
        self.expect("garbage", "mapvec::vector that is not constructed")

    def test_of_core_files_say_that_elements_are_not_there(self):
        self.assertEqual(sorted(self.core), sorted(NAMES))
        self.assertRegex(self.core["few"], r"^mapvec::vector of length 3, capacity \d+, in memory, "
                                           r"elements not in the core file$")
        self.assertRegex(self.core["rows"], rf'^mapvec::file_vector of length 3, capacity \d+, '
                                            rf'in "{OWN}/rows\.npy", elements not in the core')
        self.assertEqual(self.core["closed"], self.live["closed"])


@unittest.skipUnless(WAY == "shared", "a static library has the debug information of its program")
class printers_without_debug_information_of_the_library(unittest.TestCase):
    def test_know_all_but_the_names_of_files_that_it_made(self):
        WORK.mkdir(parents=True, exist_ok=True)
        files = WORK / "files"
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir()
        subprocess.run(["strip", "--strip-debug", "-o", WORK / "libmapvec.so.0.1",
                        next(STAGE.glob("lib/**/libmapvec.so.0.1"))], check=True)
        output = gdb("set breakpoint pending on", f"set environment LD_LIBRARY_PATH={WORK}",
                     "break stop", f"run {files}", "up", *printing(["few", "rows", "view"]), "kill",
                     sourced=True)
        found = printed(output)
        self.assertRegex(found.get("few", output), r", in memory = \{1, 2, 3\}$")
        # The kernel calls it deleted if it was made without a name.
        self.assertRegex(found["rows"], r"of length 3, capacity \d+, 2 committed, in "
                                        r"(a file|\".*/rows\.npy\") = \{0, 0, 0\.5\}$")
        self.assertIn(f'of length 2, in "{files}/rows.npy" = ', found["view"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
