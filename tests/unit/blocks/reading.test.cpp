// SPDX-License-Identifier: MIT
//
// Goal: blocks of a vector that is not changed show each element once and in order, take a few
// buffers of memory, read each byte of the disk once, and leave the page cache as it was. Method:
// vectors of known elements in every kind of place, the record of system calls, and what the kernel
// says is resident.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/gather.hpp>

#include "block_case.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

std::size_t threads_of_the_process() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
}

using reading_blocks = block_case;

static_assert(std::ranges::input_range<decltype(blocks(std::declval<const words&>()))>);
static_assert(std::is_convertible_v<block<const int>, std::span<const int>>);

TEST_F(reading_blocks, shows_each_element_once_and_in_order_wherever_it_is) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, block_count - 1, block_count,
                                  block_count + 1, 4 * block_count, 9 * block_count + 7}) {
    SCOPED_TRACE(count);
    const words in_memory = counted(count, {});
    expect_counted(blocks(in_memory, small_blocks), count);
    const words hot = counted(count, in_file());
    expect_counted(blocks(hot, small_blocks), count);
    const words none = cold(count);
    expect_counted(blocks(none, small_blocks), count);
    auto persistent = file_vector<std::uint64_t>::create(directory_ / "a.npy");
    persistent.append_range(hot);
    persistent.evict(0, count);
    expect_counted(blocks(std::as_const(persistent), small_blocks), count);
    persistent.commit();
    persistent.evict(0, count);
    const auto view = file_view<std::uint64_t>::open(directory_ / "a.npy");
    expect_counted(blocks(view, small_blocks), count);
    persistent = file_vector<std::uint64_t>();
    std::filesystem::remove(directory_ / "a.npy");
  }
}

TEST_F(reading_blocks, of_no_vector_are_none) {
  expect_counted(blocks(std::as_const(static_cast<const words&>(words()))), 0);
  const file_view<std::uint64_t> closed;
  expect_counted(blocks(closed), 0);
}

TEST_F(reading_blocks, works_with_any_number_of_buffers_and_threads) {
  const words v = cold(20 * block_count + 3);
  for (const std::size_t buffers : {0, 1, 2, 30}) {
    for (const std::size_t threads : {0, 1, 3, 9}) {
      v.evict(0, v.size());
      expect_counted(
          blocks(v, {.block_bytes = 70 * KiB, .buffers = buffers, .reading_threads = threads}),
          v.size());
    }
  }
}

TEST_F(reading_blocks, takes_elements_larger_than_a_block) {
  struct page_of_numbers {
    std::uint64_t numbers[1024];
  };
  mapvec::vector<page_of_numbers> v(in_file());
  v.resize(50);
  for (std::size_t i = 0; i < v.size(); ++i) v[i].numbers[1023] = i;
  v.evict(0, v.size());
  std::size_t next = 0;
  for (const auto& block : blocks(std::as_const(v), {.block_bytes = 1})) {
    ASSERT_EQ(block.size(), 1U);
    ASSERT_EQ(block[0].numbers[1023], next++);
  }
  EXPECT_EQ(next, 50U);
}

TEST_F(reading_blocks, shows_elements_where_their_alignment_puts_them) {
  struct alignas(16 * KiB) wide {
    std::uint64_t number;
  };
  mapvec::vector<wide> v(in_file());
  v.resize(300);
  for (std::size_t i = 0; i < v.size(); ++i) v[i].number = i;
  const auto is_aligned = [](const wide& each) {
    return reinterpret_cast<std::uintptr_t>(std::addressof(each)) % alignof(wide) == 0;
  };
  v.evict(0, v.size());
  std::size_t next = 0;
  for (const auto& block : blocks(std::as_const(v), {.block_bytes = 40 * KiB})) {
    for (const wide& each : block) {
      ASSERT_TRUE(is_aligned(each)) << next;
      ASSERT_EQ(each.number, next++);
    }
  }
  EXPECT_EQ(next, v.size());
  v.evict(0, v.size());
  std::atomic<std::size_t> seen = 0;
  for_each_block(
      std::as_const(v),
      [&](const block<const wide>& block) {
        seen += static_cast<std::size_t>(std::ranges::count_if(block, is_aligned));
      },
      {.block_bytes = 40 * KiB}, 2);
  EXPECT_EQ(seen, v.size());
  // All of them: from end to end.
  v.evict(0, v.size());
  std::vector<wide> out(v.size());
  gather(std::as_const(v), std::views::iota(std::size_t{0}, v.size()), out);
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i].number, i);
}

