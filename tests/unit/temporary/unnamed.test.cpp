// SPDX-License-Identifier: MIT
//
// Goal: an unnamed file is in nobody's way and nobody else's to read, also where the file system
// has no unnamed files. Method: real directories; a refusal of O_TMPFILE stands for such a system.
#include <cerrno>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/temporary.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

class unnamed_file : public counts_resources {
 protected:
  detail::temporary_file make() const {
    return detail::make_temporary_file(segment_builder::unnamed(directory_.path()));
  }

  scratch_directory directory_;
};

TEST_F(unnamed_file, has_no_name) {
  const detail::temporary_file made = make();
  EXPECT_EQ(made.path, "");
  EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{});
  EXPECT_EQ(directory_of(made.descriptor), directory_.path());
}

TEST_F(unnamed_file, can_never_be_seen_by_another_user_or_program) {
  for (const mode_t mask : {0000U, 0077U, 0022U}) {
    const mode_t before = ::umask(mask);
    const detail::temporary_file made = make();
    ::umask(before);
    EXPECT_EQ(permissions_of(made.descriptor), 0600U) << "umask " << mask;
    EXPECT_TRUE(closes_on_exec(made.descriptor));
  }
}

TEST_F(unnamed_file, loses_its_name_at_once_where_it_needs_one) {
  for (const int errno_value : {EOPNOTSUPP, EISDIR}) {
    const refusal no_unnamed_files(feature::unnamed_files, errno_value);
    const mode_t before = ::umask(0);
    const call_log log;
    const detail::temporary_file made = make();
    ::umask(before);
    EXPECT_GE(no_unnamed_files.delivered(), 1U);
    EXPECT_EQ(made.path, "");
    EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{});
    EXPECT_EQ(permissions_of(made.descriptor), 0600U);
    EXPECT_TRUE(closes_on_exec(made.descriptor));
    const std::vector<call_record> opened = log.records(call::open);
    ASSERT_EQ(opened.size(), 2U);
    EXPECT_EQ(opened[1].flags & (O_CREAT | O_EXCL | O_NOFOLLOW), O_CREAT | O_EXCL | O_NOFOLLOW);
  }
}

TEST_F(unnamed_file, leaves_nothing_when_its_name_cannot_be_removed) {
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  const fault failing(call::unlink, 0, EACCES, fault_lasts::once);
  EXPECT_THROW(make(), error);
  EXPECT_EQ(reclaim_what_faults_left(), 1U);
  EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{});
}

TEST_F(unnamed_file, a_directory_in_memory_is_a_choice) {
  const private_mount memory = private_mount::tmpfs(1 << 20);
  if (!memory.is_mounted()) GTEST_SKIP() << memory.why_not();
  const detail::temporary_file made =
      detail::make_temporary_file(segment_builder::unnamed(memory.path()));
  EXPECT_EQ(directory_of(made.descriptor), memory.path());
}

}  // namespace
}  // namespace mapvec::test
