# SPDX-License-Identifier: MIT
#
# What the gates demand: every list and every limit, in one place.

# The layers, lowest first. A file may include only files that stand before it, so an include can
# neither go up a layer nor close a circle. A file that is in no layer fails the gate.
LAYERS = [
    ("base", [
        "include/mapvec/config.hpp",
        "include/mapvec/units.hpp",
        "include/mapvec/error.hpp",
        "include/mapvec/stats.hpp",
        "src/counters.hpp",
        "src/error.cpp",
        "src/stats.cpp",
    ]),
    ("system", [
        "src/posix/syscalls.hpp",
        "src/posix/syscalls.cpp",
        "src/posix/quiet_thread.hpp",
        "include/mapvec/file.hpp",
        "include/mapvec/temporary.hpp",
        "src/file_systems.hpp",
        "src/file.cpp",
        "src/names.hpp",
        "src/names.cpp",
        "src/temporary.cpp",
        "src/pending_name.hpp",
        "src/pending_name.cpp",
        "src/file_locks.hpp",
        "src/file_locks.cpp",
    ]),
    ("region", [
        "include/mapvec/region.hpp",
        "include/mapvec/advice.hpp",
        "src/region.cpp",
        "src/advice.cpp",
        "src/fork_word.hpp",
        "src/fork_word.cpp",
        "src/append_window.hpp",
        "src/append_window.cpp",
        "include/mapvec/detail/threads.hpp",
        "src/threads.cpp",
        "src/direct_file.hpp",
        "src/direct_file.cpp",
        "include/mapvec/detail/block_reader.hpp",
        "src/read_ahead_pause.hpp",
        "src/read_ahead_pause.cpp",
        "src/block_reader.cpp",
        "include/mapvec/detail/block_writer.hpp",
        "src/block_writer.cpp",
        "include/mapvec/detail/gather_requests.hpp",
        "src/gather_requests.cpp",
    ]),
    ("segment", [
        "include/mapvec/budget.hpp",
        "include/mapvec/options.hpp",
        "src/budget_account.hpp",
        "src/budget_account.cpp",
        "include/mapvec/npy_header.hpp",
        "src/npy_header.cpp",
        "include/mapvec/detail/describe.hpp",
        "include/mapvec/dtype.hpp",
        "include/mapvec/storage.hpp",
        "src/storage_state.hpp",
        "src/storage.cpp",
        "src/storage_pages.cpp",
        "src/storage_segment.cpp",
        "src/npy_file.hpp",
        "src/npy_file.cpp",
        "src/storage_commit.cpp",
        "src/storage_open.cpp",
        "src/storage_publish.cpp",
        "include/mapvec/detail/view_storage.hpp",
        "src/view_storage.cpp",
        "include/mapvec/segment.hpp",
    ]),
    ("containers", [
        "include/mapvec/detail/vector_base.hpp",
        "include/mapvec/vector.hpp",
        "include/mapvec/detail/rows.hpp",
        "include/mapvec/file_vector.hpp",
        "include/mapvec/file_view.hpp",
        "src/block_ranges.hpp",
        "src/block_ranges.cpp",
        "src/small_blocks.hpp",
        "include/mapvec/memory_resource.hpp",
        "src/memory_resource.cpp",
        "include/mapvec/allocator.hpp",
        "include/mapvec/detail/preview.hpp",
        "include/mapvec/print.hpp",
    ]),
    ("algorithms", [
        "include/mapvec/blocks.hpp",
        "include/mapvec/detail/block_cursor.hpp",
        "include/mapvec/gather.hpp",
        "include/mapvec/detail/replace_elements.hpp",
        "include/mapvec/detail/rank.hpp",
        "include/mapvec/detail/sort_watch.hpp",
        "include/mapvec/detail/quicksort.hpp",
        "include/mapvec/detail/stable_sort.hpp",
        "include/mapvec/detail/element_sorter.hpp",
        "include/mapvec/detail/comparison_sorter.hpp",
        "include/mapvec/detail/keyed_sorter.hpp",
        "include/mapvec/detail/sort_elements.hpp",
        "src/number_sort.hpp",
        "src/number_sort/highway.cpp",
        "src/number_sort/standard.cpp",
        "src/number_sorter.cpp",
        "src/merge_parts.hpp",
        "src/merge_parts.cpp",
        "src/memory_sort.hpp",
        "src/memory_sort.cpp",
        "src/sort_plan.hpp",
        "src/sort_plan.cpp",
        "src/sorted_input.hpp",
        "src/sorted_input.cpp",
        "src/sorted_runs.hpp",
        "src/sorted_runs.cpp",
        "src/run_merge.hpp",
        "src/run_merge.cpp",
        "src/external_sort.hpp",
        "src/external_sort.cpp",
        "src/sort_elements.cpp",
        "include/mapvec/detail/sorted_stream.hpp",
        "src/sorted_stream.cpp",
        "include/mapvec/sort.hpp",
        "include/mapvec/detail/element_shuffler.hpp",
        "src/bucket_shuffle.hpp",
        "src/bucket_shuffle.cpp",
        "src/shuffle_elements.cpp",
        "include/mapvec/shuffle.hpp",
        "include/mapvec/sorted_view.hpp",
        "include/mapvec/detail/order_of_sort.hpp",
        "include/mapvec/set_operations.hpp",
        "include/mapvec/unique.hpp",
        "include/mapvec/reduce.hpp",
        "include/mapvec/top_n.hpp",
        "include/mapvec/detail/batched_search.hpp",
        "include/mapvec/search.hpp",
        "include/mapvec/partition.hpp",
        "include/mapvec/detail/load_elements.hpp",
        "include/mapvec/raw_file.hpp",
        "src/raw_file.cpp",
        "include/mapvec/file_reference.hpp",
        "include/mapvec/std_vector.hpp",
        "include/mapvec/explain.hpp",
        "src/explain.cpp",
    ]),
    ("integrations", [
        "include/mapvec/serialize/nlohmann_json.hpp",
        "include/mapvec/serialize/cereal.hpp",
        "include/mapvec/serialize/boost.hpp",
        "include/mapvec/fmt.hpp",
        "include/mapvec/std_format.hpp",
    ]),
]

