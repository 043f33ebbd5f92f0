// SPDX-License-Identifier: MIT
//
// Goal: a view of a file that its reader neither owns nor may write is read past the mapping. Linux
// calls all of such a file resident; a walk that believes it waits for one page fault after the
// other, with reading ahead paused. Method: root writes and evicts a file, and a child that has
// become the user nobody reads it; page faults, mapped pages and system calls are counted there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/gather.hpp>
#include <mapvec/search.hpp>
#include <mapvec/sorted_view.hpp>

#include "block_case.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

long major_faults() {
  rusage used{};
  require(::getrusage(RUSAGE_SELF, &used) == 0, "getrusage failed");
  return used.ru_majflt;
}

class foreign_files : public block_case {
 protected:
  using words_view = file_view<std::uint64_t>;

  static constexpr std::size_t count = 2 * MiB;  // 16 MiB: 4,096 pages

  void SetUp() override {
    block_case::SetUp();
    if (!is_root()) GTEST_SKIP() << "becoming another user needs root";
    make_file(words_in_order::ascending);
    // To look at the header brings it into memory, and what the kernel reads with it.
    const std::size_t left_bytes = words_view::open(path()).resident_bytes();
    if (left_bytes > 2 * MiB) GTEST_SKIP() << "the file system is memory";
  }

  std::string path() const { return directory_ / "a.npy"; }

  enum class words_in_order : bool { descending, ascending };

  /// 0, 1, 2, … or backwards, for all to read, and on the disk alone.
  void make_file(words_in_order how) const {
    std::filesystem::remove(path());
    auto v = file_vector<std::uint64_t>::create(path());
    v.resize_for_overwrite(count);
    std::iota(v.begin(), v.end(), 0);
    if (how == words_in_order::descending) std::reverse(v.begin(), v.end());
    v.close();
    const words_view written = words_view::open(path());
    written.evict(0, count);
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    std::filesystem::permissions(path(), std::filesystem::perms(0644));
  }

  /// Opens the file as the user nobody and calls use(view), which has to wait for hardly a page of
  /// it. Threads are not to be had: ThreadSanitizer allows a forked child none.
  void expect_few_faults(const std::function<void(const words_view&)>& use) const {
    const auto body = [&] {
      limit_resource(RLIMIT_NPROC, 0);
      const words_view view = words_view::open(path());
      require(view.size() == count, "not all elements");
      const long before = major_faults();
      use(view);
      const long faults = major_faults() - before;
      std::printf("%ld of 4,096 pages waited for\n", faults);
      std::fflush(stdout);
      require(faults <= 100, std::to_string(faults) + " page faults");
    };
    EXPECT_EQ(in_child_as_nobody(body), "exit 0");
  }
};

/// What of the mapping has been read, and what the kernel maps with it.
std::size_t touched_bytes(const file_view<std::uint64_t>& view) {
  return mapping_at(view.data()).resident_bytes;
}

TEST_F(foreign_files, are_read_by_blocks_past_the_mapping) {
  expect_few_faults([](const words_view& view) {
    const call_log log;
    std::size_t next = 0;
    for (const auto& block : blocks(view)) {
      require(block.data() != view.data() + block.position(), "a block in place");
      for (const std::uint64_t each : block) require(each == next++, "another element");
    }
    require(next == count, "not all elements");
    require(touched_bytes(view) == 0, "pages of the mapping were read");
    require(read_bytes(log) >= count * sizeof(std::uint64_t), "not all was read from the file");
  });
}

TEST_F(foreign_files, count_as_not_in_memory_though_they_are) {
  expect_few_faults([](const words_view& view) {
    require(view.resident_bytes() == 0, "evicted, and said to be in memory");
    std::vector<char> bytes(MiB);
    std::size_t size = 0;
    std::FILE* const whole = std::fopen(view.path().c_str(), "rb");
    require(whole != nullptr, "the file cannot be opened");
    while (const std::size_t read = std::fread(bytes.data(), 1, bytes.size(), whole)) size += read;
    std::fclose(whole);
    require(size > count * sizeof(std::uint64_t), "not all of the file");
    require(view.resident_bytes() == 0, "the kernel does not say so");
  });
  const words_view own = words_view::open(path());
  EXPECT_GE(own.resident_bytes(), count * sizeof(std::uint64_t)) << "to its owner it does";
}

TEST_F(foreign_files, are_gathered_from_past_the_mapping_or_asked_for_beforehand) {
  expect_few_faults([](const words_view& view) {
    std::vector<std::uint64_t> indices(count / 100);
    std::vector<std::uint64_t> out(indices.size());
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = (i * 7'919 + 5) % count;
    gather(view, indices, out);
    require(out == indices, "another element");
    require(touched_bytes(view) == 0, "pages of the mapping were read");
  });
  expect_few_faults([](const words_view& view) {
    std::vector<std::uint64_t> indices(100);
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i * (count / 100);
    const call_log log;
    prefetch(view, indices);
    std::size_t asked = 0;
    for (const call_record& each : log.records(call::madvise)) asked += each.flags == MADV_WILLNEED;
    require(asked == indices.size(), std::to_string(asked) + " pages asked for");
  });
}

TEST_F(foreign_files, of_which_much_is_searched_are_read_past_the_mapping) {
  expect_few_faults([](const words_view& view) {
    std::vector<std::uint64_t> values(20'000);
    std::vector<std::size_t> out(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i * (count / values.size());
    const call_log log;
    lower_bound(view, values, out);
    require(read_bytes(log) > count * sizeof(std::uint64_t) / 2, "little was read from the file");
    require(std::ranges::equal(out, values), "another place");
  });
}

TEST_F(foreign_files, are_read_past_the_mapping_to_be_sorted) {
  make_file(words_in_order::descending);
  expect_few_faults([](const words_view& view) {
    std::size_t next = 0;
    for (const auto& block : sorted_view(view, {}, {}, {.memory_bytes = 64 * MiB, .threads = 1})) {
      for (const std::uint64_t each : block) require(each == next++, "another element");
    }
    require(next == count, "not all elements");
    require(touched_bytes(view) <= MiB, "more than the first elements was read there");
  });
}

/// There is then no page beyond the end by which to see what the kernel says.
TEST_F(foreign_files, that_fill_the_reservation_of_their_owner_are_shown_in_place) {
  constexpr std::size_t fitting = (2 * MiB - 128) / sizeof(std::uint64_t);
  const std::string full = directory_ / "full.npy";
  auto v = file_vector<std::uint64_t>::create(full);
  v.append_range(counted(fitting, {}));
  v.close();
  const words_view view = words_view::open(full, {.reservation_bytes = 2 * MiB});
  EXPECT_EQ(std::accumulate(view.begin(), view.end(), std::size_t{0}), fitting * (fitting - 1) / 2);
  EXPECT_EQ(view.resident_bytes(), 2 * MiB);
  for (const auto& block : blocks(view)) EXPECT_EQ(block.data(), view.data() + block.position());
}

}  // namespace
}  // namespace mapvec::test
