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

class growth_steps : public counts_resources {
 protected:
  static void expect_one_allocation_each(std::size_t size_bytes);
};

void growth_steps::expect_one_allocation_each(std::size_t size_bytes) {
  const scratch_directory directory;
  if (free_bytes(directory.path()) < size_bytes + size_bytes / 4 + 4 * GiB) {
    GTEST_SKIP() << "there are not " << size_bytes / GiB << " GiB of disk to spare";
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
  std::printf("at %zu GiB: %zu steps, %s\n", size_bytes / GiB, steps, log.summary().c_str());
}

TEST_F(growth_steps, are_one_allocation_each_at_1_gib) { expect_one_allocation_each(1 * GiB); }
TEST_F(growth_steps, are_one_allocation_each_at_10_gib) { expect_one_allocation_each(10 * GiB); }
TEST_F(growth_steps, are_one_allocation_each_at_50_gib) { expect_one_allocation_each(50 * GiB); }

}  // namespace
}  // namespace mapvec::test
