// SPDX-License-Identifier: MIT
//
// Goal: the range members take every kind of range: sized, forward without a size, input only,
// made of temporaries, and one that throws halfway. [sequence.reqmts], C++23
#include <gtest/gtest.h>

#include <cstdint>
#include <forward_list>
#include <iterator>
#include <list>
#include <ranges>
#include <sstream>
#include <string>
#include <vector>

#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/input_range.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"

namespace {

using mapvec::vector;
using namespace mapvec_test;

/// Calls `use(range)` with ranges of all kinds that all hold 0 … count-1.
template <class Use>
void with_every_kind_of_range(int count, Use use) {
  const std::vector<int> contiguous = make_values<int>(static_cast<std::size_t>(count));
  use(contiguous);
  use(std::list<int>(contiguous.begin(), contiguous.end()));
  use(std::forward_list<int>(contiguous.begin(), contiguous.end()));
  use(std::views::iota(0, count));
  // Whose differences have 128 bits.
  use(std::views::iota(std::uint64_t{0}, static_cast<std::uint64_t>(count)) |
      std::views::transform([](std::uint64_t value) { return static_cast<int>(value); }));
  use(contiguous | std::views::filter([](int) { return true; }));
  use(input_range<int>(0, static_cast<std::size_t>(count)));
  std::stringstream text;
  for (int value : contiguous) text << value << ' ';
  use(std::ranges::istream_view<int>(text));
}

TEST(vector_ranges, construct_from_every_kind) {
  for (const mapvec::options& where : every_stage()) {
    for (int count : {0, 1, 3000}) {
      with_every_kind_of_range(count, [&](auto&& range) {
        const vector<int> v(mapvec::from_range, range, where);
        expect_elements(v, make_values<int>(static_cast<std::size_t>(count)));
      });
    }
  }
}

TEST(vector_ranges, assign_every_kind) {
  for (const mapvec::options& where : every_stage()) {
    for (int count : {0, 1, 3000}) {
      with_every_kind_of_range(count, [&](auto&& range) {
        vector<int> v(100, 7, where);
        v.assign_range(range);
        expect_elements(v, make_values<int>(static_cast<std::size_t>(count)));
      });
    }
  }
}

TEST(vector_ranges, append_every_kind) {
  for (const mapvec::options& where : every_stage()) {
    for (int count : {0, 1, 3000}) {
      with_every_kind_of_range(count, [&](auto&& range) {
        vector<int> v({70, 71}, where);
        v.append_range(range);
        std::vector<int> expected{70, 71};
        for (int i = 0; i < count; ++i) expected.push_back(i);
        expect_elements(v, expected);
      });
    }
  }
}

TEST(vector_ranges, insert_every_kind_at_every_position) {
  for (int count : {0, 1, 3, 3000}) {
    for (long at : {0, 1, 2, 3}) {
      with_every_kind_of_range(count, [&](auto&& range) {
        vector<int> v({70, 71, 72}, spill_after(4 * mapvec::KiB));
        const auto place = v.insert_range(v.cbegin() + at, range);
        EXPECT_EQ(place - v.begin(), at);
        std::vector<int> expected{70, 71, 72};
        const std::vector<int> values = make_values<int>(static_cast<std::size_t>(count));
        expected.insert(expected.begin() + at, values.begin(), values.end());
        expect_elements(v, expected);
      });
    }
  }
}

TEST(vector_ranges, of_temporaries_are_moved_from) {
  auto made = std::views::iota(0, 300) |
              std::views::transform([](int i) { return make_value<move_only>(i); });
  vector<move_only> v(mapvec::from_range, made);
  v.append_range(made);
  v.insert_range(v.begin(), made);
  ASSERT_EQ(v.size(), 900u);
  EXPECT_EQ(v[299].value(), 299);
  EXPECT_EQ(v[300].value(), 0);
  v.assign_range(made);
  expect_elements(v, make_values<move_only>(300));
}

TEST(vector_ranges, convert_the_elements) {
  const std::vector<const char*> words{"one", "two"};
  vector<std::string> v(mapvec::from_range, words);
  v.append_range(words);
  expect_elements(v, std::vector<std::string>{"one", "two", "one", "two"});
}

TEST(vector_ranges, an_array_is_a_range) {
  const int values[] = {1, 2, 3};
  vector<int> v(mapvec::from_range, values);
  v.append_range(values);
  expect_elements(v, {1, 2, 3, 1, 2, 3});
}

/// The numbers from 0, throwing at `stop`.
auto range_that_throws_at(int stop) {
  return std::views::iota(0, stop + 10) | std::views::transform([stop](int i) {
           if (i == stop) throw planned_failure{};
           return i;
         });
}
auto input_range_that_throws_at(int stop) {
  const auto position = static_cast<std::size_t>(stop);
  return input_range<int>(0, position + 10, position);
}
static_assert(!std::ranges::forward_range<input_range<int>>);

TEST(vector_ranges, append_of_a_throwing_range_changes_nothing) {
  life_check<tracked> lives;
  for (const mapvec::options& where : every_stage()) {
    for (int stop : {0, 1, 50, 3000}) {
      vector<tracked> v(where);
      for (int i = 0; i < 10; ++i) v.emplace_back(i);
      tracked* const address = v.data();
      EXPECT_THROW(v.append_range(range_that_throws_at(stop)), planned_failure);
      expect_elements(v, make_values<int>(10));
      EXPECT_THROW(v.append_range(input_range_that_throws_at(stop)), planned_failure);
      expect_elements(v, make_values<int>(10));
      EXPECT_EQ(tracked::counts.live, 10);
      EXPECT_EQ(v.data(), address);
    }
  }
}

TEST(vector_ranges, append_that_throws_after_many_mebibytes_changes_nothing) {
  constexpr std::size_t count = 24 * mapvec::MiB / sizeof(int);
  vector<int> v({1, 2, 3}, file_from_the_start());
  EXPECT_THROW(v.append_range(range_that_throws_at(count)), planned_failure);
  expect_elements(v, {1, 2, 3});
  EXPECT_THROW(v.append_range(input_range_that_throws_at(count)), planned_failure);
  expect_elements(v, {1, 2, 3});
}

TEST(vector_ranges, other_calls_with_a_throwing_range_leave_a_valid_vector) {
  life_check<tracked> lives;
  for (int stop : {0, 1, 50, 3000}) {
    vector<tracked> v(10, spill_after(4 * mapvec::KiB));
    EXPECT_THROW(v.insert_range(v.begin() + 3, range_that_throws_at(stop)), planned_failure);
    EXPECT_EQ(tracked::counts.live, static_cast<long>(v.size()));
    EXPECT_THROW(v.insert_range(v.begin(), input_range_that_throws_at(stop)), planned_failure);
    EXPECT_EQ(tracked::counts.live, static_cast<long>(v.size()));
    EXPECT_THROW(v.assign_range(range_that_throws_at(stop)), planned_failure);
    EXPECT_EQ(tracked::counts.live, static_cast<long>(v.size()));
    EXPECT_THROW(v.assign_range(input_range_that_throws_at(stop)), planned_failure);
    EXPECT_EQ(tracked::counts.live, static_cast<long>(v.size()));
    EXPECT_THROW(vector<tracked>(mapvec::from_range, range_that_throws_at(stop)), planned_failure);
    EXPECT_EQ(tracked::counts.live, static_cast<long>(v.size()));
  }
}

}  // namespace
