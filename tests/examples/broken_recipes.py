# SPDX-License-Identifier: MIT
#
# Goal: what the recipes of the cookbook expect depends on what they do. Method: each `expect` has a
# change below, of a call or of an input, never of an `expect`; with it, the recipe must end with 1
# and say that this is not so. To spare compiling, a recipe and its broken copies are one program,
# each in a namespace, without sanitizers; which one runs is in the environment. The recipe itself,
# run in the same way, must end with 0.
#
# usage: broken_recipes.py BUILD LIBRARY..., the build directory with its compile_commands.json, and
# what to link
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECIPES = ROOT / "examples" / "cookbook"
EXPECT = re.compile(r'\bexpect\(\s*"([^"]*)".*?\);\n', re.DOTALL)
OPTIONAL = {"cereal_archive", "json_reference"}
WHICH = "MAPVEC_BROKEN_RECIPE"

# recipe: (message of the `expect` that fails, text that is there once, what it becomes)
CHANGES = {
    "append_to_numpy_file": [
        ("the elements are what NumPy wrote", "values[] = {1, 2, 4}", "values[] = {1, 2, 5}"),
        ("the same file has grown", "series.push_back(8)", "series.push_back(9)"),
    ],
    "cereal_archive": [
        ("a std::vector reads it", "written = {1.5, 2.5, 4.5}", "written = {1.5, 2.5}"),
        ("and the other way", "std::stringstream other;",
         "std::stringstream other; read.clear();"),
    ],
    "containers_in_a_file": [
        ("the words and their vectors are in the file, as the nodes are", "lines(&memory)",
         "lines"),
        ("a large block is a range of the file", "allocator<double>(memory)",
         "allocator<double>()"),
        ("and free again for others, with its disk space, when it is freed",
         "before = memory.used_bytes();",
         "before = memory.used_bytes();\n  const std::pmr::string other(100'000, 'x', &memory);"),
    ],
    "count_distinct": [
        ("one word occurs 9000 times", "run + 1 : 1", "run + 1 : 0"),
        ("778 are distinct", "mapvec::sort(words);", ""),
    ],
    "crash_safe_log": [
        ("the other process was killed", "std::raise(SIGKILL)", "std::_Exit(0)"),
        ("what was committed is there", "log.commit();", ""),
    ],
    "first_vector": [
        ("it holds what was put in", "i < 100'000", "i < 99'999"),
        ("elements have not moved while it grew", "&words.front()", "&words.back()"),
        ("pop takes the last one out", "words.pop()", "words.back()"),
    ],
    "fixed_capacity": [
        ("a full segment takes no more, and says so", '"events.bin", 1000)', '"events.bin", 999)'),
        ("the others move up", "truncate_front(500)", "truncate(500)"),
        ("the file is the elements and nothing else", "const auto again",
         'std::filesystem::resize_file("events.bin", 8008);\nconst auto again'),
        ("all of the capacity is there again; what was used, the program has to know",
         'const auto again = mapvec::segment<event>::open("events.bin");',
         'auto again = mapvec::segment<event>::open("events.bin"); again.truncate_front(1);'),
    ],
    "follow_a_growing_file": [
        ("the reader has seen each once", "ticks.push_back(i)", "ticks.push_back(i + 1)"),
    ],
    "full_disk": [
        ("a full disk is an exception", "4'500'000", "RLIM_INFINITY"),
        ("the vector is as it was", "numbers(1'000'000, 7)", "numbers(1'000'001, 7)"),
        ("with room again, the same vector grows on",
         "(RLIM_INFINITY);\n  numbers.resize(9'000'000)",
         "(RLIM_INFINITY);\n  numbers.resize(8'000'000)"),
    ],
    "hash_map_past_memory": [
        ("all are in the map", "push_back(random())", "push_back(random() % 1000)"),
        ("and each page is needed about once, not for each of its nodes",
         "mapvec::sort(keys, {}, [&](std::uint64_t key) { return counts.bucket(key); });", ""),
    ],
    "hostile_file": [
        ("what is no array is refused", 'std::ofstream("lies.npy") <<',
         'mapvec::file_vector<std::int32_t>::create("lies.npy").close(); std::cout <<'),
        ("so is another type, and it is named", 'file_vector<double>::create("doubles.npy")',
         'file_vector<float>::create("doubles.npy")'),
        ("so is what is not there", "mapvec::file_vector<double>::create",
         'mapvec::file_vector<int>::create("none.npy").close();\n'
         'mapvec::file_vector<double>::create'),
        ("a good one is taken", 'file_vector<std::int32_t>::create("good.npy")',
         'file_vector<std::int16_t>::create("good.npy")'),
    ],
    "join_files": [
        ("those in both, as they are in the first", "march.push_back({i, 100})",
         "march.push_back({i, 300})"),
        ("those in the first only", "set_difference", "set_symmetric_difference"),
        ("two sorted files into one", "mapvec::merge", "mapvec::set_union"),
    ],
    "json_reference": [
        ("the elements are there", "100'000, 0.5", "100'001, 0.5"),
        ("and are those of the sender", "100'000, 0.5", "100'000, 0.25"),
        ("the other process was content", "open_reference<double>", "open_reference<float>"),
    ],
    "keep_a_result": [
        ("all of it has a name that lasts", "i < 1'000'000", "i < 999'999"),
    ],
    "look_up_sorted": [
        ("one value, as in a std::vector", "ranges::lower_bound", "ranges::upper_bound"),
        ("each has its range", "{4'000'000, 30, 35}", "{4'000'000, 40, 35}"),
        ("what is missing has an empty one", "{4'000'000, 30, 35}", "{4'000'000, 30, 40}"),
    ],
    "memory_budget": [
        ("no more than the budget was in memory", "= budget_bytes}", "= 8 * budget_bytes}"),
        ("the first are on the disk, and still there", "push_back(i)", "push_back(i + 1)"),
        ("it is four times as large", "i < 4 * budget_bytes", "i < 2 * budget_bytes"),
    ],
    "million_records": [
        ("customer 7 bought 1000 times", "each.customer == 7", "each.article == 7"),
        ("they are in a file that nobody sees", "purchases;",
         "purchases(mapvec::options{.spill_threshold_bytes = 64 * mapvec::MiB});"),
    ],
    "numpy_file": [
        ("the file holds them", "i < 1000", "i < 999"),
        ("NumPy knows the columns by their names", "price, amount);", "price);"),
    ],
    "parallel_reduce": [
        ("the mean, on all processors", "15.5", "15"),
        ("any operation that is associative will do", "std::max(a, b)", "std::min(a, b)"),
        ("on one thread, too", "again =\n      mapvec::transform_reduce(readings, 0.0",
         "again =\n      mapvec::transform_reduce(readings, 1.0"),
    ],
    "queue": [
        ("the first 600 are done", "done < 600", "done < 599"),
        ("the others still wait", "truncate_front(done)", "truncate(1000 - done)"),
    ],
    "random_rows": [
        ("found[i] is squares[wanted[i]]", "mapvec::gather(squares, wanted, found);", ""),
    ],
    "raw_files": [
        ("they are the elements", ".offset_bytes = 16", ".offset_bytes = 14"),
        ("the file is the elements and nothing else", "samples.pop_back();", ""),
    ],
    "shuffle_for_training": [
        ("it is another order",
         "mapvec::shuffle(samples, random, {.memory_bytes = 64 * mapvec::MiB});", ""),
        ("the same seed gives the same order", "random.seed(42)", "random.seed(43)"),
        ("none is lost", "std::ranges::sort(again)", "std::ranges::reverse(again)"),
    ],
    "snapshot_before_changing": [
        ("the snapshot holds the old elements", "resize(1000, 1.0F)", "resize(1000, 2.0F)"),
        ("the vector the new ones", "weight = 2", "weight = 3"),
    ],
    "sort_by_a_key": [
        ("by patient, and those of a patient still by day", "&visit::patient", "&visit::day"),
        ("any function makes a key", "each.day % 2", "each.day % 3"),
    ],
    "sort_past_memory": [
        ("they are in order, the greatest first", "sort(keys, std::greater<>()",
         "sort(keys, std::less<>()"),
        ("none is lost", "sum = std::reduce(keys.begin()", "sum = std::reduce(keys.begin() + 1"),
    ],
    "sort_with_progress": [
        ("progress ends at 1", "done = fraction", "done = fraction / 2"),
        ("a stop is an exception, and no element is lost", "user.request_stop();", ""),
    ],
    "split_by_predicate": [
        ("60000 are valid", "i % 3 == 0", "i % 3 == 3"),
        ("they stand first, in their order", "push_back({i,", "push_back({90'000 - i,"),
        ("the others follow", "push_back({i,", "push_back({i == 0 ? 1 : i,"),
        ("and can be dropped", "truncate(valid)", "truncate(valid + 1)"),
    ],
    "standard_algorithms": [
        ("it is a span", "values.end(), 1.0", "values.end(), 2.0"),
        ("so is a part of it", "std::iota(values.begin(), values.end()",
         "std::iota(values.rbegin(), values.rend()"),
        ("its iterators are pointers", "std::ranges::reverse", "std::ranges::sort"),
        ("ranges go in, std::erase_if has a counterpart", "take(3)", "take(4)"),
    ],
    "stream_with_blocks": [
        ("a loop over blocks sees all elements", "sum += value", "sum = value"),
        ("blocks of a vector that is not const can be changed", "return -value", "return value"),
    ],
    "table_of_rows": [
        ("the file says how wide its rows are", ".row_width = 3", ".row_width = 2"),
        ("rows are spans", "4.F, 5.F, 6.F", "4.F, 6.F, 5.F"),
    ],
    "temporary_directory": [
        ("nothing is to be seen", "segment_builder::unnamed", "segment_builder::named"),
        ("but it is there", "hidden(\n      1'000'000", "hidden(\n      1000"),
        ("the file has a name", "seen(1'000'000", "seen(1000"),
        ("it is gone with the vector", "mapvec::vector<int> seen",
         "static mapvec::vector<int> seen"),
    ],
    "top_ten": [
        ("ten, the best one first", "std::greater<>()", "std::less<>()"),
        ("the other end as well", "std::less<>()", "std::greater<>()"),
    ],
    "update_a_whole_file": [
        ("the vector goes on with the new ones", "price *= 1.5", "price *= 1.25"),
        ("who opened the old file keeps it", "prices.replace(std::move(next))",
         "std::ranges::copy(next, prices.begin())"),
        ("who opens it now gets the new one", "prices.replace(std::move(next))",
         'prices = mapvec::persist(std::move(next), "others.npy")'),
    ],
    "what_it_costs": [
        ("a small vector has no file", "small(1000,", "small(2'000'000,"),
        ("a large one takes its elements' size of disk, and some ahead of them",
         "large(20'000'000,", "large(50'000'000,"),
        ("what is evicted takes no memory until somebody needs it",
         "large.evict(0, large.size());", ""),
        ("the process has two more", "large.evict(0,",
         "mapvec::vector<char> third(10, 'x'); large.evict(0,"),
        ("nothing stays behind", "mapvec::vector<char> small", "static mapvec::vector<char> small"),
    ],
}


