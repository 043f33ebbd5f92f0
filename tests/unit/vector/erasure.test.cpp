// SPDX-License-Identifier: MIT
//
// Goal: erase in all its forms, pop_back and clear remove exactly what they name, destroy it once
// and keep the order of the rest. [vector.modifiers], [vector.erasure]
#include <gtest/gtest.h>

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

TEST(vector_erasure, of_one_element_at_every_position) {
  for (long at = 0; at < 200; ++at) {
    std::vector<std::string> expected = make_values<std::string>(200);
    vector<std::string> v(expected.begin(), expected.end(), spill_after(4 * mapvec::KiB));
    const auto next = v.erase(v.cbegin() + at);
    expected.erase(expected.begin() + at);
    EXPECT_EQ(next - v.begin(), at);
    expect_elements(v, expected);
  }
}

TEST(vector_erasure, of_every_range) {
  constexpr long size = 20;
  for (long first = 0; first <= size; ++first) {
    for (long last = first; last <= size; ++last) {
      life_check<tracked> lives;
      std::vector<int> expected = make_values<int>(size);
      vector<tracked> v(expected.begin(), expected.end());
      const auto next = v.erase(v.cbegin() + first, v.cbegin() + last);
      expected.erase(expected.begin() + first, expected.begin() + last);
      EXPECT_EQ(next - v.begin(), first);
      expect_elements(v, expected);
      EXPECT_EQ(tracked::counts.live, static_cast<long>(v.size()));
    }
  }
}

TEST(vector_erasure, of_an_empty_range_touches_nothing) {
  life_check<tracked> lives;
  vector<tracked> v(20);
  v.erase(v.begin() + 3, v.begin() + 3);
  EXPECT_EQ(v.size(), 20u);
  EXPECT_EQ(tracked::counts.moves, 0);
  vector<int> nothing;
  nothing.erase(nothing.begin(), nothing.end());
  EXPECT_TRUE(nothing.empty());
}

TEST(vector_erasure, of_move_only_elements) {
  vector<move_only> v;
  for (int i = 0; i < 10; ++i) v.emplace_back(i);
  v.erase(v.begin() + 2);
  v.erase(v.begin() + 4, v.begin() + 6);
  expect_elements(v, [] {
    std::vector<move_only> expected;
    for (int i : {0, 1, 3, 4, 7, 8, 9}) expected.emplace_back(i);
    return expected;
  }());
}

TEST(vector_erasure, by_value_returns_how_many) {
  for (const mapvec::options& where : every_stage()) {
    vector<int> v({1, 2, 1, 3, 1}, where);
    EXPECT_EQ(erase(v, 1), 3u);
    expect_elements(v, {2, 3});
    EXPECT_EQ(mapvec::erase(v, 7), 0u);
    EXPECT_EQ(erase(v, 2L), 1u) << "any comparable type";
    expect_elements(v, {3});
  }
}

TEST(vector_erasure, by_predicate_returns_how_many) {
  life_check<tracked> lives;
  vector<tracked> v(file_from_the_start());
  for (int i = 0; i < 1000; ++i) v.emplace_back(i);
  const auto odd = [](const tracked& element) { return element.value() % 2 != 0; };
  EXPECT_EQ(erase_if(v, odd), 500u);
  EXPECT_EQ(v.size(), 500u);
  EXPECT_EQ(tracked::counts.live, 500);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(v[static_cast<std::size_t>(i)].value(), 2 * i);
  EXPECT_EQ(mapvec::erase_if(v, [](const tracked&) { return true; }), 500u);
  EXPECT_TRUE(v.empty());
}

TEST(vector_erasure, pop_back_destroys_the_last_element) {
  life_check<tracked> lives;
  vector<tracked> v;
  for (int i = 0; i < 3; ++i) v.emplace_back(i);
  v.pop_back();
  EXPECT_EQ(tracked::counts.live, 2);
  expect_elements(v, {0, 1});
}

TEST(vector_erasure, clear_destroys_every_element) {
  life_check<tracked> lives;
  for (const mapvec::options& where : every_stage()) {
    vector<tracked> v(1000, where);
    v.clear();
    EXPECT_EQ(tracked::counts.live, 0);
    v.clear();
    v.emplace_back(4);
    expect_elements(v, {4});
  }
}

TEST(vector_erasure, the_space_is_used_again) {
  for (const mapvec::options& where : every_stage()) {
    vector<std::string> v(where);
    for (int i = 0; i < 300; ++i) v.push_back(make_value<std::string>(i));
    const std::size_t capacity = v.capacity();
    v.erase(v.begin(), v.begin() + 200);
    for (int i = 300; i < 500; ++i) v.push_back(make_value<std::string>(i));
    EXPECT_EQ(v.capacity(), capacity);
    expect_elements(v, make_values<std::string>(300, 200));
  }
}

}  // namespace
