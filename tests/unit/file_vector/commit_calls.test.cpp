// SPDX-License-Identifier: MIT
//
// Goal: a commit makes the elements durable first and then their count, in as few waits for the
// disk as that takes, and none when nothing changed. Method: the record of all system calls, and
// looks at the file in the midst of them.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/stats.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

/// Calls `look` before each call of one name.
class onlooker final : public observer {
 public:
  onlooker(call what, std::function<void(std::size_t index)> look)
      : what_(what), look_(std::move(look)) {
    start();
  }
  ~onlooker() { stop(); }
  std::optional<int> before(const call_record& record) override {
    if (record.what == what_) look_(seen_++);
    return std::nullopt;
  }
  std::size_t seen() const { return seen_; }

 private:
  call what_;
  std::function<void(std::size_t)> look_;
  std::size_t seen_ = 0;
};

class file_vector_commit : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  /// Two waits for the disk around one aligned store of 16 bytes, and no other call.
  static void expect_a_new_count(const call_log& log) {
    EXPECT_EQ(changes_in(log), "fdatasync pwrite fdatasync");
    EXPECT_EQ(log.count(), 3U) << log.summary();
    const std::vector<call_record> all = log.records();
    if (all.size() != 3) return;
    EXPECT_EQ(all[1].size_bytes, 16U);
    EXPECT_EQ(all[1].offset % 16, 0U);
    EXPECT_EQ(all[0].fd, all[1].fd);
    EXPECT_EQ(all[2].fd, all[1].fd);
  }

  static void expect_one_wait(const call_log& log) {
    EXPECT_EQ(changes_in(log), "fdatasync");
    EXPECT_EQ(log.count(), 1U) << log.summary();
  }

  static void expect_no_call(const call_log& log) { EXPECT_EQ(log.count(), 0U) << log.summary(); }

  template <class Operation>
  static void expect_io_error(Operation operation) {
    EXPECT_EQ(errno_of(operation), EIO);
  }
};

TEST_F(file_vector_commit, of_appended_elements_waits_twice) {
  auto v = ints::create(path());
  for (int i = 0; i < 100; ++i) {
    v.push_back(i);
    const call_log log;
    v.commit();
    expect_a_new_count(log);
    EXPECT_EQ(v.committed_size(), v.size());
    EXPECT_EQ(stored_count(path()), v.size());
  }
}

TEST_F(file_vector_commit, of_nothing_new_makes_no_call) {
  auto v = ints::create(path());
  const ints& only_looking = v;
  {
    const call_log log;
    v.commit();
    expect_no_call(log);
  }
  v.push_back(1);
  v.resize(10);
  v.append_range(std::vector<int>{2, 3});
  v.commit();
  const call_log log;
  v.commit();
  EXPECT_EQ(only_looking[0] + only_looking.at(10) + only_looking.front() + only_looking.back(),
            1 + 2 + 1 + 3);
  EXPECT_EQ(*only_looking.begin() + *only_looking.data() + *only_looking.rbegin(), 1 + 1 + 3);
  v.commit();
  expect_no_call(log);
}

TEST_F(file_vector_commit, of_nothing_new_makes_no_call_after_opening_moving_and_swapping) {
  make_file<int>({1, 2, 3});
  auto v = ints::open(path());
  auto moved = std::move(v);
  ints swapped;
  swapped.swap(moved);
  swapped.commit();  // waits for what was found
  const call_log log;
  swapped.commit();
  expect_no_call(log);
}

TEST_F(file_vector_commit, of_changed_elements_waits_once) {
  auto v = ints::create(path());
  v.assign({1, 2, 3});
  int* const kept = v.data();
  v.commit();
  for (int i = 0; i < 3; ++i) {
    kept[1] = i;  // nothing of the vector sees it
    const call_log log;
    v.commit();
    expect_one_wait(log);
  }
  auto moved = std::move(v);
  const call_log log;
  moved.commit();
  expect_one_wait(log);
}