class wrong(Exception):
    """The table does not fit the recipes, or a recipe did not notice."""


def broken(recipe, text, message, old, new):
    if text.count(old) != 1:
        raise wrong(f"{recipe}: {old!r} is there {text.count(old)} times")
    result = text.replace(old, new)
    if [each[0] for each in EXPECT.finditer(result)] != [each[0] for each in EXPECT.finditer(text)]:
        raise wrong(f"{recipe}: {new!r} changes what is expected")
    return result


def variants(recipe, text):
    """(message, source) of the recipe as it is, without a message, and of its broken copies."""
    changes = CHANGES.get(recipe, [])
    expected = sorted(each[1] for each in EXPECT.finditer(text))
    if expected != sorted(message for message, _, _ in changes) or not expected:
        raise wrong(f"{recipe}: expects {expected}, and each of these needs one change")
    if len(set(expected)) != len(re.findall(r"\bexpect\b\(", text)):
        raise wrong(f"{recipe}: an `expect` has no message, or that of another")
    return [("", text)] + [(change[0], broken(recipe, text, *change)) for change in changes]


def program_of(sources):
    """One program: the includes, what stands before all the mains if that is the same, a namespace
    for each source, and what chooses one."""
    heads, mains = zip(*(re.split(r"^(?=int main\()", source, maxsplit=1, flags=re.MULTILINE)
                         for source in sources))
    includes = re.findall(r"^#include .*$", heads[0], re.MULTILINE)
    heads = [re.sub(r"^#include .*$", "", head, flags=re.MULTILINE) for head in heads]
    are_alike = len(set(heads)) == 1
    program = includes + (heads[:1] if are_alike else [])
    for number, (head, main) in enumerate(zip(heads, mains)):
        main = main.replace("int main()", "void run(int, char**)", 1)
        main = main.replace("int main(", "void run(", 1)
        program += [f"namespace variant_{number} {{", "" if are_alike else head, main, "}"]
    program.append(f'int main(int count, char** arguments) {{\n'
                   f'  switch (std::atoi(std::getenv("{WHICH}"))) {{')
    program += [f"    case {number}: variant_{number}::run(count, arguments); return 0;"
                for number in range(len(sources))]
    return "\n".join(program + ["  }\n  return 2;\n}\n"])


