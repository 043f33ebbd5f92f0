// SPDX-License-Identifier: MIT
//
// Goal: a commit waits for the disk twice, the data first, and what it writes is what was appended:
// 64 KiB cost at most 2 x 64 KiB + 16 KiB of the device, journal included. Method: the log of
// system calls, and the kernel's count of sectors written to a loop device with an ext4.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/npy_header.hpp>

#include "durability/loop_disk.hpp"
#include "durability/words.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t payload_bytes = 64 * KiB;
constexpr std::size_t payload_count = payload_bytes / sizeof(std::uint64_t);
constexpr std::uint64_t most_bytes = 2 * payload_bytes + 16 * KiB;

enum class append_by : bool { push_back, range };

void append(words& v, std::size_t count, append_by how) {
  if (how == append_by::push_back) {
    for (std::size_t i = 0; i < count; ++i) v.push_back(v.size());
    return;
  }
  std::vector<std::uint64_t> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = v.size() + i;
  v.append_range(std::span<const std::uint64_t>(values));
}

class device_bytes : public counts_resources, public ::testing::WithParamInterface<append_by> {
 protected:
  void SetUp() override {
    disk_.emplace(512 * MiB, "-b 4096");
    if (!disk_->is_mounted()) GTEST_SKIP() << disk_->why_not();
    counts_resources::SetUp();
    counts_ = true;
  }
  void TearDown() override {
    if (counts_) counts_resources::TearDown();
  }

  std::string path() const { return *disk_ / "elements.npy"; }

  /// Commits 64 KiB `count` times; demands the limit of each.
  void expect_small_commits(const char* when, words& v, int count) const {
    std::uint64_t most = 0;
    std::uint64_t sum = 0;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t before = disk_->written_bytes();
      append(v, payload_count, GetParam());
      v.commit();
      const std::uint64_t written = disk_->written_bytes() - before;
      EXPECT_GE(written, payload_bytes);
      EXPECT_LE(written, most_bytes) << when << ", commit " << i;
      most = std::max(most, written);
      sum += written;
    }
    std::printf("%s, %s: %d commits of 64 KiB, %llu KiB of the device each, at most %llu\n", when,
                GetParam() == append_by::range ? "append_range" : "push_back", count,
                static_cast<unsigned long long>(sum / static_cast<unsigned>(count) / KiB),
                static_cast<unsigned long long>(most / KiB));
  }

  std::optional<loop_disk> disk_;
  bool counts_ = false;
};

TEST_P(device_bytes, of_a_small_commit_are_few_in_a_small_file) {
  words v = words::create(path());
  append(v, payload_count, GetParam());
  v.commit();
  expect_small_commits("small file", v, 24);
}

TEST_P(device_bytes, of_a_small_commit_are_few_right_after_a_large_one) {
  words v = words::create(path());
  // Ends within a large page.
  append(v, 65 * MiB / sizeof(std::uint64_t) + 777, GetParam());
  v.commit();
  expect_small_commits("after 65 MiB", v, 24);
}

TEST_P(device_bytes, of_a_small_commit_are_few_in_a_reopened_file) {
  {
    words v = words::create(path());
    append(v, 65 * MiB / sizeof(std::uint64_t) + 777, GetParam());
  }
  words v = words::open(path());
  expect_small_commits("reopened, 65 MiB", v, 24);
}

INSTANTIATE_TEST_SUITE_P(, device_bytes, ::testing::Values(append_by::push_back, append_by::range),
                         [](const auto& parameters) {
                           return parameters.param == append_by::range ? "append_range"
                                                                       : "push_back";
                         });

class commit_calls : public counts_resources {
 protected:
  commit_calls() : path_(directory_ / "elements.npy") {}

  /// "fdatasync, pwrite of 16 at 80, fdatasync": what changes the file or waits for it. The memory
  /// given back afterwards is not part of the protocol.
  static std::string protocol(const call_log& log, int fd) {
    std::string text;
    for (const call_record& each : log.records()) {
      if (each.what == call::madvise || each.what == call::fadvise_dontneed) continue;
      text += text.empty() ? "" : ", ";
      text += name_of(each.what);
      if (each.what == call::pwrite) {
        text += " of " + std::to_string(each.size_bytes) + " at " + std::to_string(each.offset);
      }
      if (each.fd != fd) text += " on another descriptor";
    }
    return text;
  }

  int only_descriptor() const {
    const std::vector<int> opened = descriptors_opened_since(before_);
    EXPECT_EQ(opened.size(), 1U);
    return opened.at(0);
  }

  static std::string whole_commit() {
    const auto header = detail::npy_header::canonical({"'<u8'", {}}, 8);
    return "fdatasync, pwrite of 16 at " + std::to_string(header.slot_offset_bytes()) +
           ", fdatasync";
  }

  scratch_directory directory_;
  std::string path_;
  std::set<int> before_ = open_descriptors();
};

TEST_F(commit_calls, are_data_then_count_then_wait_on_one_descriptor) {
  words v = words::create(path_);
  for (const append_by how : {append_by::push_back, append_by::range}) {
    for (const std::size_t count : {std::size_t{1}, payload_count, 10 * MiB / 8}) {
      append(v, count, how);
      const call_log log;
      v.commit();
      EXPECT_EQ(protocol(log, only_descriptor()), whole_commit());
    }
  }
  v.truncate(5);
  const call_log log;
  v.commit();
  EXPECT_EQ(protocol(log, only_descriptor()), whole_commit());
}

TEST_F(commit_calls, are_none_when_nothing_is_new) {
  words v = words::create(path_);
  append(v, 100, append_by::push_back);
  v.commit();
  const call_log log;
  v.commit();
  v.commit();
  EXPECT_EQ(log.count(), 0U) << log.summary();
}

TEST_F(commit_calls, are_waits_for_what_was_found_in_the_first_commit_after_opening) {
  {
    words v = words::create(path_);
    append(v, 100, append_by::push_back);
  }
  words v = words::open(path_);
  call_log log;
  v.commit();
  EXPECT_EQ(log.count(call::fdatasync), 1U) << log.summary();
  EXPECT_EQ(log.count(call::fsync), 1U) << "the name in the directory: " << log.summary();
  EXPECT_EQ(log.count(call::pwrite), 0U);
  log.clear();
  v.commit();
  EXPECT_EQ(log.count(), 0U) << log.summary();
}

TEST_F(commit_calls, are_one_wait_when_elements_were_changed_only) {
  words v = words::create(path_);
  append(v, 100, append_by::push_back);
  v.commit();
  v[5] = 7;
  const call_log log;
  v.commit();
  EXPECT_EQ(protocol(log, only_descriptor()), "fdatasync");
}

TEST_F(commit_calls, are_no_wait_at_the_end_of_an_unchanged_vector) {
  {
    words v = words::create(path_);
    append(v, 100, append_by::push_back);
  }
  words v = words::open(path_);
  std::uint64_t sum = 0;
  for (const std::uint64_t each : std::as_const(v)) sum += each;
  EXPECT_EQ(sum, 4950U);
  const call_log log;
  v.close();
  EXPECT_EQ(log.count(call::fdatasync) + log.count(call::fsync) + log.count(call::pwrite), 0U)
      << log.summary();
}

}  // namespace
}  // namespace mapvec::test
