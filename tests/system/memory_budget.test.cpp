// SPDX-License-Identifier: MIT
//
// Goal: what a budget promises is true in the kernel's own books: in a memory group of four times
// the budget, a program that streams four times the group through a vector takes no more than the
// budget and a tenth beyond what it takes anyway; the same program without one takes more than
// twice as much. Method: a child in a group, whose peak the kernel counts, page cache included.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/allocator.hpp>
#include <mapvec/blocks.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/gather.hpp>
#include <mapvec/memory_resource.hpp>
#include <mapvec/vector.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/memory_group.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

using words = mapvec::vector<std::uint64_t>;
using file_words = mapvec::file_vector<std::uint64_t>;

constexpr std::size_t budget_bytes = 32 * MiB;
constexpr std::size_t group_bytes = 4 * budget_bytes;
constexpr std::size_t total_count = 4 * group_bytes / sizeof(std::uint64_t);

/// Most kernels show their one page of zeros where memory is read that was never written. Where
/// they allocate, the array of zeros that the library writes from (file::write_zeros) takes its
/// size.
std::size_t memory_of_zeros() {
  static std::array<std::byte, 2 * MiB> zeros;
  static const std::size_t taken = [] {
    const std::size_t before = process_resident_bytes();
    const volatile std::byte* const first = zeros.data();
    for (std::size_t i = 0; i < zeros.size(); i += 4 * KiB) static_cast<void>(first[i]);
    return process_resident_bytes() > before + MiB ? zeros.size() : 0;
  }();
  return taken;
}

class memory_budget_of : public counts_resources {
 protected:
  void SetUp() override {
    counts_resources::SetUp();
    if (const memory_group group(group_bytes); !group.is_there()) GTEST_SKIP() << group.why_not();
    if (free_bytes(directory_.path()) < 2 * GiB) GTEST_SKIP() << "less than 2 GiB of disk are free";
  }

  using program = std::function<void(const options&, const std::string& path)>;

  /// The peak of a group in which `run` does its work.
  std::uint64_t peak_of(const options& settings, const program& run) const {
    const memory_group group(group_bytes);
    const scratch_directory directory;
    const std::string end = in_child([&] {
      group.enter();
      run(settings, directory.path());
    });
    EXPECT_EQ(end, "exit 0");
    return group.peak_bytes();
  }

  /// `unseen_bytes` is what the program touches of a block without asking for another.
  void expect_bounded(const char* what, const program& run, std::size_t unseen_bytes = 0) const {
    const std::uint64_t empty =
        peak_of({}, [](const options&, const std::string&) { words{1, 2, 3}; });
    const std::uint64_t with = peak_of({.memory_budget_bytes = budget_bytes}, run);
    const std::uint64_t without = peak_of({}, run);
    std::printf(
        "%s: 512 MiB in a group of 128 MiB; at the peak %llu KiB beyond the empty program's %llu "
        "with a budget of 32 MiB, %llu KiB without\n",
        what, static_cast<unsigned long long>((with - empty) / KiB),
        static_cast<unsigned long long>(empty / KiB),
        static_cast<unsigned long long>((without - empty) / KiB));
    EXPECT_LE(with - empty, budget_bytes + budget_bytes / 10 + memory_of_zeros() + unseen_bytes);
    EXPECT_GT(without - empty, 2 * budget_bytes);
  }

  scratch_directory directory_;
};

void require_counted(const auto& v) {
  std::size_t next = 0;
  std::size_t wrong = 0;
  for (const auto& block : blocks(v)) {
    for (const std::uint64_t each : block) wrong += each != next++;
  }
  require(wrong == 0 && next == total_count, "the elements are not what was appended");
}

TEST_F(memory_budget_of, push_back_and_blocks) {
  expect_bounded("push_back, then blocks", [](const options& settings, const std::string&) {
    words v(settings);
    for (std::size_t i = 0; i < total_count; ++i) v.push_back(i);
    require_counted(std::as_const(v));
  });
}

TEST_F(memory_budget_of, append_range) {
  expect_bounded("append_range", [](const options& settings, const std::string&) {
    words v(settings);
    std::vector<std::uint64_t> values(MiB / sizeof(std::uint64_t));
    while (v.size() < total_count) {
      std::iota(values.begin(), values.end(), v.size());
      v.append_range(values);
    }
  });
}

TEST_F(memory_budget_of, a_file_with_commits) {
  expect_bounded("push_back and commit", [](const options& settings, const std::string& path) {
    auto v = file_words::create(path + "/a.npy", settings);
    for (std::size_t i = 0; i < total_count; ++i) {
      v.push_back(i);
      if (i % (10 * MiB) == 0) v.commit();
    }
    v.commit();
    require_counted(std::as_const(v));
  });
}

TEST_F(memory_budget_of, three_vectors_in_turn) {
  expect_bounded("three vectors in turn", [](const options& settings, const std::string&) {
    options shared;
    if (settings.memory_budget_bytes != 0) {
      shared.budget = memory_budget(settings.memory_budget_bytes);
    }
    words a(shared);
    words b(shared);
    words c(shared);
    for (std::size_t i = 0; i < total_count / 3; ++i) {
      a.push_back(i);
      b.push_back(i);
      c.push_back(i);
    }
  });
}

// Also when it goes, and gives back blocks of 512 bytes that are on the disk. It then reads the
// table of their addresses. A std::vector is one block, whose filling nobody sees.
TEST_F(memory_budget_of, a_deque_in_a_memory_resource) {
  constexpr std::size_t table_bytes = total_count * sizeof(std::uint64_t) / 512 * sizeof(void*);
  expect_bounded(
      "push_back into a std::deque",
      [](const options& settings, const std::string&) {
        memory_resource memory(settings);
        std::deque<std::uint64_t, allocator<std::uint64_t>> numbers{
            allocator<std::uint64_t>(memory)};
        for (std::size_t i = 0; i < total_count; ++i) numbers.push_back(i);
        require(numbers.size() == total_count && numbers.back() == total_count - 1,
                "the elements are not what was pushed");
      },
      table_bytes);
}

TEST_F(memory_budget_of, random_changes_with_trim) {
  expect_bounded("random changes, trimmed", [](const options& settings, const std::string&) {
    words v(settings);
    v.resize(total_count);
    v.advise(access::random);  // else reading a page brings megabytes with it
    std::uint64_t at = 1;
    for (int i = 0; i < 20'000; ++i) {
      at = at * 6364136223846793005U + 1442695040888963407U;
      v[(at >> 20) % total_count] = at;
      // Up to 256 KiB of pages later; without a budget it would drop them all.
      if (settings.memory_budget_bytes != 0 && i % 64 == 0) v.trim();
    }
  });
}

}  // namespace
}  // namespace mapvec::test
