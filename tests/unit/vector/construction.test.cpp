// SPDX-License-Identifier: MIT
//
// Goal: every constructor makes exactly the elements that std::vector's makes, copies are
// independent, moves take everything along. [vector.cons]
#include <gtest/gtest.h>

#include <array>
#include <iterator>
#include <list>
#include <ranges>
#include <span>
#include <sstream>
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

TEST(vector_construction, default_constructed_is_empty_and_holds_nothing) {
  const process_holdings before = holdings();
  const vector<std::string> v;
  EXPECT_TRUE(v.empty());
  EXPECT_EQ(v.size(), 0u);
  EXPECT_EQ(v.capacity(), 0u);
  EXPECT_EQ(v.data(), nullptr);
  EXPECT_TRUE(v.begin() == v.end());
  EXPECT_EQ(holdings(), before);
}

TEST(vector_construction, from_options_alone_holds_nothing_until_the_first_element) {
  const process_holdings before = holdings();
  vector<int> v(file_from_the_start());
  EXPECT_EQ(v.capacity(), 0u);
  EXPECT_EQ(v.data(), nullptr);
  EXPECT_EQ(holdings(), before);
  v.push_back(7);
  EXPECT_NE(holdings(), before);
  expect_elements(v, {7});
}

TEST(vector_construction, from_nothing_of_anything_holds_nothing) {
  const process_holdings before = holdings();
  const std::list<int> nothing;
  const vector<int> zero(std::size_t{0});
  const vector<int> zero_values(0, 7);
  const vector<int> from_iterators(nothing.begin(), nothing.end());
  const vector<int> from_a_range(mapvec::from_range, nothing);
  const vector<int> from_a_span{std::span<const int>()};
  const vector<int> copy(zero);
  EXPECT_EQ(holdings(), before);
  EXPECT_EQ(copy.data(), nullptr);
}

TEST(vector_construction, from_a_count_makes_value_initialised_elements) {
  for (const mapvec::options& where : every_stage()) {
    const vector<int> ints(5000, where);
    expect_elements(ints, std::vector<int>(5000));
    const vector<std::string> strings(300, where);
    expect_elements(strings, std::vector<std::string>(300));
    const vector<immovable> mutexes(3, where);
    EXPECT_EQ(mutexes.size(), 3u);
  }
}

TEST(vector_construction, from_a_count_and_a_value_makes_copies) {
  for (const mapvec::options& where : every_stage()) {
    const vector<std::string> v(300, std::string("a string of more than fifteen bytes"), where);
    expect_elements(v, std::vector<std::string>(300, "a string of more than fifteen bytes"));
  }
}

TEST(vector_construction, two_integers_are_a_count_and_a_value) {
  const vector<int> v(3, 7);
  expect_elements(v, {7, 7, 7});
}

TEST(vector_construction, from_iterators_of_every_category) {
  for (const mapvec::options& where : every_stage()) {
    const std::list<int> list{3, 1, 2};
    const vector<int> from_list(list.begin(), list.end(), where);
    expect_elements(from_list, list);
    std::istringstream text("4 5 6");
    const vector<int> from_stream(std::istream_iterator<int>(text), std::istream_iterator<int>(),
                                  where);
    expect_elements(from_stream, {4, 5, 6});
    const std::array<short, 2> array{8, 9};
    const vector<int> converted(array.begin(), array.end(), where);
    expect_elements(converted, {8, 9});
  }
}

TEST(vector_construction, from_an_initializer_list) {
  for (const mapvec::options& where : every_stage()) {
    const vector<std::string> v({"one", "two"}, where);
    expect_elements(v, std::vector<std::string>{"one", "two"});
  }
  const vector<int> braces{3, 7};
  expect_elements(braces, {3, 7});
}

TEST(vector_construction, from_a_span_copies_the_elements) {
  std::array<int, 3> source{1, 2, 3};
  const vector<int> v{std::span<const int>(source)};
  source[0] = 9;
  expect_elements(v, {1, 2, 3});
}

TEST(vector_construction, from_a_range_that_is_no_container) {
  auto squares = std::views::iota(0, 2000) | std::views::transform([](int i) { return i * i; });
  for (const mapvec::options& where : every_stage()) {
    const vector<int> v(mapvec::from_range, squares, where);
    ASSERT_EQ(v.size(), 2000u);
    EXPECT_TRUE(std::ranges::equal(v, squares));
  }
}

TEST(vector_construction, a_copy_is_equal_and_independent) {
  for (const mapvec::options& where : every_stage()) {
    vector<std::string> original(where);
    for (int i = 0; i < 300; ++i) original.push_back(make_value<std::string>(i));
    vector<std::string> copy(original);
    ASSERT_EQ(copy, original);
    EXPECT_NE(copy.data(), original.data());
    copy[0] = "changed";
    copy.pop_back();
    expect_elements(original, make_values<std::string>(300));
  }
}

TEST(vector_construction, a_move_takes_the_elements_along_without_touching_them) {
  life_check<tracked> lives;
  for (const mapvec::options& where : every_stage()) {
    vector<tracked> source(where);
    for (int i = 0; i < 2000; ++i) source.emplace_back(i);
    tracked* const address = source.data();
    const long copies = tracked::counts.copies;
    const long moves = tracked::counts.moves;
    vector<tracked> target(std::move(source));
    EXPECT_EQ(target.data(), address);
    EXPECT_EQ(target.size(), 2000u);
    EXPECT_EQ(tracked::counts.copies, copies);
    EXPECT_EQ(tracked::counts.moves, moves);
    EXPECT_TRUE(source.empty());
    EXPECT_EQ(source.capacity(), 0u);
    source.emplace_back(5);
    target.emplace_back(6);
    EXPECT_EQ(source.size(), 1u);
    EXPECT_EQ(target.size(), 2001u);
  }
}

TEST(vector_construction, a_vector_of_immovable_elements_moves) {
  vector<immovable> source;
  source.emplace_back(1);
  immovable* const address = source.data();
  const vector<immovable> target(std::move(source));
  EXPECT_EQ(target.data(), address);
}

TEST(vector_construction, that_throws_halfway_destroys_what_it_made) {
  life_check<throwing> lives;
  const std::vector<throwing> source(20);
  for (const mapvec::options& where : every_stage()) {
    throwing::fuse = 7;
    EXPECT_THROW(vector<throwing>(20, where), planned_failure);
    throwing::fuse = 7;
    EXPECT_THROW(vector<throwing>(source.begin(), source.end(), where), planned_failure);
    throwing::fuse = 7;
    EXPECT_THROW(vector<throwing>(mapvec::from_range, source, where), planned_failure);
    throwing::fuse = -1;
    const vector<throwing> original(source.begin(), source.end(), where);
    throwing::fuse = 7;
    EXPECT_THROW(vector<throwing>{original}, planned_failure);
    throwing::fuse = -1;
  }
}

}  // namespace
