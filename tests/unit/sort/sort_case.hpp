// SPDX-License-Identifier: MIT
//
// What the tests of sorting share: elements, and the comparison with the standard library's result.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/sort.hpp>

#include "sort_plan.hpp"
#include "support/captured_errors.hpp"
#include "support/child_process.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {

/// Equal keys, different records.
struct record {
  std::uint64_t key;
  std::uint64_t serial;
  std::uint64_t rest;
};

template <std::size_t Size>
struct wide {
  std::uint32_t key;
  std::uint32_t serial;
  unsigned char rest[Size - 8];
};

struct three_bytes {
  unsigned char key;
  unsigned char serial[2];
};

template <class T>
std::vector<T> contents(const vector<T>& v) {
  return {v.begin(), v.end()};
}

template <class T>
bool same_bytes(const std::vector<T>& left, const std::vector<T>& right) {
  return left.size() == right.size() &&
         (left.empty() || std::memcmp(left.data(), right.data(), left.size() * sizeof(T)) == 0);
}

/// True if one is a permutation of the other, to the bit.
template <class T>
bool same_elements(std::vector<T> left, std::vector<T> right) {
  const auto by_bytes = [](const T& a, const T& b) { return std::memcmp(&a, &b, sizeof(T)) < 0; };
  std::sort(left.begin(), left.end(), by_bytes);
  std::sort(right.begin(), right.end(), by_bytes);
  return same_bytes(left, right);
}

/// In a file from the first element on.
inline options in_file() { return {.spill_threshold_bytes = 0}; }

template <class T>
vector<T> filed(const std::vector<T>& values) {
  vector<T> v(in_file());
  v.append_range(values);
  return v;
}

inline std::vector<std::uint64_t> random_numbers(std::size_t count, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> values(count);
  for (auto& each : values) each = random();
  return values;
}

/// So little that a MiB of elements goes through a temporary file.
inline constexpr std::size_t little_memory = 256 * KiB;

/// In a child whose threads must not be more than one.
inline std::function<void(double)> on_this_thread_alone() {
  return [own = std::this_thread::get_id()](double) {
    require(std::this_thread::get_id() == own, "there is another thread");
  };
}

struct fault_counts {
  std::size_t failures = 0;
  std::size_t completions = 0;  // in spite of a fault
};

/// Fails each system call of change(v, nth) once. Whatever that does, all elements have to be in
/// the vector and its file, and where it does not throw, is_done(v) has to hold.
template <class Change, class IsDone>
fault_counts expect_all_elements_at_each_fault(const std::vector<std::uint64_t>& values,
                                               Change change, IsDone is_done) {
  captured_errors errors;
  fault_counts counts;
  for (std::size_t nth = 0; !::testing::Test::HasFailure(); ++nth) {
    SCOPED_TRACE(nth);
    vector<std::uint64_t> v = filed(values);
    v.evict(0, v.size());
    std::size_t delivered = 0;
    bool has_thrown = false;
    {
      fault injected(nth, nth / 7, fault_lasts::once);
      try {
        change(v, nth);
      } catch (const error& failure) {
        has_thrown = true;
        EXPECT_EQ(failure.code().value(), injected.first_errno()) << injected.description();
      }
      delivered = injected.delivered();
    }
    reclaim_what_faults_left();
    if (has_thrown) ++counts.failures;
    if (!has_thrown && delivered != 0) ++counts.completions;
    EXPECT_TRUE(has_thrown || is_done(v));
    const std::vector<std::uint64_t> left = contents(v);
    EXPECT_TRUE(same_elements(left, values));
    v.evict(0, v.size());
    EXPECT_EQ(contents(v), left);
    if (delivered == 0) break;
  }
  return counts;
}

class sorting : public counts_resources {};

}  // namespace mapvec::test
