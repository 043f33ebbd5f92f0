// SPDX-License-Identifier: MIT
//
// Goal: assignment in all its forms leaves exactly the new elements, whatever was there before and
// whether the new size is larger, equal or smaller. [vector.cons], [vector.modifiers]
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

constexpr std::size_t sizes_to_try[] = {0, 1, 3, 300, 1000};

/// Calls `assign(vector, values)` with every pair of an old and a new size, in every stage.
template <class T, class Assign>
void expect_assigned(Assign assign) {
  for (const mapvec::options& where : every_stage()) {
    for (std::size_t old_size : sizes_to_try) {
      for (std::size_t new_size : sizes_to_try) {
        const std::vector<T> before = make_values<T>(old_size);
        const std::vector<T> after = make_values<T>(new_size, 5000);
        vector<T> v(before.begin(), before.end(), where);
        assign(v, after);
        expect_elements(v, after);
        v.push_back(make_value<T>(1));
        EXPECT_EQ(v.size(), new_size + 1);
      }
    }
  }
}

TEST(vector_assignment, by_copy) {
  expect_assigned<std::string>([](auto& v, const auto& values) {
    const vector<std::string> source(values.begin(), values.end());
    v = source;
    EXPECT_EQ(v, source);
  });
}

TEST(vector_assignment, by_move_leaves_a_usable_source) {
  expect_assigned<std::string>([](auto& v, const auto& values) {
    vector<std::string> source(values.begin(), values.end());
    const std::string* const address = source.data();
    v = std::move(source);
    EXPECT_EQ(v.data(), address);
    source.assign(2, "again");
    expect_elements(source, std::vector<std::string>(2, "again"));
  });
}

TEST(vector_assignment, from_iterators) {
  expect_assigned<std::string>(
      [](auto& v, const auto& values) { v.assign(values.begin(), values.end()); });
}

TEST(vector_assignment, from_a_list) {
  expect_assigned<int>([](auto& v, const auto& values) {
    const std::list<int> list(values.begin(), values.end());
    v.assign(list.begin(), list.end());
  });
}

TEST(vector_assignment, from_an_input_iterator) {
  expect_assigned<int>([](auto& v, const auto& values) {
    std::stringstream text;
    for (int value : values) text << value << ' ';
    v.assign(std::istream_iterator<int>(text), std::istream_iterator<int>());
  });
}

TEST(vector_assignment, from_a_range) {
  expect_assigned<std::string>([](auto& v, const auto& values) { v.assign_range(values); });
}

TEST(vector_assignment, from_a_count_and_a_value) {
  for (const mapvec::options& where : every_stage()) {
    for (std::size_t old_size : sizes_to_try) {
      for (std::size_t new_size : sizes_to_try) {
        vector<std::string> v(old_size, std::string("old"), where);
        v.assign(new_size, "a new value of more than fifteen bytes");
        expect_elements(
            v, std::vector<std::string>(new_size, "a new value of more than fifteen bytes"));
      }
    }
  }
}

TEST(vector_assignment, from_an_initializer_list) {
  vector<int> v{1, 2, 3, 4};
  v = {7, 8};
  expect_elements(v, {7, 8});
  v.assign({1, 2, 3, 4, 5});
  expect_elements(v, {1, 2, 3, 4, 5});
  vector<int>& same = (v = {});
  EXPECT_EQ(&same, &v);
  EXPECT_TRUE(v.empty());
}

TEST(vector_assignment, two_integers_are_a_count_and_a_value) {
  vector<int> v;
  v.assign(2, 9);
  expect_elements(v, {9, 9});
}

TEST(vector_assignment, to_itself_changes_nothing) {
  for (const mapvec::options& where : every_stage()) {
    const std::vector<std::string> values = make_values<std::string>(300);
    vector<std::string> v(values.begin(), values.end(), where);
    vector<std::string>& alias = v;
    v = alias;
    expect_elements(v, values);
    v = std::move(alias);
    EXPECT_TRUE(v.size() == 300 || v.empty()) << "any valid state";
  }
}

TEST(vector_assignment, destroys_every_old_element_once) {
  life_check<tracked> lives;
  for (const mapvec::options& where : every_stage()) {
    vector<tracked> a(300, where);
    vector<tracked> b(200, where);
    const vector<tracked> c(400, where);
    a = b;
    EXPECT_EQ(tracked::counts.live, 800);
    a = c;
    EXPECT_EQ(tracked::counts.live, 1000);
    b = std::move(a);
    a.clear();
    EXPECT_EQ(tracked::counts.live, 800);
  }
}

TEST(vector_assignment, that_throws_leaves_a_valid_vector) {
  life_check<throwing> lives;
  for (std::size_t old_size : {0, 3, 30}) {
    for (long fuse = 0; fuse < 12; ++fuse) {
      const std::vector<throwing> values(12);
      vector<throwing> v(old_size, spill_after(4 * mapvec::KiB));
      const long others = throwing::counts.live - static_cast<long>(v.size());
      throwing::fuse = fuse;
      EXPECT_THROW(v.assign(values.begin(), values.end()), planned_failure);
      throwing::fuse = -1;
      EXPECT_EQ(throwing::counts.live, others + static_cast<long>(v.size()));
      v.emplace_back(1);
      EXPECT_EQ(v.back().value(), 1);
    }
  }
}

TEST(vector_assignment, by_copy_that_throws_leaves_a_valid_vector) {
  life_check<throwing> lives;
  for (std::size_t old_size : {0, 3, 30}) {
    for (long fuse = 0; fuse < 12; ++fuse) {
      const vector<throwing> source(12);
      vector<throwing> v(old_size);
      const long others = throwing::counts.live - static_cast<long>(v.size());
      throwing::fuse = fuse;
      EXPECT_THROW(v = source, planned_failure);
      throwing::fuse = -1;
      EXPECT_EQ(throwing::counts.live, others + static_cast<long>(v.size()));
    }
  }
}

}  // namespace
