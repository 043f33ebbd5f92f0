// SPDX-License-Identifier: MIT
//
// Goal: explain() says what a vector is and holds, and of what it cannot know that it does not.
// Method: the lines of vectors, and of memory_resources, in each state, against what the vector
// itself and the kernel say; each system call behind them fails once.
#include <mapvec/explain.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/units.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

using words = vector<std::uint64_t>;
using word_file = file_vector<std::uint64_t>;

/// What stands behind "key: "; the first line for "". "no such line" where there is none.
std::string line_of(const std::string& text, const std::string& key) {
  if (key.empty()) return text.substr(0, text.find('\n'));
  const std::size_t found = text.find('\n' + key + ": ");
  if (found == std::string::npos) return "no such line";
  const std::size_t begin = found + key.size() + 3;
  return text.substr(begin, text.find('\n', begin) - begin);
}

template <class V>
std::string line(const V& elements, const std::string& key) {
  return line_of(explain(elements), key);
}

/// The number behind `word` in a text.
std::size_t number_behind(const std::string& text, const std::string& word) {
  const std::size_t found = text.find(word);
  return found == std::string::npos ? SIZE_MAX : std::stoull(text.substr(found + word.size()));
}

options in(const std::string& directory) {
  return options{.builder = segment_builder::unnamed(directory)};
}

/// True where this kernel has cachestat(2).
bool has_cachestat(const std::string& directory) {
  const call_log calls;
  words probe(in(directory));
  probe.resize(1 * MiB);
  (void)explain(probe);
  const auto asked = calls.records(call::cachestat);
  return asked.size() == 1 && asked[0].result == 0;
}

class explaining : public testing::Test {
 protected:
  const scratch_directory directory_;
  const std::string path_ = directory_ / "a.npy";
};

TEST_F(explaining, vectors_that_hold_nothing) {
  words moved_from = {1, 2};
  const words moved_to = std::move(moved_from);
  EXPECT_EQ(explain(words()),
            "mapvec::vector\nname: none: there was no element yet, or it was moved from\n");
  EXPECT_EQ(explain(moved_from), explain(words()));
  auto closed = word_file::create(path_);
  closed.close();
  EXPECT_EQ(explain(closed),
            "mapvec::file_vector\nname: none: closed, moved from or never opened\n");
  EXPECT_EQ(explain(file_view<std::uint64_t>()),
            "mapvec::file_view\nname: none: moved from or never opened\n");
}

