# SPDX-License-Identifier: MIT
#
# Goal: examples/phrases.cpp finds exactly what its usage text promises. Method: the program runs
# over data/ and small trees made here, and every phrase with its count, number of files and first
# place is compared with a count by regular expressions, which shares no code with it.
#
# usage: phrases_test.py PROGRAM [TestClass]
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

DATA = pathlib.Path(__file__).resolve().parent / "data"
PROGRAM = None
ROW = re.compile(r" *([\d,]+) +([\d,]+)  ([a-z0-9 ]*?) {2,}(\S.*): ([\d,]+)")


def run(*arguments, **more):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, timeout=60,
                          encoding="utf-8", errors="replace", **more)


def number(text):
    return int(text.replace(",", ""))


def rows(output):
    """(count, files, phrase, path, offset) of every line of the table."""
    table = output.split("\n\n")[0].splitlines()
    assert table[0].split() == "count files phrase first at byte".split(), table[0]
    found = []
    for line in table[1:]:
        match = ROW.fullmatch(line)
        assert match, line
        count, files, phrase, path, offset = match.groups()
        found.append((number(count), number(files), phrase, path, number(offset)))
    return found


def expected_rows(root, words):
    """The same, counted here."""
    places = {}
    for path in sorted(str(path) for path in root.rglob("*")):
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        content = pathlib.Path(path).read_bytes()
        if b"\0" in content[:8192]:
            continue
        found = list(re.finditer(rb"[A-Za-z0-9]+", content))
        for first in range(len(found) - words + 1):
            phrase = b" ".join(match[0].lower() for match in found[first:first + words]).decode()
            places.setdefault(phrase, []).append((path, found[first].start()))
    table = [(len(where), len({path for path, _ in where}), phrase, *min(where))
             for phrase, where in places.items()]
    return sorted(table, key=lambda row: (-row[0], row[2]))


