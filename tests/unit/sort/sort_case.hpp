// SPDX-License-Identifier: MIT
//
// What the tests of sorting share: elements, and the comparison with the standard library's result.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
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

/// True if one is a permutation of the other, to the bit, by the sums of hashes: sorting both takes
/// longer than what is tested.
template <class T>
bool same_elements(const std::vector<T>& left, const std::vector<T>& right) {
  const auto sum = [](const std::vector<T>& all) {
    std::size_t hashes = 0;
    for (const T& each : all) {
      const auto* const bytes = reinterpret_cast<const char*>(std::addressof(each));
      hashes += std::hash<std::string_view>{}({bytes, sizeof(T)});
    }
    return hashes;
  };
  return left.size() == right.size() && sum(left) == sum(right);
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
/// On one thread: a second one would need as much again.
inline constexpr std::size_t little_memory = 256 * KiB;
/// Enough for two or three threads, and as little for more elements.
inline constexpr std::size_t memory_of_threads = MiB;

/// A sort of numbers through a temporary file, short enough to be repeated for each fault.
struct filed_sort {
  std::size_t count;
  std::size_t memory_bytes;
  std::size_t threads;
};
inline constexpr filed_sort on_one_thread{45'000, little_memory, 1};
inline constexpr filed_sort on_two_threads{150'000, memory_of_threads, 2};

/// Demands that a sort of so many elements takes a temporary file, and more than one thread.
inline void expect_threads_and_file(std::size_t count, const detail::element_sorter::sizes& bytes,
                                    const sort_options& how) {
  EXPECT_GT(count * bytes.element_bytes, how.memory_bytes);
  EXPECT_GT(detail::sort_plan(count, bytes, how.memory_bytes, how.threads).threads, 1U);
}
/// Of any kind: the sizes are those of the sorter that takes most.
template <class T>
void expect_threads_and_file(std::size_t count, const sort_options& how) {
  expect_threads_and_file(count, {sizeof(T), sizeof(T) + 8, sizeof(T) / 2 + 1}, how);
}

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
