// SPDX-License-Identifier: MIT
//
// Goal: a segment is a fixed array in a file that outlives it; what does not fit is handed back,
// what is not ours to open is refused. Each row of the crate's Segment is a case here.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/segment.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/temporary_files.hpp"

namespace {

using mapvec::segment;
using mapvec::test::scratch_directory;
using namespace mapvec_test;

static_assert(std::is_nothrow_default_constructible_v<segment<int>>);
static_assert(std::is_nothrow_move_constructible_v<segment<std::string>>);
static_assert(std::is_nothrow_move_assignable_v<segment<std::string>>);
static_assert(std::is_nothrow_swappable_v<segment<int>>);
static_assert(!std::is_copy_constructible_v<segment<int>>);
static_assert(!std::is_copy_assignable_v<segment<int>>);
static_assert(std::ranges::contiguous_range<segment<int>>);

template <class T>
concept can_be_opened = requires { segment<T>::open("path"); };
static_assert(can_be_opened<int>);
static_assert(!can_be_opened<std::string>, "a pointer means nothing in a file");

TEST(segment, default_constructed_is_null) {
  const mapvec::test::call_log log;
  const segment<int> nothing;
  EXPECT_EQ(nothing.capacity(), 0u);
  EXPECT_EQ(nothing.size(), 0u);
  EXPECT_EQ(nothing.data(), nullptr);
  EXPECT_TRUE(nothing.empty());
  EXPECT_EQ(nothing.path(), "");
  EXPECT_EQ(nothing.disk_size_bytes(), 0u);
  EXPECT_EQ(log.count(), 0u) << log.summary();
}

TEST(segment, of_capacity_zero_makes_no_file) {
  const scratch_directory directory;
  auto empty = segment<int>::create(directory / "none", 0);
  EXPECT_EQ(empty.capacity(), 0u);
  EXPECT_EQ(empty.try_push_back(1), nullptr);
  EXPECT_FALSE(std::filesystem::exists(directory / "none"));
}

TEST(segment, create_makes_a_file_of_exactly_the_capacity) {
  const scratch_directory directory;
  for (std::size_t capacity : {1, 100, 5000}) {
    const std::string path = directory / std::to_string(capacity);
    const auto made = segment<std::uint64_t>::create(path, capacity);
    EXPECT_EQ(made.capacity(), capacity);
    EXPECT_EQ(made.size(), 0u);
    EXPECT_EQ(made.path(), path);
    EXPECT_EQ(std::filesystem::file_size(path), capacity * sizeof(std::uint64_t));
    EXPECT_GE(made.disk_size_bytes(), capacity * sizeof(std::uint64_t)) << "no holes";
  }
}

TEST(segment, the_file_stays_when_the_segment_goes) {
  const scratch_directory directory;
  const std::string path = directory / "kept";
  {
    const auto made = segment<int>::create(path, 10);
  }
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(segment, create_never_overwrites) {
  const scratch_directory directory;
  mapvec::test::write_contents(directory / "taken", "precious");
  try {
    segment<int>::create(directory / "taken", 10);
    FAIL() << "no exception";
  } catch (const mapvec::error& thrown) {
    EXPECT_EQ(thrown.code().value(), EEXIST);
    EXPECT_EQ(thrown.path(), directory / "taken");
  }
  EXPECT_EQ(mapvec::test::contents_of(directory / "taken"), "precious");
}

TEST(segment, create_does_not_follow_a_symbolic_link) {
  const scratch_directory directory;
  std::filesystem::create_symlink(directory / "target", directory / "link");
  EXPECT_THROW(segment<int>::create(directory / "link", 10), mapvec::error);
  EXPECT_FALSE(std::filesystem::exists(directory / "target"));
}

TEST(segment, create_in_a_missing_directory_is_an_error) {
  const scratch_directory directory;
  EXPECT_THROW(segment<int>::create(directory / "missing/file", 10), mapvec::error);
}

TEST(segment, create_that_fails_leaves_no_file) {
  const scratch_directory directory;
  EXPECT_THROW(segment<int>::create(directory / "huge", SIZE_MAX), std::exception);
  EXPECT_THROW(segment<int>::create(directory / "wraps", SIZE_MAX / sizeof(int) + 2),
               std::exception);
  {
    const mapvec::test::fault disk(mapvec::test::call::fallocate, 0, ENOSPC,
                                   mapvec::test::fault_lasts::for_ever);
    EXPECT_THROW(segment<int>::create(directory / "full", 10), mapvec::error);
  }
  {
    const mapvec::test::fault addresses(mapvec::test::call::mmap, 0, ENOMEM,
                                        mapvec::test::fault_lasts::for_ever);
    EXPECT_THROW(segment<int>::create(directory / "unmapped", 10), mapvec::error);
  }
  EXPECT_TRUE(mapvec::test::names_in(directory.path()).empty());
}

TEST(segment, try_push_back_hands_back_what_does_not_fit) {
  const scratch_directory directory;
  auto pair = segment<std::string>::create(directory / "pair", 2);
  EXPECT_NE(pair.try_push_back("one"), nullptr);
  const std::string two = "two";
  const std::string* const place = pair.try_push_back(two);
  EXPECT_EQ(place, &pair[1]);
  std::string three = "three";
  EXPECT_EQ(pair.try_push_back(std::move(three)), nullptr);
  EXPECT_EQ(three, "three");
  EXPECT_EQ(pair.capacity(), 2u);
  expect_elements(pair, std::vector<std::string>{"one", "two"});
}

TEST(segment, pop_moves_out_and_is_none_when_empty) {
  const scratch_directory directory;
  auto owners = segment<std::unique_ptr<int>>::create(directory / "owners", 2);
  owners.try_push_back(std::make_unique<int>(7));
  const auto last = owners.pop();
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(**last, 7);
  EXPECT_FALSE(owners.pop().has_value());
}

TEST(segment, truncate_truncate_front_and_clear_drop_exactly_what_they_name) {
  const scratch_directory directory;
  life_check<tracked> lives;
  auto made = segment<tracked>::create(directory / "tracked", 10);
  for (int i = 0; i < 10; ++i) made.try_push_back(tracked(i));
  made.truncate(11);
  EXPECT_EQ(made.size(), 10u);
  made.truncate(8);
  made.truncate_front(0);
  made.truncate_front(3);
  expect_elements(made, make_values<int>(5, 3));
  EXPECT_EQ(tracked::counts.live, 5);
  made.truncate_front(100);
  EXPECT_TRUE(made.empty());
  made.try_push_back(tracked(1));
  made.clear();
  EXPECT_EQ(tracked::counts.live, 0);
  EXPECT_EQ(made.capacity(), 10u);
}

TEST(segment, the_destructor_drops_every_element_once) {
  const scratch_directory directory;
  life_check<tracked> lives;
  {
    auto made = segment<tracked>::create(directory / "tracked", 10);
    made.try_push_back(tracked(1));
    made.try_push_back(tracked(2));
    const segment<tracked> moved(std::move(made));
    EXPECT_EQ(tracked::counts.live, 2);
  }
  EXPECT_EQ(tracked::counts.live, 0);
}

TEST(segment, append_takes_all_and_empties_the_other) {
  const scratch_directory directory;
  life_check<tracked> lives;
  auto target = segment<tracked>::create(directory / "target", 5);
  auto source = segment<tracked>::create(directory / "source", 3);
  target.try_push_back(tracked(0));
  for (int i = 1; i < 4; ++i) source.try_push_back(tracked(i));
  target.append(std::move(source));
  expect_elements(target, make_values<int>(4));
  EXPECT_TRUE(source.empty());
  EXPECT_EQ(source.capacity(), 3u);
  EXPECT_EQ(tracked::counts.live, 4);
}

#if defined(MAPVEC_HARDENED) || !defined(NDEBUG)
TEST(segment_death, append_of_what_does_not_fit_is_refused) {
  const scratch_directory directory;
  EXPECT_DEATH(
      {
        auto target = segment<int>::create(directory / "target", 1);
        auto source = segment<int>::create(directory / "source", 2);
        source.try_push_back(1);
        source.try_push_back(2);
        target.append(std::move(source));
      },
      "REQUIRES");
}

TEST(segment_death, reading_past_the_end_is_refused) {
  const scratch_directory directory;
  EXPECT_DEATH(segment<int>::create(directory / "one", 1)[0] = 1, "REQUIRES");
}
#endif

TEST(segment, open_finds_every_element_of_the_file) {
  const scratch_directory directory;
  const std::string path = directory / "numbers";
  {
    auto made = segment<std::uint32_t>::create(path, 1000);
    for (std::uint32_t i = 0; i < 900; ++i) made.try_push_back(i);
  }
  auto opened = segment<std::uint32_t>::open(path);
  EXPECT_EQ(opened.capacity(), 1000u);
  ASSERT_EQ(opened.size(), 1000u);
  for (std::uint32_t i = 0; i < 900; ++i) ASSERT_EQ(opened[i], i);
  for (std::uint32_t i = 900; i < 1000; ++i) ASSERT_EQ(opened[i], 0u) << "unwritten parts are zero";
  opened[5] = 77;
  opened = segment<std::uint32_t>();
  EXPECT_EQ(segment<std::uint32_t>::open(path)[5], 77u);
}

TEST(segment, open_refuses_what_it_cannot_be) {
  const scratch_directory directory;
  mapvec::test::write_contents(directory / "seven", "1234567");
  EXPECT_THROW(segment<int>::open(directory / "seven"), mapvec::format_error);
  EXPECT_EQ(mapvec::test::contents_of(directory / "seven"), "1234567");
  EXPECT_THROW(segment<int>::open(directory / "missing"), mapvec::error);
  EXPECT_FALSE(std::filesystem::exists(directory / "missing")) << "open never creates";
  EXPECT_THROW(segment<int>::open(directory.path()), std::exception);
  EXPECT_THROW(segment<int>::open("/dev/zero"), mapvec::format_error);
}

TEST(segment, open_of_an_empty_file_is_an_empty_segment) {
  const scratch_directory directory;
  mapvec::test::write_contents(directory / "empty", "");
  const auto opened = segment<int>::open(directory / "empty");
  EXPECT_EQ(opened.size(), 0u);
  EXPECT_EQ(opened.capacity(), 0u);
}

TEST(segment, moving_takes_everything_along) {
  const scratch_directory directory;
  auto source = segment<int>::create(directory / "source", 5);
  source.try_push_back(7);
  const int* const address = source.data();
  auto target = segment<int>::create(directory / "target", 1);
  target = std::move(source);
  EXPECT_EQ(target.data(), address);
  EXPECT_EQ(target.path(), directory / "source");
  expect_elements(target, {7});
  segment<int> third;
  swap(third, target);
  EXPECT_EQ(third.data(), address);
  EXPECT_EQ(target.data(), nullptr);
}

TEST(segment, converts_to_a_span_of_its_elements) {
  const scratch_directory directory;
  auto made = segment<int>::create(directory / "numbers", 5);
  made.try_push_back(1);
  const std::span<const int> view = made;
  EXPECT_EQ(view.size(), 1u);
  EXPECT_EQ(view.data(), made.data());
}

TEST(segment, resize_for_overwrite_uncovers_what_the_file_holds) {
  const scratch_directory directory;
  auto made = segment<int>::create(directory / "numbers", 5);
  made.resize_for_overwrite(5);
  expect_elements(made, {0, 0, 0, 0, 0});
}

TEST(segment, prefetching_any_range_is_harmless) {
  const scratch_directory directory;
  segment<int> nothing;
  nothing.prefetch();
  nothing.prefetch(42, SIZE_MAX);
  auto made = segment<int>::create(directory / "numbers", 5);
  made.prefetch();
  made.try_push_back(3);
  made.prefetch();
  made.prefetch(SIZE_MAX, SIZE_MAX);
  made.prefetch(0, 100);
  expect_elements(made, {3});
}

TEST(segment, elements_larger_than_a_page_fit) {
  const scratch_directory directory;
  auto made = segment<eight_kib>::create(directory / "large", 3);
  for (int i = 0; i < 3; ++i) ASSERT_NE(made.try_push_back(eight_kib(i)), nullptr);
  EXPECT_EQ(made[2].parts[2047], 2);
}

TEST(segment, stats_count_it) {
  const scratch_directory directory;
  const std::uint64_t before = mapvec::stats().active_segments;
  auto made = segment<int>::create(directory / "numbers", 5);
  EXPECT_EQ(mapvec::stats().active_segments, before + 1);
  made = segment<int>();
  EXPECT_EQ(mapvec::stats().active_segments, before);
}

}  // namespace
