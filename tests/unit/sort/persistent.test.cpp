// SPDX-License-Identifier: MIT
//
// Goal: sorting a file_vector replaces its file by a sorted one when that is complete, and leaves
// it alone when anything fails. Method: the file as others see it, before, meanwhile and
// afterwards.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <string>
#include <vector>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "sort_case.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/file_of_numbers.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

class sorting_files : public sorting, protected file_of_numbers {};

TEST_F(sorting_files, replaces_the_file_when_it_is_complete) {
  const std::vector<std::uint64_t> values = random_numbers(100'000);
  std::vector<std::uint64_t> expected = values;
  std::ranges::sort(expected);
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    auto v = made(values);
    bool is_the_old = true;
    sort(v, {}, {}, {.memory_bytes = memory, .progress = [&](double) {
                       is_the_old = is_the_old && in_the_file() == values;
                     }});
    EXPECT_TRUE(is_the_old);
    EXPECT_TRUE(std::ranges::equal(v, expected));
    EXPECT_EQ(v.committed_size(), values.size());
    EXPECT_EQ(in_the_file(), expected);
    v.push_back(1);
    v.close();
    EXPECT_EQ(in_the_file().size(), values.size() + 1);
    EXPECT_EQ(names_in(directory_.path()).size(), 1);
    std::remove(path_.c_str());
  }
}

