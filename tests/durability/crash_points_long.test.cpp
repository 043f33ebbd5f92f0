// SPDX-License-Identifier: MIT
//
// Goal and method: crash_points.hpp. This is the long run: every prefix of a log.
#include <gtest/gtest.h>

#include "durability/crash_points.hpp"

namespace mapvec::test {
namespace {

TEST(crash_points_long, of_small_commits_lose_nothing) {
  expect_crashes_do_no_harm({.disk = {.mkfs_options = "-b 1024"},
                             .limits = {},
                             .rounds = 150,
                             .prefixes = 10'000,
                             .subsets = 10'000});
}

TEST(crash_points_long, of_large_appends_lose_nothing) {
  expect_crashes_do_no_harm({.disk = {.mkfs_options = "-b 4096"},
                             .limits = {.large_append = 1'250'000},
                             .rounds = 40,
                             .prefixes = 10'000,
                             .subsets = 1'000});
}

TEST(crash_points_long, of_a_file_system_that_writes_data_late_lose_nothing) {
  expect_crashes_do_no_harm({.disk = {.mkfs_options = "-b 4096", .mount_options = "data=writeback"},
                             .limits = {},
                             .rounds = 100,
                             .prefixes = 10'000,
                             .subsets = 2'000});
}

}  // namespace
}  // namespace mapvec::test
