// SPDX-License-Identifier: MIT
//
// Goal: the budget is kept when a block is allocated, alone and together with vectors. Method: the
// pages of the file that are in memory, asked of the kernel, after each allocation.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <memory_resource>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/memory_resource.hpp>
#include <mapvec/vector.hpp>

#include "resource_case.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t budget_bytes = 8 * MiB;
// What is brought back, or allocated, is seen after so many bytes of new blocks.
constexpr std::size_t unseen_bytes = budget_bytes / 8;

class budget_of_memory : public resource_case {
 protected:
  options bounded() const {
    return {.builder = segment_builder::unnamed(directory_.path()),
            .memory_budget_bytes = budget_bytes};
  }
};

TEST_F(budget_of_memory, holds_for_a_deque_of_four_times_as_much) {
  memory_resource memory(bounded());
  std::pmr::deque<std::uint64_t> numbers(&memory);
  std::size_t most_bytes = 0;
  std::size_t used_bytes = 0;
  while (numbers.size() * sizeof(numbers[0]) < 4 * budget_bytes) {
    numbers.push_back(numbers.size());
    if (memory.used_bytes() == used_bytes) continue;
    used_bytes = memory.used_bytes();
    most_bytes = std::max(most_bytes, memory.resident_bytes());
  }
  EXPECT_LE(most_bytes, budget_bytes + unseen_bytes);
  EXPECT_LE(memory.budget().held_bytes(), budget_bytes);
  for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i);
}

TEST_F(budget_of_memory, holds_for_many_blocks) {
  memory_resource memory(bounded());
  std::pmr::vector<std::pmr::vector<std::uint64_t>> rows(&memory);
  std::size_t most_bytes = 0;
  for (std::uint64_t i = 0; i < 128; ++i) {
    rows.emplace_back(128 * KiB / sizeof(std::uint64_t) * 4, i);
    most_bytes = std::max(most_bytes, memory.resident_bytes());
  }
  EXPECT_LE(most_bytes, budget_bytes + unseen_bytes + 512 * KiB);  // the last is filled after that
  for (std::uint64_t i = 0; i < 128; ++i) ASSERT_EQ(rows[i].back(), i);
}

TEST_F(budget_of_memory, holds_where_freed_ranges_are_used_again) {
  memory_resource memory(bounded());
  std::vector<block_of_memory*> blocks(64);
  for (auto*& each : blocks) each = new block_of_memory(memory, 1 * MiB);
  std::size_t most_bytes = 0;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      delete std::exchange(blocks[i], nullptr);
      blocks[i] = new block_of_memory(memory, 1 * MiB);
      most_bytes = std::max(most_bytes, memory.resident_bytes());
      blocks[i]->fill(static_cast<char>(i));
    }
  }
  EXPECT_LE(most_bytes, budget_bytes + unseen_bytes);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_TRUE(blocks[i]->is_full_of(static_cast<char>(i)));
    delete blocks[i];
  }
}

// A look at what is in memory comes after a 32nd of the file, which here is twice the budget; what
// is used again is counted at once.
TEST_F(budget_of_memory, holds_in_a_large_file_where_freed_ranges_are_used_again) {
  memory_resource memory(bounded());
  std::vector<std::unique_ptr<block_of_memory>> blocks(512);
  for (auto& each : blocks) {
    each = std::make_unique<block_of_memory>(memory, 1 * MiB);
    each->fill('a');
  }
  std::size_t most_bytes = 0;
  for (std::size_t i = 0; i < 128; ++i) {
    auto& replaced = blocks[i * 37 % blocks.size()];
    replaced.reset();
    replaced = std::make_unique<block_of_memory>(memory, 1 * MiB);
    replaced->fill('b');
    most_bytes = std::max(most_bytes, memory.resident_bytes());
    EXPECT_GE(memory.budget().held_bytes() + unseen_bytes, memory.resident_bytes());
  }
  EXPECT_LE(most_bytes, budget_bytes + unseen_bytes);
  EXPECT_TRUE(blocks[37]->is_full_of('b'));
  EXPECT_TRUE(blocks[1]->is_full_of('a'));
  blocks.clear();
  EXPECT_LE(memory.budget().held_bytes(), unseen_bytes);
}

