// SPDX-License-Identifier: MIT
//
// Goal and method: crash_points.hpp. This is the short run, on ext4 as Debian makes it and with
// data that does not wait for its journal.
#include <gtest/gtest.h>

#include "durability/crash_points.hpp"

namespace mapvec::test {
namespace {

TEST(crash_points, of_small_commits_lose_nothing) {
  expect_crashes_do_no_harm({.disk = {.mkfs_options = "-b 1024"},
                             .limits = {},
                             .rounds = 60,
                             .prefixes = 90,
                             .subsets = 90});
}

TEST(crash_points, of_large_appends_lose_nothing) {
  // 9.5 MiB: past where append windows begin.
  expect_crashes_do_no_harm({.disk = {.mkfs_options = "-b 4096"},
                             .limits = {.large_append = 1'250'000},
                             .rounds = 15,
                             .prefixes = 50,
                             .subsets = 50});
}

TEST(crash_points, of_a_file_system_that_writes_data_late_lose_nothing) {
  expect_crashes_do_no_harm({.disk = {.mkfs_options = "-b 4096", .mount_options = "data=writeback"},
                             .limits = {},
                             .rounds = 40,
                             .prefixes = 40,
                             .subsets = 40});
}

}  // namespace
}  // namespace mapvec::test
