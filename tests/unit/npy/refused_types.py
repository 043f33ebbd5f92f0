# SPDX-License-Identifier: MIT
#
# Goal: who stores a type that has no dtype reads in the compiler's output why, and what to do.
# Method: one program per type, each of which must fail to compile with the sentence and with
# nothing else but it; one that must compile, or the failures would say nothing.
#
# refused_types.py COMPILER INCLUDE_DIRECTORY
import concurrent.futures
import os
import subprocess
import sys

CASES = [
    ("struct t { int a; }; MAPVEC_DESCRIBE(t, a);", None),
    ("struct t { int a; };", "describe the struct with MAPVEC_DESCRIBE, or set store_as_bytes<T>"),
    ("struct t { int* a; }; MAPVEC_DESCRIBE(t, a);", "T is or has a pointer"),
    ("using t = const char*;", "T is or has a pointer"),
    ("using t = std::string;", "is not trivially copyable"),
    ("struct t {};", "empty struct or an array of no elements"),
    ("enum t { a };", "an enum needs a fixed underlying type"),
    ("struct t { int a, b; }; MAPVEC_DESCRIBE(t, b, a);", "in the order they are declared"),
    ("struct t { int \u00e4; }; MAPVEC_DESCRIBE(t, \u00e4);", "need ASCII names"),
    ("using t = int[3];", "no type of elements"),
    ("struct alignas(8192) t { int a; }; MAPVEC_DESCRIBE(t, a);", "aligned to 4096 bytes at most"),
]


def compile_case(compiler, include, declaration):
    program = (f"#include <mapvec/dtype.hpp>\n{declaration}\n"
               "mapvec::detail::element_format f() { return mapvec::detail::format_of<t>(); }\n")
    return subprocess.run([compiler, "-std=c++20", f"-I{include}", "-fsyntax-only", "-x", "c++",
                           "-"], input=program, capture_output=True, text=True, check=False)


def judge(case, answer):
    declaration, sentence = case
    errors = [line for line in answer.stderr.splitlines() if "error:" in line]
    if sentence is None:
        return [] if answer.returncode == 0 else [f"{declaration}\n{answer.stderr}"]
    is_told = any(sentence in line for line in errors)
    return [] if is_told and len(errors) <= 2 else [f"{declaration}\nwants: {sentence}\n"
                                                    f"{answer.stderr}"]


def main(compiler, include):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = pool.map(lambda case: compile_case(compiler, include, case[0]), CASES)
    failures = [line for case, answer in zip(CASES, answers) for line in judge(case, answer)]
    print("\n".join(failures))
    print(f"{len(CASES)} types, {len(failures)} failures")
    sys.exit(1 if failures else 0)


main(*sys.argv[1:])
