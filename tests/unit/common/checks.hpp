// SPDX-License-Identifier: MIT
//
// What nearly every case checks: the elements of a container, and the lives of counted elements.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <initializer_list>
#include <vector>

namespace mapvec_test {

/// Starts the counts of `Element` at zero and demands at its end that every element is gone and
/// none was ever found in a wrong place.
template <class Element>
class life_check {
 public:
  life_check() {
    Element::counts = {};
    Element::fuse = -1;
  }
  life_check(const life_check&) = delete;
  life_check& operator=(const life_check&) = delete;
  ~life_check() {
    Element::fuse = -1;
    EXPECT_EQ(Element::counts.live, 0) << "constructed minus destroyed";
    EXPECT_EQ(Element::counts.misplaced, 0);
  }
};

/// Same size, same elements; says where the first difference is.
template <class Vector, class Expected>
void expect_elements(const Vector& actual, const Expected& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  auto position = actual.begin();
  std::size_t index = 0;
  for (const auto& element : expected) {
    ASSERT_TRUE(*position == element) << "first difference at element " << index;
    ++position;
    ++index;
  }
  EXPECT_TRUE(position == actual.end());
}

template <class Vector, class T>
void expect_elements(const Vector& actual, std::initializer_list<T> expected) {
  expect_elements(actual, std::vector<T>(expected));
}

}  // namespace mapvec_test
