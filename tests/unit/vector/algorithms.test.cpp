// SPDX-License-Identifier: MIT
//
// Goal: the standard algorithms, ranges and adaptors take a vector as they take std::vector.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <numeric>
#include <random>
#include <ranges>
#include <string>
#include <vector>

#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"

namespace {

using mapvec::vector;
using namespace mapvec_test;

TEST(vector_algorithms, sort_in_every_stage) {
  std::mt19937 random(7);
  for (const mapvec::options& where : every_stage()) {
    vector<std::uint32_t> v(where);
    for (int i = 0; i < 5000; ++i) v.push_back(static_cast<std::uint32_t>(random()));
    std::vector<std::uint32_t> expected(v.begin(), v.end());
    std::sort(expected.begin(), expected.end());
    std::ranges::sort(v);
    expect_elements(v, expected);
    EXPECT_TRUE(std::ranges::binary_search(v, expected[17]));
  }
}

TEST(vector_algorithms, sort_move_only_elements) {
  vector<move_only> v(file_from_the_start());
  for (int i = 0; i < 1000; ++i) v.emplace_back((i * 7919) % 1000);
  std::sort(v.begin(), v.end());
  expect_elements(v, make_values<move_only>(1000));
}

TEST(vector_algorithms, erase_remove_and_unique) {
  vector<int> v{1, 1, 2, 3, 3, 3, 4};
  v.erase(std::unique(v.begin(), v.end()), v.end());
  v.erase(std::remove(v.begin(), v.end(), 3), v.end());
  expect_elements(v, {1, 2, 4});
}

TEST(vector_algorithms, rotate_reverse_and_accumulate) {
  vector<int> v(5);
  std::iota(v.begin(), v.end(), 1);
  std::ranges::rotate(v, v.begin() + 2);
  std::ranges::reverse(v);
  expect_elements(v, {2, 1, 5, 4, 3});
  EXPECT_EQ(std::accumulate(v.cbegin(), v.cend(), 0), 15);
  EXPECT_TRUE(std::equal(v.rbegin(), v.rend(), std::vector<int>{3, 4, 5, 1, 2}.begin()));
}

TEST(vector_algorithms, back_inserter_and_inserter) {
  vector<int> v;
  std::ranges::copy(std::views::iota(0, 2000), std::back_inserter(v));
  std::fill_n(std::inserter(v, v.begin()), 2, 9);
  EXPECT_EQ(v.size(), 2002u);
  EXPECT_EQ(v[1], 9);
  EXPECT_EQ(v.back(), 1999);
}

TEST(vector_algorithms, views_look_into_the_vector) {
  vector<std::string> v{"a", "b", "c"};
  for (std::string& text : v | std::views::drop(1) | std::views::reverse) text += "!";
  expect_elements(v, std::vector<std::string>{"a", "b!", "c!"});
  EXPECT_EQ(std::ranges::data(v), v.data());
  EXPECT_EQ(std::ranges::size(v), 3u);
  EXPECT_EQ(std::size(v), 3u);
  EXPECT_FALSE(std::ranges::empty(v));
}

TEST(vector_algorithms, range_for_visits_every_element_in_order) {
  const vector<int> v{3, 1, 2};
  std::vector<int> visited;
  for (int value : v) visited.push_back(value);
  EXPECT_EQ(visited, (std::vector<int>{3, 1, 2}));
}

TEST(vector_algorithms, std_vector_and_mapvec_convert_into_each_other) {
  const std::vector<std::string> source = make_values<std::string>(500);
  const vector<std::string> v(source.begin(), source.end());
  const std::vector<std::string> back(v.begin(), v.end());
  EXPECT_EQ(back, source);
}

}  // namespace
