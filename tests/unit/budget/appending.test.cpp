// SPDX-License-Identifier: MIT
//
// Goal: a vector with a budget never has more of its file in memory, however it is appended to, and
// all elements are there. Method: mincore() after every mebibyte, and the log of system calls.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/blocks.hpp>
#include <mapvec/error.hpp>
#include <mapvec/gather.hpp>
#include <mapvec/stats.hpp>

#include "budget_case.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

class bounded_appends : public budget_case {
 protected:
  /// Appends by `append(v)`, a mebibyte or more at a time, up to 8 times the budget.
  template <class Vector, class Append>
  static void expect_bounded(const char* how, Vector v, Append append) {
    std::size_t most = 0;
    while (v.size() < 8 * budget_bytes / sizeof(std::uint64_t)) {
      append(v);
      most = std::max(most, v.resident_bytes());
    }
    EXPECT_LE(most, budget_bytes) << how;
    EXPECT_GE(most, budget_bytes / 4) << how;
    EXPECT_EQ(wrong_elements(std::as_const(v)), 0U) << how;
    std::printf("%s: 128 MiB appended, at most %zu KiB of them in memory\n", how, most / KiB);
  }

  template <class Vector>
  static void append_range_of(Vector& v, std::size_t count) {
    std::vector<std::uint64_t> values(count);
    std::iota(values.begin(), values.end(), v.size());
    v.append_range(values);
  }
};

TEST_F(bounded_appends, one_by_one) {
  expect_bounded("push_back", words(alone()), push_mebibyte<words>);
}

// Whose page cache is that of the file below: the root of containers.
TEST_F(bounded_appends, on_overlayfs) {
  const auto below = private_mount::loop("ext4", 300 * MiB);
  if (!below.is_mounted()) GTEST_SKIP() << below.why_not();
  const auto own = private_mount::overlay(below.path());
  if (!own.is_mounted()) GTEST_SKIP() << own.why_not();
  const options there{.builder = segment_builder::unnamed(own.path()),
                      .memory_budget_bytes = budget_bytes};
  expect_bounded("push_back on overlayfs", words(there), push_mebibyte<words>);
  {
    const refusal no_allocation(feature::allocation, EOPNOTSUPP);
    expect_bounded("the same without fallocate", words(there), push_mebibyte<words>);
  }
  words v(there);
  for (int i = 0; i < 64; ++i) push_mebibyte(v);
  for (std::uint64_t& each : v) each += 1;  // brings all back, changed
  v.trim();
  EXPECT_LE(v.resident_bytes(), budget_bytes);
  for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(std::as_const(v)[i], i + 1);
}

TEST_F(bounded_appends, by_range) {
  expect_bounded("append_range of 1 MiB", words(alone()),
                 [](words& v) { append_range_of(v, words_of_a_mebibyte); });
  expect_bounded("append_range of 40 MiB", words(alone()),
                 [](words& v) { append_range_of(v, 40 * words_of_a_mebibyte); });
  expect_bounded("append_range of 100 bytes", words(alone()), [](words& v) {
    for (std::size_t i = 0; i < words_of_a_mebibyte; i += 13) append_range_of(v, 13);
  });
}

TEST_F(bounded_appends, of_a_persistent_vector) {
  int next = 0;
  const auto create = [&] {
    return file_words::create(directory_ / std::to_string(next++) + ".npy",
                              {.memory_budget_bytes = budget_bytes});
  };
  expect_bounded("push_back", create(), push_mebibyte<file_words>);
  expect_bounded("push_back and commit", create(), [](file_words& v) {
    push_mebibyte(v);
    v.commit();
  });
  expect_bounded("append_range and commit", create(), [](file_words& v) {
    append_range_of(v, 5 * words_of_a_mebibyte + 77);
    v.commit();
  });
}

TEST_F(bounded_appends, of_many_equal_elements) {
  words v(alone());
  v.resize(128 * words_of_a_mebibyte, 7);
  EXPECT_LE(v.resident_bytes(), budget_bytes);
  v.insert(v.end(), 20 * words_of_a_mebibyte, 7);
  EXPECT_LE(v.resident_bytes(), budget_bytes);
  EXPECT_EQ(std::ranges::count(v, 7U), 148 * words_of_a_mebibyte);
}

