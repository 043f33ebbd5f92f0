// SPDX-License-Identifier: MIT
//
// Goal: a search reads few pages, each once; where that is many, all from end to end, once. Method:
// the record of system calls, and what the kernel says is resident afterwards.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <set>
#include <vector>

#include <sys/mman.h>

#include <mapvec/error.hpp>

#include "search_case.hpp"

namespace mapvec::test {
namespace {

class costs : public searching {
 protected:
  static constexpr std::size_t pages = 16 * KiB;  // 64 MiB
  static constexpr std::size_t size = pages * 512;

  void SetUp() override {
    searching::SetUp();
    v_ = cold(size);
    if (v_.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  }
  void TearDown() override {
    v_ = words();
    searching::TearDown();
  }

  struct reads {
    explicit reads(const call_log& log) : from_end_to_end_bytes(read_bytes(log)) {
      for (const call_record& each : log.records(call::madvise)) {
        if (each.flags != MADV_WILLNEED) continue;
        ++calls;
        for (std::size_t at = 0; at < each.size_bytes; at += 4 * KiB) {
          pages_asked_for.insert(each.address + at);
        }
      }
    }
    std::uint64_t from_end_to_end_bytes;
    std::size_t calls = 0;
    std::set<std::uintptr_t> pages_asked_for;
  };

  reads reads_of(const std::vector<std::uint64_t>& values) const {
    std::vector<std::size_t> out(values.size());
    const call_log log;
    mapvec::lower_bound(v_, values, out);
    EXPECT_TRUE(std::ranges::equal(out, values));  // elements are their indices
    return reads(log);
  }
  std::size_t resident_pages() const { return v_.resident_bytes() / (4 * KiB); }

  words v_;
};

TEST_F(costs, of_a_few_values_are_the_levels_of_the_tree_which_they_share) {
  constexpr std::size_t levels = std::bit_width(pages - 1);
  const reads one = reads_of({4'711'000});
  EXPECT_LE(one.pages_asked_for.size(), levels + 1);
  EXPECT_EQ(resident_pages(), one.pages_asked_for.size()) << "nobody else reads";
  v_.evict(0, size);
  const std::size_t values = 200;
  const reads some = reads_of(any_numbers(values, size));
  std::printf("%zu values in %zu pages: %zu pages, %zu calls\n", values, pages,
              some.pages_asked_for.size(), some.calls);
  EXPECT_EQ(some.from_end_to_end_bytes, 0U);
  // The first 7 levels have 127 pages, the other 7 and the last page are each value's own.
  EXPECT_LE(some.pages_asked_for.size(), 255 + values * (levels - 7));
  EXPECT_EQ(resident_pages(), some.pages_asked_for.size());
}

TEST_F(costs, of_equal_values_are_those_of_one) {
  const reads equal = reads_of(std::vector<std::uint64_t>(10'000, 4'711'000));
  EXPECT_LE(equal.pages_asked_for.size(), 16U);
  EXPECT_LE(equal.calls, 16U);
  EXPECT_EQ(equal.from_end_to_end_bytes, 0U);
}

TEST_F(costs, of_many_values_are_all_pages_read_once) {
  for (const std::size_t values : {std::size_t{300}, std::size_t{5'000}, size / 20}) {
    v_.evict(0, size);
    const reads all = reads_of(any_numbers(values, size));
    std::printf("%zu values in %zu pages: %zu pages one by one, %.4f of all in a row\n", values,
                pages, all.pages_asked_for.size(),
                static_cast<double>(all.from_end_to_end_bytes) / (size * 8.0));
    EXPECT_LE(all.pages_asked_for.size(), pages / 16);
    EXPECT_LE(all.from_end_to_end_bytes, size * 8 * 102 / 100);
    EXPECT_GE(all.from_end_to_end_bytes, size * 8 * 95 / 100);
  }
}

TEST_F(costs, of_values_close_together_are_what_lies_between_them) {
  auto values = any_numbers(50'000, 600 * 512);
  for (auto& each : values) each += size / 2 - 300 * 512;
  const reads some = reads_of(values);
  EXPECT_LE(some.pages_asked_for.size(), 200U);
  EXPECT_LE(some.from_end_to_end_bytes, 700 * 4 * KiB + 16 * KiB);
}

TEST_F(costs, of_what_is_in_memory_are_none) {
  const words hot = counted(MiB, in_file());
  const auto values = any_numbers(5'000, MiB);
  std::vector<index_range> out(values.size());
  const call_log log;
  mapvec::equal_range(hot, values, out);
  EXPECT_LE(log.count(), 64U) << log.summary();
  for (std::size_t i = 0; i < out.size(); ++i) {
    ASSERT_EQ(out[i], (index_range{values[i], values[i] + 1}));
  }
  // Nor is what an earlier search has left: it looks like little.
  (void)reads_of(any_numbers(200, size));
  const reads again = reads_of(any_numbers(200, size));
  EXPECT_EQ(again.calls, 0U) << "the same pages";
  EXPECT_GT(reads_of(any_numbers(201, size)).calls, 0U);
}

TEST_F(costs, include_no_page_that_cannot_be_read) {
  const auto values = any_numbers(5'000, size);
  std::vector<std::size_t> out(values.size());
  {
    const fault broken(call::pread, 3, EIO, fault_lasts::once);
    EXPECT_THROW(mapvec::lower_bound(v_, values, out), error);
    EXPECT_EQ(broken.delivered(), 1U);
  }
  {
    const fault no_memory(call::mmap, 0, ENOMEM, fault_lasts::for_ever);
    EXPECT_THROW(mapvec::lower_bound(v_, values, out), error);
  }
  mapvec::lower_bound(v_, values, out);
  EXPECT_TRUE(std::ranges::equal(out, values));
  const fault no_advice(call::madvise, 0, ENOMEM, fault_lasts::for_ever);
  v_.evict(0, size);
  EXPECT_EQ(reads_of({17, 4'711'000}).from_end_to_end_bytes, 0U);
}

TEST_F(costs, keep_within_a_budget) {
  const memory_budget budget(4 * MiB);
  words bounded({.builder = segment_builder::unnamed(directory_.path()), .budget = budget});
  bounded.append_range(v_);
  bounded.trim();
  for (const std::size_t values : {100, 5'000}) {
    bounded.evict(0, size);
    const auto numbers = any_numbers(values, size);
    std::vector<std::size_t> out(values);
    std::size_t most_held = 0;
    mapvec::lower_bound(bounded, numbers, out, [&](std::uint64_t a, std::uint64_t b) {
      most_held = std::max(most_held, budget.held_bytes());
      return a < b;
    });
    EXPECT_TRUE(std::ranges::equal(out, numbers));
    EXPECT_GT(most_held, 0U);
    EXPECT_LE(most_held, budget.limit_bytes());
    EXPECT_LE(bounded.resident_bytes(), budget.limit_bytes());
  }
}

}  // namespace
}  // namespace mapvec::test