def run(command, **others):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300,
                          **others)


def compile(command, output, *sources):
    result = run([*command, *sources, "-o", output])
    if result.returncode != 0:
        raise wrong(f"{output.name}: does not compile\n{result.stderr[:3000]}")


def flags_of(command):
    """The recipe's compiler and flags, without what makes compiling slow or the precompiled header
    unfit, and without its files."""
    words = shlex.split(command)
    kept = [word for word in words[:words.index("-o")]
            if not word.startswith(("-fsanitize", "-fno-sanitize", "-g", "-W", "-O"))]
    return kept + ["-O0", f"-I{RECIPES}"]


def check(recipe, flags, libraries, folder):
    """What was not noticed."""
    text = (RECIPES / f"{recipe}.cpp").read_text(encoding="utf-8")
    found = variants(recipe, text)
    source = folder / f"{recipe}.cpp"
    source.write_text(program_of([each[1] for each in found]), encoding="utf-8")
    program = folder / recipe
    compile([*flags, "-include", folder / "common.hpp"], program, source,
            "-fsanitize=address,undefined", *libraries)
    unnoticed = []
    for number, (message, _) in enumerate(found):
        directory = folder / f"{recipe}.{number}"
        directory.mkdir()
        result = run([program], cwd=directory, env=os.environ | {WHICH: str(number)})
        said = re.findall(r"^not so: (.*)$", result.stderr, re.MULTILINE)[:1]
        if (result.returncode, said) != ((1, [message]) if message else (0, [])):
            unnoticed.append(f"{recipe}: {message or 'as it is'!r}: "
                             f"ended with {result.returncode}, said {said}\n"
                             f"{result.stderr[-2000:]}")
    return unnoticed


