// SPDX-License-Identifier: MIT
//
// Goal: an error of writing back is never forgotten, although the kernel reports it once: the data
// may be gone, and what the vector says later must not sound as if they were not.
// Method: the first sync_file_range fails, once; all later ones would succeed.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <utility>

#include <gtest/gtest.h>

#include <mapvec/stats.hpp>
#include <mapvec/vector.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class failed_write_back : public counts_resources {
 protected:
  using words = mapvec::vector<std::uint64_t>;

  options in_file() const {
    return {.builder = segment_builder::unnamed(directory_.path()), .spill_threshold_bytes = 0};
  }

  template <class Operation>
  static void expect_io_error(Operation operation) {
    try {
      operation();
      FAIL() << "no exception";
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), EIO) << failure.what();
    }
  }

  /// Evicts all while the disk reports EIO once.
  static void fail_once(const words& v) {
    const std::uint64_t failures = stats().sync_failures;
    const fault failing(call::sync_file_range, 0, EIO, fault_lasts::once);
    expect_io_error([&] { v.evict(0, v.size()); });
    EXPECT_EQ(failing.delivered(), 1U);
    EXPECT_EQ(stats().sync_failures, failures + 1);
  }

  scratch_directory directory_;
};

TEST_F(failed_write_back, drops_nothing) {
  words v(in_file());
  v.assign(100'000, 7);
  const call_log log;
  fail_once(v);
  EXPECT_EQ(log.count(call::madvise) + log.count(call::fadvise_dontneed), 0U) << log.summary();
}

TEST_F(failed_write_back, is_reported_for_ever) {
  words v(in_file());
  v.assign(100'000, 7);
  fail_once(v);
  const call_log log;
  constexpr int rounds = 100;
  for (int i = 0; i < rounds; ++i) {
    expect_io_error([&] { v.evict(0, 10'000); });
    expect_io_error([&] { v.reserve(10'000'000); });
    expect_io_error([&] { v.resize(10'000'000); });
  }
  EXPECT_EQ(log.count(call::sync_file_range) + log.count(call::fallocate), 0U) << log.summary();
  std::printf("%d later calls, each an exception\n", 3 * rounds);
}

TEST_F(failed_write_back, stops_push_back_at_the_latest_when_it_must_grow) {
  words v(in_file());
  v.assign(100'000, 7);
  fail_once(v);
  const std::size_t capacity = v.capacity();
  expect_io_error([&] {
    for (std::size_t i = 0; i <= capacity; ++i) v.push_back(1);
  });
  EXPECT_LE(v.size(), capacity);
}

TEST_F(failed_write_back, moves_with_the_vector) {
  words v(in_file());
  v.assign(100'000, 7);
  fail_once(v);
  words moved(std::move(v));
  expect_io_error([&] { moved.evict(0, moved.size()); });
  words swapped;
  swapped.swap(moved);
  expect_io_error([&] { swapped.reserve(10'000'000); });
}

TEST_F(failed_write_back, leaves_other_vectors_alone) {
  words v(in_file());
  v.assign(100'000, 7);
  words other(in_file());
  other.assign(100'000, 8);
  fail_once(v);
  other.evict(0, other.size());
  other.resize(200'000, 9);
  EXPECT_EQ(other[0] + other[199'999], 17U);
}

TEST_F(failed_write_back, of_none_drops_and_keeps_every_element) {
  words v(in_file());
  v.resize(2 * MiB);
  for (std::uint64_t i = 0; i < v.size(); ++i) v[i] = i;
  const std::uint64_t dropped = stats().dropped_bytes;
  v.evict(0, v.size());
  EXPECT_GE(stats().dropped_bytes - dropped, 15 * MiB);
  EXPECT_LE(v.resident_bytes(), 2 * MiB);
  for (std::uint64_t i = 0; i < v.size(); ++i) ASSERT_EQ(v[i], i);
}

}  // namespace
}  // namespace mapvec::test
