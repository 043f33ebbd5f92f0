// SPDX-License-Identifier: MIT
//
// Goal: everything the Rust crate mmap-vec 0.2 can do with its vector, ours can, each case named
// after what the crate's tests pin down; and its known faults are absent. Its segment is in
// ../segment, serialization and the allocator have directories of their own.
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"

namespace {

using mapvec::segment_builder;
using mapvec::vector;
using mapvec::test::names_in;
using mapvec::test::scratch_directory;
using namespace mapvec_test;

mapvec::options built_by(segment_builder builder) {
  mapvec::options chosen;
  chosen.builder = std::move(builder);
  return chosen;
}

TEST(seed_api, new_makes_no_file_and_cannot_fail) {
  const mapvec::test::call_log log;
  const vector<int> v;
  const vector<int> with_options(file_from_the_start());
  EXPECT_EQ(v.capacity(), 0u);
  EXPECT_EQ(log.count(), 0u) << log.summary();
  static_assert(std::is_nothrow_default_constructible_v<vector<int>>);
}

TEST(seed_api, with_capacity_gives_at_least_that) {
  vector<int> v(file_from_the_start());
  v.reserve(500);
  EXPECT_GE(v.capacity(), 500u);
  EXPECT_TRUE(v.empty());
}

TEST(seed_api, the_default_capacity_is_one_page) {
  vector<int> v(file_from_the_start());
  v.push_back(1);
  EXPECT_GE(v.capacity(), (4096 - 128) / sizeof(int));
}

TEST(seed_api, push_allocates_first_and_then_doubles) {
  vector<std::uint64_t> v(file_from_the_start());
  v.push_back(0);
  EXPECT_GT(v.capacity(), 0u);
  const std::size_t first = v.capacity();
  while (v.capacity() == first) v.push_back(0);
  EXPECT_GE(v.capacity() + 16, 2 * first) << "a header of 128 bytes is not doubled";
}

TEST(seed_api, push_that_fails_leaves_the_vector_unchanged) {
  vector<int> v({1, 2, 3}, file_from_the_start());
  while (v.size() < v.capacity()) v.push_back(4);
  const vector<int> before(v);
  {
    const mapvec::test::fault disk(mapvec::test::call::fallocate, 0, ENOSPC,
                                   mapvec::test::fault_lasts::for_ever);
    EXPECT_THROW(v.push_back(5), mapvec::error);
    EXPECT_GT(disk.delivered(), 0u);
  }
  EXPECT_EQ(v, before);
  v.push_back(5);
  EXPECT_EQ(v.size(), before.size() + 1);
}

TEST(seed_api, push_within_capacity_hands_the_value_back) {
  vector<std::string> v;
  std::string value = "kept";
  EXPECT_EQ(v.try_push_back(std::move(value)), nullptr);
  EXPECT_EQ(value, "kept");
}

TEST(seed_api, pop_of_an_empty_vector_is_none) {
  vector<int> v;
  EXPECT_EQ(v.pop(), std::nullopt);
  v.push_back(7);
  EXPECT_EQ(v.pop(), 7);
  EXPECT_EQ(v.pop(), std::nullopt);
}

TEST(seed_api, pop_moves_the_element_out_and_drops_it_once) {
  life_check<tracked> lives;
  vector<tracked> v;
  v.emplace_back(1);
  {
    const auto popped = v.pop();
    EXPECT_EQ(tracked::counts.live, 1);
  }
  EXPECT_EQ(tracked::counts.live, 0);
}

TEST(seed_api, truncate_past_the_length_does_nothing) {
  vector<int> v{1, 2, 3};
  v.truncate(4);
  v.truncate(3);
  expect_elements(v, {1, 2, 3});
}

TEST(seed_api, truncate_drops_exactly_the_tail) {
  life_check<tracked> lives;
  vector<tracked> v(10);
  v.truncate(3);
  EXPECT_EQ(tracked::counts.live, 3);
}

TEST(seed_api, truncate_first_of_nothing_and_of_everything) {
  vector<int> v{1, 2, 3};
  v.truncate_front(0);
  expect_elements(v, {1, 2, 3});
  v.truncate_front(2);
  expect_elements(v, {3});
  v.truncate_front(1);
  EXPECT_TRUE(v.empty());
  v.truncate_front(5);
  EXPECT_TRUE(v.empty());
}

TEST(seed_api, clear_drops_all_and_keeps_the_capacity) {
  life_check<tracked> lives;
  vector<tracked> v(10);
  const std::size_t capacity = v.capacity();
  v.clear();
  EXPECT_EQ(tracked::counts.live, 0);
  EXPECT_EQ(v.capacity(), capacity);
}

TEST(seed_api, reserve_keeps_the_elements_and_copies_no_data) {
  life_check<tracked> lives;
  vector<tracked> v(10, file_from_the_start());
  tracked* const address = v.data();
  const mapvec::test::call_log log;
  v.reserve(100000);
  EXPECT_EQ(v.data(), address);
  EXPECT_EQ(tracked::counts.copies + tracked::counts.moves, 0);
  EXPECT_EQ(log.count(mapvec::test::call::mmap) + log.count(mapvec::test::call::mremap), 0u)
      << log.summary();
  EXPECT_EQ(log.count(mapvec::test::call::pwrite), 0u) << log.summary();
}

TEST(seed_api, index_slice_iterate_and_assign) {
  vector<int> v{1, 2, 3};
  v[1] = 20;
  const std::span<int> slice = v;
  slice[2] = 30;
  int sum = 0;
  for (int value : v) sum += value;
  EXPECT_EQ(sum, 51);
}

TEST(seed_api, equality_also_of_comparable_element_types) {
  EXPECT_EQ(vector<int>(), vector<int>());
  EXPECT_NE((vector<int>{1}), (vector<int>{1, 2}));
  EXPECT_NE((vector<int>{1, 3}), (vector<int>{1, 2}));
  EXPECT_TRUE((vector<int>{1, 2}) == (vector<std::int64_t>{1, 2}));
}

TEST(seed_api, try_clone_makes_an_independent_file) {
  const scratch_directory directory;
  vector<int> original({1, 2, 3}, built_by(segment_builder::named(directory.path())));
  vector<int> clone(original);
  EXPECT_NE(clone.path(), original.path());
  EXPECT_EQ(names_in(directory.path()).size(), 2u) << "a copy is built like its original";
  clone[0] = 9;
  EXPECT_EQ(original[0], 1);
}

TEST(seed_api, try_clone_of_an_empty_vector_allocates_nothing) {
  const vector<int> empty(file_from_the_start());
  const mapvec::test::call_log log;
  const vector<int> clone(empty);
  EXPECT_EQ(clone.data(), nullptr);
  EXPECT_EQ(log.count(), 0u) << log.summary();
}

TEST(seed_api, conversions_from_array_slice_and_vec) {
  const std::array<int, 3> array{1, 2, 3};
  const std::vector<int> vec{1, 2, 3};
  const vector<int> from_list{1, 2, 3};
  EXPECT_EQ(vector<int>(array.begin(), array.end()), from_list);
  EXPECT_EQ(vector<int>(std::span<const int>(array)), from_list);
  EXPECT_EQ(vector<int>(mapvec::from_range, vec), from_list);
}

TEST(seed_api, drop_drops_every_element_once_and_removes_the_file) {
  life_check<tracked> lives;
  const scratch_directory directory;
  {
    const vector<tracked> v(5000, built_by(segment_builder::named(directory.path())));
    EXPECT_EQ(tracked::counts.live, 5000);
    EXPECT_EQ(names_in(directory.path()).size(), 1u);
  }
  EXPECT_EQ(tracked::counts.live, 0);
  EXPECT_TRUE(names_in(directory.path()).empty());
}

TEST(seed_api, path_exists_while_alive_and_is_gone_after) {
  const scratch_directory directory;
  std::string path;
  {
    vector<int> v(built_by(segment_builder::named(directory.path())));
    EXPECT_EQ(v.path(), "");
    v.push_back(1);
    path = v.path();
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(seed_api, disk_size_is_what_the_file_takes) {
  vector<std::uint64_t> v;
  EXPECT_EQ(v.disk_size_bytes(), 0u);
  v.push_back(1);
  EXPECT_EQ(v.disk_size_bytes(), 0u) << "still in memory";
  v.reserve(4 * mapvec::MiB / sizeof(std::uint64_t));
  EXPECT_GE(v.disk_size_bytes(), v.capacity() * sizeof(std::uint64_t));
}

TEST(seed_api, prefetching_is_harmless_on_null_empty_and_out_of_range) {
  vector<int> v(file_from_the_start());
  v.prefetch();
  v.prefetch(0, 1);
  v.prefetch(42, 42);
  v.push_back(1);
  v.clear();
  v.prefetch();
  v.prefetch(0, 0);
  v.push_back(1);
  v.prefetch();
  v.prefetch(0, 1);
  v.prefetch(SIZE_MAX, SIZE_MAX);
  expect_elements(v, {1});
}

TEST(seed_api, set_len_is_resize_for_overwrite) {
  vector<int> v;
  v.resize_for_overwrite(3);
  for (int i = 0; i < 3; ++i) v[static_cast<std::size_t>(i)] = i;
  expect_elements(v, {0, 1, 2});
}

TEST(seed_api, a_builder_of_ones_own_decides_the_path) {
  const scratch_directory directory;
  int made = 0;
  const auto options = built_by(
      segment_builder([&] { return directory / ("mine-" + std::to_string(made++) + ".seg"); }));
  {
    const vector<int> first(5, options);
    const vector<int> second(5, options);
    EXPECT_EQ(names_in(directory.path()), (std::vector<std::string>{"mine-0.seg", "mine-1.seg"}));
  }
  EXPECT_TRUE(names_in(directory.path()).empty());
  EXPECT_EQ(made, 2);
}

TEST(seed_api, two_default_paths_are_never_equal) {
  const scratch_directory directory;
  const auto options = built_by(segment_builder::named(directory.path()));
  std::vector<vector<int>> vectors;
  std::set<std::string> paths;
  for (int i = 0; i < 50; ++i) {
    vectors.emplace_back(std::size_t{1}, options);
    paths.insert(vectors.back().path());
  }
  EXPECT_EQ(paths.size(), 50u);
}

TEST(seed_api, active_segments_go_from_none_to_one_to_none) {
  const std::uint64_t before = mapvec::stats().active_segments;
  {
    vector<int> v;
    EXPECT_EQ(mapvec::stats().active_segments, before);
    v.push_back(1);
    EXPECT_EQ(mapvec::stats().active_segments, before + 1);
    v.resize(1000000);
    EXPECT_EQ(mapvec::stats().active_segments, before + 1);
  }
  EXPECT_EQ(mapvec::stats().active_segments, before);
}

TEST(seed_api, statistics_print_themselves) {
  std::ostringstream text;
  text << mapvec::stats();
  EXPECT_NE(text.str().find("active_segments"), std::string::npos);
}

TEST(seed_api, empty_classes_take_one_byte_and_work) {
  vector<empty_class> v(1000, file_from_the_start());
  v.push_back({});
  v.erase(v.begin());
  EXPECT_EQ(v.size(), 1000u);
}

// --- faults of the crate that must not return ----------------------------------------------------

TEST(seed_api, elements_larger_than_a_page_can_be_pushed) {
  for (const mapvec::options& where : every_stage()) {
    vector<eight_kib> v(where);
    for (int i = 0; i < 200; ++i) v.push_back(eight_kib(i));
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(v[static_cast<std::size_t>(i)].parts[2047], i);
    }
  }
}

TEST(seed_api, growing_does_not_change_the_address) {
  vector<int> v(1);
  const int* const address = v.data();
  v.resize(4 * mapvec::MiB);
  EXPECT_EQ(v.data(), address);
}

}  // namespace
