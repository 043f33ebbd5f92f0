// SPDX-License-Identifier: MIT
//
// Goal: every way to reach an element reaches the same object. [vector.data], [sequence.reqmts]
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include <mapvec/vector.hpp>

#include "../common/checks.hpp"
#include "../common/elements.hpp"
#include "../common/leak_listener.hpp"
#include "../common/options.hpp"

namespace {

using mapvec::vector;
using namespace mapvec_test;

TEST(vector_element_access, all_ways_reach_the_same_object) {
  vector<int> v{10, 20, 30};
  const vector<int>& constant = v;
  EXPECT_EQ(&v[1], v.data() + 1);
  EXPECT_EQ(&v.at(1), v.data() + 1);
  EXPECT_EQ(&v.front(), v.data());
  EXPECT_EQ(&v.back(), v.data() + 2);
  EXPECT_EQ(v.begin(), v.data());
  EXPECT_EQ(v.end(), v.data() + 3);
  EXPECT_EQ(&*v.rbegin(), v.data() + 2);
  EXPECT_EQ(&*(v.rend() - 1), v.data());
  EXPECT_EQ(&constant[1], v.data() + 1);
  EXPECT_EQ(&constant.at(2), v.data() + 2);
  EXPECT_EQ(&constant.front(), v.data());
  EXPECT_EQ(&constant.back(), v.data() + 2);
  EXPECT_EQ(constant.data(), v.data());
  EXPECT_EQ(constant.cbegin(), v.cbegin());
  EXPECT_EQ(constant.cend(), v.cend());
  EXPECT_EQ(&*constant.crbegin(), v.data() + 2);
  EXPECT_EQ(&*(constant.crend() - 1), v.data());
}

TEST(vector_element_access, assigning_through_each_way_changes_the_element) {
  vector<int> v(6);
  v[0] = 1;
  v.at(1) = 2;
  *(v.begin() + 2) = 3;
  v.data()[3] = 4;
  *(v.rbegin() + 1) = 5;
  v.back() = 6;
  v.front() += 10;
  expect_elements(v, {11, 2, 3, 4, 5, 6});
}

TEST(vector_element_access, at_past_the_end_throws_out_of_range) {
  vector<int> v{1, 2, 3};
  const vector<int>& constant = v;
  EXPECT_EQ(v.at(2), 3);
  EXPECT_THROW(v.at(3), std::out_of_range);
  EXPECT_THROW(constant.at(3), std::out_of_range);
  EXPECT_THROW(v.at(SIZE_MAX), std::out_of_range);
  v.clear();
  EXPECT_THROW(v.at(0), std::out_of_range);
  EXPECT_THROW(vector<int>().at(0), std::out_of_range);
}

TEST(vector_element_access, out_of_range_names_the_position_and_the_size) {
  const vector<int> v{1, 2, 3};
  try {
    v.at(77);
    FAIL() << "at() did not throw";
  } catch (const std::out_of_range& thrown) {
    EXPECT_NE(std::string(thrown.what()).find("77"), std::string::npos) << thrown.what();
    EXPECT_NE(std::string(thrown.what()).find('3'), std::string::npos) << thrown.what();
  }
}

TEST(vector_element_access, a_vector_becomes_a_span_of_its_own_elements) {
  vector<int> v{1, 2, 3};
  const std::span<int> view = v;
  view[1] = 9;
  const std::span<const int> constant_view = std::as_const(v);
  EXPECT_EQ(constant_view.data(), v.data());
  EXPECT_EQ(constant_view.size(), 3u);
  expect_elements(v, {1, 9, 3});
  v.clear();
  EXPECT_TRUE(std::span<int>(v).empty());
}

TEST(vector_element_access, bool_elements_are_plain_objects) {
  vector<bool> v(3, true);
  bool& second = v[1];
  bool* const pointer = &second;
  *pointer = false;
  expect_elements(v, {true, false, true});
}

}  // namespace
