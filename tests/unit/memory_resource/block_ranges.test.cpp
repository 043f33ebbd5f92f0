// SPDX-License-Identifier: MIT
//
// Goal: blocks never overlap, are aligned, and what is given back can be taken again, all of it.
// Method: random calls beside a plain map of what is taken; and an operator new that fails each
// time once.
#include <cstddef>
#include <cstdint>
#include <map>
#include <new>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/units.hpp>

#include "block_ranges.hpp"
#include "support/failing_new.hpp"

namespace mapvec::test {
namespace {

using detail::block_ranges;

constexpr std::uintptr_t first = 16 * TiB;
constexpr std::size_t size = 64 * MiB;
constexpr std::size_t page = 4 * KiB;

/// Blocks that are taken: where they end.
class shadow {
 public:
  void take(std::uintptr_t block, std::size_t size_bytes) {
    const auto next = ends_.lower_bound(block);
    ASSERT_TRUE(next == ends_.end() || block + size_bytes <= next->first);
    ASSERT_TRUE(next == ends_.begin() || std::prev(next)->second <= block);
    ASSERT_TRUE(block >= first && block + size_bytes <= first + size);
    ends_.emplace(block, block + size_bytes);
  }
  std::uintptr_t give_back(std::size_t nth) {
    const auto found = std::next(ends_.begin(), static_cast<std::ptrdiff_t>(nth));
    const std::uintptr_t block = found->first;
    ends_.erase(found);
    return block;
  }
  std::size_t count() const { return ends_.size(); }
  std::size_t used_bytes() const {
    std::size_t sum = 0;
    for (const auto& [block, end] : ends_) sum += end - block;
    return sum;
  }

 private:
  std::map<std::uintptr_t, std::uintptr_t> ends_;
};

TEST(block_ranges, never_overlap_and_are_aligned) {
  std::mt19937 random(7);
  block_ranges ranges(first, size);
  shadow taken;
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    // For a while there are more of the one, and then more of the other.
    if (taken.count() != 0 && random() % 100 < (i / 2'000 % 2 == 0 ? 30U : 70U)) {
      ranges.give_back(taken.give_back(random() % taken.count()));
    } else {
      const std::size_t block_bytes = page * (1 + random() % (random() % 8 == 0 ? 2'000 : 16));
      const std::size_t alignment = page << (random() % 12);
      const std::uintptr_t block = ranges.take(block_bytes, alignment);
      if (block == 0) {
        ++refused;
        continue;
      }
      ASSERT_EQ(block % alignment, 0U);
      taken.take(block, block_bytes);
    }
    ASSERT_EQ(ranges.used_bytes(), taken.used_bytes());
  }
  EXPECT_GT(refused, 0U);
  while (taken.count() != 0) ranges.give_back(taken.give_back(random() % taken.count()));
  EXPECT_EQ(ranges.used_bytes(), 0U);
  EXPECT_EQ(ranges.take(size, page), first) << "what is free is in pieces";
}

TEST(block_ranges, take_the_smallest_range_that_is_large_enough) {
  block_ranges ranges(first, size);
  std::vector<std::uintptr_t> blocks;
  for (const std::size_t pages : {3U, 1U, 2U, 1U, 3U, 1U}) {
    blocks.push_back(ranges.take(pages * page, page));
  }
  for (const std::size_t freed : {0U, 2U, 4U}) ranges.give_back(blocks[freed]);
  EXPECT_EQ(ranges.take(2 * page, page), blocks[2]);
  EXPECT_EQ(ranges.take(3 * page, page), blocks[0]);
  EXPECT_EQ(ranges.take(4 * page, page), blocks[5] + page);
}

TEST(block_ranges, without_memory_take_nothing) {
  block_ranges ranges(first, size);
  const std::uintptr_t before = ranges.take(page, page);
  std::size_t failures = 0;
  std::uintptr_t block = 0;
  while (block == 0) {
    const failing_new failing(failures);
    try {
      block = ranges.take(2 * MiB, MiB);  // leaves a range in front of it and one behind
    } catch (const std::bad_alloc&) {
      ++failures;
      ASSERT_EQ(ranges.used_bytes(), page);
    }
  }
  EXPECT_GE(failures, 3U);
  EXPECT_EQ(block, first + MiB);
  ranges.give_back(block);
  ranges.give_back(before);
  EXPECT_EQ(ranges.take(size, page), first);
}

TEST(block_ranges, giving_back_needs_no_memory) {
  block_ranges ranges(first, size);
  std::vector<std::uintptr_t> blocks;
  for (int i = 0; i < 9; ++i) blocks.push_back(ranges.take(3 * page, 4 * page));
  const failing_new failing(0);
  for (const std::size_t freed : {1U, 3U, 2U, 8U, 0U, 7U, 5U, 6U, 4U}) {
    ranges.give_back(blocks[freed]);
  }
  EXPECT_EQ(ranges.used_bytes(), 0U);
}

}  // namespace
}  // namespace mapvec::test
