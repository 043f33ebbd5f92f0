// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "crash/crash_runs.hpp"

namespace mapvec::test::crash {
namespace {

TEST(crash, leaves_exactly_the_elements_of_one_length) { expect_one_length(full_run); }

TEST(crash, while_elements_change_in_place_leaves_a_file_that_opens) { expect_to_open(full_run); }

TEST(crash, of_a_file_of_numpy_leaves_exactly_the_elements_of_one_length) {
  expect_one_length_of_numpy(full_run);
}

TEST(crash, of_every_short_workload_leaves_exactly_the_elements_of_one_length) {
  expect_one_length_of_all(full_run);
}

}  // namespace
}  // namespace mapvec::test::crash
