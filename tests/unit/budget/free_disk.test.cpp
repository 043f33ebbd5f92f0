// SPDX-License-Identifier: MIT
//
// Goal: options::free_disk_percent leaves that much of the disk to others, and a vector that meets
// it is as one that meets a full disk. Method: small file systems of the test's own.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include <sys/statvfs.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>

#include "budget_case.hpp"

namespace mapvec::test {
namespace {

class free_disk : public budget_case, public ::testing::WithParamInterface<const char*> {
 protected:
  private_mount disk() const {
    const std::string kind = GetParam();
    return kind == "tmpfs" ? private_mount::tmpfs(64 * MiB) : private_mount::loop(kind, 128 * MiB);
  }
  static double free_percent(const std::string& path) {
    struct statvfs status{};
    EXPECT_EQ(::statvfs(path.c_str(), &status), 0);
    return 100.0 * static_cast<double>(status.f_bavail) / static_cast<double>(status.f_blocks);
  }
};

TEST_P(free_disk, stays_free) {
  const private_mount small = disk();
  if (!small.is_mounted()) GTEST_SKIP() << small.why_not();
  words v({.builder = segment_builder::unnamed(small.path()), .free_disk_percent = 25});
  int reason = 0;
  try {
    for (;;) v.push_back(v.size());
  } catch (const error& failure) {
    reason = failure.code().value();
  }
  EXPECT_EQ(reason, ENOSPC);
  EXPECT_EQ(v.size(), v.capacity());
  const double left = free_percent(small.path());
  EXPECT_GE(left, 24.9);
  EXPECT_LE(left, 27) << "but all else is used";
  std::printf("%s: asked to leave 25 %% free, left %.1f %%\n", GetParam(), left);
  EXPECT_THROW(v.push_back(0), error);
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
  v.truncate(1000);
  v.shrink_to_fit();
  v.resize(2000);
}

TEST_P(free_disk, of_which_there_is_less_already_refuses_the_first_element) {
  const private_mount small = disk();
  if (!small.is_mounted()) GTEST_SKIP() << small.why_not();
  const options settings{.builder = segment_builder::unnamed(small.path()),
                         .spill_threshold_bytes = 0,
                         .free_disk_percent = 100};
  words v(settings);
  EXPECT_THROW(v.push_back(1), error);
  EXPECT_TRUE(v.empty());
  auto kept = file_words::create(small.path() + "/a.npy", settings);
  EXPECT_THROW(kept.push_back(1), error);
  kept.commit();
}

INSTANTIATE_TEST_SUITE_P(of, free_disk, ::testing::Values("tmpfs", "ext4"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_F(budget_case, a_free_disk_costs_no_call_unless_asked_for) {
  const call_log log;
  words v(unbounded());
  push_mebibyte(v);
  EXPECT_LE(log.count(call::fstatfs), 2U) << log.summary();
}

}  // namespace
}  // namespace mapvec::test