TEST_F(explaining, a_vector_in_anonymous_memory) {
  const words few(1'000);
  const std::string text = explain(few);
  EXPECT_EQ(line_of(text, ""), "mapvec::vector");
  EXPECT_EQ(line_of(text, "name"), "unnamed");
  EXPECT_EQ(line_of(text, "elements"), "1000 of 8 bytes, 8000 bytes");
  EXPECT_EQ(line_of(text, "capacity"), std::to_string(few.capacity()) + " elements");
  EXPECT_EQ(line_of(text, "reservation"), std::to_string(few.reservation_bytes()) + " bytes");
  EXPECT_EQ(line_of(text, "file"), "none: still in anonymous memory, up to 1048576 bytes");
  EXPECT_EQ(line_of(text, "in memory"), std::to_string(few.resident_bytes()) + " bytes");
  EXPECT_EQ(line_of(text, "mapped by this process"), "8192 bytes, 0 of them by pages of 2 MiB");
  EXPECT_EQ(line_of(text, "locks"), "no such line");
}

TEST_F(explaining, a_vector_in_a_file) {
  words many(in(directory_.path()));
  many.resize(1 * MiB);
  const std::string text = explain(many);
  EXPECT_EQ(line_of(text, "name"), "unnamed file in " + directory_.path());
  EXPECT_EQ(number_behind(line_of(text, "on disk"), ""), many.disk_size_bytes());
  EXPECT_EQ(number_behind(line_of(text, "in memory"), ""), many.resident_bytes());
  EXPECT_GE(number_behind(line_of(text, "mapped by this process"), ""), 1 * MiB);
  EXPECT_EQ(line_of(text, "advice"), "normal");
  EXPECT_EQ(line_of(text, "budget"), "none");
  EXPECT_EQ(line_of(text, "locks"), "none");
  many.advise(access::random);
  EXPECT_EQ(line(many, "advice"), "random, nothing is read ahead");
}

TEST_F(explaining, a_named_vector_has_its_name_and_the_lock_of_its_owner) {
  words named(options{.builder = segment_builder::named(directory_.path())});
  named.push_back(1);
  EXPECT_EQ(line(named, "name"), '"' + named.path() + '"');
  EXPECT_EQ(line(named, "locks"), "the owner's");
}

TEST_F(explaining, a_vector_under_a_budget) {
  const memory_budget budget(8 * MiB);
  words bounded(options{.builder = segment_builder::unnamed(directory_.path()), .budget = budget});
  for (std::uint64_t i = 0; i < 2 * MiB; ++i) bounded.push_back(i);
  EXPECT_EQ(line(bounded, "budget"),
            "8388608 bytes, " + std::to_string(budget.held_bytes()) + " of them held");
  EXPECT_LE(number_behind(line(bounded, "in memory"), ""), 8 * MiB + 64 * KiB);
}

TEST_F(explaining, a_persistent_vector_and_its_view) {
  auto rows = word_file::create(path_);
  rows.push_back(1);
  rows.commit();
  rows.push_back(2);
  const auto view = file_view<std::uint64_t>::open(path_);
  const std::string text = explain(rows);
  EXPECT_EQ(line_of(text, ""), "mapvec::file_vector");
  EXPECT_EQ(line_of(text, "name"), '"' + path_ + '"');
  EXPECT_EQ(line_of(text, "elements"), "2 of 8 bytes, 16 bytes");
  EXPECT_EQ(line_of(text, "committed"), "1 elements");
  EXPECT_EQ(line_of(text, "locks"), "the writer's");
  const std::string of_view = explain(view);
  EXPECT_EQ(line_of(of_view, ""), "mapvec::file_view");
  EXPECT_EQ(line_of(of_view, "name"), '"' + path_ + '"');
  EXPECT_EQ(line_of(of_view, "elements"), "1 of 8 bytes, 8 bytes");
  EXPECT_EQ(line_of(of_view, "locks"), "a reader's share");
  EXPECT_EQ(number_behind(line_of(of_view, "on disk"), ""), rows.disk_size_bytes());
  EXPECT_EQ(number_behind(line_of(of_view, "in memory"), ""), view.resident_bytes());
}

TEST_F(explaining, what_is_dirty_until_it_is_committed) {
  if (!has_cachestat(directory_.path())) GTEST_SKIP() << "the kernel does not count its pages";
  auto rows = word_file::create(path_);
  // Somebody may have everything written back just now.
  std::size_t dirty_bytes = 0;
  for (int attempt = 0; attempt < 10 && dirty_bytes < 256 * KiB; ++attempt) {
    rows.assign(32 * KiB, 1);
    dirty_bytes = number_behind(line(rows, "in memory"), "dirty: ");
  }
  EXPECT_GE(dirty_bytes, 256 * KiB);
  rows.commit();
  EXPECT_EQ(number_behind(line(rows, "in memory"), "dirty: "), 0);
  EXPECT_EQ(number_behind(line(rows, "in memory"), "written back: "), 0);
}

TEST_F(explaining, what_is_mapped_and_by_pages_of_2_mib) {
  // The helper thread may be mapping pages even now.
  words many(
      options{.builder = segment_builder::unnamed(directory_.path()), .helper_thread = false});
  for (std::uint64_t i = 0; i < 2 * MiB; ++i) many.push_back(i);
  const std::string text = line(many, "mapped by this process");
  const mapping found = mapping_at(many.data());
  EXPECT_EQ(number_behind(text, ""), found.resident_bytes);
  EXPECT_EQ(number_behind(text, ", "), found.huge_bytes);
}

TEST_F(explaining, the_file_system) {
  words memory(in("/dev/shm"));
  memory.resize(1 * MiB);
  EXPECT_EQ(line(memory, "file system"), "tmpfs");
  EXPECT_EQ(line(memory, "in memory"),
            std::to_string(memory.resident_bytes()) + " bytes; nothing is ever written back");
  const auto own = private_mount::loop("ext4", 32 * MiB);
  if (!own.is_mounted()) GTEST_SKIP() << own.why_not();
  words disk(in(own.path()));
  disk.resize(1 * MiB);
  EXPECT_EQ(line(disk, "file system"), "ext4 (or ext2, ext3)");
  EXPECT_NE(line(disk, "on disk").find("; overwriting never runs out of space"), std::string::npos);
}

TEST_F(explaining, a_file_system_that_keeps_its_pages_in_another_file) {
  const auto below = private_mount::tmpfs(64 * MiB);
  if (!below.is_mounted()) GTEST_SKIP() << below.why_not();
  const auto own = private_mount::overlay(below.path());
  if (!own.is_mounted()) GTEST_SKIP() << own.why_not();
  words many(in(own.path()));
  many.resize(1 * MiB);
  EXPECT_EQ(line(many, "file system"), "overlayfs");
  EXPECT_EQ(line(many, "in memory"),
            std::to_string(many.resident_bytes()) + " bytes; dirty: not known on overlayfs");
  EXPECT_GE(many.resident_bytes(), 8 * MiB);
}

TEST_F(explaining, a_file_system_without_a_name_by_its_number) {
  words many(in(directory_.path()));
  many.resize(1 * MiB);
  const fault success_that_fills_nothing_in(call::fstatfs, 0, 0, fault_lasts::for_ever);
  EXPECT_EQ(line(many, "file system"), "another, number 0x0");
}

TEST_F(explaining, a_disk_that_may_be_full_when_elements_are_overwritten) {
  const auto own = private_mount::loop("btrfs", 128 * MiB);
  if (!own.is_mounted()) GTEST_SKIP() << own.why_not();
  words disk(options{.builder = segment_builder::unnamed(own.path()), .copy_on_write = true});
  disk.resize(1 * MiB);
  EXPECT_EQ(line(disk, "file system"), "btrfs");
  EXPECT_NE(line(disk, "on disk").find("; overwriting may find the disk full"), std::string::npos);
}

TEST_F(explaining, a_vector_in_a_forked_child) {
  words many(in(directory_.path()));
  many.resize(1 * MiB);
  EXPECT_EQ(line(many, "inherited"), "no such line");
  EXPECT_EQ(in_child([&] {
              require(line(many, "inherited") == "from the parent process; may be read only",
                      explain(many));
            }),
            "exit 0");
}

TEST_F(explaining, a_memory_resource) {
  memory_resource memory(in(directory_.path()));
  EXPECT_EQ(explain(memory), "mapvec::memory_resource\nname: none: there was no block yet\n");
  void* const block = memory.allocate(3 * MiB, 8);
  std::memset(block, 1, 3 * MiB);
  const std::string text = explain(memory);
  EXPECT_EQ(line_of(text, ""), "mapvec::memory_resource");
  EXPECT_EQ(line_of(text, "name"), "unnamed file in " + directory_.path());
  EXPECT_EQ(line_of(text, "blocks"), "3145728 bytes");
  EXPECT_EQ(line_of(text, "reservation"), std::to_string(memory.reservation_bytes()) + " bytes");
  EXPECT_EQ(line_of(text, "advice"), "normal");
  EXPECT_EQ(line_of(text, "budget"), "none");
  EXPECT_EQ(number_behind(line_of(text, "on disk"), ""), memory.disk_size_bytes());
  EXPECT_EQ(number_behind(line_of(text, "in memory"), ""), memory.resident_bytes());
  EXPECT_GE(memory.resident_bytes(), 3 * MiB);
  EXPECT_EQ(number_behind(line_of(text, "mapped by this process"), ""),
            mapping_at(block).resident_bytes);
  EXPECT_EQ(line_of(text, "locks"), "none");
  EXPECT_EQ(in_child([&] {
              require(explain(memory) ==
                          "mapvec::memory_resource\ninherited: from the parent "
                          "process; may be read only\n",
                      explain(memory));
            }),
            "exit 0");
  memory.deallocate(block, 3 * MiB, 8);
  EXPECT_EQ(line(memory, "blocks"), "0 bytes");
}

TEST_F(explaining, a_memory_resource_with_a_name_and_a_budget) {
  memory_resource memory(options{.builder = segment_builder::named(directory_.path()),
                                 .memory_budget_bytes = 8 * MiB});
  void* const block = memory.allocate(1 * MiB, 8);
  const std::string name = line(memory, "name");
  EXPECT_TRUE(name.starts_with('"' + directory_.path() + "/mapvec-") && name.ends_with(".seg\""))
      << name;
  EXPECT_EQ(line(memory, "locks"), "the owner's");
  EXPECT_EQ(line(memory, "budget"),
            "8388608 bytes, " + std::to_string(memory.budget().held_bytes()) + " of them held");
  EXPECT_EQ(line(memory, "advice"),
            "random, nothing is read ahead but blocks of 16777216 bytes and more");
  memory.advise(access::random);
  EXPECT_EQ(line(memory, "advice"), "random, nothing is read ahead");
  memory.advise(access::normal);
  EXPECT_EQ(line(memory, "advice"), "normal");
  memory.deallocate(block, 1 * MiB, 8);
}

TEST_F(explaining, a_kernel_without_cachestat) {
  words many(in(directory_.path()));
  many.resize(1 * MiB);
  {
    const fault old_kernel(call::cachestat, 0, ENOSYS, fault_lasts::for_ever);
    EXPECT_EQ(line(many, "in memory"),
              std::to_string(many.resident_bytes()) + " bytes; dirty: not known before Linux 6.5");
  }
  const fault forbidden(call::cachestat, 0, EPERM, fault_lasts::for_ever);
  EXPECT_NE(line(many, "in memory").find("; dirty: not known (Operation not permitted)"),
            std::string::npos);
}

TEST_F(explaining, a_view_of_a_file_of_others) {
  if (!is_root()) GTEST_SKIP() << "becoming another user needs root";
  word_file::create(path_).close();
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(path_, std::filesystem::perms(0644));
  EXPECT_EQ(in_child_as_nobody([&] {
              const auto view = file_view<std::uint64_t>::open(path_);
              const fault forbidden(call::cachestat, 0, EPERM, fault_lasts::for_ever);
              require(line(view, "in memory") ==
                          "not known to who neither owns the file nor may write it; dirty: not "
                          "known (Operation not permitted)",
                      explain(view));
            }),
            "exit 0");
}

TEST_F(explaining, says_why_where_the_kernel_refuses) {
  words many(in(directory_.path()));
  many.resize(1 * MiB);
  memory_resource memory(in(directory_.path()));
  void* const block = memory.allocate(1 * MiB);
  const std::pair<call, std::vector<std::string>> cases[] = {
      {call::fstatfs, {"file system"}},
      {call::fstat, {"on disk"}},
      {call::open, {"mapped by this process", "locks"}},
      {call::pread, {"mapped by this process", "locks"}},
  };
  const auto expect_reasons = [&](const auto& explained, const std::string& still_there) {
    for (const auto& [what, keys] : cases) {
      const fault refused(what, 0, EACCES, fault_lasts::for_ever);
      const std::string text = explain(explained);
      for (const std::string& key : keys) {
        EXPECT_EQ(line_of(text, key).substr(0, 29), "not known (Permission denied)") << text;
      }
      EXPECT_NE(text.find(still_there), std::string::npos) << text;
      EXPECT_EQ(refused.delivered(), keys.size());
    }
  };
  expect_reasons(many, "elements: 1048576 of 8 bytes, 8388608 bytes\n");
  expect_reasons(memory, "blocks: 1048576 bytes\n");
  memory.deallocate(block, 1 * MiB);
}

TEST_F(explaining, reads_the_same_in_pieces_of_any_size) {
  words named(options{.builder = segment_builder::named(directory_.path())});
  named.push_back(1);
  const std::string expected = explain(named);
  EXPECT_NE(line_of(expected, "mapped by this process"), "0 bytes, 0 of them by pages of 2 MiB");
  const short_writes pieces(61);
  EXPECT_EQ(explain(named), expected);
}

TEST_F(explaining, is_few_system_calls) {
  if (!has_cachestat(directory_.path())) GTEST_SKIP() << "the kernel does not count its pages";
  const auto expect_few = [](const auto& explained) {
    const call_log calls;
    (void)explain(explained);
    EXPECT_EQ(calls.count(call::open), 2);
    EXPECT_EQ(calls.count(call::close), 2);
    EXPECT_EQ(calls.count(call::cachestat), 1);
    EXPECT_EQ(calls.count(call::fstatfs) + calls.count(call::fstat), 2);
    EXPECT_EQ(calls.count(), 7 + calls.count(call::pread)) << calls.summary();
  };
  words many(in(directory_.path()));
  many.resize(1 * MiB);
  expect_few(many);
  memory_resource memory(in(directory_.path()));
  void* const block = memory.allocate(1 * MiB);
  expect_few(memory);
  memory.deallocate(block, 1 * MiB);
}

}  // namespace
}  // namespace mapvec::test