/// Whatever lets the program change an element makes the next commit wait for the disk.
TEST_F(file_vector_commit, waits_once_after_any_way_to_reach_an_element) {
  const std::vector<std::function<void(ints&)>> ways = {
      [](ints& v) { v[0] = 1; },
      [](ints& v) { v.at(1) = 1; },
      [](ints& v) { v.front() = 1; },
      [](ints& v) { v.back() = 1; },
      [](ints& v) { *v.begin() = 1; },
      [](ints& v) { *(v.end() - 1) = 1; },
      [](ints& v) { *v.rbegin() = 1; },
      [](ints& v) { *(v.rend() - 1) = 1; },
      [](ints& v) { v.data()[2] = 1; },
      [](ints& v) { v.rows()[1][0] = 1; },
      [](ints& v) { v.assign(v.size(), 1); },
      [](ints& v) { std::ranges::fill(v, 1); },
      [](ints& v) { v.assign_range(std::vector<int>(v.size(), 1)); },
  };
  make_file<int>({1, 2, 3});
  for (std::size_t i = 0; i < ways.size(); ++i) {
    auto v = ints::open(path());
    v.commit();
    ways[i](v);
    const call_log log;
    v.commit();
    EXPECT_EQ(changes_in(log), "fdatasync") << "way " << i;
  }
}

TEST_F(file_vector_commit, waits_once_after_write) {
  auto v = ints::create(path());
  v.append_range(std::vector<int>{1, 2, 3});
  v.commit();
  v.write(1, std::vector<int>{7});
  const call_log log;
  v.commit();
  expect_one_wait(log);
  v.commit();
  EXPECT_EQ(log.count(), 1U) << "what was written is durable now";
}

TEST_F(file_vector_commit, counts_nothing_that_is_not_durable_yet) {
  auto v = ints::create(path());
  v.append_range(std::vector<int>{1, 2, 3});
  v.commit();
  v.append_range(std::vector<int>{4, 5});
  const onlooker waits(call::fdatasync, [&](std::size_t index) {
    EXPECT_EQ(stored_count(path()), index == 0 ? 3U : 5U);
    EXPECT_EQ(v.committed_size(), 3U);
  });
  v.commit();
  EXPECT_EQ(waits.seen(), 2U);
  EXPECT_EQ(v.committed_size(), 5U);
}

TEST_F(file_vector_commit, of_what_was_changed_in_the_middle_is_found_by_a_reader) {
  auto v = ints::create(path());
  v.append_range(std::vector<int>{1, 2, 3, 4, 5});
  v.commit();
  v.insert(v.begin() + 1, 9);
  v.commit();
  expect_elements(file_view<int>::open(path()), {1, 9, 2, 3, 4, 5});
  v.erase(v.begin(), v.begin() + 2);
  v.commit();
  expect_elements(file_view<int>::open(path()), {2, 3, 4, 5});
  v.truncate_front(1);
  v.assign({7, 8});
  v.commit();
  expect_elements(file_view<int>::open(path()), {7, 8});
}