TEST_F(sorting_files, of_records_keeps_equal_ones_in_order) {
  auto v = file_vector<std::int32_t>::create(path_);
  for (const std::uint64_t each : random_numbers(200'000)) {
    v.push_back(static_cast<std::int32_t>(each));
  }
  std::vector<std::int32_t> expected(v.begin(), v.end());
  const auto last_digit = [](std::int32_t each) { return each % 10; };
  std::ranges::stable_sort(expected, {}, last_digit);
  stable_sort(v, {}, last_digit, {.memory_bytes = little_memory});
  EXPECT_TRUE(std::ranges::equal(v, expected));
}

TEST_F(sorting_files, of_what_is_sorted_keeps_the_file) {
  std::vector<std::uint64_t> values = random_numbers(100'000);
  std::ranges::sort(values);
  auto v = made(values);
  const call_log log;
  sort(v, {}, {}, {.memory_bytes = little_memory});
  EXPECT_EQ(log.count(call::rename), 0);
  EXPECT_EQ(log.count(call::fallocate), 0);
}

TEST_F(sorting_files, keeps_rows_and_options) {
  auto v = file_vector<std::uint64_t>::create(
      path_, options{.reservation_bytes = 256 * MiB, .row_width = 3});
  v.append_range(random_numbers(99'999));
  const std::size_t reservation = v.reservation_bytes();
  sort(v, {}, {}, {.memory_bytes = little_memory});
  EXPECT_TRUE(std::ranges::is_sorted(v));
  EXPECT_EQ(v.row_width(), 3);
  EXPECT_EQ(v.reservation_bytes(), reservation);
  v.push_back(0);
  try {
    sort(v);
    FAIL() << "with an incomplete row";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), EINVAL);
  }
  EXPECT_EQ(v.size(), 100'000);
  v.pop_back();
}

TEST_F(sorting_files, that_are_closed_does_nothing) {
  file_vector<std::uint64_t> none;
  sort(none);
  auto v = made(random_numbers(10));
  v.close();
  stable_sort(v);
  EXPECT_FALSE(v.is_open());
}

TEST_F(sorting_files, that_have_moved_follows_them) {
  const std::string before = directory_ / "before";
  const std::string after = directory_ / "after";
  std::filesystem::create_directory(before);
  {
    auto made = file_vector<std::uint64_t>::create(before + "/numbers.npy");
    made.append_range(random_numbers(45'000));
    made.close();
  }
  auto v = file_vector<std::uint64_t>::open(before + "/numbers.npy");
  std::filesystem::rename(before, after);
  sort(v, {}, {}, {.memory_bytes = little_memory});
  v.close();
  const auto found = file_view<std::uint64_t>::open(after + "/numbers.npy");
  EXPECT_EQ(found.size(), 45'000U);
  EXPECT_TRUE(std::ranges::is_sorted(found));
  EXPECT_EQ(names_in(after).size(), 1U);
}

TEST_F(sorting_files, that_have_failed_is_refused) {
  const std::vector<std::uint64_t> values = random_numbers(45'000);
  auto v = made(values);
  v.push_back(1);
  {
    const fault broken(call::fdatasync, 0, EIO, fault_lasts::once);
    EXPECT_THROW(v.commit(), error);
  }
  EXPECT_THROW(sort(v, {}, {}, {.memory_bytes = little_memory}), error);
  EXPECT_EQ(in_the_file(), values);
  v.abandon();
}

TEST_F(sorting_files, leaves_the_file_alone_at_a_fault_of_each_system_call) {
  for (const filed_sort& each : {on_one_thread, on_two_threads}) {
    SCOPED_TRACE(each.threads);
    const sort_options how{.memory_bytes = each.memory_bytes, .threads = each.threads};
    if (each.threads > 1) expect_threads_and_file<std::uint64_t>(each.count, how);
    const std::vector<std::uint64_t> values = random_numbers(each.count);
    std::vector<std::uint64_t> expected = values;
    std::ranges::sort(expected);
    expect_all_or_nothing(
        values, {}, [&](auto& v) { sort(v, {}, {}, how); },
        [&](const auto& now) { return now == expected; });
  }
}

/// Kills the process in place of its n-th system call.
class killer final : public observer {
 public:
  explicit killer(std::size_t nth) : left_(nth) { start(); }
  ~killer() { stop(); }
  std::optional<int> before(const call_record& /*record*/) override {
    if (left_.fetch_sub(1) == 0) ::raise(SIGKILL);
    return std::nullopt;
  }

 private:
  std::atomic<std::size_t> left_;
};

TEST_F(sorting_files, leaves_all_or_nothing_in_the_file_when_it_is_killed) {
  expect_threads_and_file<std::uint64_t>(on_two_threads.count,
                                         {.memory_bytes = memory_of_threads, .threads = 2});
  const std::vector<std::uint64_t> values = random_numbers(on_two_threads.count);
  std::vector<std::uint64_t> expected = values;
  std::ranges::sort(expected);
  std::size_t old = 0;
  std::size_t sorted = 0;
  for (std::size_t nth = 0;; ++nth) {
    made(values).close();
    const std::string end = in_child([&] {
      auto v = file_vector<std::uint64_t>::open(path_);
      const killer kill(nth);
      sort(v, {}, {}, {.memory_bytes = memory_of_threads, .threads = 2});
    });
    const std::vector<std::uint64_t> now = in_the_file();
    ASSERT_TRUE(now == values || now == expected) << nth;
    if (end == "exit 0") break;
    ASSERT_EQ(end, "signal 9") << nth;
    ++(now == values ? old : sorted);
    std::remove(path_.c_str());
  }
  EXPECT_GT(old, 50U);
  EXPECT_GT(sorted, 0U);
}

TEST_F(sorting_files, goes_on_where_the_process_forks) {
  auto v = made(random_numbers(on_two_threads.count));
  std::size_t children = 0;
  sort(v, {}, {}, {.memory_bytes = memory_of_threads, .threads = 2, .progress = [&](double) {
                     if (++children > 5) return;
                     EXPECT_EQ(in_child([] {}), "exit 0");
                   }});
  EXPECT_GE(children, 5U);
  EXPECT_TRUE(std::ranges::is_sorted(v));
  EXPECT_EQ(in_the_file(), std::vector<std::uint64_t>(v.begin(), v.end()));
}

/// As older or other programs than NumPy's newest write them.
TEST_F(sorting_files, takes_headers_of_any_size) {
  const std::vector<std::uint64_t> values = random_numbers(on_two_threads.count);
  std::vector<std::uint64_t> expected = values;
  std::ranges::sort(expected);
  for (const std::size_t header_bytes : {96, 128, 192, 4096, 4160}) {
    SCOPED_TRACE(header_bytes);
    std::string header = "{'descr': '<u8', 'fortran_order': False, 'shape': (150000,), }";
    header.resize(header_bytes - 11, ' ');
    header += '\n';
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file.write("\x93NUMPY\x01\x00", 8);
    file.put(static_cast<char>(header.size() % 256));
    file.put(static_cast<char>(header.size() / 256));
    file << header;
    file.write(reinterpret_cast<const char*>(values.data()), 150'000 * 8);
    file.close();
    auto v = file_vector<std::uint64_t>::open(path_);
    v.evict(0, v.size());
    sort(v, {}, {}, {.memory_bytes = memory_of_threads, .threads = 2});
    EXPECT_TRUE(std::ranges::equal(v, expected));
    v.close();
    EXPECT_EQ(in_the_file(), expected);
  }
}

TEST_F(sorting_files, works_on_other_file_systems) {
  const std::vector<std::uint64_t> values = random_numbers(200'000);
  std::vector<std::uint64_t> expected = values;
  std::ranges::sort(expected);
  for (const char* kind : {"xfs", "btrfs"}) {
    SCOPED_TRACE(kind);
    const auto disk = private_mount::loop(kind, 320 * MiB);
    if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
    for (const std::size_t threads : {1, 2}) {
      vector<std::uint64_t> v(
          {.builder = segment_builder::unnamed(disk.path()), .spill_threshold_bytes = 0});
      v.append_range(values);
      v.evict(0, v.size());
      sort(v, {}, {},
           {.memory_bytes = memory_of_threads,
            .threads = threads,
            .temporary = segment_builder::unnamed(disk.path())});
      EXPECT_TRUE(std::ranges::equal(v, expected));
    }
    path_ = disk.path() + "/numbers.npy";
    auto v = made(values);
    v.evict(0, v.size());
    sort(v, {}, {}, {.memory_bytes = memory_of_threads, .threads = 2});
    EXPECT_TRUE(std::ranges::equal(v, expected));
    v.close();
    EXPECT_EQ(in_the_file(), expected);
  }
}

}  // namespace
}  // namespace mapvec::test
