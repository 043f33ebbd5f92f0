# SPDX-License-Identifier: MIT
#
# Goal: examples/phrases.cpp finds exactly what its usage text promises. Method: the program runs
# over data/ and small trees made here, and every phrase with its count, number of files and first
# place is compared with a count by regular expressions, which shares no code with it. What it keeps
# is read by NumPy.
#
# usage: phrases_test.py PROGRAM [TestClass]; of the classes only Keep needs NumPy, and only Memory
# a memory group
import ctypes
import errno
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from random import Random

try:
    import numpy
except ImportError:
    numpy = None

DATA = pathlib.Path(__file__).resolve().parent / "data"
PROGRAM = None
ROW = re.compile(r" *([\d,]+) +([\d,]+)  ([a-z0-9 ]*?|\(.*?\)) {2,}(\S.*): ([\d,]+)")


def run(*arguments, **more):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, timeout=60,
                          encoding="utf-8", errors="replace", **more)


def filter_calls(calls, argument, value, action):
    """For a process to be: what happens to a system call whose argument has this value."""
    call = calls[platform.machine()]
    load, equal, result, allow = 0x20, 0x15, 0x06, 0x7FFF0000  # linux/bpf_common.h, seccomp.h
    code = b"".join(struct.pack("HBBI", *each) for each in (
        (load, 0, 0, 0), (equal, 0, 3, call), (load, 0, 0, 16 + 8 * argument),
        (equal, 0, 1, value), (result, 0, 0, action), (result, 0, 0, allow)))
    program = ctypes.create_string_buffer(code)
    header = struct.pack("HP", len(code) // 8, ctypes.addressof(program))
    library = ctypes.CDLL(None, use_errno=True)
    for option in ((38, 1, 0, 0, 0), (22, 2, header)):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        if library.prctl(*option) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def fail_reads_of_1_mib():
    """All but the first one of a file."""
    filter_calls({"x86_64": 0, "aarch64": 63}, 2, 1 << 20, 0x00050000 | errno.EIO)


def die_in_writes_at(offset):
    return lambda: filter_calls({"x86_64": 18, "aarch64": 68}, 3, offset, 0x80000000)


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


def hash_of(words):
    """What a phrase's hash is; frozen, because kept files hold it."""
    total = 0
    for word in words:
        value = 0xcbf29ce484222325
        for letter in word:
            value = (value ^ letter) * 0x100000001b3 % 2**64
        value = (value ^ value >> 32) * 0xff51afd7ed558ccd % 2**64
        total = (total * 0x9e3779b97f4a7c15 + (value ^ value >> 29)) % 2**64
    return total


def expected_records(paths, words, first_file=0):
    """(hash, file, words, offset) of every phrase in the order of the paths."""
    records = []
    for file, path in enumerate(paths, first_file):
        content = pathlib.Path(path).read_bytes()
        found = [] if b"\0" in content[:8192] else list(re.finditer(rb"[A-Za-z0-9]+", content))
        for first in range(len(found) - words + 1):
            phrase = [match[0].lower() for match in found[first:first + words]]
            records.append((hash_of(phrase), file, words, found[first].start()))
    return records


def table(output):
    return output.split("\n\n")[0]


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

    def test_the_elements_in_memory_are_bounded(self):
        # 100,000 records of 24 bytes, 2.4 MB; the program itself is counted, too.
        self.write("large.txt", b"one two three four five six seven " * 15000)
        plain = run(self.root).stdout
        bounded = run(self.root, "--memory", "1M").stdout
        took = re.search(r"\nmemory +([\d,]+) bytes of the elements at the peak of growing, of "
                         r"1,048,576 allowed; ([\d,]+) in all, from reading to counting, "
                         r"page cache included\n", bounded)
        self.assertLessEqual(number(took[1]), 1 << 20)
        self.assertGreater(number(took[1]), 1 << 18)
        self.assertLess(number(took[2]), 64 << 20)
        self.assertGreater(number(took[2]), number(took[1]))
        self.assertNotIn("memory  ", plain)
        self.assertEqual(plain.partition("\ntext")[0], bounded.partition("\ntext")[0])

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

    def test_a_file_that_fails_in_the_middle_counts_for_nothing(self):
        self.write("good", b"one two three four five")
        self.write("half", b"one two three four five " * 1000)
        result = run(self.root, preexec_fn=fail_reads_of_1_mib)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("half: Input/output error", result.stderr)
        self.assertRegex(result.stdout, "text +1 files, .*skipped 0 binary, 1 unreadable\n")
        self.assertEqual([row[:2] for row in rows(result.stdout)], [(1, 1)])

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
                          ["--memory"], ["--memory", "64"], ["--memory", "0M"], ["--memory", "M"],
                          ["--memory", "64MB"], ["--memory", "-1G"],
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


class MemoryGroup:
    """A memory group such as ./run makes, of version 1 or 2. OSError where there can be none."""
    VERSIONS = (("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
                ("/sys/fs/cgroup", "memory.max", "memory.peak"))

    def __init__(self, limit_bytes):
        failures = []
        for parent, limit, self.peak in self.VERSIONS:
            self.folder = pathlib.Path(parent) / f"mapvec-run-{os.getpid()}"
            try:
                self.folder.mkdir()
            except OSError as failure:
                failures.append(str(failure))
                continue
            if (self.folder / limit).exists() and (self.folder / self.peak).exists():
                (self.folder / limit).write_text(str(limit_bytes), encoding="ascii")
                return
            failures.append(f"{parent} has no memory controller that keeps a peak")
            self.folder.rmdir()
        raise OSError("no memory group: " + "; ".join(failures))

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def close(self):
        """How much memory there was at the peak."""
        peak = int((self.folder / self.peak).read_text(encoding="ascii"))
        for _ in range(100):  # it is busy for a moment after its last process
            try:
                self.folder.rmdir()
                break
            except OSError:
                time.sleep(0.02)
        return peak


def why_memory_is_not_counted(program):
    """Empty if it is."""
    if b"__asan_init" in pathlib.Path(program).read_bytes():
        return "the memory of AddressSanitizer would be counted, too"
    try:
        MemoryGroup(64 << 20).close()
    except OSError as failure:
        return str(failure)
    return ""


class Memory(Scratch):
    """2,400,000 records of 24 bytes, of which a tenth may be in memory."""
    SIZE = 6 << 20

    def setUp(self):
        super().setUp()
        random = Random(7)
        text = " ".join(f"{random.randrange(16 ** 4):x}" for _ in range(2000)).encode()
        for name in ("a/1", "a/2", "b/1"):  # equal phrases go through many blocks
            self.write(name, ((text + b"\n") * 50 + b"one " * 100000) * 4)

    def run_in_group(self, *arguments):
        """The output, and what it says of its peak, which is what the group says."""
        group = MemoryGroup(16 * self.SIZE)
        result = run(*arguments, "--memory", "6M", preexec_fn=group.enter)
        peak = group.close()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        said = number(re.search(r"; ([\d,]+) in all, ", result.stdout)[1])
        self.assertLessEqual(said, peak)
        self.assertGreaterEqual(said, peak - (1 << 20))
        return result.stdout, said

    def expect_bounded(self, *arguments):
        _, least = self.run_in_group(self.write("small", b"one two three four five"))
        output, peak = self.run_in_group(*arguments)
        self.assertLess(peak - least, 2 * self.SIZE)
        return output

    def test_reading_sorting_and_counting_are_bounded_together(self):
        output = self.expect_bounded(self.root / "a", self.root / "b")
        self.assertEqual(table(output), table(run(self.root / "a", self.root / "b").stdout))
        self.assertEqual(rows(output)[0][:3], (1200000 - 4 * 3 * 4, 3, "one one one one one"))

    def test_so_are_records_of_earlier_runs(self):
        keep = ("--keep", self.root / "kept.npy")
        self.run_in_group(*keep, self.root / "b")
        output = self.expect_bounded(*keep, self.root / "a")
        self.assertEqual(table(output), table(run(self.root / "a", self.root / "b").stdout))


class Keep(Scratch):
    def setUp(self):
        super().setUp()
        self.file = self.root / "kept.npy"
        self.name_file = self.root / "kept.names.npy"

    def tree(self, name, *contents):
        for index, content in enumerate(contents):
            self.write(f"{name}/{index}", content)
        return self.root / name

    def keep(self, *arguments, **more):
        return run("--keep", self.file, "--words", 2, *arguments, **more)

    def kept(self):
        """The records and the names of their files."""
        records = numpy.load(self.file, mmap_mode="r")
        names = numpy.load(self.name_file)
        self.assertEqual(records.dtype.names, ("hash", "file", "words", "offset"))
        self.assertEqual(names.dtype, numpy.uint8)
        *each, rest = names.tobytes().split(b"\0")
        self.assertEqual(rest, b"")
        return records.tolist(), [name.decode() for name in each]

    def expect_kept(self, *roots):
        records, names = self.kept()
        expected = [sorted(str(path) for path in root.rglob("*")
                           if path.is_file() and path.stat().st_size > 0) for root in roots]
        self.assertEqual(names, sum(expected, []))
        self.assertGreater(len(records), 0)
        self.assertEqual(records, expected_records(names, 2))

    def test_numpy_reads_what_is_kept_in_the_order_of_the_input(self):
        result = self.keep(DATA)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.expect_kept(DATA)
        self.assertEqual(table(result.stdout), table(run("--words", 2, DATA).stdout))

    def test_a_second_run_appends_and_counts_all(self):
        one = self.tree("one", b"blue red blue red", b"one red blue", b"\0", b"x")
        two = self.tree("two", b"red blue", b"green red blue red")
        for first, second in ((one, two), (two, one)):
            with self.subTest(first=first.name):
                self.assertEqual(self.keep(first).returncode, 0)
                before = self.file.read_bytes()[192:]
                self.assertEqual(len(before), self.file.stat().st_size - 192)
                result = self.keep(second)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.expect_kept(first, second)
                self.assertEqual(self.file.read_bytes()[192:][:len(before)], before)
                together = run("--words", 2, one, two)
                self.assertEqual(table(result.stdout), table(together.stdout))
                self.file.unlink()
                self.name_file.unlink()

    def test_names_hold_from_every_directory(self):
        self.tree("one", b"red blue", b"red blue")
        subprocess.run([PROGRAM, "--keep", "kept.npy", "--words", "2", "one"], cwd=self.root,
                       capture_output=True, check=True, timeout=60)
        self.expect_kept(self.root / "one")
        result = self.keep(self.tree("two", b"red blue"))
        self.assertEqual(rows(result.stdout), [(3, 3, "red blue", f"{self.root}/one/0", 0)])

    def test_nothing_new_to_read_still_counts_what_is_kept(self):
        before = self.keep(self.tree("one", b"red blue red blue"))
        result = self.keep(self.tree("two", b"\0"))
        self.assertEqual((result.returncode, table(result.stdout)), (0, table(before.stdout)))
        self.expect_kept(self.root / "one", self.root / "two")

    def test_kept_files_that_cannot_be_read_any_more_are_named_once(self):
        one = self.tree("one", b"red blue red blue", b"fig pear", b"sun moon sun moon", b"a b a b")
        self.assertEqual(self.keep(one).stderr, "")
        (one / "0").unlink()
        self.write("one/1", b"fig")
        (one / "2").unlink()
        (one / "2").mkdir()
        result = self.keep(self.tree("two", b"blue red", b"pear fig"))
        self.assertEqual(result.returncode, 0)
        self.assertEqual(sorted(result.stderr.splitlines()), [
            f"phrases: cannot read {one}/{name} any more" for name in range(3)])
        lost = "(its file cannot be read any more)"
        self.assertEqual(sorted(rows(result.stdout)), sorted([
            (2, 1, lost, f"{one}/0", 0), (2, 2, lost, f"{one}/0", 4), (1, 1, lost, f"{one}/1", 0),
            (2, 1, lost, f"{one}/2", 0), (1, 1, lost, f"{one}/2", 4), (2, 1, "a b", f"{one}/3", 0),
            (1, 1, "b a", f"{one}/3", 2), (1, 1, "pear fig", f"{self.root}/two/1", 0)]))

    def test_a_kill_leaves_whole_files_and_the_next_run_appends(self):
        content = b"pear apple fig " * 40000
        files = 60
        root = self.tree("many", *[content] * files)
        one = numpy.array(expected_records([root / "0"], 2), dtype=object)
        for _ in range(10):
            done = self.kill_after_a_commit(root)
            if 0 < done < files:
                break
            self.file.unlink()
            self.name_file.unlink()
        self.assertTrue(0 < done < files, "no kill was in time")
        records = numpy.load(self.file)
        self.assertEqual(len(records), done * len(one))
        for column, name in ((0, "hash"), (3, "offset")):
            expected = numpy.tile(one[:, column].astype("<u8"), done)
            self.assertTrue(numpy.array_equal(records[name], expected), name)
        self.assertTrue(numpy.array_equal(records["file"], numpy.repeat(range(done), len(one))))
        names = numpy.load(self.name_file).tobytes().split(b"\0")[:-1]
        self.assertGreaterEqual(len(names), done)
        self.assertEqual(names, sorted(str(path).encode() for path in root.iterdir())[:len(names)])

        result = self.keep(self.tree("after", b"late pear apple"), "--top", 3)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        expected = expected_records([self.root / "after/0"], 2, first_file=len(names))
        self.assertEqual(numpy.load(self.file)[done * len(one):].tolist(), expected)
        self.assertEqual(rows(result.stdout)[0], (done * 40000 + 1, done + 1, "pear apple",
                                                  f"{self.root}/after/0", 5))

    def test_names_are_committed_before_the_records_that_need_them(self):
        root = self.tree("one", b"red blue red", b"blue red")
        # Where the counts end in the headers of names and of records.
        for offset, names in ((64, []), (128, [f"{root}/0", f"{root}/1"])):
            with self.subTest(offset=offset):
                result = self.keep(root, preexec_fn=die_in_writes_at(offset))
                self.assertEqual(result.returncode, -signal.SIGSYS)
                self.assertEqual(self.kept(), ([], names))
                self.assertEqual(self.keep(root).returncode, 0)
                expected = expected_records([f"{root}/0", f"{root}/1"], 2, first_file=len(names))
                self.assertEqual(self.kept(), (expected, names + [f"{root}/0", f"{root}/1"]))
                self.file.unlink()
                self.name_file.unlink()

    def kill_after_a_commit(self, root):
        """How many files were committed when it was killed."""
        program = subprocess.Popen([PROGRAM, "--keep", self.file, "--words", "2", root],
                                   stdout=subprocess.DEVNULL)
        while program.poll() is None:
            if self.file.exists() and len(numpy.load(self.file, mmap_mode="r")) > 0:
                program.kill()
        self.assertEqual(program.wait(), -signal.SIGKILL)
        records = numpy.load(self.file, mmap_mode="r")
        return int(records["file"][-1]) + 1

    def test_a_full_disk_leaves_what_the_run_before_has_committed(self):
        small = self.tree("small", b"red blue red blue")
        self.assertEqual(self.keep(small).returncode, 0)
        large = self.tree("large", b"one two three four five six seven " * 100000)
        result = self.keep(large, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                        (4 << 20, 4 << 20)))
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, r"^phrases: .*kept.npy.*File too large.*\n$")
        self.expect_kept(small)
        self.assertEqual(self.keep(self.tree("more", b"red blue")).returncode, 0)
        self.expect_kept(small, self.root / "more")

    def test_an_unreadable_file_has_a_name_and_no_records(self):
        self.tree("one", b"red blue", b"nobody reads", b"blue red")
        (self.root / "one/1").chmod(0)
        program = shutil.copy(PROGRAM, self.root / "program")  # where nobody can run it
        self.root.chmod(0o777)
        another_user = {"user": "nobody"} if os.geteuid() == 0 else {}
        result = subprocess.run([program, "--keep", self.file, "--words", "2", self.root / "one"],
                                capture_output=True, timeout=60, cwd="/", **another_user)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"one/1: Permission denied", result.stderr)
        records, names = self.kept()
        self.assertEqual(names, [f"{self.root}/one/{index}" for index in range(3)])
        self.assertEqual([record[1] for record in records], [0, 2])

    def test_a_file_that_fails_in_the_middle_has_a_name_and_no_records(self):
        root = self.tree("one", b"red blue " * 9, b"red blue " * 5000, b"blue red " * 9)
        result = self.keep(root, preexec_fn=fail_reads_of_1_mib)
        self.assertIn("one/1: Input/output error", result.stderr)
        records, names = self.kept()
        self.assertEqual(names, [f"{root}/{index}" for index in range(3)])
        expected = expected_records(names, 2)
        self.assertEqual(records, [record for record in expected if record[1] != 1])

    def expect_refusal(self, message, *arguments):
        present = [path for path in (self.file, self.name_file) if path.exists()]
        before = [path.read_bytes() for path in present]
        result = self.keep(*arguments, self.root / "one")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, message)
        self.assertEqual([path.read_bytes() for path in present], before)

    def test_files_that_do_not_fit_together_are_refused(self):
        self.keep(self.tree("one", b"red blue", b"blue red"))
        self.expect_refusal(r"^phrases: .*kept\.npy has phrases of 2 words", "--words", 3)
        names = numpy.load(self.name_file)
        for wrong in (names[:0], names[:len(names) // 2], names[:-1]):
            numpy.save(self.name_file, wrong)
            self.expect_refusal(r"^phrases: .*kept\.names\.npy .*kept\.npy.* [01] files\n$")
        self.name_file.unlink()
        self.expect_refusal(r"^phrases: .*kept\.names\.npy.*No such file")
        self.assertFalse(self.name_file.exists())
        numpy.save(self.name_file, names)
        numpy.save(self.file, numpy.arange(3))
        self.expect_refusal(r"^phrases: .*kept\.npy.*<i8")
        self.file.write_bytes(b"no array")
        self.expect_refusal(r"^phrases: .*kept\.npy")

    def test_a_name_without_npy_is_a_mistake(self):
        for arguments in (["--keep"], ["--keep", "kept"], ["--keep", ""], ["--keep", "a.npy.gz"]):
            result = run(*arguments, cwd=self.root)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertRegex(result.stderr, r"^phrases: --keep .*\nusage: phrases ")
        self.assertEqual(list(self.root.iterdir()), [])


if __name__ == "__main__":
    if numpy is None and "Keep" in sys.argv:
        print("Skipped\nthis Python has no NumPy")
        sys.exit(77)
    if "Memory" in sys.argv and (reason := why_memory_is_not_counted(sys.argv[1])):
        print(f"Skipped\n{reason}")
        sys.exit(77)
    PROGRAM = os.path.abspath(sys.argv[1])
    unittest.main(argv=[sys.argv[0]] + sys.argv[2:], verbosity=1)