def main(build, libraries):
    commands = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    recipes = {path.stem: entry["command"] for entry in commands
               if (path := pathlib.Path(entry["file"])).parent == RECIPES}
    # These two are built where the other library is.
    left_out = {path.stem for path in RECIPES.glob("*.cpp")} - recipes.keys() - OPTIONAL
    unknown = sorted(CHANGES.keys() - {path.stem for path in RECIPES.glob("*.cpp")})
    failures = [f"{recipe}: is no recipe" for recipe in unknown]
    failures += [f"{recipe}: is not built" for recipe in sorted(left_out)]
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        folder = pathlib.Path(scratch)
        common = folder / "common.hpp"
        common.write_text('#include <mapvec/mapvec.hpp>\n#include <filesystem>\n'
                          '#include <fstream>\n#include "expect.hpp"\n')
        compile([*flags_of(recipes["first_vector"]), "-x", "c++-header"], folder / "common.hpp.gch",
                common)

        def one(recipe):
            try:
                return check(recipe, flags_of(recipes[recipe]), libraries, folder)
            except (wrong, subprocess.TimeoutExpired) as failure:
                return [str(failure)]

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            failures += [line for lines in pool.map(one, sorted(recipes)) for line in lines]
    print("\n".join(failures))
    print(f"{len(recipes)} recipes, {sum(len(CHANGES.get(each, [])) for each in recipes)} broken "
          f"copies, {len(failures)} failures")
    return 1 if failures or not recipes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
