// SPDX-License-Identifier: MIT
//
// Goal: while one thread appends, others read existing elements through pointers, spans and data(),
// across the spill, every growth and every append window; and many vectors fit beside each other
// under ThreadSanitizer. Method: readers check every element below a published count all the time;
// ThreadSanitizer reports what would be a race.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/directories.hpp"

namespace mapvec::test {
namespace {

using words = mapvec::vector<std::uint64_t>;

TEST(readers, see_existing_elements_while_another_thread_appends) {
  constexpr std::size_t total = 3 * MiB;  // 24 MiB: past the spill and two windows
  const scratch_directory directory;
  words v(options{.builder = segment_builder::unnamed(directory.path())});
  v.push_back(0);
  const std::uint64_t* const first = v.data();
  const std::span<const std::uint64_t> front(v.data(), 1);
  std::atomic<std::size_t> published = 1;
  std::atomic<std::size_t> wrong = 0;
  std::atomic<std::size_t> reads = 0;
  std::vector<std::thread> threads;
  for (std::size_t reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&, reader] {
      std::uint64_t at = reader;
      for (std::size_t known = 1; known < total;) {
        known = published.load(std::memory_order_acquire);
        for (int i = 0; i < 64; ++i) {
          at = (at * 6364136223846793005ULL + 1442695040888963407ULL);
          const std::size_t index = (at >> 33) % known;
          const std::uint64_t* const data = reader == 0 ? first : v.data();
          if (data[index] != index || front[0] != 0) ++wrong;
          ++reads;
        }
      }
    });
  }
  for (std::size_t i = 1; i < total; ++i) {
    v.push_back(i);
    published.store(i + 1, std::memory_order_release);
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong.load(), 0U);
  EXPECT_EQ(v.data(), first);
  EXPECT_GT(v.disk_size_bytes(), 16 * MiB);
  std::printf("%zu reads during growth to %zu bytes\n", reads.load(), total * 8);
}

TEST(readers, may_write_existing_elements_while_another_thread_appends_to_a_file) {
  constexpr std::size_t total = 2 * MiB;
  const scratch_directory directory;
  words v(
      options{.builder = segment_builder::unnamed(directory.path()), .spill_threshold_bytes = 0});
  v.resize(1'000, 0);
  std::uint64_t* const first = v.data();
  std::atomic<bool> done = false;
  std::uint64_t rounds = 0;
  std::thread writer([&] {
    do {
      for (std::size_t i = 0; i < 1'000; ++i) ++first[i];
      ++rounds;
    } while (!done.load(std::memory_order_acquire));
  });
  while (v.size() < total) v.push_back(v.size());
  done.store(true, std::memory_order_release);
  writer.join();
  for (std::size_t i = 0; i < 1'000; ++i) ASSERT_EQ(v[i], rounds);
  for (std::size_t i = 1'000; i < total; ++i) ASSERT_EQ(v[i], i);
}

TEST(readers, have_room_for_46_vectors_and_malloc) {
  const scratch_directory directory;
  std::vector<words> vectors;
  for (std::size_t i = 0; i < 46; ++i) {
    // Every other one is in a file.
    vectors.emplace_back(options{.builder = segment_builder::unnamed(directory.path()),
                                 .spill_threshold_bytes = i % 2 == 0 ? 0 : 1 * MiB});
    vectors.back().resize(10'000, i);
  }
  const auto deallocate = [](void* memory) { std::free(memory); };
  const std::unique_ptr<void, decltype(deallocate)> memory(std::malloc(64 * MiB), deallocate);
  ASSERT_NE(memory, nullptr);
  for (std::size_t i = 0; i < 46; ++i) EXPECT_EQ(vectors[i].back(), i);
}

TEST(readers, of_vectors_of_their_own_do_not_meet) {
  const scratch_directory directory;
  const segment_builder builder = segment_builder::unnamed(directory.path());
  std::array<std::size_t, 4> sizes{};
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < sizes.size(); ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t round = 0; round < 25; ++round) {
        words v(options{.builder = builder});
        for (std::uint64_t i = 0; i < 20'000; ++i) v.push_back(i);
        v.resize(200'000);
        v.shrink_to_fit();
        sizes[thread] += v.size();
      }
    });
  }
  for (std::thread& each : threads) each.join();
  for (const std::size_t size : sizes) EXPECT_EQ(size, 25U * 200'000U);
}

}  // namespace
}  // namespace mapvec::test
