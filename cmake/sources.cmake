# SPDX-License-Identifier: MIT
#
# Every file of the library, by layer. tests/gates/layers.py fails when a file is missing here.

set(mapvec_headers
  include/mapvec/config.hpp
  include/mapvec/units.hpp
  include/mapvec/error.hpp
  include/mapvec/stats.hpp
  include/mapvec/file.hpp
  include/mapvec/temporary.hpp
  include/mapvec/region.hpp
  include/mapvec/advice.hpp
  include/mapvec/budget.hpp
  include/mapvec/options.hpp
  include/mapvec/npy_header.hpp
  include/mapvec/detail/describe.hpp
  include/mapvec/dtype.hpp
  include/mapvec/storage.hpp
  include/mapvec/segment.hpp
  include/mapvec/detail/vector_base.hpp
  include/mapvec/vector.hpp
  include/mapvec/detail/rows.hpp
  include/mapvec/file_vector.hpp
  include/mapvec/detail/view_storage.hpp
  include/mapvec/file_view.hpp
  include/mapvec/memory_resource.hpp
  include/mapvec/allocator.hpp
  include/mapvec/detail/preview.hpp
  include/mapvec/print.hpp
  include/mapvec/detail/block_reader.hpp
  include/mapvec/detail/block_writer.hpp
  include/mapvec/detail/gather_requests.hpp
  include/mapvec/blocks.hpp
  include/mapvec/detail/block_cursor.hpp
  include/mapvec/gather.hpp
  include/mapvec/detail/rank.hpp
  include/mapvec/detail/replace_elements.hpp
  include/mapvec/detail/threads.hpp
  include/mapvec/detail/sort_watch.hpp
  include/mapvec/detail/quicksort.hpp
  include/mapvec/detail/stable_sort.hpp
  include/mapvec/detail/element_sorter.hpp
  include/mapvec/detail/comparison_sorter.hpp
  include/mapvec/detail/keyed_sorter.hpp
  include/mapvec/detail/sort_elements.hpp
  include/mapvec/sort.hpp
  include/mapvec/detail/element_shuffler.hpp
  include/mapvec/shuffle.hpp
  include/mapvec/detail/sorted_stream.hpp
  include/mapvec/sorted_view.hpp
  include/mapvec/detail/order_of_sort.hpp
  include/mapvec/set_operations.hpp
  include/mapvec/unique.hpp
  include/mapvec/reduce.hpp
  include/mapvec/top_n.hpp
  include/mapvec/detail/batched_search.hpp
  include/mapvec/search.hpp
  include/mapvec/partition.hpp
  include/mapvec/detail/load_elements.hpp
  include/mapvec/raw_file.hpp
  include/mapvec/file_reference.hpp
  include/mapvec/std_vector.hpp
  include/mapvec/explain.hpp
  include/mapvec/std_format.hpp
  include/mapvec/mapvec.hpp)

# Of each component, see components.cmake.
set(mapvec_nlohmann_json_headers include/mapvec/serialize/nlohmann_json.hpp)
set(mapvec_cereal_headers include/mapvec/serialize/cereal.hpp)
set(mapvec_boost_serialization_headers include/mapvec/serialize/boost.hpp)
set(mapvec_fmt_headers include/mapvec/fmt.hpp)

set(mapvec_core_sources
  src/error.cpp
  src/stats.cpp
  src/file.cpp
  src/names.cpp
  src/temporary.cpp
  src/pending_name.cpp
  src/file_locks.cpp
  src/region.cpp
  src/advice.cpp
  src/fork_word.cpp
  src/append_window.cpp
  src/budget_account.cpp
  src/npy_header.cpp
  src/storage.cpp
  src/storage_pages.cpp
  src/storage_segment.cpp
  src/storage_commit.cpp
  src/storage_open.cpp
  src/storage_publish.cpp
  src/npy_file.cpp
  src/view_storage.cpp
  src/block_ranges.cpp
  src/memory_resource.cpp
  src/threads.cpp
  src/direct_file.cpp
  src/read_ahead_pause.cpp
  src/block_reader.cpp
  src/block_writer.cpp
  src/gather_requests.cpp
  src/number_sorter.cpp
  src/merge_parts.cpp
  src/memory_sort.cpp
  src/sort_plan.cpp
  src/sorted_runs.cpp
  src/run_merge.cpp
  src/external_sort.cpp
  src/sorted_input.cpp
  src/sort_elements.cpp
  src/bucket_shuffle.cpp
  src/shuffle_elements.cpp
  src/sorted_stream.cpp
  src/raw_file.cpp
  src/explain.cpp)

# One of these is compiled, see CMakeLists.txt.
set(mapvec_number_sort_sources
  src/number_sort/highway.cpp
  src/number_sort/standard.cpp)

set(mapvec_posix_sources
  src/posix/syscalls.cpp)
