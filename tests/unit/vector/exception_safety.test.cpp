// SPDX-License-Identifier: MIT
//
// Goal: an element that throws leaves the vector as it was (push_back, emplace_back, resize,
// append, insert of one at the end) or valid (the rest); no element is lost or destroyed twice.
// Method: an element whose fuse lets one more operation through each time, until the call
// completes; a call that never failed would prove nothing, so failures are demanded.
#include <gtest/gtest.h>

#include <functional>
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
using vector_call = std::function<void(vector<throwing>&)>;

enum class after_failure { unchanged, valid };

/// Runs `use` on vectors of `size` elements with ever longer fuses; the steps grow, so that calls
/// of many element operations fail early, late and in between.
void with_growing_fuse(std::size_t size, const mapvec::options& where, after_failure promise,
                       const vector_call& use) {
  const long outside = throwing::counts.live;
  int failures = -1;
  long fuse = 0;
  for (bool completed = false; !completed; fuse += 1 + fuse / 16) {
    ASSERT_LT(++failures, 10000) << "never completes";
    vector<throwing> v(where);
    for (std::size_t i = 0; i < size; ++i) v.emplace_back(static_cast<int>(i));
    throwing* const address = v.data();
    throwing::fuse = fuse;
    try {
      use(v);
      completed = true;
    } catch (const planned_failure&) {
    }
    throwing::fuse = -1;
    EXPECT_EQ(throwing::counts.live, outside + static_cast<long>(v.size()));
    EXPECT_EQ(throwing::counts.misplaced, 0);
    EXPECT_TRUE(address == nullptr || v.data() == address);
    if (!completed && promise == after_failure::unchanged) {
      ASSERT_NO_FATAL_FAILURE(expect_elements(v, make_values<int>(size)));
    }
    v.emplace_back(123456);
    EXPECT_EQ(v.back().value(), 123456);
  }
  EXPECT_GT(failures, 0) << "the call never failed";
}

/// With room, and full in memory, at the spill and in the file.
void with_growing_fuse(after_failure promise, const vector_call& use) {
  const std::size_t in_a_page = 4096 / sizeof(throwing);
  life_check<throwing> lives;
  for (std::size_t size : {std::size_t{0}, std::size_t{10}, in_a_page - 1, in_a_page}) {
    with_growing_fuse(size, {}, promise, use);
    with_growing_fuse(size, spill_after(4 * mapvec::KiB), promise, use);
    with_growing_fuse(size, file_from_the_start(), promise, use);
  }
}

TEST(vector_exception_safety, push_back_that_throws_changes_nothing) {
  with_growing_fuse(after_failure::unchanged, [](auto& v) {
    const throwing value(5);
    v.push_back(value);
  });
}

TEST(vector_exception_safety, push_back_of_a_moved_element_that_throws_changes_nothing) {
  with_growing_fuse(after_failure::unchanged, [](auto& v) { v.push_back(throwing(5)); });
}

TEST(vector_exception_safety, emplace_back_that_throws_changes_nothing) {
  with_growing_fuse(after_failure::unchanged, [](auto& v) { v.emplace_back(5); });
}

TEST(vector_exception_safety, try_push_back_that_throws_changes_nothing) {
  with_growing_fuse(after_failure::unchanged, [](auto& v) {
    const throwing value(5);
    v.try_push_back(value);
  });
}

TEST(vector_exception_safety, resize_that_throws_changes_nothing) {
  with_growing_fuse(after_failure::unchanged, [](auto& v) { v.resize(v.size() + 20); });
}

TEST(vector_exception_safety, resize_with_a_value_that_throws_changes_nothing) {
  with_growing_fuse(after_failure::unchanged, [](auto& v) {
    const throwing value(5);
    v.resize(v.size() + 20, value);
  });
}

TEST(vector_exception_safety, append_range_that_throws_changes_nothing) {
  with_growing_fuse(after_failure::unchanged, [](auto& v) {
    const int values[] = {1, 2, 3, 4, 5, 6, 7, 8};
    v.append_range(values);
  });
}

TEST(vector_exception_safety, insert_of_one_at_the_end_that_throws_changes_nothing) {
  with_growing_fuse(after_failure::unchanged, [](auto& v) {
    const throwing value(5);
    v.insert(v.end(), value);
  });
  with_growing_fuse(after_failure::unchanged, [](auto& v) { v.emplace(v.end(), 5); });
}

TEST(vector_exception_safety, insert_that_throws_leaves_a_valid_vector) {
  with_growing_fuse(after_failure::valid, [](auto& v) {
    const throwing value(5);
    v.insert(v.begin(), value);
  });
  with_growing_fuse(after_failure::valid, [](auto& v) { v.insert(v.begin(), throwing(5)); });
  with_growing_fuse(after_failure::valid, [](auto& v) {
    const throwing value(5);
    v.insert(v.begin() + static_cast<long>(v.size() / 2), 7, value);
  });
  with_growing_fuse(after_failure::valid, [](auto& v) {
    const std::vector<int> values(30, 5);
    v.insert(v.begin(), values.begin(), values.end());
  });
}

TEST(vector_exception_safety, emplace_that_throws_leaves_a_valid_vector) {
  with_growing_fuse(after_failure::valid, [](auto& v) { v.emplace(v.begin(), 5); });
}

TEST(vector_exception_safety, erase_that_throws_leaves_a_valid_vector) {
  life_check<throwing> lives;
  for (std::size_t size : {3, 100}) {
    with_growing_fuse(size, {}, after_failure::valid, [](auto& v) { v.erase(v.begin()); });
    with_growing_fuse(size, {}, after_failure::valid,
                      [](auto& v) { v.erase(v.begin(), v.begin() + 2); });
    with_growing_fuse(size, {}, after_failure::valid, [](auto& v) { v.truncate_front(2); });
    with_growing_fuse(size, {}, after_failure::valid, [](auto& v) {
      erase_if(v, [](const throwing& element) { return element.value() == 1; });
    });
  }
}

TEST(vector_exception_safety, pop_that_throws_keeps_every_element_alive) {
  life_check<throwing> lives;
  with_growing_fuse(10, {}, after_failure::valid, [](auto& v) { v.pop(); });
}

TEST(vector_exception_safety, a_predicate_that_throws_leaves_a_valid_vector) {
  life_check<tracked> lives;
  vector<tracked> v;
  for (int i = 0; i < 20; ++i) v.emplace_back(i);
  const auto predicate = [](const tracked& element) {
    if (element.value() == 11) throw planned_failure{};
    return element.value() % 2 == 0;
  };
  EXPECT_THROW(erase_if(v, predicate), planned_failure);
  EXPECT_EQ(tracked::counts.live, static_cast<long>(v.size()));
}

TEST(vector_exception_safety, reserve_and_shrink_to_fit_never_run_element_code) {
  life_check<throwing> lives;
  for (const mapvec::options& where : every_stage()) {
    vector<throwing> v(100, where);
    throwing::fuse = 0;
    EXPECT_NO_THROW(v.reserve(5000));
    EXPECT_NO_THROW(v.shrink_to_fit());
    EXPECT_EQ(v.size(), 100u);
    throwing::fuse = -1;
  }
}

TEST(vector_exception_safety, moving_and_swapping_vectors_never_run_element_code) {
  life_check<throwing> lives;
  vector<throwing> a(100);
  vector<throwing> b(20, file_from_the_start());
  throwing::fuse = 0;
  a.swap(b);
  vector<throwing> c(std::move(a));
  b = std::move(c);
  EXPECT_EQ(b.size(), 20u);
  throwing::fuse = -1;
}

}  // namespace
