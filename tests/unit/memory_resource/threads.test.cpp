// SPDX-License-Identifier: MIT
//
// Goal: a memory_resource may be used by many threads. Method: each fills blocks of all sizes with
// its own number, looks whether they still hold it, and frees them, some by another thread.
#include <array>
#include <cstddef>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace mapvec::test
