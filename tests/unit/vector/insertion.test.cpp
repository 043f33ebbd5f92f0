// SPDX-License-Identifier: MIT
//
// Goal: every overload of insert and emplace puts the elements where std::vector puts them and
// returns the position of the first. Method: the same call on both, at every position, on vectors
// that have room and on vectors that are full. [vector.modifiers]
#include <gtest/gtest.h>

#include <iterator>
#include <list>
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

/// Calls `insert(container, position)` on both kinds of vector; both return an iterator.
template <class T, class Insert>
void expect_inserted(Insert insert, std::size_t count, std::size_t spare) {
  for (std::size_t at : {std::size_t{0}, std::size_t{1}, count / 2, count - 1, count}) {
    if (at > count) continue;
    std::vector<T> expected = make_values<T>(count);
    vector<T> v(spill_after(4 * mapvec::KiB));
    v.reserve(count + spare);
    for (std::size_t i = 0; i < count; ++i) v.push_back(make_value<T>(static_cast<int>(i)));
    const auto place = insert(v, v.begin() + at);
    const auto expected_place = insert(expected, expected.begin() + static_cast<long>(at));
    EXPECT_EQ(place - v.begin(), expected_place - expected.begin());
    expect_elements(v, expected);
  }
}

/// Few elements, one page of them, many; full and with room.
template <class T, class Insert>
void expect_inserted(Insert insert) {
  const std::size_t in_a_page = 4096 / sizeof(T);
  for (std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{10}, in_a_page - 1,
                            in_a_page, in_a_page + 1, 4 * in_a_page}) {
    for (std::size_t spare : {0, 1, 1000}) expect_inserted<T>(insert, count, spare);
  }
}

TEST(vector_insertion, of_a_copied_value) {
  const std::string value = "a value of more than fifteen bytes";
  expect_inserted<std::string>([&](auto& v, auto at) { return v.insert(at, value); });
  const int number = 77;
  expect_inserted<int>([&](auto& v, auto at) { return v.insert(at, number); });
}

TEST(vector_insertion, of_a_moved_value) {
  expect_inserted<move_only>([](auto& v, auto at) { return v.insert(at, move_only(77)); });
  expect_inserted<std::string>([](auto& v, auto at) { return v.insert(at, std::string("x")); });
}

TEST(vector_insertion, of_copies) {
  for (std::size_t copies : {0, 1, 2, 9, 300}) {
    expect_inserted<std::string>(
        [&](auto& v, auto at) { return v.insert(at, copies, "fifteen bytes are not enough"); });
    expect_inserted<int>([&](auto& v, auto at) { return v.insert(at, copies, 5); });
  }
}

TEST(vector_insertion, of_two_integers_is_a_count_and_a_value) {
  vector<int> v{1};
  v.insert(v.begin(), 2, 9);
  expect_elements(v, {9, 9, 1});
}

TEST(vector_insertion, of_random_access_iterators) {
  for (std::size_t size : {0, 1, 5, 300}) {
    const std::vector<std::string> values = make_values<std::string>(size, 500);
    expect_inserted<std::string>(
        [&](auto& v, auto at) { return v.insert(at, values.begin(), values.end()); });
  }
}

TEST(vector_insertion, of_forward_iterators) {
  const std::list<std::string> values{"one", "two", "three of more than fifteen bytes"};
  expect_inserted<std::string>(
      [&](auto& v, auto at) { return v.insert(at, values.begin(), values.end()); });
}

TEST(vector_insertion, of_input_iterators) {
  expect_inserted<int>([](auto& v, auto at) {
    std::istringstream text("4 5 6 7 8");
    return v.insert(at, std::istream_iterator<int>(text), std::istream_iterator<int>());
  });
  expect_inserted<int>([](auto& v, auto at) {
    return v.insert(at, std::istream_iterator<int>(), std::istream_iterator<int>());
  });
}

TEST(vector_insertion, of_an_initializer_list) {
  expect_inserted<std::string>([](auto& v, auto at) { return v.insert(at, {"one", "two"}); });
}

TEST(vector_insertion, of_move_iterators_moves) {
  vector<move_only> v;
  v.emplace_back(1);
  v.emplace_back(2);
  std::vector<move_only> source = make_values<move_only>(300, 10);
  v.insert(v.begin() + 1, std::make_move_iterator(source.begin()),
           std::make_move_iterator(source.end()));
  ASSERT_EQ(v.size(), 302u);
  EXPECT_EQ(v[0].value(), 1);
  EXPECT_EQ(v[1].value(), 10);
  EXPECT_EQ(v[301].value(), 2);
}

TEST(vector_insertion, emplace_constructs_from_the_arguments) {
  expect_inserted<std::string>([](auto& v, auto at) { return v.emplace(at, 20u, 'x'); });
  expect_inserted<std::string>([](auto& v, auto at) { return v.emplace(at); });
  expect_inserted<move_only>([](auto& v, auto at) { return v.emplace(at, 5); });
}

TEST(vector_insertion, at_a_constant_iterator) {
  vector<int> v{1, 2};
  const auto place = v.insert(v.cbegin() + 1, 9);
  *place = 8;
  v.emplace(v.cend(), 3);
  expect_elements(v, {1, 8, 2, 3});
}

TEST(vector_insertion, at_the_end_constructs_without_moving_anything) {
  life_check<tracked> lives;
  vector<tracked> v(100);
  const tracked value(5);
  const long moves = tracked::counts.moves;
  v.insert(v.end(), value);
  v.emplace(v.end(), 6);
  v.insert(v.end(), 3, value);
  EXPECT_EQ(tracked::counts.moves, moves);
  EXPECT_LE(tracked::counts.copies, 5) << "one more, because the value may be an element";
}

TEST(vector_insertion, emplace_back_returns_the_new_element) {
  vector<std::string> v;
  std::string& first = v.emplace_back("first");
  std::string& second = v.emplace_back(3u, 'x');
  EXPECT_EQ(&first, &v[0]);
  EXPECT_EQ(&second, &v[1]);
  expect_elements(v, std::vector<std::string>{"first", "xxx"});
}

TEST(vector_insertion, push_back_copies_or_moves_as_asked) {
  life_check<tracked> lives;
  vector<tracked> v;
  tracked value(1);
  v.push_back(value);
  EXPECT_EQ(tracked::counts.copies, 1);
  EXPECT_EQ(tracked::counts.moves, 0);
  v.push_back(std::move(value));
  EXPECT_EQ(tracked::counts.copies, 1);
  EXPECT_EQ(tracked::counts.moves, 1);
}

}  // namespace