// A page that the kernel has read ahead makes it read on where it is touched.
TEST_F(reading_blocks, brings_nothing_into_memory_by_showing_what_is_there) {
  words v = cold(4 * MiB);
  const auto resident_share = [](const words& read) {
    read.evict(0, read.size());
    EXPECT_EQ(read[0], 0U);  // and what the kernel reads with it, some of it not at once
    // One buffer: nobody reads past the cache what the kernel is going to read into it.
    expect_counted(blocks(read, {.block_bytes = 70 * KiB, .buffers = 1, .reading_threads = 1}),
                   read.size());
    return static_cast<double>(read.resident_bytes()) / static_cast<double>(read.size() * 8);
  };
  EXPECT_LT(resident_share(v), 0.5);
  EXPECT_FALSE(mapping_at(v.data()).has_flag("rr"));
  v.advise(access::random);
  EXPECT_LT(resident_share(v), 0.1);
  EXPECT_TRUE(mapping_at(v.data()).has_flag("rr"));
}

TEST_F(reading_blocks, of_a_view_leave_the_advice_for_it_as_it_was) {
  auto written = file_vector<std::uint64_t>::create(directory_ / "a.npy");
  written.append_range(counted(block_count, {}));
  written.commit();
  const auto view = file_view<std::uint64_t>::open(directory_ / "a.npy");
  for (const access how : {access::random, access::normal}) {
    view.advise(how);
    expect_counted(blocks(view, small_blocks), block_count);
    EXPECT_EQ(mapping_at(view.data()).has_flag("rr"), how == access::random);
  }
}

TEST_F(reading_blocks, reads_each_byte_once_and_past_the_page_cache) {
  const words v = cold(MiB);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const call_log log;
  expect_counted(blocks(v, {.block_bytes = 70 * KiB}), v.size());
  const double share =
      static_cast<double>(read_bytes(log)) / static_cast<double>(v.size() * sizeof(v[0]));
  std::printf("blocks of 70 KiB: %.4f bytes read per byte\n", share);
  EXPECT_LE(share, 1.14) << "8 KiB of margins in 62";
  EXPECT_EQ(v.resident_bytes(), 0U);
  EXPECT_EQ(log.count(call::fadvise_dontneed), 0U);
  for (const call_record& each : log.records(call::pread)) {
    EXPECT_EQ(each.offset % (4 * KiB), 0U);
  }
}

TEST_F(reading_blocks, reads_hardly_more_than_the_elements) {
  const words v = cold(4 * MiB);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const call_log log;
  std::size_t count = 0;
  for (const auto& block : blocks(v)) count += block.size();
  EXPECT_EQ(count, v.size());
  const double share =
      static_cast<double>(read_bytes(log)) / static_cast<double>(v.size() * sizeof(v[0]));
  std::printf("blocks of 4 MiB: %.4f bytes read per byte\n", share);
  EXPECT_LE(share, 1.02);
}

TEST_F(reading_blocks, shows_in_place_what_is_in_memory) {
  const words v = counted(10 * block_count, in_file());
  const call_log log;
  for (const auto& block : blocks(v, small_blocks)) {
    EXPECT_EQ(block.data(), v.data() + block.position());
  }
  EXPECT_EQ(log.count(call::pread) + log.count(call::open), 0U) << log.summary();
}

TEST_F(reading_blocks, finds_what_was_never_written_back) {
  words v = counted(20 * block_count, in_file());
  v.evict(0, v.size() / 2);
  v[5] = 77;  // one page of a cold block is in memory, and newer than the disk
  std::size_t sum = 0;
  for (const auto& block : blocks(std::as_const(v), small_blocks)) {
    if (block.position() == 0) sum = block[5];
  }
  EXPECT_EQ(sum, 77U);
}

TEST_F(reading_blocks, goes_through_the_page_cache_where_it_must_and_leaves_it) {
  for (const bool opens : {false, true}) {
    const words v = cold(20 * block_count);
    if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
    // Refused when opened past the cache, or when read.
    const fault no_direct(opens ? call::pread : call::open, 0, EINVAL, fault_lasts::once);
    const call_log log;
    expect_counted(blocks(v, small_blocks), v.size());
    EXPECT_EQ(no_direct.delivered(), 1U);
    EXPECT_GT(log.count(call::fadvise_dontneed), 0U);
    // One thread may have read ahead of what the other had left.
    EXPECT_LE(v.resident_bytes(), v.size() * sizeof(v[0]) / 2);
  }
}

