// SPDX-License-Identifier: MIT
//
// Goal: growth costs the same at any size: one fallocate for each step, nothing copied, mapped or
// moved. Method: the log of system calls, at 1, 10 and 50 GiB.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class growth_steps : public counts_resources, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(growth_steps, are_one_allocation_each) {
  const std::size_t size_bytes = GetParam() * GiB;
  const scratch_directory directory;
  if (free_bytes(directory.path()) < size_bytes + size_bytes / 4 + 4 * GiB) {
    GTEST_SKIP() << "there are not " << GetParam() << " GiB of disk to spare";
  }
  mapvec::vector<std::uint64_t> v(
      options{.builder = segment_builder::unnamed(directory.path()), .spill_threshold_bytes = 0});
  v.resize_for_overwrite(size_bytes / sizeof(std::uint64_t));
  const std::uint64_t* const first = v.data();
  const call_log log;
  std::size_t steps = 0;
  while (steps < 8) {
    const std::size_t capacity = v.capacity();
    v.resize_for_overwrite(v.size() + 64 * MiB / sizeof(std::uint64_t));
    steps += v.capacity() != capacity ? 1 : 0;
    if (v.size() > 2 * size_bytes / sizeof(std::uint64_t)) break;
  }
  EXPECT_EQ(v.data(), first);
  EXPECT_EQ(log.count(call::fallocate), steps) << log.summary();
  // RLIMIT_FSIZE is looked at, because passing it is a signal.
  EXPECT_EQ(log.count(), steps + log.count(call::resource_limit)) << log.summary();
  std::printf("at %zu GiB: %zu steps, %s\n", GetParam(), steps, log.summary().c_str());
}

INSTANTIATE_TEST_SUITE_P(at, growth_steps, ::testing::Values(1, 10, 50),
                         [](const auto& tested) { return std::to_string(tested.param) + "_gib"; });

}  // namespace
}  // namespace mapvec::test