TEST_F(budget_of_memory, holds_after_an_allocation_was_refused) {
  options small = bounded();
  small.reservation_bytes = 1 * GiB;
  small.free_disk_percent = 100;
  memory_resource never(small);
  EXPECT_THROW(static_cast<void>(never.allocate(512 * MiB)), bad_alloc);
  EXPECT_EQ(never.budget().held_bytes(), 0U);

  memory_resource memory(bounded());
  std::size_t most_bytes = 0;
  {
    const fault refused(call::fallocate, 0, ENOSPC, fault_lasts::once);
    EXPECT_THROW(static_cast<void>(memory.allocate(512 * MiB)), bad_alloc);
  }
  for (int i = 0; i < 32; ++i) {
    const block_of_memory block(memory, 1 * MiB);
    static_cast<void>(memory.allocate(1 * MiB));
    block.fill('x');
    most_bytes = std::max(most_bytes, memory.resident_bytes());
  }
  EXPECT_LE(most_bytes, budget_bytes + unseen_bytes + 1 * MiB);
  EXPECT_LE(memory.budget().held_bytes(), budget_bytes);
}

TEST_F(budget_of_memory, does_not_count_what_was_given_back) {
  const memory_budget budget(budget_bytes);
  const options sharing{.builder = segment_builder::unnamed(directory_.path()), .budget = budget};
  memory_resource memory(sharing);
  {
    const block_of_memory block(memory, budget_bytes / 2);
    EXPECT_EQ(budget.held_bytes(), budget_bytes / 2);
  }
  EXPECT_EQ(budget.held_bytes(), 0U);
}

TEST_F(budget_of_memory, is_shared_with_vectors) {
  const memory_budget budget(budget_bytes);
  const options sharing{.builder = segment_builder::unnamed(directory_.path()), .budget = budget};
  memory_resource memory(sharing);
  vector<std::uint64_t> numbers(sharing);
  std::pmr::deque<std::uint64_t> others(&memory);
  std::size_t most_bytes = 0;
  for (std::size_t i = 0; i < 4 * budget_bytes / sizeof(std::uint64_t); ++i) {
    numbers.push_back(i);
    others.push_back(i);
    if (i % 8'192 == 0) {
      most_bytes = std::max(most_bytes, memory.resident_bytes() + numbers.resident_bytes());
    }
  }
  EXPECT_EQ(memory.budget(), budget);
  EXPECT_LE(most_bytes, budget_bytes + unseen_bytes);
  for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_TRUE(numbers[i] == i && others[i] == i);
}

TEST_F(budget_of_memory, holds_after_the_program_has_read_everything) {
  memory_resource memory(bounded());
  std::pmr::vector<std::uint64_t> numbers(8 * MiB, 7, &memory);
  EXPECT_EQ(std::count(numbers.begin(), numbers.end(), 7U), 8 * MiB);
  EXPECT_GT(memory.resident_bytes(), budget_bytes);
  const block_of_memory next(memory, 4 * MiB);
  EXPECT_LE(memory.resident_bytes(), budget_bytes);
}

// A std::vector that grows reads itself; page by page that takes six times as long.
TEST_F(budget_of_memory, is_read_around_in_blocks_that_it_cannot_hold) {
  memory_resource memory(bounded());
  const auto resident_after_one_read = [&](const char* block) {
    memory.trim();
    const std::size_t trimmed_bytes = memory.resident_bytes();
    EXPECT_EQ(block[1 * MiB], 'x');
    return memory.resident_bytes() - trimmed_bytes;
  };
  char* large_place = nullptr;
  {
    const block_of_memory large(memory, 2 * budget_bytes);
    large.fill('x');
    large_place = large.data();
    EXPECT_GT(resident_after_one_read(large.data()), 16 * KiB);
  }
  const block_of_memory smaller(memory, budget_bytes);
  smaller.fill('x');
  EXPECT_EQ(smaller.data(), large_place);
  EXPECT_EQ(resident_after_one_read(smaller.data()), 4 * KiB);

  const block_of_memory large(memory, 2 * budget_bytes);
  large.fill('x');
  memory.advise(access::random);
  EXPECT_EQ(resident_after_one_read(large.data()), 4 * KiB);
}

}  // namespace
}  // namespace mapvec::test
