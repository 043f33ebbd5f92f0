// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "crash/crash_runs.hpp"

namespace mapvec::test::crash {
namespace {

TEST(crash_long, leaves_exactly_the_elements_of_one_length) { expect_one_length(long_run); }

TEST(crash_long, while_elements_change_in_place_leaves_a_file_that_opens) {
  expect_to_open(long_run);
}

TEST(crash_long, of_a_file_of_numpy_leaves_exactly_the_elements_of_one_length) {
  expect_one_length_of_numpy(long_run);
}

TEST(crash_long, of_every_short_workload_leaves_exactly_the_elements_of_one_length) {
  expect_one_length_of_all(long_run);
}

}  // namespace
}  // namespace mapvec::test::crash
