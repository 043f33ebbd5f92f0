// SPDX-License-Identifier: MIT
//
// Goal: gather keeps the disk's queue full, and reads no page that nobody wants, whatever the
// kernel's read-ahead is. Method: the kernel's own counters of a loop device: the time of all
// requests over the time in which there was one is how many were under way on average.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/gather.hpp>

#include "durability/loop_disk.hpp"
#include "durability/words.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t page_count = 512;  // words in a page

class queue_depth : public counts_resources, public ::testing::WithParamInterface<std::size_t> {
 protected:
  void SetUp() override {
    disk_.emplace(768 * MiB, "-b 4096");
    if (!disk_->is_mounted()) GTEST_SKIP() << disk_->why_not();
    if (!disk_->set_read_ahead_kib(GetParam())) GTEST_SKIP() << "the read-ahead may not be set";
    counts_resources::SetUp();
    counts_ = true;
  }
  void TearDown() override {
    if (counts_) counts_resources::TearDown();
  }

  struct cost {
    double read_per_page = 0;
    double depth = 0;
  };

  /// What `read(v, indices, out)` costs, of a cold file of 512 MiB; one word in every 13th page.
  template <class Read>
  cost cost_of(Read read) const {
    words v = words::create(*disk_ / "elements.npy");
    v.resize(512 * MiB / sizeof(std::uint64_t));
    for (std::size_t i = 0; i < v.size(); i += page_count) v[i + 7] = i + 7;
    v.commit();
    std::vector<std::size_t> indices;
    for (std::size_t i = 7; i < v.size(); i += 13 * page_count) indices.push_back(i);
    // Its neighbours in the vector are not neighbours in the list.
    for (std::size_t i = 0; i < indices.size(); ++i) {
      std::swap(indices[i], indices[i * 7919 % indices.size()]);
    }
    std::vector<std::uint64_t> out(indices.size());
    v.evict(0, v.size());
    const disk_activity before = disk_->activity();
    read(std::as_const(v), indices, out);
    const disk_activity after = disk_->activity();
    EXPECT_TRUE(std::ranges::equal(indices, out));
    const auto pages = static_cast<double>(indices.size());
    const auto busy = static_cast<double>(after.busy_milliseconds - before.busy_milliseconds);
    const auto queued = static_cast<double>(after.queued_milliseconds - before.queued_milliseconds);
    return {static_cast<double>(after.read_bytes - before.read_bytes) / (pages * 4096),
            queued / std::max(busy, 1.0)};
  }

  std::optional<loop_disk> disk_;
  bool counts_ = false;
};

TEST_P(queue_depth, of_gather_is_32_or_more_and_each_page_is_read_once) {
  const cost found =
      cost_of([](const words& v, const auto& indices, auto& out) { gather(v, indices, out); });
  std::printf(
      "reading %zu KiB ahead: gather has %.0f requests under way and reads %.4f pages each\n",
      GetParam(), found.depth, found.read_per_page);
  EXPECT_GE(found.depth, 32);
  EXPECT_LE(found.read_per_page, 1.02);
}

TEST_P(queue_depth, of_a_loop_is_one) {
  const cost found = cost_of([](const words& v, const auto& indices, auto& out) {
    const auto advised = file_view<std::uint64_t>::open(v.path());
    advised.advise(access::random);
    for (std::size_t i = 0; i < indices.size(); ++i) out[i] = advised[indices[i]];
  });
  std::printf("reading %zu KiB ahead: a loop has %.1f requests under way\n", GetParam(),
              found.depth);
  EXPECT_LE(found.depth, 4);
}

INSTANTIATE_TEST_SUITE_P(ahead, queue_depth, ::testing::Values(128, 8192),
                         [](const auto& tested) { return std::to_string(tested.param) + "_kib"; });

}  // namespace
}  // namespace mapvec::test
