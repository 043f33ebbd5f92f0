// SPDX-License-Identifier: MIT
//
// Goal: a sort keeps within its memory, takes it from the vector's budget, and needs a temporary
// file of the elements' size and no more. Method: plans for all kinds of sizes; the record of
// system calls.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <sys/mman.h>

#include "posix/syscalls.hpp"
#include "sort_case.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/memory_group.hpp"

namespace mapvec::test {
namespace {

TEST(sort_plans, keep_within_the_memory) {
  for (const std::size_t memory : {16 * MiB, 256 * MiB, 4 * GiB}) {
    for (const std::size_t element : {1, 8, 24, 200, 4097}) {
      for (const std::size_t scratch : {std::size_t{0}, element + 8}) {
        for (const std::size_t threads : {1, 2, 64}) {
          const std::size_t count = 8 * memory / element;
          const detail::sort_plan plan(count, {element, scratch, 0}, memory, threads);
          EXPECT_LE(plan.needed_bytes(), plan.memory_bytes);
          if (element * 10'000 < memory) {
            EXPECT_LE(plan.memory_bytes, memory) << element << ' ' << scratch << ' ' << threads;
          }
          EXPECT_GE(plan.runs * plan.run_elements, count);
          EXPECT_GT(plan.buffers, plan.runs);
          EXPECT_LE(plan.temporary_bytes(),
                    count * element + plan.runs * 8 * KiB + plan.runs * element);
        }
      }
    }
  }
}

TEST(sort_plans, exist_for_elements_of_any_size) {
  for (const std::size_t element : {MiB, 8 * MiB, 8 * MiB + 1, 64 * MiB}) {
    for (const std::size_t elements : {2, 128, 1000}) {
      const detail::sort_plan plan(elements, {element, element + 8, 0}, 1, 4);
      EXPECT_LE(plan.needed_bytes(), plan.memory_bytes);
      EXPECT_GE(plan.buffer_bytes, element);
      EXPECT_GE(plan.buffers, std::min(plan.runs + 1, plan.runs * plan.run_blocks));
    }
  }
}

TEST(sort_plans, take_more_memory_where_one_merge_needs_it) {
  const auto needed = [](std::size_t size_bytes) {
    return detail::sort_plan(size_bytes / 8, {.element_bytes = 8}, 1, 2).memory_bytes;
  };
  EXPECT_LE(needed(GiB), 16 * MiB);
  EXPECT_LE(needed(TiB), 1300 * MiB);
}

TEST_F(sorting, takes_its_memory_from_the_budget) {
  options settings;
  settings.budget = memory_budget(4 * MiB);
  vector<std::uint64_t> v(settings);
  v.append_range(random_numbers(2 * MiB));
  std::size_t most_held = 0;
  const call_log log;
  sort(v, {}, {}, {.threads = 2, .progress = [&](double) {
                     most_held = std::max(most_held, settings.budget.held_bytes());
                   }});
  EXPECT_TRUE(std::ranges::is_sorted(v));
  EXPECT_GE(most_held, 4 * MiB);
  std::size_t mapped_bytes = 0;
  for (const call_record& each : log.records(call::mprotect)) mapped_bytes += each.size_bytes;
  EXPECT_LE(mapped_bytes, 4 * MiB);
  EXPECT_LT(settings.budget.held_bytes(), 4 * MiB + 1);
}

/// The most of `v` that is in memory before the first element is overwritten.
std::size_t most_resident_bytes(auto& v) {
  v.evict(0, v.size());
  std::size_t most = 0;
  sort(v, {}, {}, {.memory_bytes = little_memory, .threads = 1, .progress = [&](double done) {
                     if (done <= 0.5) most = std::max(most, v.resident_bytes());
                   }});
  return most;
}

TEST_F(sorting, brings_nothing_into_memory_by_looking_at_what_is_there) {
  vector<std::uint64_t> v = filed(random_numbers(MiB));
  EXPECT_LE(most_resident_bytes(v), 64 * KiB);
  const scratch_directory directory;
  auto lasting = file_vector<std::uint64_t>::create(directory / "numbers.npy");
  lasting.append_range(random_numbers(MiB));
  lasting.commit();
  EXPECT_LE(most_resident_bytes(lasting), 64 * KiB);
}

TEST_F(sorting, leaves_the_advice_for_the_vector_as_it_was) {
  for (const access how : {access::normal, access::random}) {
    vector<std::uint64_t> v = filed(random_numbers(MiB));
    v.advise(how);
    sort(v, {}, {}, {.memory_bytes = little_memory});
    EXPECT_EQ(mapping_at(v.data()).has_flag("rr"), how == access::random);
  }
}

TEST_F(sorting, finds_what_memory_is_available) {
  EXPECT_GT(sys::available_memory_bytes(), MiB);
  vector<std::uint64_t> v = filed(random_numbers(100'000));
  sort(v);
  EXPECT_TRUE(std::ranges::is_sorted(v));
}

TEST_F(sorting, knows_the_limit_of_its_memory_group) {
  const memory_group group(64 * MiB);
  if (!group.is_there()) GTEST_SKIP() << group.why_not();
  EXPECT_EQ(in_child([&] {
              group.enter();
              require(sys::available_memory_bytes() == 64 * MiB, "not the limit of the group");
            }),
            "exit 0");
}

TEST_F(sorting, allocates_its_file_before_an_element_moves) {
  vector<std::uint64_t> v = filed(random_numbers(200'000));
  const call_log log;
  sort(v, {}, {}, {.memory_bytes = little_memory});
  const auto records = log.records();
  const auto allocation = std::ranges::find(records, call::fallocate, &call_record::what);
  const auto first_write = std::ranges::find(records, call::pwrite, &call_record::what);
  ASSERT_NE(allocation, records.end());
  EXPECT_LT(allocation, first_write);
  EXPECT_EQ(log.count(call::fallocate), 1);
  EXPECT_LE(allocation->size_bytes, 200'000 * 8 + 50 * 8 * KiB);
}

}  // namespace
}  // namespace mapvec::test
