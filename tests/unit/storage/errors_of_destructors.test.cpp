// SPDX-License-Identifier: MIT
//
// Goal: what goes wrong in a destructor reaches the error handler, and by default stderr.
// Method: munmap, unlink, close and the look at the file before unlink fail once each.
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/stats.hpp>
#include <mapvec/vector.hpp>

#include "support/captured_errors.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class errors_of_destructors : public counts_resources {
 protected:
  void TearDown() override {
    reclaim_what_faults_left();
    counts_resources::TearDown();
  }

  options named() const { return {.builder = segment_builder::named(directory_.path())}; }

  /// Destroys a vector while one call fails; returns what was reported.
  static std::vector<error> destroy_while(call what, int errno_value, const options& settings) {
    const captured_errors reported;
    std::optional<mapvec::vector<int>> v(settings);
    v->push_back(1);
    const fault failing(what, 0, errno_value, fault_lasts::once);
    v.reset();
    EXPECT_EQ(failing.delivered(), 1U);
    return reported.all();
  }

  scratch_directory directory_;
};

TEST_F(errors_of_destructors, munmap) {
  const std::uint64_t failures = stats().unmap_failures;
  const std::vector<error> reported = destroy_while(call::munmap, ENOMEM, {});
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_EQ(reported[0].code().value(), ENOMEM);
  EXPECT_NE(reported[0].verb(), "");
  EXPECT_EQ(stats().unmap_failures, failures + 1);
}

TEST_F(errors_of_destructors, unlink) {
  const std::vector<error> reported = destroy_while(call::unlink, EACCES, named());
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_EQ(reported[0].code().value(), EACCES);
  EXPECT_EQ(reported[0].path(), directory_ / names_in(directory_.path()).at(0));
}

TEST_F(errors_of_destructors, looking_at_the_file_before_unlinking_it) {
  for (const call what : {call::fstat, call::lstat}) {
    const std::vector<error> reported = destroy_while(what, EACCES, named());
    // Removed all the same, or left with a word.
    EXPECT_EQ(names_in(directory_.path()).size(), reported.size()) << name_of(what);
    segment_builder::named(directory_.path());
  }
}

TEST_F(errors_of_destructors, close) {
  const std::vector<error> reported = destroy_while(call::close, EIO, named());
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_EQ(reported[0].code().value(), EIO);
  EXPECT_EQ(names_in(directory_.path()).size(), 0U);
}

TEST_F(errors_of_destructors, go_to_stderr_by_default) {
  ::testing::internal::CaptureStderr();
  {
    std::optional<mapvec::vector<int>> v(named());
    v->push_back(1);
    const fault failing(call::unlink, 0, EACCES, fault_lasts::once);
    v.reset();
  }
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find(directory_.path()), std::string::npos) << text;
  EXPECT_NE(text.find("Permission denied"), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), text.size() - 1) << "one line: " << text;
}

TEST_F(errors_of_destructors, a_null_handler_brings_back_the_default) {
  const error_handler first = set_error_handler(nullptr);
  EXPECT_EQ(set_error_handler(first), first);
}

}  // namespace
}  // namespace mapvec::test
