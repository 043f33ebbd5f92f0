// SPDX-License-Identifier: MIT
//
// Goal: stats() counts what is held now and what has failed, and prints itself in one line.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>

#include <mapvec/error.hpp>
#include <mapvec/stats.hpp>
#include <mapvec/vector.hpp>

#include "../common/leak_listener.hpp"
#include "../common/options.hpp"
#include "support/captured_errors.hpp"
#include "support/instrumented_syscalls.hpp"

namespace {

using mapvec::statistics;
using mapvec::stats;
using mapvec::vector;
using namespace mapvec_test;
namespace test = mapvec::test;

TEST(stats, counts_the_containers_that_hold_a_mapping) {
  const statistics before = stats();
  {
    vector<int> unused;
    EXPECT_EQ(stats(), before);
    const vector<int> anonymous(1);
    const vector<int> in_a_file(1, file_from_the_start());
    EXPECT_EQ(stats().active_segments, before.active_segments + 2);
    unused = vector<int>(1);
    EXPECT_EQ(stats().active_segments, before.active_segments + 3);
  }
  EXPECT_EQ(stats(), before);
}

TEST(stats, moving_and_swapping_change_no_count) {
  vector<int> a(1);
  vector<int> b(1, file_from_the_start());
  const statistics before = stats();
  swap(a, b);
  const vector<int> c(std::move(a));
  EXPECT_EQ(stats(), before);
}

TEST(stats, mapped_bytes_follow_the_capacity) {
  const std::uint64_t before = stats().mapped_bytes;
  vector<char> v(file_from_the_start());
  v.reserve(10 * mapvec::MiB);
  EXPECT_GE(stats().mapped_bytes - before, 10 * mapvec::MiB);
  v.push_back(1);
  v.shrink_to_fit();
  EXPECT_LE(stats().mapped_bytes - before, 64 * mapvec::KiB);
}

TEST(stats, count_failed_allocations) {
  const std::uint64_t before = stats().allocate_failures;
  const test::fault disk(test::call::fallocate, 0, ENOSPC, test::fault_lasts::for_ever);
  EXPECT_THROW(vector<int>(1, file_from_the_start()), mapvec::error);
  EXPECT_GT(stats().allocate_failures, before);
}

TEST(stats, count_failed_maps) {
  const std::uint64_t before = stats().map_failures;
  const test::fault addresses(test::call::mmap, 0, ENOMEM, test::fault_lasts::for_ever);
  EXPECT_THROW(vector<int>(1, file_from_the_start()), mapvec::error);
  EXPECT_GT(stats().map_failures, before);
}

TEST(stats, count_failed_unmaps) {
  const test::captured_errors reported;
  const std::uint64_t before = stats().unmap_failures;
  {
    vector<int> v(1, file_from_the_start());
    const test::fault kept(test::call::munmap, 0, ENOMEM, test::fault_lasts::once);
    v = vector<int>();
  }
  EXPECT_EQ(stats().unmap_failures, before + 1);
  EXPECT_EQ(reported.all().size(), 1u);
  EXPECT_EQ(test::reclaim_what_faults_left(), 1u);
}

TEST(stats, count_failed_write_backs_and_dropped_bytes) {
  vector<char> v(1 * mapvec::MiB, file_from_the_start());
  const statistics before = stats();
  v.evict(0, v.size());
  EXPECT_GE(stats().dropped_bytes - before.dropped_bytes, mapvec::MiB - 8 * mapvec::KiB);
  EXPECT_EQ(stats().sync_failures, before.sync_failures);
  const test::fault disk(test::call::sync_file_range, 0, EIO, test::fault_lasts::once);
  EXPECT_THROW(v.evict(0, v.size()), mapvec::error);
  EXPECT_EQ(stats().sync_failures, before.sync_failures + 1);
}

TEST(stats, print_every_counter_by_name) {
  statistics values;
  values.active_segments = 101;
  values.mapped_bytes = 102;
  values.allocate_failures = 103;
  values.map_failures = 104;
  values.unmap_failures = 105;
  values.sync_failures = 106;
  values.dropped_bytes = 107;
  const std::string text = to_string(values);
  for (const char* part :
       {"active_segments 101", "mapped_bytes 102", "allocate_failures 103", "map_failures 104",
        "unmap_failures 105", "sync_failures 106", "dropped_bytes 107"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text << " lacks " << part;
  }
  EXPECT_EQ(text.find('\n'), std::string::npos);
  std::ostringstream out;
  out << values;
  EXPECT_EQ(out.str(), text);
}

}  // namespace
