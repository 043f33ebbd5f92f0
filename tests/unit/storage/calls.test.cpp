// SPDX-License-Identifier: MIT
//
// Goal: a vector asks the kernel for nothing before its first element and while there is room, and
// for one thing when it grows. Method: all system calls are recorded and counted.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include <sys/mman.h>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class system_calls : public counts_resources {
 protected:
  options in_file() const {
    return {.builder = segment_builder::unnamed(directory_.path()), .spill_threshold_bytes = 0};
  }

  /// Calls that change how the kernel sees the addresses in [data, data + size).
  template <class T>
  static std::size_t remappings(const call_log& log, const mapvec::vector<T>& v) {
    const auto first = reinterpret_cast<std::uintptr_t>(v.data());
    const std::uintptr_t last = first + v.reservation_bytes();
    const auto inside = [&](std::uintptr_t address) { return first <= address && address < last; };
    std::size_t count = 0;
    for (const call_record& each : log.records()) {
      const bool maps = each.what == call::mmap || each.what == call::munmap ||
                        each.what == call::mremap || each.what == call::mprotect ||
                        (each.what == call::madvise && each.flags != MADV_POPULATE_WRITE);
      if (maps && (inside(each.address) || (each.what == call::mremap && inside(each.offset)))) {
        ++count;
      }
    }
    return count;
  }

  scratch_directory directory_;
};

TEST_F(system_calls, none_before_the_first_element) {
  const options settings = in_file();
  const call_log log;
  {
    mapvec::vector<int> v;
    const mapvec::vector<int> chosen(settings);
    mapvec::vector<int> none(std::size_t{0});
    const mapvec::vector<int> from_nothing({});
    const mapvec::vector<int> copy(v);
    mapvec::vector<int> moved(std::move(v));
    v = moved;
    v = std::move(moved);
    v.swap(none);
    v.clear();
    v.resize(0);
    v.reserve(0);
    v.shrink_to_fit();
    v.truncate(3);
    v.truncate_front(3);
    v.append_range(std::vector<int>{});
    v.prefetch();
    v.prefetch(1, 2);
    v.evict(0, 100);
    v.advise(access::random);
    EXPECT_FALSE(v.pop().has_value());
    EXPECT_EQ(v.try_push_back(1), nullptr);
    EXPECT_EQ(v.data(), nullptr);
    EXPECT_EQ(v.size() + v.capacity() + v.disk_size_bytes() + v.resident_bytes(), 0U);
    EXPECT_EQ(v.path(), "");
    EXPECT_TRUE(v == chosen);
  }
  EXPECT_EQ(log.count(), 0U) << log.summary();
}

TEST_F(system_calls, none_while_there_is_room) {
  mapvec::vector<int> v(in_file());
  v.reserve(100'000);
  const call_log log;
  for (int i = 0; i < 100'000; ++i) v.push_back(i);
  for (int i = 0; i < 50'000; ++i) v.pop_back();
  v.insert(v.begin(), 7);
  v.erase(v.begin());
  v.clear();
  EXPECT_EQ(log.count(), 0U) << log.summary();
}

TEST_F(system_calls, none_when_a_full_vector_is_asked_not_to_grow) {
  mapvec::vector<int> v(in_file());
  v.push_back(1);
  while (v.size() < v.capacity()) v.push_back(1);
  const call_log log;
  EXPECT_EQ(v.try_push_back(2), nullptr);
  EXPECT_EQ(log.count(), 0U) << log.summary();
}

TEST_F(system_calls, one_fallocate_for_each_step_of_growth) {
  mapvec::vector<std::uint64_t> v(in_file());
  v.push_back(0);
  std::size_t steps = 0;
  for (std::size_t end_bytes = 64 * KiB; end_bytes <= 64 * MiB; end_bytes *= 2) {
    v.resize_for_overwrite(v.capacity());
    const std::size_t capacity = v.capacity();
    const call_log log;
    v.push_back(1);
    ++steps;
    EXPECT_GT(v.capacity(), capacity);
    EXPECT_EQ(log.count(call::fallocate), 1U) << log.summary();
    // The append window: zeros behind the elements, and never over them.
    EXPECT_LE(log.count(call::pwrite), 1U) << "copied: " << log.summary();
    for (const call_record& each : log.records(call::pwrite)) {
      EXPECT_GE(each.offset, capacity * sizeof(std::uint64_t));
      EXPECT_LE(each.size_bytes, 2 * MiB);
    }
    EXPECT_EQ(log.count(call::mremap) + log.count(call::open), 0U) << log.summary();
    EXPECT_EQ(log.count(call::mmap) + log.count(call::munmap), 0U) << log.summary();
    EXPECT_EQ(remappings(log, v), 0U) << log.summary();
  }
  std::printf("%zu steps of growth, each with one fallocate\n", steps);
  EXPECT_GE(steps, 11U);
}

TEST_F(system_calls, few_for_a_small_vector) {
  warm_up_the_library();
  const call_log log;
  {
    mapvec::vector<int> v;
    v.push_back(1);
  }
  std::printf("create, one element, destroy: %s\n", log.summary().c_str());
  EXPECT_EQ(log.count(call::open) + log.count(call::fallocate) + log.count(call::pwrite), 0U)
      << log.summary();
  EXPECT_LE(log.count(), 8U) << log.summary();
}

TEST_F(system_calls, a_spill_moves_the_elements_once) {
  mapvec::vector<std::uint32_t> v(options{.builder = segment_builder::unnamed(directory_.path())});
  const call_log log;
  for (std::uint32_t i = 0; i < 300'000; ++i) v.push_back(i);
  EXPECT_EQ(log.count(call::mremap), 1U) << log.summary();
  std::int64_t written = 0;
  for (const call_record& each : log.records(call::pwrite)) written += each.result;
  EXPECT_GE(written, static_cast<std::int64_t>(1 * MiB - 4 * KiB));
  EXPECT_LE(written, static_cast<std::int64_t>(1 * MiB));
  for (std::uint32_t i = 0; i < 300'000; ++i) ASSERT_EQ(v[i], i);
}

}  // namespace
}  // namespace mapvec::test
