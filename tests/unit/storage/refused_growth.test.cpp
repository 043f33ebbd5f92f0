// SPDX-License-Identifier: MIT
//
// Goal: what the kernel refuses while a vector grows is worked round or an exception, and leaves
// the file as it was. Method: faults, and refused features that stand for other systems.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class refused_growth : public counts_resources {
 protected:
  options in_file() const {
    return {.builder = segment_builder::unnamed(directory_.path()), .spill_threshold_bytes = 0};
  }

  /// Size and blocks of the one file that was opened since `before`.
  static std::vector<std::int64_t> extent_since(const std::set<int>& before) {
    const std::vector<int> opened = descriptors_opened_since(before);
    EXPECT_EQ(opened.size(), 1U);
    struct stat status{};
    EXPECT_EQ(::fstat(opened.at(0), &status), 0);
    return {status.st_size, status.st_blocks};
  }

  scratch_directory directory_;
};

TEST_F(refused_growth, zeros_are_written_for_every_byte_of_the_capacity) {
  const refusal no_fallocate(feature::allocation, EOPNOTSUPP);
  mapvec::vector<std::uint64_t> v(in_file());
  const call_log log;
  v.resize(300'000);
  for (const std::uint64_t each : v) ASSERT_EQ(each, 0U);
  std::uint64_t written = 0;
  for (const call_record& each : log.records(call::pwrite)) {
    written += static_cast<std::uint64_t>(each.result);
  }
  EXPECT_GE(written, v.capacity() * sizeof(std::uint64_t));
  EXPECT_GE(v.disk_size_bytes(), v.capacity() * sizeof(std::uint64_t));
}

TEST_F(refused_growth, growing_writes_nothing_over_the_elements) {
  const refusal no_fallocate(feature::allocation, EOPNOTSUPP);
  mapvec::vector<std::uint64_t> v(in_file());
  for (std::uint64_t i = 1; i <= 200'000; ++i) v.push_back(i);
  for (std::uint64_t i = 1; i <= 200'000; ++i) ASSERT_EQ(v[i - 1], i);
}

TEST_F(refused_growth, a_full_disk_gives_back_the_zeros) {
  const std::set<int> before = open_descriptors();
  const refusal no_fallocate(feature::allocation, EOPNOTSUPP);
  mapvec::vector<std::uint64_t> v(in_file());
  v.assign(1'000, 7);
  const std::vector<std::int64_t> extent = extent_since(before);
  {
    const fault full(call::pwrite, 5, ENOSPC, fault_lasts::for_ever);
    EXPECT_THROW(v.reserve(2 * MiB), error);  // eight pieces of zeros
  }
  EXPECT_EQ(extent_since(before), extent);
  v.resize(100'000, 8);
  EXPECT_EQ(v[999] + v[1'000], 15U);
}

TEST_F(refused_growth, a_failed_fallocate_is_tried_once_more_with_the_exact_need) {
  const std::set<int> before = open_descriptors();
  mapvec::vector<std::uint64_t> v(in_file());
  v.assign(50'000, 1);
  while (v.size() < v.capacity()) v.push_back(1);
  const fault once(call::fallocate, 0, ENOSPC, fault_lasts::once);
  const call_log log;
  const std::vector<std::int64_t> extent = extent_since(before);
  v.push_back(2);
  const std::vector<call_record> tries = log.records(call::fallocate);
  ASSERT_EQ(tries.size(), 2U);
  EXPECT_LT(tries[1].size_bytes, tries[0].size_bytes);
  EXPECT_LE(tries[1].size_bytes, 4 * KiB);
  // What the first try took was given back before the second.
  const std::vector<call_record> cuts = log.records(call::ftruncate);
  ASSERT_EQ(cuts.size(), 1U);
  EXPECT_EQ(static_cast<std::int64_t>(cuts[0].size_bytes), extent[0]);
}

TEST_F(refused_growth, a_failed_fallocate_leaves_size_and_blocks_as_they_were) {
  const std::set<int> before = open_descriptors();
  mapvec::vector<std::uint64_t> v(in_file());
  v.assign(10'000, 7);
  const std::vector<std::int64_t> extent = extent_since(before);
  const fault full(call::fallocate, 0, ENOSPC, fault_lasts::for_ever);
  EXPECT_THROW(v.reserve(1'000'000), error);
  EXPECT_THROW(v.resize(1'000'000), error);
  EXPECT_EQ(extent_since(before), extent);
  EXPECT_GE(full.delivered(), 2U);
}

TEST_F(refused_growth, a_kernel_that_cannot_populate_changes_nothing) {
  const refusal no_populate(feature::populate_for_write, EINVAL);
  mapvec::vector<std::uint64_t> v(in_file());
  for (std::uint64_t i = 0; i < 2 * MiB; ++i) v.push_back(i);
  EXPECT_GE(no_populate.delivered(), 1U);
  for (std::uint64_t i = 0; i < 2 * MiB; ++i) ASSERT_EQ(v[i], i);
}

TEST_F(refused_growth, a_window_that_cannot_be_filled_is_an_exception) {
  mapvec::vector<std::uint64_t> v(in_file());
  std::uint64_t thrown = 0;
  {
    const fault full(call::pwrite, 1, ENOSPC, fault_lasts::for_ever);
    try {
      for (std::uint64_t i = 0; i < 2 * MiB; ++i) v.push_back(i);
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), ENOSPC);
      ++thrown;
    }
  }
  EXPECT_EQ(thrown, 1U);
  const std::size_t size = v.size();
  for (std::uint64_t i = 0; i < size; ++i) ASSERT_EQ(v[i], i);
  while (v.size() < 2 * MiB) v.push_back(v.size());
  EXPECT_EQ(v.back(), 2 * MiB - 1);
}

TEST_F(refused_growth, a_file_size_limit_lowered_after_the_allocation_is_no_signal) {
  const auto append_below_the_capacity = [&] {
    mapvec::vector<std::uint64_t> v(in_file());
    v.reserve(2 * MiB);
    limit_resource(RLIMIT_FSIZE, 4 * MiB);
    while (v.size() < v.capacity()) v.push_back(v.size());
    for (std::uint64_t i = 0; i < v.size(); ++i) require(v[i] == i, "an element changed");
  };
  EXPECT_EQ(in_child(append_below_the_capacity), "exit 0");
}

TEST_F(refused_growth, a_file_size_limit_lowered_before_a_range_is_appended_is_no_signal) {
  const auto append_below_the_capacity = [&] {
    mapvec::vector<std::uint64_t> v(in_file());
    v.reserve(2 * MiB);
    limit_resource(RLIMIT_FSIZE, 4 * MiB);
    const std::vector<std::uint64_t> range(MiB, 7);  // 8 MiB, by one pwrite if that may be
    v.append_range(range);
    require(std::equal(v.begin(), v.end(), range.begin(), range.end()), "an element is wrong");
  };
  EXPECT_EQ(in_child(append_below_the_capacity), "exit 0");
}

/// A disk that has room for a few pages, and never for more at once.
class nearly_full final : public observer {
 public:
  nearly_full() { start(); }
  ~nearly_full() { stop(); }
  std::optional<int> before(const call_record& record) override {
    if (record.what != call::fallocate || record.size_bytes <= 4 * KiB) return std::nullopt;
    refused_bytes += record.size_bytes;
    return ENOSPC;
  }
  std::size_t refused_bytes = 0;
};

TEST_F(refused_growth, the_last_pages_of_a_disk_do_not_cost_a_full_step_each) {
  mapvec::vector<std::uint64_t> v(in_file());
  v.reserve(8 * MiB);
  v.resize_for_overwrite(v.capacity());
  const std::size_t full_step_bytes = v.capacity() * sizeof(std::uint64_t);
  std::size_t pages = 0;
  nearly_full disk;
  for (; pages < 200; ++pages) {
    v.push_back(pages);
    v.resize_for_overwrite(v.capacity());
  }
  // A full step, its half and so on, in whole huge pages; then 8 KiB at a time.
  EXPECT_LE(disk.refused_bytes, 3 * full_step_bytes + pages * 8 * KiB);
  EXPECT_GE(disk.refused_bytes, full_step_bytes);
}

TEST_F(refused_growth, steps_grow_again_when_the_disk_has_room_again) {
  mapvec::vector<std::uint64_t> v(in_file());
  v.reserve(1 * MiB);
  v.resize_for_overwrite(v.capacity());
  {
    const nearly_full disk;
    for (int page = 0; page < 20; ++page) {
      v.push_back(1);
      v.resize_for_overwrite(v.capacity());
    }
  }
  const call_log log;
  for (int step = 0; step < 16; ++step) {
    v.push_back(1);
    v.resize_for_overwrite(v.capacity());
  }
  EXPECT_GE(log.records(call::fallocate).back().size_bytes, 8 * MiB);
}

TEST_F(refused_growth, the_file_size_limit_is_an_exception_and_no_signal) {
  const auto grow_to_the_limit = [&] {
    limit_resource(RLIMIT_FSIZE, 4 * MiB);
    mapvec::vector<std::uint64_t> v(in_file());
    try {
      for (;;) v.push_back(v.size());
    } catch (const error& failure) {
      require(failure.code().value() == EFBIG, failure.what());
    }
    require(v.size() > 4 * MiB / sizeof(std::uint64_t) - 1'024, "the limit was not used up");
    for (std::uint64_t i = 0; i < v.size(); ++i) require(v[i] == i, "an element changed");
  };
  EXPECT_EQ(in_child(grow_to_the_limit), "exit 0");
}

}  // namespace
}  // namespace mapvec::test
