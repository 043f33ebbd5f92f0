// SPDX-License-Identifier: MIT
//
// Goal: while one thread appends to a file and commits, others read what is there: through the
// vector's data() below a size that was published, and through views of their own that follow the
// commits. Method: readers check all the time; ThreadSanitizer reports what would be a race.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "support/directories.hpp"

namespace mapvec::test {
namespace {

using words = file_vector<std::uint64_t>;
using word_view = file_view<std::uint64_t>;

/// Pseudo-random numbers below `bound`, cheap enough to sit between two reads.
class places {
 public:
  explicit places(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>((state_ >> 33) % bound);
  }

 private:
  std::uint64_t state_;
};

TEST(file_readers, see_existing_elements_while_another_thread_appends_and_commits) {
  constexpr std::size_t total = 2 * MiB;  // 16 MiB: past the first append windows
  const scratch_directory directory;
  auto v = words::create(directory / "a.npy");
  v.push_back(0);
  const std::uint64_t* const first = v.data();
  std::atomic<std::size_t> published = 1;
  std::atomic<std::size_t> wrong = 0;
  std::atomic<std::size_t> reads = 0;
  std::vector<std::thread> threads;
  for (std::size_t reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&, reader] {
      places at(reader);
      for (std::size_t known = 1; known < total;) {
        known = published.load(std::memory_order_acquire);
        for (int i = 0; i < 64; ++i) {
          const std::size_t index = at.below(known);
          const auto* const data = reader == 0 ? first : std::as_const(v).data();
          if (data[index] != index) ++wrong;
          ++reads;
        }
      }
    });
  }
  for (std::size_t i = 1; i < total; ++i) {
    v.push_back(i);
    published.store(i + 1, std::memory_order_release);
    if (i % 100'000 == 0) v.commit();
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong.load(), 0U);
  EXPECT_EQ(v.data(), first);
  std::printf("%zu reads during growth to %zu bytes\n", reads.load(), total * 8);
}

/// Counts of ever other lengths, so that a torn one would be no number, or one much too large.
TEST(file_readers, follow_the_commits_of_another_thread_by_views_of_their_own) {
  constexpr std::size_t total = 300'000;
  const scratch_directory directory;
  const std::string path = directory / "a.npy";
  auto v = words::create(path);
  std::atomic<std::size_t> committed = 0;
  std::atomic<bool> done = false;
  std::atomic<std::size_t> wrong = 0;
  std::atomic<std::size_t> refreshes = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&, reader] {
      try {
        places at(reader);
        word_view seen = word_view::open(path);
        for (bool last = false; !last;) {
          last = done.load(std::memory_order_acquire);
          const std::size_t at_least = committed.load(std::memory_order_acquire);
          const std::size_t size = seen.refresh();
          if (size < at_least || size > total) ++wrong;
          for (int i = 0; i < 16 && size != 0; ++i) {
            const std::size_t index = at.below(size);
            if (seen[index] != index) ++wrong;
          }
          ++refreshes;
        }
        if (seen.size() != total) ++wrong;
      } catch (const std::exception& failure) {
        std::printf("a reader: %s\n", failure.what());
        ++wrong;
      }
    });
  }
  for (std::size_t step = 1; v.size() < total; step = step % 977 + 1) {
    for (std::size_t i = 0; i < step && v.size() < total; ++i) v.push_back(v.size());
    v.commit();
    committed.store(v.size(), std::memory_order_release);
  }
  done.store(true, std::memory_order_release);
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong.load(), 0U);
  std::printf("%zu refreshes beside %zu elements\n", refreshes.load(), v.size());
}

TEST(file_readers, of_one_view_may_be_many) {
  constexpr std::size_t count = 200'000;
  const scratch_directory directory;
  {
    auto v = words::create(directory / "a.npy");
    while (v.size() < count) v.push_back(v.size());
  }
  const word_view seen = word_view::open(directory / "a.npy");
  std::atomic<std::size_t> wrong = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t reader = 0; reader < 3; ++reader) {
    threads.emplace_back([&, reader] {
      places at(reader);
      for (int i = 0; i < 20'000; ++i) {
        const std::size_t index = at.below(seen.size());
        if (seen[index] != index) ++wrong;
        if (i % 1'000 == 0) seen.evict(index, 5'000);
        if (i % 1'000 == 500) seen.prefetch(index, 5'000);
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong.load(), 0U);
}

TEST(file_readers, and_writers_of_files_of_their_own_do_not_meet) {
  const scratch_directory directory;
  std::vector<std::thread> threads;
  std::atomic<std::size_t> elements = 0;
  for (std::size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      const std::string path = directory / std::to_string(thread);
      for (std::size_t round = 0; round < 8; ++round) {
        auto v = words::open_or_create(path);
        for (std::size_t i = 0; i < 1'000; ++i) v.push_back(i);
        v.commit();
        if (round % 2 == 0) v.replace(vector<std::uint64_t>(v.begin(), v.end()));
        v.close();
        elements += word_view::open(path).size();
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(elements.load(), 4U * 1'000U * (1 + 2 + 3 + 4 + 5 + 6 + 7 + 8));
}

}  // namespace
}  // namespace mapvec::test
