// SPDX-License-Identifier: MIT
//
// Goal: a full disk is an exception and never a signal; the vector keeps its elements, gives back
// what it could not use, and grows on as soon as there is space.
// Method: real file systems of 16 to 320 MiB, each on a loop device of its own, or in memory.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/directories.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

struct disk_kind {
  const char* name;
  std::size_t size_bytes;
  std::size_t filler_bytes;  ///< taken by another file first, so that the last steps are few
  bool counts_exactly;       ///< free space is what it was, to the block, at once
};

class full_disk : public ::testing::TestWithParam<disk_kind> {
 protected:
  using words = mapvec::vector<std::uint64_t>;

  void SetUp() override {
    const disk_kind kind = GetParam();
    disk_.emplace(std::string(kind.name) == "tmpfs"
                      ? private_mount::tmpfs(kind.size_bytes)
                      : private_mount::loop(kind.name, kind.size_bytes));
    if (!disk_->is_mounted()) GTEST_SKIP() << kind.name << ": " << disk_->why_not();
  }

  options on_the_disk() const {
    return {.builder = segment_builder::unnamed(disk_->path()), .spill_threshold_bytes = 0};
  }

  /// Appends 0, 1, 2 … until the disk is full; the exception must say so.
  static void fill(words& v) {
    try {
      for (;;) v.push_back(v.size());
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), ENOSPC) << failure.what();
    }
  }

  static void expect_counting_up(const words& v) {
    std::size_t wrong = 0;
    for (std::uint64_t i = 0; i < v.size(); ++i) wrong += v[i] == i ? 0 : 1;
    EXPECT_EQ(wrong, 0U);
  }

  struct extent {
    std::uint64_t size_bytes;
    std::uint64_t allocated_bytes;
  };

  static extent extent_since(const std::set<int>& before) {
    const std::vector<int> opened = descriptors_opened_since(before);
    EXPECT_EQ(opened.size(), 1U);
    struct stat status{};
    EXPECT_EQ(::fstat(opened.at(0), &status), 0);
    return {static_cast<std::uint64_t>(status.st_size),
            static_cast<std::uint64_t>(status.st_blocks) * 512};
  }

  std::optional<private_mount> disk_;
};

TEST_P(full_disk, push_back_to_the_end_throws_and_the_vector_grows_on_when_there_is_space) {
  fill_file_system(disk_->path(), GetParam().filler_bytes);
  words v(on_the_disk());
  fill(v);
  const std::size_t size = v.size();
  EXPECT_GT(size, 4 * MiB / sizeof(std::uint64_t));
  expect_counting_up(v);
  EXPECT_THROW(v.push_back(0), error);
  EXPECT_EQ(v.size(), size);
  free_file_system(disk_->path());
  const std::uint64_t* const data = v.data();
  while (v.size() < size + 1 * MiB / sizeof(std::uint64_t)) v.push_back(v.size());
  EXPECT_EQ(v.data(), data);
  expect_counting_up(v);
  std::printf("%s: full after %zu bytes, then %zu\n", GetParam().name, size * sizeof(std::uint64_t),
              v.size() * sizeof(std::uint64_t));
}

TEST_P(full_disk, a_refused_reserve_gives_back_every_block) {
  const std::set<int> before = open_descriptors();
  words v(on_the_disk());
  v.resize(200'000, 7);
  const extent extent_before = extent_since(before);
  const std::uint64_t free_before = free_bytes(disk_->path());
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_THROW(v.reserve(2 * GetParam().size_bytes / sizeof(std::uint64_t)), error);
    // A file system may keep one block of its own for the map of the file.
    EXPECT_EQ(extent_since(before).size_bytes, extent_before.size_bytes);
    EXPECT_LE(extent_since(before).allocated_bytes, extent_before.allocated_bytes + 4 * KiB);
    if (GetParam().counts_exactly) {
      EXPECT_GE(free_bytes(disk_->path()) + 4 * KiB, free_before);
    }
  }
  EXPECT_EQ(std::count(v.begin(), v.end(), 7U), 200'000);
}

TEST_P(full_disk, overwriting_every_element_raises_no_signal) {
  fill_file_system(disk_->path(), GetParam().filler_bytes);
  words v(on_the_disk());
  fill(v);
  ASSERT_TRUE(v.space_guaranteed());
  for (int round = 1; round <= 2; ++round) {
    for (std::uint64_t& each : v) each += 1;
    // The pages must reach the disk in between, or nothing would be overwritten there.
    v.evict(0, v.size());
  }
  std::size_t wrong = 0;
  for (std::uint64_t i = 0; i < v.size(); ++i) wrong += v[i] == i + 2 ? 0 : 1;
  EXPECT_EQ(wrong, 0U);
}

TEST_P(full_disk, growing_to_the_end_again_and_again_loses_no_space) {
  fill_file_system(disk_->path(), GetParam().filler_bytes);
  const std::uint64_t free_before = free_bytes(disk_->path());
  std::size_t first_size = 0;
  for (int round = 0; round < 3; ++round) {
    words v(on_the_disk());
    fill(v);
    if (round == 0) first_size = v.size();
    // File systems keep some space for themselves as they please, but not ever more.
    EXPECT_GE(v.size(), first_size / 10 * 9);
  }
  if (GetParam().counts_exactly) {
    EXPECT_GE(free_bytes(disk_->path()) + 4 * KiB, free_before);
  }
}

INSTANTIATE_TEST_SUITE_P(of, full_disk,
                         ::testing::Values(disk_kind{"tmpfs", 16 * MiB, 6 * MiB, true},
                                           disk_kind{"ext4", 64 * MiB, 44 * MiB, true},
                                           disk_kind{"xfs", 320 * MiB, 200 * MiB, false},
                                           disk_kind{"btrfs", 128 * MiB, 36 * MiB, false}),
                         [](const auto& parameters) { return parameters.param.name; });

TEST(full_disk_copy_on_write, is_said_where_overwriting_may_need_space) {
  const private_mount disk = private_mount::loop("btrfs", 128 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  mapvec::vector<int> v(options{.builder = segment_builder::unnamed(disk.path()),
                                .spill_threshold_bytes = 0,
                                .copy_on_write = true});
  v.push_back(1);
  EXPECT_FALSE(v.space_guaranteed());
}

}  // namespace
}  // namespace mapvec::test
