// SPDX-License-Identifier: MIT
//
// Goal: extending a file either allocates every byte or leaves it as it was.
// Method: real files; the n-th system call fails, and a failing fallocate first takes half of what
// was asked. Size and blocks are compared with those before.
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file.hpp>
#include <mapvec/stats.hpp>
#include <mapvec/units.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

class file_extend : public ::testing::Test {
 protected:
  struct extent {
    std::int64_t size_bytes = 0;
    std::int64_t blocks = 0;
    bool operator==(const extent&) const = default;
  };

  detail::file make(const std::string& name = "data") {
    const std::string path = directory_ / name;
    return {::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600), path};
  }

  static extent extent_of(const detail::file& file) {
    struct stat status{};
    EXPECT_EQ(::fstat(file.descriptor(), &status), 0);
    return {status.st_size, status.st_blocks};
  }

  static std::size_t bytes_that_are_not_zero(const detail::file& file) {
    std::vector<unsigned char> bytes(file.size_bytes());
    EXPECT_EQ(::pread(file.descriptor(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    std::size_t count = 0;
    for (const unsigned char byte : bytes) count += byte != 0 ? 1 : 0;
    return count;
  }

  scratch_directory directory_;
};

TEST_F(file_extend, allocates_with_one_call) {
  detail::file file = make();
  const call_log log;
  file.extend(0, 3 * MiB);
  EXPECT_EQ(log.count(call::fallocate), 1U) << log.summary();
  EXPECT_EQ(log.count(call::pwrite) + log.count(call::ftruncate), 0U) << log.summary();
  EXPECT_EQ(file.size_bytes(), 3 * MiB);
  EXPECT_GE(file.allocated_bytes(), 3 * MiB);
}

TEST_F(file_extend, gives_back_what_a_failed_fallocate_took) {
  detail::file file = make();
  file.extend(0, 1 * MiB);
  const extent before = extent_of(file);
  for (const int errno_value : {ENOSPC, EDQUOT, EIO, EFBIG}) {
    const std::uint64_t failures_before = stats().allocate_failures;
    const fault failing(call::fallocate, 0, errno_value, fault_lasts::once);
    try {
      file.extend(1 * MiB, 9 * MiB);
      FAIL() << "no exception";
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), errno_value);
      EXPECT_EQ(failure.path(), directory_ / "data");
      EXPECT_EQ(failure.offset_bytes(), 1 * MiB);
      EXPECT_EQ(failure.size_bytes(), 8 * MiB);
    }
    EXPECT_EQ(failing.delivered(), 1U);
    EXPECT_TRUE(extent_of(file) == before) << extent_of(file).size_bytes;
    EXPECT_GT(stats().allocate_failures, failures_before);
  }
  file.extend(1 * MiB, 9 * MiB);
  EXPECT_EQ(file.size_bytes(), 9 * MiB);
}

TEST_F(file_extend, writes_zeros_where_the_file_system_cannot_allocate) {
  detail::file file = make();
  const refusal no_fallocate(feature::allocation, EOPNOTSUPP);
  const short_writes short_of(10'000);
  call_log log;
  file.extend(0, 200'000);
  EXPECT_EQ(file.size_bytes(), 200'000U);
  EXPECT_GE(file.allocated_bytes(), 200'000U);
  EXPECT_EQ(bytes_that_are_not_zero(file), 0U);
  std::int64_t written = 0;
  for (const call_record& record : log.records(call::pwrite)) written += record.result;
  EXPECT_EQ(written, 200'000);
}

TEST_F(file_extend, writes_no_zeros_over_what_is_there) {
  detail::file file = make();
  const std::string text(5'000, 'x');
  file.write(text.data(), text.size(), 0);
  const refusal no_fallocate(feature::allocation, EOPNOTSUPP);
  file.extend(text.size(), 100'000);
  EXPECT_EQ(bytes_that_are_not_zero(file), text.size());
}

TEST_F(file_extend, gives_back_the_zeros_it_wrote_before_the_disk_was_full) {
  detail::file file = make();
  file.extend(0, 64 * KiB);
  const extent before = extent_of(file);
  const refusal no_fallocate(feature::allocation, EOPNOTSUPP);
  for (std::size_t nth = 0; nth < 4; ++nth) {
    const fault full(call::pwrite, nth, ENOSPC, fault_lasts::for_ever);
    EXPECT_THROW(file.extend(64 * KiB, 8 * MiB), error);  // four pieces of at most 2 MiB
    EXPECT_EQ(full.delivered(), 1U);
    EXPECT_TRUE(extent_of(file) == before) << "at write " << nth;
  }
}

TEST_F(file_extend, throws_at_the_file_size_limit_instead_of_dying) {
  detail::file file = make();
  const auto extend_past_the_limit = [&] {
    limit_resource(RLIMIT_FSIZE, 1 * MiB);
    file.extend(0, 1 * MiB);
    try {
      file.extend(1 * MiB, 2 * MiB);
    } catch (const error& failure) {
      require(failure.code().value() == EFBIG, failure.what());
      require(file.size_bytes() == 1 * MiB, "the size changed");
      return;
    }
    require(false, "no exception");
  };
  EXPECT_EQ(in_child(extend_past_the_limit), "exit 0");
}

TEST_F(file_extend, fills_holes_beyond_a_lowered_limit_or_throws_instead_of_dying) {
  detail::file file = make();
  file.extend(0, 2 * MiB);
  const auto fill_beyond_the_limit = [&] {
    limit_resource(RLIMIT_FSIZE, 1 * MiB);
    file.fill_holes(0, 2 * MiB);
    const refusal no_allocation(feature::allocation, EOPNOTSUPP);
    try {
      file.fill_holes(0, 2 * MiB);
    } catch (const error& failure) {
      return require(failure.code().value() == EFBIG, failure.what());
    }
    require(false, "no exception");
  };
  EXPECT_EQ(in_child(fill_beyond_the_limit), "exit 0");
}

}  // namespace
}  // namespace mapvec::test
