// SPDX-License-Identifier: MIT
//
// Goal: set operations take a few blocks of memory, whatever the size of the vectors, and keep to
// their budgets. Method: a budget that counts; a memory group, in whose books the page cache is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <mapvec/unique.hpp>

#include "set_case.hpp"
#include "support/child_process.hpp"
#include "support/memory_group.hpp"

namespace mapvec::test {
namespace {

TEST_F(set_operations, keep_to_a_budget_that_all_vectors_share) {
  const memory_budget budget(4 * MiB);
  const options settings{.spill_threshold_bytes = 0, .budget = budget};
  const numbers a = held(every(2, 2 * MiB), settings);
  const numbers b = held(every(3, 2 * MiB), settings);
  for_each_operation([&](auto operation, auto) {
    a.evict(0, a.size());
    b.evict(0, b.size());
    numbers out(settings);
    std::size_t most = 0;
    std::size_t calls = 0;
    operation(a, b, out, [&](std::uint64_t left, std::uint64_t right) {
      if (++calls % 1'000 == 0) most = std::max(most, budget.held_bytes());
      return left < right;
    });
    EXPECT_LE(most, 4 * MiB);
    EXPECT_GE(most, 2 * MiB);
  });
  EXPECT_LE(budget.held_bytes(), 4 * MiB);
}

TEST_F(set_operations, take_little_memory_however_large_the_vectors_are) {
  const memory_group group(2 * GiB);
  if (!group.is_there()) GTEST_SKIP() << group.why_not();
  const scratch_directory directory;
  const options filed{.builder = segment_builder::unnamed(directory.path()),
                      .spill_threshold_bytes = 0};
  const numbers a = held(every(2, 16 * MiB), filed);
  const numbers b = held(every(3, 16 * MiB), filed);
  a.evict(0, a.size());
  b.evict(0, b.size());
  if (a.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const auto child = [&] {
    group.enter();
    options bounded = filed;
    bounded.memory_budget_bytes = 16 * MiB;
    numbers out(bounded);
    require(merge(a, b, out) == 32 * MiB, "not all elements");
  };
  EXPECT_EQ(in_child(child), "exit 0");
  std::printf("merge of 2 x 128 MiB: %.1f MiB of memory\n",
              static_cast<double>(group.peak_bytes()) / static_cast<double>(MiB));
  EXPECT_LE(group.peak_bytes(), 96 * MiB);  // of 512 that are read and written
}

TEST_F(set_operations, unique_keeps_to_the_budget_of_the_vector) {
  const memory_budget budget(4 * MiB);
  numbers v = held(every(2, 2 * MiB), {.spill_threshold_bytes = 0, .budget = budget});
  v[1] = 0;
  std::size_t most = 0;
  std::size_t calls = 0;
  const call_log log;
  EXPECT_EQ(mapvec::unique(v,
                           [&](std::uint64_t left, std::uint64_t right) {
                             if (++calls % 1'000 == 0) most = std::max(most, budget.held_bytes());
                             return left == right;
                           }),
            1U);
  EXPECT_LE(most, 4 * MiB);
  EXPECT_GE(most, 2 * MiB);
  std::size_t mapped_bytes = 0;
  for (const call_record& each : log.records(call::mprotect)) mapped_bytes += each.size_bytes;
  EXPECT_LE(mapped_bytes, 3 * MiB);
}

TEST_F(set_operations, unique_takes_little_memory_however_large_the_vector_is) {
  const memory_group group(2 * GiB);
  if (!group.is_there()) GTEST_SKIP() << group.why_not();
  const scratch_directory directory;
  const auto child = [&] {
    numbers v = held(every(2, 32 * MiB), {.builder = segment_builder::unnamed(directory.path()),
                                          .spill_threshold_bytes = 0});
    v[1] = 0;
    v.evict(0, v.size());
    group.enter();
    require(mapvec::unique(v) == 1, "not as many as are equal");
  };
  EXPECT_EQ(in_child(child), "exit 0");
  std::printf("unique of 256 MiB: %.1f MiB of memory\n",
              static_cast<double>(group.peak_bytes()) / static_cast<double>(MiB));
  EXPECT_LE(group.peak_bytes(), 64 * MiB);
}

}  // namespace
}  // namespace mapvec::test
