// SPDX-License-Identifier: MIT
//
// Goal: opening costs the same for a file of 100 GiB as for one of 64 KiB, and a file that was only
// opened is closed without a wait for the disk. Method: sparse files with a header that counts all
// of their elements; system calls, bytes read and page faults are counted, for both sizes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/dtype.hpp>
#include <mapvec/npy_header.hpp>

#include "durability/words.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t small_count = 64 * KiB / sizeof(std::uint64_t);
constexpr std::size_t large_count = 100 * GiB / sizeof(std::uint64_t);

struct cost {
  std::size_t calls = 0;
  std::size_t bytes_read = 0;
  std::size_t syncs = 0;
  long page_faults = std::numeric_limits<long>::max();
};

class open_cost : public counts_resources {
 protected:
  /// A sparse file with a valid header.
  std::string make_sparse(std::size_t count) const {
    const std::string path = directory_ / (std::to_string(count) + ".npy");
    auto header = detail::npy_header::canonical({detail::format_of<std::uint64_t>().dtype, {}}, 8);
    header.set_count(count);
    std::ofstream(path, std::ios::binary) << header.text();
    const std::size_t size_bytes = header.size_bytes() + count * sizeof(std::uint64_t);
    EXPECT_EQ(::truncate(path.c_str(), static_cast<off_t>(size_bytes)), 0);
    return path;
  }

  static long page_faults_so_far() {
    rusage used{};
    EXPECT_EQ(::getrusage(RUSAGE_SELF, &used), 0);
    return used.ru_minflt + used.ru_majflt;
  }

  /// The fewest faults of many attempts: allocators and sanitizers have some of their own.
  static cost cost_of(const std::function<void()>& operation) {
    cost result;
    for (int attempt = 0; attempt < 50; ++attempt) {
      const long before = page_faults_so_far();
      operation();
      result.page_faults = std::min(result.page_faults, page_faults_so_far() - before);
    }
    const call_log log;
    operation();
    result.calls = log.count();
    for (const call_record& each : log.records(call::pread)) {
      result.bytes_read += static_cast<std::size_t>(each.result);
    }
    result.syncs = log.count(call::fdatasync) + log.count(call::fsync);
    return result;
  }

  static void expect_equal_costs(const char* what, const cost& small, const cost& large) {
    EXPECT_EQ(large.calls, small.calls) << what;
    // What a header may need at most, which a view reads twice.
    EXPECT_EQ(large.bytes_read, small.bytes_read) << what;
    EXPECT_LE(large.bytes_read, 2 * detail::max_npy_header_bytes) << what;
    EXPECT_LE(large.page_faults, small.page_faults + 4) << what;
    std::printf("%s: %zu system calls, %zu bytes read, %ld page faults (64 KiB: %zu, %zu, %ld)\n",
                what, large.calls, large.bytes_read, large.page_faults, small.calls,
                small.bytes_read, small.page_faults);
  }

  scratch_directory directory_;
};

TEST_F(open_cost, of_a_view_does_not_depend_on_the_size) {
  const auto open_once = [](const std::string& path, std::size_t count) {
    const words_view opened = words_view::open(path);
    ASSERT_EQ(opened.size(), count);
  };
  const std::string small = make_sparse(small_count);
  const std::string large = make_sparse(large_count);
  const cost of_small = cost_of([&] { open_once(small, small_count); });
  const cost of_large = cost_of([&] { open_once(large, large_count); });
  expect_equal_costs("file_view, opened and closed", of_small, of_large);
  EXPECT_LE(of_large.calls, 20U);
  EXPECT_EQ(of_large.syncs, 0U);
}

TEST_F(open_cost, of_a_vector_does_not_depend_on_the_size) {
  const auto open_once = [](const std::string& path, std::size_t count) {
    words opened = words::open(path);
    ASSERT_EQ(opened.size(), count);
    opened.close();
  };
  const std::string small = make_sparse(small_count);
  const std::string large = make_sparse(large_count);
  const cost of_small = cost_of([&] { open_once(small, small_count); });
  const cost of_large = cost_of([&] { open_once(large, large_count); });
  expect_equal_costs("file_vector, opened and closed", of_small, of_large);
  EXPECT_LE(of_large.calls, 25U);
  EXPECT_EQ(of_large.syncs, 0U);
}

TEST_F(open_cost, is_small_for_the_first_append_to_a_large_file_too) {
  const std::string path = make_sparse(large_count);
  words v = words::open(path);
  const call_log log;
  v.push_back(7);
  v.commit();
  EXPECT_LE(log.count(), 20U) << log.summary();
  EXPECT_EQ(words_view::open(path).size(), large_count + 1);
  v.close();
}

}  // namespace
}  // namespace mapvec::test
