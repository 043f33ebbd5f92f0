// SPDX-License-Identifier: MIT
//
// What the cases of blocks share: vectors of known elements, in the page cache or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/blocks.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {

using words = mapvec::vector<std::uint64_t>;

// Small blocks, so that there are many: 62 KiB of elements each, 8 KiB are margins.
inline constexpr block_options small_blocks{.block_bytes = 70 * KiB};
inline constexpr std::size_t block_count = 62 * KiB / sizeof(std::uint64_t);

inline std::uint64_t read_bytes(const call_log& log) {
  std::uint64_t sum = 0;
  for (const call_record& each : log.records(call::pread)) {
    sum += static_cast<std::uint64_t>(each.result);
  }
  return sum;
}

class block_case : public counts_resources {
 protected:
  options in_file() const {
    return {.builder = segment_builder::unnamed(directory_.path()), .spill_threshold_bytes = 0};
  }

  /// 0, 1, 2, …
  words counted(std::size_t count, const options& settings) const {
    words v(settings);
    v.resize_for_overwrite(count);
    std::iota(v.begin(), v.end(), 0);
    return v;
  }

  /// The same with nothing of it in memory, unless the file system is memory itself.
  words cold(std::size_t count) const {
    words v = counted(count, in_file());
    v.evict(0, v.size());
    return v;
  }

  /// Goes through all blocks; demands that they are 0, 1, 2, … and `count` in all.
  template <class Range>
  static void expect_counted(Range&& range, std::size_t count) {
    std::size_t next = 0;
    for (const auto& block : range) {
      ASSERT_EQ(block.position(), next);
      ASSERT_FALSE(block.empty());
      ASSERT_LE(block.size_bytes(), 70 * KiB);
      for (const std::uint64_t each : block) ASSERT_EQ(each, next++);
    }
    EXPECT_EQ(next, count);
  }

  scratch_directory directory_;
};

}  // namespace mapvec::test
