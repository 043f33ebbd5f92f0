// SPDX-License-Identifier: MIT
//
// Goal: a memory_resource may be used by many threads. Method: each fills blocks of all sizes with
// its own number, looks whether they still hold it, and frees them, some by another thread.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "resource_case.hpp"

namespace mapvec::test {
namespace {

class threads_with_memory : public resource_case {};

struct filled {
  char* data;
  std::size_t size_bytes;
  char value;
};

bool is_intact(const filled& block) {
  return std::all_of(block.data, block.data + block.size_bytes,
                     [&](char each) { return each == block.value; });
}

TEST_F(threads_with_memory, get_blocks_of_their_own) {
  memory_resource memory(settings());
  std::mutex mutex;
  std::vector<filled> handed_over;
  std::size_t broken = 0;
  const auto work = [&](char value) {
    std::mt19937 random(static_cast<unsigned>(value));
    std::vector<filled> own;
    for (int i = 0; i < 300; ++i) {
      const std::size_t size_bytes = std::size_t{1} << random() % 19;
      own.push_back({static_cast<char*>(memory.allocate(size_bytes)), size_bytes, value});
      std::fill_n(own.back().data, size_bytes, value);
      if (own.size() < 20) continue;
      std::swap(own[random() % own.size()], own.back());
      filled given = own.back();
      own.pop_back();
      const std::lock_guard hold(mutex);
      handed_over.push_back(given);
      std::swap(handed_over[random() % handed_over.size()], handed_over.back());
      given = handed_over.back();
      handed_over.pop_back();
      broken += !is_intact(given);
      memory.deallocate(given.data, given.size_bytes);
    }
    for (const filled& each : own) {
      const std::lock_guard hold(mutex);
      broken += !is_intact(each);
      memory.deallocate(each.data, each.size_bytes);
    }
  };
  std::array<std::thread, 4> threads;
  for (char i = 0; i < 4; ++i) threads[static_cast<std::size_t>(i)] = std::thread(work, 'a' + i);
  // What anybody may ask meanwhile.
  for (int i = 0; i < 100; ++i) {
    EXPECT_LE(memory.used_bytes(), memory.reservation_bytes());
    static_cast<void>(memory.resident_bytes());
    static_cast<void>(memory.disk_size_bytes());
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(broken, 0U);
}

// Others drop the pages of this resource, and this one theirs, while blocks come and go.
TEST_F(threads_with_memory, share_a_budget_with_vectors) {
  const memory_budget budget(4 * MiB);
  const options sharing{.builder = segment_builder::unnamed(directory_.path()), .budget = budget};
  memory_resource memory(sharing);
  std::atomic<bool> is_over = false;
  std::thread appending([&] {
    vector<std::uint64_t> numbers(sharing);
    while (!is_over) {
      for (int i = 0; i < 50'000; ++i) numbers.push_back(numbers.size());
    }
  });
  std::thread trimming([&] {
    while (!is_over) memory.trim();
  });
  std::size_t broken = 0;
  for (int round = 0; round < 20; ++round) {
    std::array<filled, 8> blocks{};
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::size_t size_bytes = 40 * KiB << i % 4;
      blocks[i] = {static_cast<char*>(memory.allocate(size_bytes)), size_bytes,
                   static_cast<char>('a' + round + static_cast<int>(i))};
      std::fill_n(blocks[i].data, size_bytes, blocks[i].value);
    }
    for (const filled& each : blocks) {
      broken += !is_intact(each);
      memory.deallocate(each.data, each.size_bytes);
    }
  }
  is_over = true;
  appending.join();
  trimming.join();
  EXPECT_EQ(broken, 0U);
}

// While a block goes, another comes: what is counted of the new one may not be subtracted.
TEST_F(threads_with_memory, do_not_miscount_what_is_in_memory) {
  constexpr std::size_t budget_bytes = 8 * MiB;
  constexpr std::size_t block_bytes = 4 * MiB;
  memory_resource memory({.builder = segment_builder::unnamed(directory_.path()),
                          .memory_budget_bytes = budget_bytes});
  const auto allocate = [&](std::size_t size_bytes) {
    return static_cast<char*>(memory.allocate(size_bytes));
  };
  char* const leaving = allocate(block_bytes);
  char* const free = allocate(2 * block_bytes);
  for (int i = 0; i < 4; ++i) std::fill_n(allocate(block_bytes), block_bytes, 'x');
  memory.deallocate(free, 2 * block_bytes);
  memory.trim();
  std::fill_n(leaving, block_bytes, 'x');
  static_cast<void>(allocate(1 * MiB));  // which has it counted
  ASSERT_GE(memory.budget().held_bytes(), block_bytes);
  {
    const late_removals slow;
    std::thread freeing([&] { memory.deallocate(leaving, block_bytes); });
    late_removals::wait_for_one();
    std::fill_n(allocate(block_bytes), block_bytes, 'y');
    freeing.join();
  }
  EXPECT_GE(memory.resident_bytes(), block_bytes);
  EXPECT_GE(memory.budget().held_bytes(), memory.resident_bytes());
}

}  // namespace
}  // namespace mapvec::test