class Scratch(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(dir="/var/tmp")
        self.root = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def expect_same(self, root, words):
        result = run(root, "--words", words, "--top", 1000000)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        expected = expected_rows(root, words)
        self.assertGreater(len(expected), 0)
        self.assertEqual(rows(result.stdout), expected)
        return expected


class Counts(Scratch):
    def test_all_counts_over_the_committed_text(self):
        for words in (1, 2, 3, 5, 17, 100):
            with self.subTest(words=words):
                table = self.expect_same(DATA, words)
                self.assertGreater(table[0][0], 1)

    def test_the_committed_text_has_what_it_is_for(self):
        self.assertEqual((DATA / "empty.txt").stat().st_size, 0)
        self.assertEqual((DATA / "exact.txt").stat().st_size, 8192)
        self.assertIn(b"\0", (DATA / "nul_at_8191.dat").read_bytes()[8191:8192])
        self.assertEqual((DATA / "nul_late.txt").read_bytes().find(b"\0"), 8192)
        self.assertIn(b"\r\n", (DATA / "garden/deep/crlf.txt").read_bytes())
        self.assertRegex((DATA / "across.txt").read_bytes()[8191:8193], rb"[a-z]{2}")

    def test_words_across_the_pieces_of_a_large_file(self):
        line = b"every Word of this line meets a border of 1 piece sooner or later\n"
        self.write("large.txt", line * 50000)
        large = b"x" * (8192 + (1 << 20) - 3) + b"yzzyz end of a very long word\n"
        self.write("long_word.txt", b"w " + large)
        for words in (2, 5):
            with self.subTest(words=words):
                result = run(self.root, "--words", words, "--top", 12)
                self.assertEqual(result.returncode, 0)
                table = rows(result.stdout)
                self.assertEqual(table, expected_rows(self.root, words)[:12])
                self.assertGreaterEqual(table[0][0], 50000)

    def test_phrases_do_not_cross_files(self):
        self.write("1", b"red green")
        self.write("2", b"blue red")
        table = self.expect_same(self.root, 2)
        self.assertEqual([row[2] for row in table], ["blue red", "red green"])


class Report(Scratch):
    def test_ties_are_broken_by_the_phrase(self):
        self.write("text", b"pear apple fig date pear apple fig date lime " * 3)
        whole = expected_rows(self.root, 1)
        self.assertEqual([row[2] for row in whole], ["apple", "date", "fig", "pear", "lime"])
        for top in range(1, 7):
            result = run(self.root, "--words", 1, "--top", top)
            self.assertEqual(rows(result.stdout), whole[:top])

    def test_the_default_is_twenty_phrases_of_five_words(self):
        table = rows(run(DATA).stdout)
        self.assertEqual(table, expected_rows(DATA, 5)[:20])

    def test_several_paths_are_one_text(self):
        table = rows(run(DATA / "across.txt", DATA / "garden", "--top", 9).stdout)
        shutil.copytree(DATA / "garden", self.root / "garden")
        shutil.copy(DATA / "across.txt", self.root / "across.txt")
        expected = expected_rows(self.root, 5)[:9]
        self.assertEqual([row[:3] for row in table], [row[:3] for row in expected])

    def test_figures_after_the_table(self):
        result = run(DATA, "--words", 2)
        figures = result.stdout.split("\n\n")[1]
        expected = expected_rows(DATA, 2)
        records = sum(row[0] for row in expected)
        self.assertRegex(figures, r"text +10 files, [\d,]+ bytes; "
                                  r"skipped 2 binary, 0 unreadable\n")
        self.assertRegex(figures, rf"elements +{records:,} of 24 bytes, {len(expected):,} distinct")
        self.assertRegex(figures, r"bytes +[\d,]+ on disk, [\d,]+ of memory at the peak")
        for phase in ("reading", "sorting", "counting"):
            self.assertRegex(figures, rf"{phase} +\d+\.\d\d s +[\d.]+ MB/s")

    def test_a_large_text_is_on_disk(self):
        self.write("large.txt", b"one two three four five six seven " * 10000)
        found = re.search(r"([\d,]+) on disk", run(self.root).stdout)
        self.assertGreaterEqual(number(found[1]), 69996 * 24)

    def test_fewer_words_than_a_phrase_make_an_empty_table(self):
        result = run(self.write("text", b"only three words"), "--words", 4)
        self.assertEqual((result.returncode, result.stderr, rows(result.stdout)), (0, "", []))

    def test_no_progress_bar_without_a_terminal(self):
        self.assertEqual(run(DATA).stderr, "")

    def test_a_progress_bar_on_a_terminal(self):
        mine, its = os.openpty()
        with os.fdopen(its, "wb") as terminal:
            subprocess.run([PROGRAM, DATA], stdout=subprocess.DEVNULL, stderr=terminal, timeout=60)
        shown = os.read(mine, 1 << 16).decode()
        os.close(mine)
        self.assertIn("reading [", shown)
        self.assertTrue(shown.endswith("\r\033[K"), repr(shown[-50:]))


class Inputs(Scratch):
    def test_a_zero_byte_in_the_first_8_kib_makes_a_file_binary(self):
        for content, status in ((b"a\0b", 1), (b"x" * 8191 + b"\0", 1), (b"x" * 8192 + b"\0", 0)):
            self.write("file", content)
            self.assertEqual(run(self.root, "--words", 1).returncode, status, len(content))

    def test_links_fifos_and_devices_are_passed_over(self):
        self.write("sub/text", b"a text among strange things")
        (self.root / "sub/loop").symlink_to(self.root)
        (self.root / "sub/self").symlink_to("self")
        (self.root / "sub/nowhere").symlink_to("missing")
        (self.root / "sub/again").symlink_to("text")
        os.mkfifo(self.root / "sub/fifo")
        if os.geteuid() == 0:
            os.mknod(self.root / "sub/zero", 0o20666, os.makedev(1, 5))
        self.assertEqual(len(self.expect_same(self.root, 5)), 1)

    def test_a_link_that_is_named_is_followed(self):
        self.write("real/text", b"one two three four five")
        (self.root / "link").symlink_to("real")
        (self.root / "text").symlink_to("real/text")
        for path in (self.root / "link", self.root / "text"):
            self.assertEqual(len(rows(run(path).stdout)), 1)

    def test_a_named_fifo_is_refused_without_waiting(self):
        os.mkfifo(self.root / "fifo")
        result = run(self.root / "fifo")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{self.root}/fifo", result.stderr)

    def test_unreadable_files_are_counted_and_named(self):
        self.write("good", b"one two three four five")
        self.write("locked", b"nobody reads these five words").chmod(0)
        self.write("closed/inside", b"nobody reads these five words")
        (self.root / "closed").chmod(0)
        self.addCleanup((self.root / "closed").chmod, 0o700)
        program = shutil.copy(PROGRAM, self.root / "program")  # where nobody can run it
        self.root.chmod(0o755)
        another_user = {"user": "nobody", "cwd": "/"} if os.geteuid() == 0 else {}
        result = subprocess.run([program, self.root], capture_output=True, timeout=60,
                                encoding="utf-8", **another_user)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"skipped {self.root}/locked: Permission denied", result.stderr)
        self.assertIn(f"skipped {self.root}/closed: Permission denied", result.stderr)
        self.assertRegex(result.stdout, "skipped 1 binary, 2 unreadable")
        self.assertEqual([row[2] for row in rows(result.stdout)], ["one two three four five"])

    def test_no_input_is_a_message(self):
        (self.root / "empty").mkdir()
        self.write("binary", b"a\0")
        for path in (self.root / "empty", self.root / "binary"):
            result = run(path)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("there is no text to read", result.stderr)

    def test_names_that_are_odd_work(self):
        self.write("two  words: 7", b"one two three four five")
        self.write("-dash", b"one two three four five")
        self.assertEqual(rows(run(self.root).stdout)[0][:3], (2, 2, "one two three four five"))


