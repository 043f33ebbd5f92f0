// SPDX-License-Identifier: MIT
//
// Goal: small vectors are cheap: many of them live in one process, and one element takes a page,
// not a huge page. Method: mappings, descriptors and resident memory of this process. The setting
// of transparent huge pages is changed for the machine and put back, by a helper process that
// survives whatever happens to the test.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/stats.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

const char* const huge_page_setting = "/sys/kernel/mm/transparent_hugepage/enabled";

/// The word in brackets: "always [madvise] never".
std::string current_huge_page_setting() {
  std::string text;
  std::getline(std::ifstream(huge_page_setting), text);
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']');
  if (open == std::string::npos || close == std::string::npos) return {};
  return text.substr(open + 1, close - open - 1);
}

bool set_huge_pages(const std::string& setting) {
  std::ofstream file(huge_page_setting);
  file << setting << std::flush;
  return file.good();
}

/// Sets it until the end of the scope or of the process. A second run of this test waits for the
/// first: otherwise it would take the first one's setting for the machine's, and put that back.
class huge_pages_set_to {
 public:
  explicit huge_pages_set_to(const std::string& setting)
      : lock_fd_(::open(huge_page_setting, O_RDONLY | O_CLOEXEC)) {
    if (lock_fd_ < 0 || ::flock(lock_fd_, LOCK_EX) != 0 || ::pipe(ends_) != 0) return;
    before_ = current_huge_page_setting();
    // The guardian shares the lock, and lets go of it last.
    guardian_ = ::fork();
    if (guardian_ == 0) put_back_when_the_test_is_gone();
    is_set_ = set_huge_pages(setting);
  }
  ~huge_pages_set_to() {
    ::close(ends_[0]);
    ::close(ends_[1]);
    int status = 0;
    if (guardian_ > 0) {
      ::waitpid(guardian_, &status, 0);
      EXPECT_EQ(current_huge_page_setting(), before_) << "put the setting back by hand";
    }
    ::close(lock_fd_);
  }
  huge_pages_set_to(const huge_pages_set_to&) = delete;
  huge_pages_set_to& operator=(const huge_pages_set_to&) = delete;

  bool is_set() const { return is_set_; }

 private:
  [[noreturn]] void put_back_when_the_test_is_gone() const {
    ::setsid();
    ::close(ends_[1]);
    char byte = 0;
    while (::read(ends_[0], &byte, 1) > 0) {
    }
    ::_exit(set_huge_pages(before_) ? 0 : 1);
  }

  int lock_fd_ = -1;
  std::string before_;
  int ends_[2] = {-1, -1};
  pid_t guardian_ = -1;
  bool is_set_ = false;
};

constexpr std::size_t many = 20'000;

/// Makes them, looks at them while all are alive, and destroys them.
void let_many_live() {
  const std::set<int> before = open_descriptors();
  const std::size_t ranges_before = library_mapped_ranges();
  std::vector<mapvec::vector<int>> all(many);
  for (std::size_t i = 0; i < many; ++i) {
    for (std::size_t n = 0; n <= i % 5; ++n) all[i].push_back(static_cast<int>(i + n));
  }
  for (std::size_t i = 0; i < many; ++i) {
    ASSERT_EQ(all[i].size(), i % 5 + 1);
    ASSERT_EQ(all[i].back(), static_cast<int>(i + i % 5));
  }
  EXPECT_EQ(descriptors_opened_since(before), std::vector<int>{});
  EXPECT_EQ(stats().active_segments, many);
  std::printf("%zu live vectors, %zu ranges of addresses, 0 descriptors\n", many,
              library_mapped_ranges() - ranges_before);
}

TEST(small_vectors, twenty_thousand_live_in_one_process) {
  let_many_live();
  // The words that tell a forked child stay mapped, 8 bytes for each vector there ever was at once.
  const std::uint64_t kept_bytes = library_mapped_bytes();
  EXPECT_LE(kept_bytes, detail::round_up(many * sizeof(void*), 4 * KiB));
  let_many_live();
  EXPECT_EQ(library_mapped_bytes(), kept_bytes);
}

TEST(small_vectors, share_256_mib_of_memory_and_then_start_with_a_file) {
  const scratch_directory directory;
  const options settings{.builder = segment_builder::unnamed(directory.path())};
  // Twice: what the first round took must have been given back.
  for (int round = 0; round < 2; ++round) {
    std::vector<mapvec::vector<char>> all;
    std::size_t in_files = 0;
    for (int i = 0; i < 300; ++i) {
      all.emplace_back(settings).resize(1'000'000, 'x');
      in_files += all.back().disk_size_bytes() != 0 ? 1 : 0;
    }
    std::printf("%zu of 300 vectors of 1,000,000 bytes are in files\n", in_files);
    EXPECT_GE(in_files, 300U - 268U);
    EXPECT_LE(in_files, 300U - 250U);
    for (const mapvec::vector<char>& each : all) EXPECT_EQ(each.back(), 'x');
  }
}

TEST(small_vectors, take_two_pages_at_most_where_huge_pages_are_always_given) {
  if (!is_root()) GTEST_SKIP() << "setting huge pages needs root";
  const huge_pages_set_to always("always");
  if (!always.is_set()) GTEST_SKIP() << huge_page_setting << " cannot be written";
  constexpr std::size_t count = 1'000;
  // In a child: its memory is not yet touched by other cases.
  const auto measure = [count] {
    auto all = std::make_unique<std::vector<mapvec::vector<int>>>(count);
    const std::size_t before = process_resident_bytes();
    for (mapvec::vector<int>& each : *all) each.push_back(1);
    const std::size_t each_bytes = (process_resident_bytes() - before) / count;
    std::size_t huge = 0;
    for (const mapping& each : mappings_between(all->front().data(), 1)) huge += each.huge_bytes;
    std::printf("%zu resident bytes for each vector of one element, %zu in huge pages\n",
                each_bytes, huge);
    std::fflush(stdout);
    require(each_bytes <= 8 * KiB, "more than 8 KiB for each vector");
    require(huge == 0, "a huge page for one element");
  };
  EXPECT_EQ(in_child(measure), "exit 0");
}

}  // namespace
}  // namespace mapvec::test
