// SPDX-License-Identifier: MIT
//
// Goal: gather keeps the disk's queue full, and reads no page that nobody wants, although the
// kernel would read ahead. Method: the kernel's own counters. Of the disk below /var/tmp: the time
// of all requests over the time in which there was one is how many were under way on average. Of
// the process: what it has had read from disks, whoever else reads there.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <gtest/gtest.h>

#include <mapvec/gather.hpp>

#include "support/directories.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t page_count = 512;  // words in a page

class queue_depth : public counts_resources {
 protected:
  struct activity {
    std::uint64_t read_bytes = 0;           // by this process
    std::uint64_t busy_milliseconds = 0;    // with at least one request under way
    std::uint64_t queued_milliseconds = 0;  // of all requests together
  };

  void SetUp() override {
    counts_resources::SetUp();
    struct stat status{};
    ASSERT_EQ(::stat(directory_.path().c_str(), &status), 0);
    counters_ = "/sys/dev/block/" + std::to_string(major(status.st_dev)) + ':' +
                std::to_string(minor(status.st_dev)) + "/stat";
    if (!std::ifstream(counters_)) GTEST_SKIP() << "nobody counts for the disk of /var/tmp";
    if (free_bytes(directory_.path()) < 2 * GiB) GTEST_SKIP() << "less than 2 GiB of disk are free";
  }

  activity now() const {
    std::ifstream in(counters_);  // Documentation/block/stat.rst
    std::array<std::uint64_t, 11> values{};
    for (std::uint64_t& each : values) in >> each;
    return {bytes_this_process_had_read(), values[9], values[10]};
  }

  // Documentation/filesystems/proc.rst: counted where the request is made, not where it is served.
  static std::uint64_t bytes_this_process_had_read() {
    std::ifstream in("/proc/self/io");
    std::uint64_t bytes = 0;
    for (std::string name; in >> name >> bytes;) {
      if (name == "read_bytes:") return bytes;
    }
    ADD_FAILURE() << "/proc/self/io does not tell what was read";
    return 0;
  }

  scratch_directory directory_;
  std::string counters_;
};

TEST_F(queue_depth, of_gather_is_32_or_more_and_each_page_is_read_once) {
  auto v = file_vector<std::uint64_t>::create(directory_ / "elements.npy");
  v.resize(GiB / sizeof(std::uint64_t));
  for (std::size_t i = 7; i < v.size(); i += page_count) v[i] = i;
  v.commit();
  // One word in every 13th page, in no order: too few to read all.
  std::vector<std::size_t> indices;
  for (std::size_t i = 7; i < v.size(); i += 13 * page_count) indices.push_back(i);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    std::swap(indices[i], indices[i * 7919 % indices.size()]);
  }
  std::vector<std::uint64_t> out(indices.size());
  const auto pages = static_cast<double>(indices.size());
  double depth = 0;
  std::vector<double> reads;  // for each page that is wanted
  // A virtual disk is now slow and now faster than anybody can ask.
  for (int i = 0; i < 8; ++i) {
    v.evict(0, v.size());
    const activity before = now();
    gather(std::as_const(v), indices, out);
    const activity after = now();
    EXPECT_TRUE(std::ranges::equal(indices, out));
    const auto busy = static_cast<double>(after.busy_milliseconds - before.busy_milliseconds);
    const auto queued = static_cast<double>(after.queued_milliseconds - before.queued_milliseconds);
    depth = std::max(depth, queued / std::max(busy, 1.0));
    reads.push_back(static_cast<double>(after.read_bytes - before.read_bytes) / (pages * 4096));
  }
  // The median: where memory is short, the kernel may let go of a page before it is used, and then
  // reads it again with up to 8 MiB around it.
  std::ranges::nth_element(reads, reads.begin() + 4);
  std::printf("gather of %.0f pages: %.0f requests under way on average, %.4f pages read each\n",
              pages, depth, reads[4]);
  EXPECT_LE(reads[4], 1.05);
  ASSERT_GE(depth, 8);
  if (depth < 32) GTEST_SKIP() << "the disk answers faster than it is asked";
}

}  // namespace
}  // namespace mapvec::test
