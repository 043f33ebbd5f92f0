// SPDX-License-Identifier: MIT
//
// Goal: persistent vectors live on every common file system; where a snapshot may share blocks it
// does, takes no space, and space_guaranteed() says what that costs. Method: small file systems of
// our own on loop devices.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

struct file_system_kind {
  std::string name;
  std::size_t size_bytes;
  bool shares_blocks;
  bool guarantees_space;  // of a file that was opened
};

class file_systems : public ::testing::TestWithParam<file_system_kind> {
 protected:
  using words = file_vector<std::uint64_t>;

  void SetUp() override {
    warm_up_the_library();
    if (!disk_.is_mounted()) GTEST_SKIP() << disk_.why_not();
  }

  std::string path(const std::string& name = "a.npy") const { return disk_.path() + '/' + name; }

  static private_mount mount_one() {
    const file_system_kind& kind = GetParam();
    return kind.name == "tmpfs" ? private_mount::tmpfs(kind.size_bytes)
                                : private_mount::loop(kind.name, kind.size_bytes);
  }

  /// What is free when all that was written has its blocks.
  std::uint64_t settled_free_bytes() const {
    const int fd = ::open(disk_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT_EQ(::syncfs(fd), 0);
    ::close(fd);
    return free_bytes(disk_.path());
  }

  const private_mount disk_ = mount_one();
  static constexpr std::size_t many = 4 * MiB;  // 32 MiB
};

TEST_P(file_systems, hold_what_was_appended_committed_and_cut) {
  {
    auto v = words::create(path());
    EXPECT_TRUE(v.space_guaranteed()) << "a new file";
    for (std::uint64_t i = 0; i < many; ++i) v.push_back(i);
    v.commit();
    v.truncate(many / 2);
    v.push_back(7);
  }
  EXPECT_EQ(file_bytes(path()), 128 + (many / 2 + 1) * 8);
  auto v = words::open(path());
  EXPECT_EQ(v.space_guaranteed(), GetParam().guarantees_space);
  ASSERT_EQ(v.size(), many / 2 + 1);
  for (std::uint64_t i = 0; i < many / 2; ++i) ASSERT_EQ(v[i], i);
  EXPECT_EQ(v.back(), 7U);
  v.replace(vector<std::uint64_t>{1, 2, 3});
  EXPECT_EQ(words(std::move(v)).size(), 3U);
  expect_elements(stored_elements<std::uint64_t>(path()), std::vector<std::uint64_t>{1, 2, 3});
  EXPECT_EQ(names_in(disk_.path()).front(), "a.npy");
}

TEST_P(file_systems, keep_the_file_of_a_persisted_vector) {
  vector<std::uint64_t> source(
      options{.builder = segment_builder::unnamed(disk_.path()), .spill_threshold_bytes = 0});
  source.resize(many / 8, 5);
  const std::uint64_t* const data = source.data();
  auto v = persist(std::move(source), path());
  EXPECT_EQ(v.data(), data) << "named, not copied";
  v.push_back(6);
  v.close();
  EXPECT_EQ(file_view<std::uint64_t>::open(path()).back(), 6U);
}

TEST_P(file_systems, share_the_blocks_of_a_snapshot_where_they_can) {
  auto v = words::create(path());
  v.resize(many, 1);
  v.reserve(2 * many);  // spare capacity is not part of the copy
  v.commit();
  v[3] = 33;
  v.push_back(2);
  v.snapshot(path("copied.npy"));
  EXPECT_TRUE(v.space_guaranteed()) << "a copy costs the original nothing";
  const std::uint64_t free_before = settled_free_bytes();
  v.snapshot(path("shared.npy"), {.share_blocks = true});
  const std::uint64_t taken = free_before - std::min(free_before, settled_free_bytes());
  if (GetParam().shares_blocks) {
    EXPECT_LT(taken, many * 8 / 4);
    EXPECT_FALSE(v.space_guaranteed());
  } else {
    EXPECT_GE(taken, many * 8 / 4 * 3);
  }
  v[4] = 44;
  v.close();
  for (const char* const name : {"copied.npy", "shared.npy"}) {
    EXPECT_EQ(file_bytes(path(name)), 128 + (many + 1) * 8) << name;
    const auto copy = file_view<std::uint64_t>::open(path(name));
    EXPECT_EQ(copy[3] + copy[4] + copy.back(), 33U + 1 + 2) << name;
  }
  EXPECT_FALSE(words::open(path("shared.npy")).space_guaranteed() && GetParam().shares_blocks);
}

TEST_P(file_systems, that_are_full_refuse_and_keep_what_was_committed) {
  auto v = words::create(path());
  v.resize(1'000, 1);
  v.commit();
  vector<std::uint64_t> source(options{.spill_threshold_bytes = 16 * MiB});
  source.resize(MiB, 3);
  fill_file_system(disk_.path(), GetParam().size_bytes);
  EXPECT_EQ(errno_of([&] { v.resize(many, 2); }), ENOSPC);
  EXPECT_EQ(errno_of([&] { v.snapshot(path("copy.npy")); }), ENOSPC);
  EXPECT_EQ(errno_of([&] { persist(std::move(source), path("copy.npy")); }), ENOSPC);
  EXPECT_EQ(errno_of([&] { v.replace(std::move(source)); }), ENOSPC);
  EXPECT_FALSE(exists(path("copy.npy")));
  expect_elements(v, std::vector<std::uint64_t>(1'000, 1));
  EXPECT_EQ(source.size(), MiB);
  // Overwriting and committing go on.
  v[7] = 8;
  v.commit();
  EXPECT_EQ(file_view<std::uint64_t>::open(path())[7], 8U);
  free_file_system(disk_.path());
  v.replace(std::move(source));
  v.push_back(4);
  v.close();
  EXPECT_EQ(file_bytes(path()), 128 + (MiB + 1) * 8);
}

INSTANTIATE_TEST_SUITE_P(each, file_systems,
                         ::testing::Values(file_system_kind{"ext4", 512 * MiB, false, true},
                                           file_system_kind{"xfs", 512 * MiB, true, false},
                                           file_system_kind{"btrfs", 512 * MiB, true, false},
                                           file_system_kind{"tmpfs", 512 * MiB, false, true}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace mapvec::test
