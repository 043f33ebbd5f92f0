// SPDX-License-Identifier: MIT
//
// Goal: opening costs the same for any size, and closing without a change waits for nothing.
// Method: a file of 100 GiB that is a header and a hole; system calls, bytes and page faults are
// counted.
#include <cstdint>
#include <cstdio>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/npy_header.hpp>
#include <mapvec/units.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

constexpr std::uint64_t count = 100 * GiB / sizeof(double);

class large_file : public counts_resources {
 protected:
  large_file() {
    const auto header = detail::npy_header::canonical_of_size({"'<f8'", {}}, count, 128);
    const std::string text(header.value().text());
    const int fd = ::open(path().c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    const bool made =
        ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
        ::ftruncate(fd, static_cast<off_t>(text.size() + count * sizeof(double))) == 0;
    ::close(fd);
    EXPECT_TRUE(made);
  }

  std::string path() const { return directory_ / "large.npy"; }

  static std::uint64_t faults() {
    struct rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return static_cast<std::uint64_t>(used.ru_minflt + used.ru_majflt);
  }

  static std::uint64_t bytes_read(const call_log& log) {
    std::uint64_t sum = 0;
    for (const call_record& record : log.records(call::pread)) {
      sum += static_cast<std::uint64_t>(record.result);
    }
    return sum;
  }

  scratch_directory directory_;
};

TEST_F(large_file, opens_for_reading_with_few_calls) {
  file_view<double>::open(path());
  const std::uint64_t before = faults();
  const call_log log;
  const auto view = file_view<double>::open(path());
  const std::uint64_t touched = faults() - before;
  EXPECT_EQ(view.size(), count);
  EXPECT_LE(log.count(), 20U) << log.summary();
  EXPECT_LE(bytes_read(log), 2 * detail::max_npy_header_bytes);
  EXPECT_LE(touched, 1'000U);
  std::printf("a view of 100 GiB: %s; %ju bytes read, %ju faults\n", log.summary().c_str(),
              std::uintmax_t{bytes_read(log)}, std::uintmax_t{touched});
}

TEST_F(large_file, opens_for_writing_with_few_calls) {
  file_vector<double>::open(path()).close();
  const std::uint64_t before = faults();
  const call_log log;
  const auto v = file_vector<double>::open(path());
  const std::uint64_t touched = faults() - before;
  EXPECT_EQ(v.size(), count);
  EXPECT_LE(log.count(), 25U) << log.summary();
  EXPECT_EQ(log.count(call::fdatasync), 0U);
  EXPECT_LE(bytes_read(log), 2 * detail::max_npy_header_bytes);
  EXPECT_LE(touched, 1'000U);
  std::printf("a writer of 100 GiB: %s; %ju bytes read, %ju faults\n", log.summary().c_str(),
              std::uintmax_t{bytes_read(log)}, std::uintmax_t{touched});
}

TEST_F(large_file, closes_without_a_change_and_without_a_wait) {
  auto v = file_vector<double>::open(path());
  EXPECT_EQ(std::as_const(v)[count - 1], 0.0);
  const call_log log;
  v.close();
  for (const call changing : {call::fdatasync, call::fsync, call::sync_file_range, call::pwrite,
                              call::ftruncate, call::fallocate}) {
    EXPECT_EQ(log.count(changing), 0U) << log.summary();
  }
}

TEST_F(large_file, does_not_promise_space_where_it_has_holes) {
  EXPECT_FALSE(file_vector<double>::open(path()).space_guaranteed());
}

}  // namespace
}  // namespace mapvec::test
