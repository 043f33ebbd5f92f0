// SPDX-License-Identifier: MIT
//
// Goal: gather gives what a loop of v[i] gives, whatever the indices and wherever the elements are;
// it asks for each page once, for hundreds at a time, and reads from end to end what is dense.
// Method: elements that are known by their index, and the record of system calls.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <ranges>
#include <string>
#include <thread>
#include <vector>

#include <sys/mman.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/gather.hpp>

#include "../blocks/block_case.hpp"

namespace mapvec::test {
namespace {

class gathering : public block_case {
 protected:
  static std::vector<std::uint64_t> any_indices(std::size_t count, std::size_t size) {
    std::mt19937_64 random(count);
    std::vector<std::uint64_t> indices(count);
    for (auto& each : indices) each = random() % size;
    return indices;
  }

  template <class Vector>
  static void expect_gathered(const Vector& v, const std::vector<std::uint64_t>& indices) {
    std::vector<std::uint64_t> out(indices.size(), ~std::uint64_t{0});
    gather(v, indices, out);
    EXPECT_TRUE(out == indices);
  }

  /// The pages of `v` that WILLNEED was asked for, how many calls, and whether one came twice.
  struct pages_asked_for {
    explicit pages_asked_for(const call_log& log) {
      for (const call_record& each : log.records(call::madvise)) {
        if (each.flags != MADV_WILLNEED) continue;
        ++calls;
        for (std::size_t at = 0; at < each.size_bytes; at += 4 * KiB) {
          pages.push_back(each.address + at);
        }
      }
      std::ranges::sort(pages);
      are_distinct = std::ranges::adjacent_find(pages) == pages.end();
    }
    std::size_t calls = 0;
    std::vector<std::uintptr_t> pages;
    bool are_distinct = true;
  };
};

TEST_F(gathering, gives_what_a_loop_gives) {
  constexpr std::size_t size = MiB;  // 8 MiB of elements
  for (const std::size_t count : {0, 1, 2, 300, 5'000, 200'000}) {
    SCOPED_TRACE(count);
    const std::vector<std::uint64_t> indices = any_indices(count, size);
    const words hot = counted(size, in_file());
    expect_gathered(hot, indices);
    expect_gathered(cold(size), indices);
  }
  expect_gathered(counted(1'000, {}), any_indices(5'000, 1'000));
  expect_gathered(words(), {});
}

TEST_F(gathering, works_for_persistent_vectors_and_views) {
  constexpr std::size_t size = MiB;
  auto v = file_vector<std::uint64_t>::create(directory_ / "a.npy");
  v.append_range(counted(size, {}));
  v.commit();
  const auto view = file_view<std::uint64_t>::open(directory_ / "a.npy");
  for (const std::size_t count : {100, 100'000}) {
    v.evict(0, size);
    expect_gathered(v, any_indices(count, size));
    v.evict(0, size);
    expect_gathered(view, any_indices(count, size));
  }
}

TEST_F(gathering, takes_equal_indices_and_both_ends) {
  const words v = cold(4 * MiB);
  std::vector<std::uint64_t> indices(1'000, v.size() - 1);
  indices.push_back(0);
  indices.insert(indices.end(), 500, 1'234'567);
  expect_gathered(v, indices);
}

TEST_F(gathering, takes_indices_of_any_type_from_any_range) {
  const words v = counted(1'000, {});
  const std::vector<int> small = {3, 1, 2};
  std::vector<std::uint64_t> out(3);
  gather(v, small, out);
  EXPECT_EQ(out, (std::vector<std::uint64_t>{3, 1, 2}));
  gather(v, std::views::iota(997, 1'000), out);
  EXPECT_EQ(out, (std::vector<std::uint64_t>{997, 998, 999}));
}

TEST_F(gathering, takes_elements_that_lie_across_pages) {
  struct wide {
    std::uint64_t numbers[213];
  };
  mapvec::vector<wide> v(in_file());
  v.resize(5'000);
  for (std::size_t i = 0; i < v.size(); ++i) v[i].numbers[0] = v[i].numbers[212] = i;
  for (const std::size_t count : {50, 4'000}) {
    v.evict(0, v.size());
    const std::vector<std::uint64_t> indices = any_indices(count, v.size());
    std::vector<wide> out(count);
    gather(v, indices, out);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(out[i].numbers[0], indices[i]);
      ASSERT_EQ(out[i].numbers[212], indices[i]);
    }
  }
}

TEST_F(gathering, takes_elements_that_are_not_their_bytes) {
  mapvec::vector<std::string> v(in_file());
  for (std::size_t i = 0; i < 100'000; ++i) v.push_back(std::to_string(i));
  for (const std::size_t count : {20, 50'000}) {
    v.evict(0, v.size());
    const std::vector<std::uint64_t> indices = any_indices(count, v.size());
    std::vector<std::string> out(count);
    gather(v, indices, out);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(out[i], std::to_string(indices[i]));
  }
}

TEST_F(gathering, asks_for_each_page_once_and_for_hundreds_before_the_first_is_used) {
  const words v = cold(8 * MiB);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const std::vector<std::uint64_t> indices = any_indices(1'500, v.size());
  const call_log log;
  expect_gathered(v, indices);
  const pages_asked_for asked(log);
  std::printf("%zu elements of %zu pages: %zu calls\n", indices.size(), asked.pages.size(),
              asked.calls);
  EXPECT_TRUE(asked.are_distinct);
  EXPECT_LE(asked.pages.size(), indices.size());
  EXPECT_GE(asked.pages.size(), indices.size() * 9 / 10);
  EXPECT_EQ(log.count(call::pread), 0U);
}

TEST_F(gathering, reads_from_end_to_end_what_is_dense) {
  const words v = cold(4 * MiB);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const std::vector<std::uint64_t> indices = any_indices(100'000, v.size());
  const call_log log;
  expect_gathered(v, indices);
  EXPECT_EQ(pages_asked_for(log).calls, 0U);
  const std::uint64_t read = read_bytes(log);
  EXPECT_LE(read, v.size() * sizeof(v[0]) * 102 / 100);
  EXPECT_GE(read, v.size() * sizeof(v[0]) * 98 / 100);
}

TEST_F(gathering, asks_for_nothing_that_is_in_memory) {
  const words v = counted(MiB, in_file());
  const call_log log;
  expect_gathered(v, any_indices(50'000, v.size()));
  EXPECT_EQ(pages_asked_for(log).calls, 0U);
  EXPECT_EQ(log.count(call::pread), 0U);
  EXPECT_LE(log.count(), 65U) << log.summary();
}

TEST_F(gathering, that_cannot_be_read_throws) {
  const words v = cold(4 * MiB);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const fault broken(call::pread, 0, EIO, fault_lasts::once);
  EXPECT_THROW(expect_gathered(v, any_indices(100'000, v.size())), error);
}

TEST_F(gathering, needs_indices_that_exist_and_room_for_the_elements) {
  const words v = counted(100, {});
  std::vector<std::uint64_t> out(1);
  EXPECT_DEATH(gather(v, std::vector<int>{100}, out), "read.size");
  EXPECT_DEATH(gather(v, std::vector<int>{-1}, out), "read.size");
  EXPECT_DEATH(gather(v, std::vector<int>{1, 2}, out), "out.size");
}

TEST_F(gathering, in_several_threads_gives_each_its_own) {
  const words v = cold(2 * MiB);
  std::atomic<std::size_t> wrong = 0;
  std::vector<std::thread> threads;
  for (const std::size_t count : {500, 60'000}) {
    threads.emplace_back([&, count] {
      const std::vector<std::uint64_t> indices = any_indices(count, v.size());
      std::vector<std::uint64_t> out(count);
      gather(v, indices, out);
      if (out != indices) ++wrong;
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong, 0U);
}

TEST_F(gathering, has_prefetch_beside_it_which_asks_and_does_not_wait) {
  const words v = cold(8 * MiB);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const std::vector<std::uint64_t> indices = any_indices(500, v.size());
  const call_log log;
  prefetch(v, indices);
  const pages_asked_for asked(log);
  EXPECT_TRUE(asked.are_distinct);
  EXPECT_GE(asked.pages.size(), 450U);
  prefetch(words(), std::vector<int>{});
}

}  // namespace
}  // namespace mapvec::test