TEST_F(reading_blocks, left_early_ends_at_once) {
  const words v = cold(100 * block_count);
  std::thread([] {}).join();  // with its first thread ThreadSanitizer starts one of its own
  const std::size_t before = threads_of_the_process();
  const std::set<int> descriptors = open_descriptors();
  for (const auto& block : blocks(v, small_blocks)) {
    if (block.position() != 0) break;
  }
  // A thread that has been joined may stand in /proc for another moment.
  for (int i = 0; i < 2'000 && threads_of_the_process() > before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_LE(threads_of_the_process(), before);
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST_F(reading_blocks, that_cannot_be_read_throw_and_the_others_follow) {
  const words v = cold(10 * block_count);
  const fault broken(call::pread, 3, EIO, fault_lasts::once);
  auto all = blocks(v, {.block_bytes = 70 * KiB, .reading_threads = 1});
  std::size_t failures = 0;
  std::size_t seen = 0;
  for (;;) {
    try {
      const auto it = all.begin();
      if (it == all.end()) break;
      for (std::size_t i = 0; i < it->size(); ++i) ASSERT_EQ((*it)[i], it->position() + i);
      ++seen;
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), EIO);
      EXPECT_EQ(failure.verb(), "read");
      EXPECT_EQ(failure.size_bytes(), block_count * sizeof(std::uint64_t));
      ++failures;
    }
  }
  EXPECT_EQ(failures, 1U);
  EXPECT_EQ(seen, 9U);
}

TEST_F(reading_blocks, without_memory_for_buffers_throws_and_can_be_repeated) {
  const words v = cold(10 * block_count);
  {
    const fault no_memory(call::mmap, 0, ENOMEM, fault_lasts::for_ever);
    EXPECT_THROW(expect_counted(blocks(v, small_blocks), v.size()), error);
  }
  expect_counted(blocks(v, small_blocks), v.size());
}

TEST_F(reading_blocks, of_elements_that_are_not_their_bytes_are_in_place) {
  mapvec::vector<std::string> v(in_file());
  for (std::size_t i = 0; i < 10'000; ++i) v.push_back(std::to_string(i));
  v.evict(0, v.size());
  for (const auto& block : blocks(std::as_const(v), small_blocks)) {
    ASSERT_EQ(block.data(), v.data() + block.position());
    ASSERT_EQ(block[0], std::to_string(block.position()));
  }
}

TEST_F(reading_blocks, in_several_threads_are_each_visited_once) {
  for (const bool evicted : {false, true}) {
    const words v = counted(50 * block_count + 5, in_file());
    if (evicted) v.evict(0, v.size());
    for (const std::size_t threads : {1, 2, 5}) {
      std::mutex mutex;
      std::set<std::thread::id> visitors;
      std::vector<char> seen(v.size());
      for_each_block(
          v,
          [&](block<const std::uint64_t> found) {
            for (std::size_t i = 0; i < found.size(); ++i) {
              if (found[i] == found.position() + i) ++seen[found.position() + i];
            }
            const std::lock_guard hold(mutex);
            visitors.insert(std::this_thread::get_id());
          },
          small_blocks, threads);
      EXPECT_EQ(std::ranges::count(seen, 1), static_cast<std::ptrdiff_t>(seen.size()));
      EXPECT_LE(visitors.size(), threads);
    }
  }
}

/// As when the user may have no more processes: then the caller reads.
TEST_F(reading_blocks, need_no_threads_where_there_are_none_to_be_had) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  const words v = cold(20 * block_count);
  const auto without_threads = [&] {
    limit_resource(RLIMIT_NPROC, 0);
    std::size_t next = 0;
    for (const auto& block : blocks(v, small_blocks)) {
      require(block.position() == next, "a block is missing");
      for (const std::uint64_t each : block) require(each == next++, "another element");
    }
    require(next == v.size(), "not all elements");
    std::atomic<std::size_t> count = 0;
    for_each_block(v, [&](auto block) { count += block.size(); }, small_blocks, 4);
    require(count == v.size(), "not all elements");
  };
  EXPECT_EQ(in_child_as_nobody(without_threads), "exit 0");
}

TEST_F(reading_blocks, in_several_threads_end_with_the_first_exception) {
  const words v = cold(50 * block_count);
  std::atomic<std::size_t> visited = 0;
  const auto visit = [&](block<const std::uint64_t>) {
    if (++visited == 3) throw std::runtime_error("enough");
  };
  EXPECT_THROW(for_each_block(v, visit, small_blocks, 2), std::runtime_error);
  EXPECT_LT(visited, 50U);
  const fault broken(call::pread, 0, EIO, fault_lasts::once);
  EXPECT_THROW(for_each_block(v, [](auto) {}, small_blocks, 2), error);
}

}  // namespace
}  // namespace mapvec::test
