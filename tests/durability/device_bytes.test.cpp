// SPDX-License-Identifier: MIT
//
// Goal: a commit waits for the disk twice, the data first, and what it writes is what was appended:
// 64 KiB cost at most 2 x 64 KiB + 16 KiB of the device, journal included. Method: the log of
// system calls, and the kernel's count of sectors written to a loop device with an ext4.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/file_view.hpp>
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

struct small_commits {
  append_by how;
  std::size_t read_ahead_kib;
};

class device_bytes : public counts_resources, public ::testing::WithParamInterface<small_commits> {
 protected:
  void SetUp() override {
    disk_.emplace(512 * MiB, "-b 4096");
    if (!disk_->is_mounted()) GTEST_SKIP() << disk_->why_not();
    const std::size_t wanted = GetParam().read_ahead_kib;
    if (!disk_->set_read_ahead_kib(wanted)) GTEST_SKIP() << "the read-ahead may not be set";
    counts_resources::SetUp();
    counts_ = true;
  }
  void TearDown() override {
    if (counts_) counts_resources::TearDown();
  }

  std::string path() const { return *disk_ / "elements.npy"; }

  void append_more(words& v, std::size_t count) const { append(v, count, GetParam().how); }

  /// Ends within a large page.
  words large() const {
    words v = words::create(path());
    append_more(v, 65 * MiB / sizeof(std::uint64_t) + 777);
    v.commit();
    return v;
  }

  /// Commits 64 KiB `count` times, with `between` in between; demands the limit on average, and of
  /// each where nobody else has a say in the page cache.
  template <class Between>
  void expect_small_commits(const char* when, words& v, int count, Between between,
                            bool is_alone = false) const {
    std::uint64_t most = 0;
    std::uint64_t sum = 0;
    for (int i = 0; i < count; ++i) {
      between();
      const std::uint64_t before = disk_->written_bytes();
      append_more(v, payload_count);
      v.commit();
      const std::uint64_t written = disk_->written_bytes() - before;
      EXPECT_GE(written, payload_bytes);
      if (is_alone) {
        EXPECT_LE(written, most_bytes) << when << ", commit " << i;
      }
      most = std::max(most, written);
      sum += written;
    }
    EXPECT_LE(sum, most_bytes * static_cast<unsigned>(count)) << when;
    std::printf(
        "%s, %s, reading %zu KiB ahead: %d commits of 64 KiB, %llu KiB of the device each, "
        "at most %llu\n",
        when, GetParam().how == append_by::range ? "append_range" : "push_back",
        GetParam().read_ahead_kib, count,
        static_cast<unsigned long long>(sum / static_cast<unsigned>(count) / KiB),
        static_cast<unsigned long long>(most / KiB));
  }
  void expect_small_commits(const char* when, words& v) const {
    expect_small_commits(when, v, 300, [] {}, true);
  }

  std::optional<loop_disk> disk_;
  bool counts_ = false;
};

TEST_P(device_bytes, of_a_small_commit_are_few_in_a_small_file) {
  words v = words::create(path());
  append_more(v, payload_count);
  v.commit();
  expect_small_commits("small file", v);
}

TEST_P(device_bytes, of_a_small_commit_are_few_right_after_a_large_one) {
  words v = large();
  expect_small_commits("after 65 MiB", v);
}

TEST_P(device_bytes, of_a_small_commit_are_few_where_a_large_one_was_truncated) {
  words v = large();
  v.truncate(v.size() / 2 + 333);
  v.commit();
  expect_small_commits("truncated to half of 65 MiB", v);
}

/// Reading from end to end makes the kernel read ahead, with larger and larger pages.
TEST_P(device_bytes, of_a_small_commit_are_few_in_a_reopened_file_that_was_scanned) {
  large().close();
  words v = words::open(path());
  const words& scanned = v;
  EXPECT_EQ(std::accumulate(scanned.begin(), scanned.end(), std::uint64_t{0}),
            scanned.size() * (scanned.size() - 1) / 2);
  expect_small_commits("reopened and scanned, 65 MiB", v);
}

TEST_P(device_bytes, of_a_small_commit_are_few_while_a_view_scans) {
  words v = words::create(path());
  append_more(v, 5 * MiB / sizeof(std::uint64_t) + 777);
  v.commit();
  auto view = file_view<std::uint64_t>::open(path());
  expect_small_commits("scanned by a view each time, 5 MiB", v, 60, [&] {
    const std::size_t size = view.refresh();
    EXPECT_EQ(std::accumulate(view.begin(), view.end(), std::uint64_t{0}), size * (size - 1) / 2);
  });
}

std::string name_of_case(const ::testing::TestParamInfo<small_commits>& info) {
  return std::string(info.param.how == append_by::range ? "append_range" : "push_back") +
         "_reading_ahead_" + std::to_string(info.param.read_ahead_kib);
}
INSTANTIATE_TEST_SUITE_P(, device_bytes,
                         ::testing::Values(small_commits{append_by::push_back, 128},
                                           small_commits{append_by::push_back, 8192},
                                           small_commits{append_by::range, 128},
                                           small_commits{append_by::range, 8192}),
                         name_of_case);

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
  // The header as it was found: a wait that failed before may have left it clean, and not written.
  EXPECT_EQ(log.count(call::pwrite), 1U) << log.summary();
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