TEST_F(bounded_appends, of_elements_that_are_more_than_bytes) {
  mapvec::vector<std::vector<int>> v(alone());
  while (v.size() < 4 * budget_bytes / sizeof(v[0])) v.emplace_back();
  EXPECT_LE(v.resident_bytes(), budget_bytes);
}

TEST_F(bounded_appends, after_elements_that_were_not_written_one_by_one) {
  words v(alone());
  v.resize_for_overwrite(64 * words_of_a_mebibyte);
  std::iota(v.begin(), v.end(), 0);
  for (int i = 0; i < 4; ++i) push_mebibyte(v);
  EXPECT_LE(v.resident_bytes(), budget_bytes);
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(bounded_appends, of_a_vector_that_was_emptied) {
  words v(alone());
  for (int i = 0; i < 64; ++i) push_mebibyte(v);
  v.clear();
  std::size_t most = 0;
  for (int i = 0; i < 64; ++i) {
    push_mebibyte(v);
    most = std::max(most, v.resident_bytes());
  }
  EXPECT_LE(most, budget_bytes);
  v.truncate(40 * words_of_a_mebibyte);
  v.shrink_to_fit();
  for (int i = 0; i < 40; ++i) {
    push_mebibyte(v);
    most = std::max(most, v.resident_bytes());
  }
  EXPECT_LE(most, budget_bytes);
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(bounded_appends, that_alternate_with_pops_ask_seldom) {
  words v(alone());
  for (int i = 0; i < 64; ++i) push_mebibyte(v);
  const call_log log;
  const std::size_t start = v.size();
  while (v.size() > start / 2) {
    v.pop_back();
    v.pop_back();
    v.push_back(v.size());
  }
  // Two calls for each window that has to come back, and there is one per piece.
  EXPECT_LE(log.count(), 64U) << log.summary();
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(bounded_appends, within_the_budget_write_nothing_back) {
  words v(alone());
  const call_log log;
  const std::uint64_t dropped = stats().dropped_bytes;
  while (v.size() < budget_bytes / sizeof(std::uint64_t) - words_of_a_mebibyte) push_mebibyte(v);
  EXPECT_EQ(stats().dropped_bytes, dropped);
  EXPECT_EQ(log.count(call::fadvise_dontneed), 0U) << log.summary();
  for (int i = 0; i < 16; ++i) push_mebibyte(v);
  EXPECT_GT(stats().dropped_bytes, dropped);
}

TEST_F(bounded_appends, start_in_the_file) {
  words v(alone());
  v.push_back(1);
  EXPECT_NE(v.disk_size_bytes(), 0U);
}

TEST_F(bounded_appends, go_on_where_nothing_can_be_allocated) {
  const refusal no_allocation(feature::allocation, EOPNOTSUPP);
  expect_bounded("push_back without fallocate", words(alone()), push_mebibyte<words>);
  EXPECT_EQ(no_allocation.delivered(), 1U) << "the answer is remembered";
}

TEST_F(bounded_appends, of_a_large_reservation_where_nothing_can_be_allocated) {
  const refusal no_allocation(feature::allocation, EOPNOTSUPP);
  words v(alone());
  v.reserve(64 * words_of_a_mebibyte);
  EXPECT_LE(v.resident_bytes(), 2 * MiB);
  words tiny({.builder = builder(), .memory_budget_bytes = 512 * KiB});
  std::size_t most = 0;
  for (int i = 0; i < 16; ++i) {
    push_mebibyte(tiny);
    most = std::max(most, tiny.resident_bytes());
  }
  EXPECT_LE(most, 512 * KiB);
  const fault full(call::pwrite, 3, ENOSPC, fault_lasts::for_ever);
  const std::size_t capacity = v.capacity();
  EXPECT_THROW(v.reserve(128 * words_of_a_mebibyte), error);
  EXPECT_EQ(v.capacity(), capacity);
}

TEST_F(bounded_appends, read_in_place_drop_nothing) {
  words v(alone());
  for (int i = 0; i < 14; ++i) push_mebibyte(v);
  const std::vector<std::size_t> indices{1, 1000, v.size() - 1};
  std::vector<std::uint64_t> found(3);
  const std::uint64_t dropped = stats().dropped_bytes;
  gather(std::as_const(v), indices, found);
  EXPECT_TRUE(std::ranges::equal(found, indices));
  EXPECT_EQ(stats().dropped_bytes, dropped);
}

TEST_F(bounded_appends, leave_room_for_blocks_that_are_not_tiny) {
  const memory_budget budget(1);  // 512 KiB
  words v(sharing(budget));
  for (int i = 0; i < 4; ++i) push_mebibyte(v);
  std::atomic<std::size_t> count = 0;
  for_each_block(std::as_const(v), [&](const auto&) { ++count; }, {}, 64);
  EXPECT_LE(count.load(), 4 * MiB / (32 * KiB));
  EXPECT_LE(budget.held_bytes(), budget.limit_bytes());
}

TEST_F(bounded_appends, with_a_tiny_budget_have_512_kib) {
  words v({.builder = builder(), .memory_budget_bytes = 1});
  for (int i = 0; i < 16; ++i) {
    push_mebibyte(v);
    ASSERT_LE(v.resident_bytes(), 512 * KiB);
  }
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(bounded_appends, of_an_opened_file_count_what_they_add) {
  const std::string path = directory_ / "a.npy";
  {
    auto v = file_words::create(path);
    for (int i = 0; i < 64; ++i) push_mebibyte(v);
  }
  const memory_budget budget(budget_bytes);
  auto v = file_words::open(path, {.budget = budget});
  EXPECT_LE(budget.held_bytes(), 8 * KiB);
  v.trim();
  std::size_t most = 0;
  for (int i = 0; i < 64; ++i) {
    push_mebibyte(v);
    most = std::max(most, v.resident_bytes());
  }
  EXPECT_LE(most, budget_bytes + 4 * KiB) << "the page of the header stays";
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(bounded_appends, of_what_is_persisted_and_replaced_stay_bounded) {
  words v(alone());
  for (int i = 0; i < 32; ++i) push_mebibyte(v);
  auto kept = persist(std::move(v), directory_ / "a.npy", {.memory_budget_bytes = budget_bytes});
  kept.trim();
  const auto expect_bounded_growth = [&] {
    std::size_t most = 0;
    for (int i = 0; i < 32; ++i) {
      push_mebibyte(kept);
      most = std::max(most, kept.resident_bytes());
    }
    EXPECT_LE(most, budget_bytes);
    EXPECT_EQ(wrong_elements(std::as_const(kept)), 0U);
    kept.trim();
  };
  expect_bounded_growth();
  words next(unbounded());
  push_mebibyte(next);
  kept.replace(std::move(next));
  kept.trim();
  expect_bounded_growth();
}

TEST_F(bounded_appends, leave_a_forked_child_alone) {
  const memory_budget budget(budget_bytes);
  words v(sharing(budget));
  for (int i = 0; i < 20; ++i) push_mebibyte(v);
  EXPECT_EQ(in_child([&] {
              std::size_t sum = 0;
              for (const auto& block : blocks(std::as_const(v))) sum += block.size();
              require(sum == v.size(), "a child may read");
              require_refused("push_back", [&] { v.push_back(1); });
              v.clear();
              v.trim();
              const words gone = std::move(v);
            }),
            "exit 0");
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(bounded_appends, count_the_buffers_of_blocks) {
  const memory_budget budget(budget_bytes);
  words v(sharing(budget));
  for (int i = 0; i < 64; ++i) push_mebibyte(v);
  std::uint64_t next = 0;
  std::size_t wrong = 0;
  {
    words other(sharing(budget));
    for (const auto& block : blocks(std::as_const(v))) {
      EXPECT_LE(block.size_bytes(), budget_bytes / 8);
      for (const std::uint64_t each : block) wrong += each != next++;
      other.append_range(block);
      EXPECT_LE(budget.held_bytes(), budget_bytes);
      EXPECT_LE(v.resident_bytes() + other.resident_bytes(), budget_bytes / 2);
    }
    EXPECT_EQ(wrong_elements(std::as_const(other)), 0U);
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(next, v.size());
}

TEST_F(bounded_appends, let_gather_drop_what_it_has_used) {
  words v(alone());
  for (int i = 0; i < 256; ++i) push_mebibyte(v);
  v.trim();
  std::vector<std::size_t> indices;
  // Of every page in 10 one word: too few to read all.
  for (std::size_t i = 7; i < v.size(); i += 5120) indices.push_back(i);
  std::vector<std::uint64_t> found(indices.size());
  v.evict(0, v.size());
  gather(std::as_const(v), indices, found);
  EXPECT_TRUE(std::ranges::equal(found, indices));
  EXPECT_LE(v.resident_bytes(), 4 * MiB);
}

}  // namespace
}  // namespace mapvec::test