TEST_F(file_vector_commit, of_a_larger_file_makes_the_next_small_one_small) {
  auto v = ints::create(path());
  v.resize(40 * MiB / sizeof(int), 1);
  v.commit();
  v.append_range(std::vector<int>(1'000, 2));
  const call_log log;
  v.commit();
  EXPECT_EQ(changes_in(log), "fdatasync pwrite fdatasync");
  // What is prepared and never used is written all the same.
  const std::uint64_t start = 128 + v.size() * sizeof(int);
  const call_log windows;
  for (std::size_t i = 0; i < MiB; ++i) v.push_back(3);
  EXPECT_GE(windows.count(call::pwrite), 16U) << windows.summary();
  for (const call_record& each : windows.records(call::pwrite)) {
    const std::uint64_t appended = each.offset - std::min(each.offset, start);
    EXPECT_LE(each.size_bytes, std::max<std::uint64_t>(16 * KiB, appended / 4));
  }
}

TEST_F(file_vector_commit, of_what_was_appended_as_a_range_needs_one_write_before_it) {
  auto v = ints::create(path());
  v.reserve(MiB);
  const std::vector<int> values(100'000, 7);
  const call_log log;
  v.append_range(values);
  ASSERT_EQ(changes_in(log), "pwrite");
  EXPECT_EQ(log.records(call::pwrite).at(0).size_bytes, values.size() * sizeof(int));
  v.commit();
  EXPECT_EQ(stored_elements<int>(path()), values);
}

/// The range ends in the large folio that was made for elements one by one.
TEST_F(file_vector_commit, of_a_range_within_a_window_lets_its_folio_go) {
  auto v = ints::create(path());
  while (v.size() < 10 * MiB / sizeof(int)) v.push_back(1);
  const std::size_t wanted = 12 * MiB - 8 * KiB;  // of the window, which ends at 12 MiB
  v.append_range(std::vector<int>((wanted - 128) / sizeof(int) - v.size(), 2));
  const call_log log;
  v.commit();
  EXPECT_EQ(log.count(call::fadvise_dontneed), 1U) << log.summary();
}

TEST_F(file_vector_commit, that_cannot_store_the_count_changes_nothing) {
  auto v = ints::create(path());
  v.append_range(std::vector<int>{1, 2, 3});
  v.commit();
  v.push_back(4);
  {
    const fault failing(call::pwrite, 0, EIO, fault_lasts::once);
    expect_io_error([&] { v.commit(); });
  }
  EXPECT_EQ(v.committed_size(), 3U);
  EXPECT_EQ(stored_count(path()), 3U);
  expect_elements(std::as_const(v), {1, 2, 3, 4});
  v.push_back(5);
  v.commit();
  expect_elements(stored_elements<int>(path()), {1, 2, 3, 4, 5});
}

/// The disk says no at the n-th wait of a commit, once; everything after would succeed.
TEST_F(file_vector_commit, that_the_disk_refused_fails_for_ever_and_keeps_the_one_before) {
  for (const std::size_t wait : {0, 1}) {
    const std::uint64_t failures = stats().sync_failures;
    auto v = ints::create(path());
    v.append_range(std::vector<int>{1, 2, 3});
    v.commit();
    v.append_range(std::vector<int>{4, 5});
    {
      const fault failing(call::fdatasync, wait, EIO, fault_lasts::once);
      expect_io_error([&] { v.commit(); });
      EXPECT_EQ(failing.delivered(), 1U);
    }
    EXPECT_EQ(stats().sync_failures, failures + 1);
    EXPECT_EQ(stored_count(path()), 3U);
    EXPECT_EQ(v.committed_size(), 3U);
    const call_log log;
    expect_io_error([&] { v.commit(); });
    expect_io_error([&] { v.reserve(1'000'000); });
    expect_io_error([&] { v.evict(0, 5); });
    expect_io_error([&] { v.shrink_to_fit(); });
    expect_io_error([&] { v.write(0, std::vector<int>{1}); });
    expect_io_error([&] { v.close(); });
    EXPECT_EQ(changes_in(log), "") << "nothing builds on what may be lost";
    expect_elements(std::as_const(v), {1, 2, 3, 4, 5});
    v.abandon();
    expect_elements(ints::open(path()), {1, 2, 3});
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(file_vector_commit, fails_after_an_eviction_that_failed) {
  auto v = ints::create(path());
  v.append_range(std::vector<int>(100'000, 1));
  {
    const fault failing(call::sync_file_range, 0, EIO, fault_lasts::once);
    expect_io_error([&] { v.evict(0, v.size()); });
  }
  expect_io_error([&] { v.commit(); });
  EXPECT_EQ(stored_count(path()), 0U);
  v.abandon();
}

}  // namespace
}  // namespace mapvec::test
