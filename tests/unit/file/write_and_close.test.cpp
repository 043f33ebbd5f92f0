// SPDX-License-Identifier: MIT
//
// Goal: a file is written whole or an exception names the range that is missing; closing reports
// its errors and never closes twice.
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file.hpp>

#include "support/captured_errors.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class file_write : public counts_resources {
 protected:
  detail::file make() {
    const std::string path = directory_ / "data";
    return {::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600), path};
  }

  scratch_directory directory_;
};

TEST_F(file_write, goes_on_after_short_writes) {
  detail::file file = make();
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += std::to_string(i) + ' ';
  const short_writes seven_at_a_time(7);
  const call_log log;
  file.write(text.data(), text.size(), 3);
  EXPECT_EQ(log.count(call::pwrite), (text.size() + 6) / 7);
  std::string found(text.size(), '?');
  EXPECT_EQ(::pread(file.descriptor(), found.data(), found.size(), 3),
            static_cast<ssize_t>(found.size()));
  EXPECT_EQ(found, text);
}

TEST_F(file_write, names_the_range_that_is_missing) {
  detail::file file = make();
  const std::string text(100, 'x');
  const short_writes thirty_at_a_time(30);
  const fault full(call::pwrite, 2, ENOSPC, fault_lasts::once);
  try {
    file.write(text.data(), text.size(), 1'000);
    FAIL() << "no exception";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), ENOSPC);
    EXPECT_EQ(failure.offset_bytes(), 1'060U);
    EXPECT_EQ(failure.size_bytes(), 40U);
    EXPECT_EQ(failure.path(), directory_ / "data");
  }
}

TEST_F(file_write, takes_a_write_of_nothing_for_a_full_disk) {
  detail::file file = make();
  const short_writes nothing(0);
  try {
    file.write("x", 1, 0);
    FAIL() << "no exception";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), ENOSPC);
  }
}

TEST_F(file_write, the_destructor_reports_an_error_of_close_and_does_not_try_again) {
  const captured_errors reported;
  const call_log log;
  for (const int errno_value : {EIO, EINTR}) {
    const fault failing(call::close, 0, errno_value, fault_lasts::once);
    const detail::file file = make();
  }
  EXPECT_EQ(log.count(call::close), 2U);
  ASSERT_EQ(reported.all().size(), 2U);
  EXPECT_EQ(reported.all().front().code().value(), EIO);
  EXPECT_EQ(reported.all().front().path(), directory_ / "data");
}

TEST_F(file_write, a_move_hands_over_the_descriptor) {
  const call_log log;
  {
    detail::file first = make();
    const int fd = first.descriptor();
    detail::file second = std::move(first);
    EXPECT_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): the promise under test
    EXPECT_EQ(second.descriptor(), fd);
    first = std::move(second);
    EXPECT_EQ(first.descriptor(), fd);
  }
  EXPECT_EQ(log.count(call::close), 1U);
}

}  // namespace
}  // namespace mapvec::test
