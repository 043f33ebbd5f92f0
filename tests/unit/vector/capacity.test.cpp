// SPDX-License-Identifier: MIT
//
// Goal: size and capacity change when they have to and only then, and a request nobody can meet is
// a std::length_error that leaves the vector alone. [vector.capacity]
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <stdexcept>
#include <string>
#include <vector>

#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"

namespace {

using mapvec::KiB;
using mapvec::MiB;
using mapvec::vector;
using namespace mapvec_test;

TEST(vector_capacity, reserve_makes_room_without_making_elements) {
  life_check<tracked> lives;
  for (const mapvec::options& where : every_stage()) {
    vector<tracked> v(where);
    v.reserve(5000);
    EXPECT_GE(v.capacity(), 5000u);
    EXPECT_TRUE(v.empty());
    EXPECT_EQ(tracked::counts.live, 0);
    const std::size_t capacity = v.capacity();
    for (int i = 0; i < 5000; ++i) v.emplace_back(i);
    EXPECT_EQ(v.capacity(), capacity);
  }
}

TEST(vector_capacity, reserve_of_less_than_the_capacity_does_nothing) {
  vector<int> v(file_from_the_start());
  v.reserve(0);
  EXPECT_EQ(v.capacity(), 0u);
  EXPECT_EQ(v.data(), nullptr);
  v.reserve(10000);
  const std::size_t capacity = v.capacity();
  v.reserve(10);
  v.reserve(capacity);
  EXPECT_EQ(v.capacity(), capacity);
}

TEST(vector_capacity, appending_grows_the_capacity_geometrically) {
  vector<std::uint64_t> v(file_from_the_start());
  std::size_t growths = 0;
  std::size_t capacity = 0;
  for (std::uint64_t i = 0; i < 4 * MiB / sizeof(std::uint64_t); ++i) {
    v.push_back(i);
    ASSERT_LE(v.size(), v.capacity());
    if (v.capacity() != capacity) {
      ++growths;
      capacity = v.capacity();
    }
  }
  EXPECT_GE(growths, 2u);
  EXPECT_LE(growths, 16u) << "4 MiB from one page by doubling";
}

TEST(vector_capacity, shrink_to_fit_gives_back_and_keeps_the_elements) {
  for (const mapvec::options& where : every_stage()) {
    const std::vector<std::string> values = make_values<std::string>(300);
    vector<std::string> v(values.begin(), values.end(), where);
    v.reserve(100000);
    const std::size_t capacity = v.capacity();
    const std::string* const address = v.data();
    v.shrink_to_fit();
    EXPECT_LT(v.capacity(), capacity);
    EXPECT_GE(v.capacity(), v.size());
    EXPECT_EQ(v.data(), address);
    expect_elements(v, values);
    for (int i = 300; i < 2000; ++i) v.push_back(make_value<std::string>(i));
    expect_elements(v, make_values<std::string>(2000));
  }
}

TEST(vector_capacity, shrink_to_fit_returns_disk_space) {
  vector<int> v(4 * MiB / sizeof(int), file_from_the_start());
  const std::size_t size_bytes = v.disk_size_bytes();
  EXPECT_GE(size_bytes, 4 * MiB);
  v.truncate(10);
  EXPECT_EQ(v.disk_size_bytes(), size_bytes);
  v.shrink_to_fit();
  EXPECT_LE(v.disk_size_bytes(), 64 * KiB);
  expect_elements(v, std::vector<int>(10));
}

TEST(vector_capacity, shrink_to_fit_of_an_empty_vector_is_harmless) {
  vector<int> never_used;
  never_used.shrink_to_fit();
  EXPECT_EQ(never_used.capacity(), 0u);
  for (const mapvec::options& where : every_stage()) {
    vector<int> v(5000, where);
    v.clear();
    v.shrink_to_fit();
    v.shrink_to_fit();
    v.push_back(3);
    expect_elements(v, {3});
  }
}

TEST(vector_capacity, clear_keeps_the_capacity) {
  for (const mapvec::options& where : every_stage()) {
    vector<int> v(5000, where);
    const std::size_t capacity = v.capacity();
    v.clear();
    EXPECT_TRUE(v.empty());
    EXPECT_EQ(v.capacity(), capacity);
  }
}

TEST(vector_capacity, resize_makes_and_destroys_exactly_the_difference) {
  life_check<tracked> lives;
  for (const mapvec::options& where : every_stage()) {
    vector<tracked> v(where);
    for (std::size_t size : {3, 300, 299, 2000, 2000, 5, 0, 1}) {
      v.resize(size);
      EXPECT_EQ(v.size(), size);
      EXPECT_EQ(tracked::counts.live, static_cast<long>(size));
    }
    EXPECT_EQ(tracked::counts.copies, 0);
    v.resize(0);
  }
}

TEST(vector_capacity, resize_fills_with_zeros_what_was_used_before) {
  for (const mapvec::options& where : every_stage()) {
    vector<int> v(3000, 7, where);
    v.resize(1);
    v.resize(3000);
    EXPECT_EQ(v[0], 7);
    EXPECT_TRUE(std::all_of(v.begin() + 1, v.end(), [](int value) { return value == 0; }));
  }
}

TEST(vector_capacity, resize_with_a_value_copies_it) {
  for (const mapvec::options& where : every_stage()) {
    vector<std::string> v({"a"}, where);
    v.resize(300, "a value of more than fifteen bytes");
    std::vector<std::string> expected(300, "a value of more than fifteen bytes");
    expected[0] = "a";
    expect_elements(v, expected);
    v.resize(1, "unused");
    expect_elements(v, std::vector<std::string>{"a"});
  }
}

TEST(vector_capacity, max_size_elements_fit_and_one_more_does_not) {
  for (std::size_t reservation_bytes : {64 * KiB, 1 * MiB, 3 * MiB}) {
    vector<unsigned char> v(reserve_bytes(reservation_bytes));
    v.push_back(1);
    EXPECT_GE(v.reservation_bytes(), reservation_bytes);
    ASSERT_GE(v.max_size(), reservation_bytes / 2);
    ASSERT_LE(v.max_size(), v.reservation_bytes());
    v.resize(v.max_size(), 2);
    EXPECT_EQ(v.back(), 2);
    EXPECT_THROW(v.push_back(3), std::length_error);
    EXPECT_EQ(v.size(), v.max_size());
    EXPECT_EQ(v.back(), 2);
    v.pop_back();
    v.push_back(4);
    EXPECT_EQ(v.back(), 4);
  }
}

TEST(vector_capacity, max_size_before_the_first_element_is_what_can_be_had) {
  vector<std::uint64_t> v(reserve_bytes(1 * MiB));
  const std::size_t promised = v.max_size();
  EXPECT_GE(promised, 1 * MiB / sizeof(std::uint64_t) / 2);
  EXPECT_LE(promised, 2 * MiB / sizeof(std::uint64_t) + 512);
  v.push_back(1);
  EXPECT_GE(v.max_size(), promised);
  EXPECT_GT(vector<int>().max_size(), std::size_t{1} << 24) << "without options: no small limit";
}

/// Every call that asks for `count` elements in all.
using growing_call = std::function<void(vector<int>&, std::size_t count)>;
std::vector<growing_call> growing_calls() {
  return {
      [](auto& v, std::size_t count) { v.reserve(count); },
      [](auto& v, std::size_t count) { v.resize(count); },
      [](auto& v, std::size_t count) { v.resize(count, 1); },
      [](auto& v, std::size_t count) { v.resize_for_overwrite(count); },
      [](auto& v, std::size_t count) { v.assign(count, 1); },
      [](auto& v, std::size_t count) { v.insert(v.begin(), count - v.size(), 1); },
      [](auto& v, std::size_t count) { v.insert(v.end(), count - v.size(), 1); },
  };
}

TEST(vector_capacity, too_many_elements_is_a_length_error_that_changes_nothing) {
  const std::vector<int> values = make_values<int>(100);
  for (const growing_call& grow : growing_calls()) {
    vector<int> v(values.begin(), values.end(), reserve_bytes(1 * MiB));
    const std::size_t capacity = v.capacity();
    for (std::size_t count : {v.max_size() + 1, 2 * v.max_size(), SIZE_MAX / sizeof(int),
                              SIZE_MAX / sizeof(int) + 2, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX}) {
      EXPECT_THROW(grow(v, count), std::length_error) << count;
      expect_elements(v, values);
      EXPECT_EQ(v.capacity(), capacity);
    }
    grow(v, v.max_size());
    EXPECT_EQ(v.capacity(), v.max_size());
  }
}

TEST(vector_capacity, too_many_elements_for_an_unused_vector_is_a_length_error) {
  for (const growing_call& grow : growing_calls()) {
    vector<int> v;
    EXPECT_THROW(grow(v, SIZE_MAX), std::length_error);
    EXPECT_THROW(grow(v, SIZE_MAX / sizeof(int) + 2), std::length_error);
    EXPECT_TRUE(v.empty());
    v.push_back(1);
    expect_elements(v, {1});
  }
  EXPECT_THROW(vector<int>(SIZE_MAX), std::length_error);
  EXPECT_THROW(vector<int>(SIZE_MAX, 1), std::length_error);
}

TEST(vector_capacity, a_count_that_would_wrap_round_is_a_length_error) {
  vector<eight_kib> v(2);
  const std::size_t wraps_to_two = SIZE_MAX / sizeof(eight_kib) + 3;
  EXPECT_THROW(v.reserve(wraps_to_two), std::length_error);
  EXPECT_THROW(v.resize(wraps_to_two), std::length_error);
  EXPECT_THROW(v.insert(v.end(), SIZE_MAX - 1, v[0]), std::length_error) << "2 + count wraps to 0";
  EXPECT_EQ(v.size(), 2u);
}

TEST(vector_capacity, the_length_error_names_the_option) {
  vector<int> v(reserve_bytes(1 * MiB));
  try {
    v.resize(100 * MiB);
    FAIL() << "no exception";
  } catch (const std::length_error& thrown) {
    EXPECT_NE(std::string(thrown.what()).find("options::reservation_bytes"), std::string::npos)
        << thrown.what();
  }
}

TEST(vector_capacity, appending_up_to_the_reservation_uses_all_of_it) {
  vector<std::string> v(reserve_bytes(64 * KiB));
  EXPECT_THROW(for (int i = 0; i < 100000; ++i) v.push_back(make_value<std::string>(i)),
               std::length_error);
  EXPECT_EQ(v.size(), v.max_size());
  expect_elements(v, make_values<std::string>(v.max_size()));
  EXPECT_THROW(v.append_range(std::list<std::string>{"x"}), std::length_error);
  EXPECT_THROW(v.insert(v.begin(), "x"), std::length_error);
  EXPECT_THROW(v.emplace(v.begin() + 1, "x"), std::length_error);
  EXPECT_THROW(v.emplace_back("x"), std::length_error);
  expect_elements(v, make_values<std::string>(v.max_size()));
}

TEST(vector_capacity, a_reservation_beyond_all_addresses_is_an_error_and_max_size_stays_possible) {
  vector<int> v(mapvec::options{.reservation_bytes = SIZE_MAX});
  EXPECT_LE(v.max_size(), static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(int));
  EXPECT_THROW(v.reserve(100'000'000), mapvec::error);
  EXPECT_TRUE(v.empty());
  EXPECT_EQ(v.data(), nullptr);
}

}  // namespace
