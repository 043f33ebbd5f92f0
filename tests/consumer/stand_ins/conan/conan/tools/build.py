# SPDX-License-Identifier: MIT


def can_run(conanfile):
    return True


def check_min_cppstd(conanfile, standard):
    if standard != 20:
        raise ValueError("the library needs C++20")