class Mistakes(Scratch):
    def test_wrong_arguments_show_the_usage(self):
        for arguments in (["--words"], ["--words", "0"], ["--words", "-1"], ["--words", "five"],
                          ["--words", "5x"], ["--words", " 5"], ["--words", ""], ["--words", "1.5"],
                          ["--words", "99999999999999999999"], ["--words", "1000001"], ["--top"],
                          ["--top", "0"], ["--top", "no"], ["--what"], ["-x"], ["--words=5"],
                          [DATA, "--top", "3", "--top"]):
            with self.subTest(arguments=arguments):
                result = run(*arguments)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertRegex(result.stderr, r"^phrases: .*\nusage: phrases ")
                options = [each for each in arguments if str(each).startswith("--")]
                self.assertIn((options or arguments)[-1], result.stderr)

    def test_help_is_not_an_error(self):
        result = run("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(result.stdout.startswith("usage: phrases "))

    def test_a_missing_path_is_named(self):
        for arguments in (["missing"], [DATA, "missing"], [""]):
            result = run(*[self.root / each if each == "missing" else each for each in arguments])
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertRegex(result.stderr, r"^phrases: there is no file or directory.*\n$")
        self.assertIn("missing", run(self.root / "missing").stderr)

    def test_a_loop_of_links_is_named(self):
        (self.root / "self").symlink_to("self")
        result = run(self.root / "self")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{self.root}/self", result.stderr)

    def test_a_dangling_link_is_named(self):
        (self.root / "link").symlink_to("missing")
        result = run(self.root / "link")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{self.root}/link", result.stderr)

    def test_no_room_for_the_elements_is_one_line(self):
        self.write("large.txt", b"one two three four five six seven " * 100000)
        limit = 4 << 20
        result = run(self.root, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                      (limit, limit)))
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, r"^phrases: .*File too large.*\n$")

    def test_standard_output_that_is_full_is_an_error(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([PROGRAM, DATA], stdout=full, stderr=subprocess.PIPE,
                                    timeout=60, encoding="utf-8")
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard output", result.stderr)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=[sys.argv[0]] + sys.argv[2:], verbosity=1)