# Includes every public header below the integrations, and is included by nobody.
UMBRELLA = "include/mapvec/mapvec.hpp"
UMBRELLA_LAYERS = ["base", "system", "region", "segment", "containers", "algorithms"]

# Only this folder may call the kernel, so only it may include these.
SYSTEM_FOLDER = "src/posix/"
SYSTEM_HEADERS = r"(sys/.*|linux/.*|fcntl\.h|unistd\.h|dirent\.h)"

# Lists every header and source; the layers gate compares.
SOURCE_LIST = "cmake/sources.cmake"

# Lines of a file.
HEADER_LINES = 350
LONGER_HEADERS = {"include/mapvec/detail/vector_base.hpp": 800}
CMAKELISTS_LINES = 119
CLANG_FORMAT_LINES = 14
EXAMPLE_LINES = 250
RECIPE_LINES = 50
COLUMNS = 100

# What the documents show: whole programs, and how a block says that it is C++.
README_PROGRAMS = ["examples/readme.cpp", "examples/readme_persistent.cpp"]
RECIPES = "examples/cookbook/"
COOKBOOK = "docs/cookbook.md"
CPP_FENCES = ["cpp", "c++", "cc", "cxx", "hpp"]

# Nothing may be left for later, and the glibc emulation of fallocate overwrites other writers.
FORBIDDEN_WORDS = ["TO" "DO", "FIX" "ME", "XX" "X"]
FORBIDDEN_CALLS = ["posix" "_fallocate"]

# Conditional compilation has its own places; vector_base.hpp asks for the address sanitizer and for
# C++23's from_range.
CONDITIONAL_FILES = [
    "include/mapvec/config.hpp",
    "include/mapvec/detail/vector_base.hpp",
    "src/posix/syscalls.cpp",
]

# What <mapvec/vector.hpp> may include beside our own headers (the sanitizer's only in its builds),
# and how many lines of our own it may bring with it, comments and blank lines not counted.
# scripts/include_cost.py prints the seconds.
VECTOR_HEADER = "mapvec/vector.hpp"
VECTOR_STD_HEADERS = [
    "algorithm", "bit", "compare", "concepts", "cstddef", "cstdint", "cstring", "functional",
    "initializer_list", "iterator", "limits", "memory", "new", "optional", "ranges", "span",
    "sanitizer/common_interface_defs.h",
    "stdexcept", "string", "string_view", "system_error", "type_traits", "utility", "version",
]
VECTOR_OWN_LINES = 1500

# Public headers that include what the compilers' own standard library may not have yet.
HEADERS_THAT_NEED = {"include/mapvec/std_format.hpp": "format"}

# Folders of tests/ with a CMakeLists.txt that is not part of the build, or that consumer/ adds.
UNLISTED_TEST_FOLDERS = ["consumer/program", "consumer/std_format", "debugger"]
