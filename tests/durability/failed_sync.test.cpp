// SPDX-License-Identifier: MIT
//
// Goal: after a failed wait for the disk nothing is ever acknowledged again, because the kernel
// reports such an error once and the data may be gone; the file keeps the commit before.
// Method: one fdatasync or fsync fails, once; all later ones would succeed.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/stats.hpp>
#include <mapvec/vector.hpp>

#include "durability/words.hpp"
#include "support/captured_errors.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t committed = 1'000;

/// Which wait for the disk fails, and with what.
struct failing_sync {
  std::size_t nth = 0;
  int errno_value = 0;
};

class failed_sync : public counts_resources {
 protected:
  failed_sync() : path_(directory_ / "elements.npy") {}

  template <class Operation>
  static void expect_error(int errno_value, Operation operation) {
    try {
      operation();
      FAIL() << "no exception";
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), errno_value) << failure.what();
    }
  }

  words make_committed() const {
    words v = words::create(path_);
    for (std::uint64_t i = 0; i < committed; ++i) v.push_back(i);
    v.commit();
    return v;
  }

  void expect_the_last_commit() const {
    const words_view found = words_view::open(path_);
    ASSERT_EQ(found.size(), committed);
    for (std::uint64_t i = 0; i < committed; ++i) ASSERT_EQ(found[i], i);
  }

  scratch_directory directory_;
  std::string path_;
};

class failed_sync_of_a_commit : public failed_sync,
                                public ::testing::WithParamInterface<failing_sync> {
 protected:
  /// Appends and commits while one wait fails.
  void fail_a_commit(words& v) const {
    for (std::uint64_t i = 0; i < 500; ++i) v.push_back(7);
    const std::uint64_t failures = stats().sync_failures;
    const fault failing(call::fdatasync, GetParam().nth, GetParam().errno_value, fault_lasts::once);
    expect_error(GetParam().errno_value, [&] { v.commit(); });
    ASSERT_EQ(failing.delivered(), 1U);
    EXPECT_EQ(stats().sync_failures, failures + 1);
  }
};

TEST_P(failed_sync_of_a_commit, is_reported_by_every_later_call_that_would_build_on_it) {
  const captured_errors reported;
  words v = make_committed();
  fail_a_commit(v);
  const call_log log;
  constexpr int rounds = 100;
  for (int i = 0; i < rounds; ++i) {
    expect_error(GetParam().errno_value, [&] { v.commit(); });
    expect_error(GetParam().errno_value, [&] { v.reserve(10'000'000); });
    expect_error(GetParam().errno_value, [&] { v.evict(0, v.size()); });
    expect_error(GetParam().errno_value, [&] { v.shrink_to_fit(); });
    expect_error(GetParam().errno_value, [&] { v.close(); });
    const std::uint64_t value = 9;
    expect_error(GetParam().errno_value, [&] { v.write(0, std::span(&value, 1)); });
  }
  EXPECT_EQ(log.count(), 0U) << log.summary();
  EXPECT_TRUE(v.is_open());
  EXPECT_EQ(v.committed_size(), committed);
  EXPECT_EQ(v.size(), committed + 500);
  expect_the_last_commit();
  std::printf("%d later calls, each an exception, no system call\n", 6 * rounds);
}

TEST_P(failed_sync_of_a_commit, stops_growth_at_the_latest_when_a_system_call_is_needed) {
  const captured_errors reported;
  words v = make_committed();
  fail_a_commit(v);
  expect_error(GetParam().errno_value, [&] {
    while (v.size() < 1'000'000) v.push_back(1);
  });
  v.truncate(committed / 2);
  expect_error(GetParam().errno_value, [&] { v.push_back(1); });
  expect_the_last_commit();
}

TEST_P(failed_sync_of_a_commit, is_not_hidden_by_the_destructor_which_commits_nothing) {
  const captured_errors reported;
  {
    words v = make_committed();
    fail_a_commit(v);
    const call_log log;
    {
      const words gone = std::move(v);
    }
    EXPECT_EQ(log.count(call::pwrite) + log.count(call::fdatasync) + log.count(call::fsync) +
                  log.count(call::ftruncate),
              0U)
        << log.summary();
  }
  ASSERT_EQ(reported.all().size(), 1U);
  EXPECT_EQ(reported.all()[0].code().value(), GetParam().errno_value);
  expect_the_last_commit();
}

TEST_P(failed_sync_of_a_commit, ends_with_reopening_the_last_good_commit) {
  {
    const captured_errors reported;
    words v = make_committed();
    fail_a_commit(v);
  }
  words v = words::open(path_);
  ASSERT_EQ(v.size(), committed);
  v.push_back(committed);
  v.commit();
  v.close();
  const words_view found = words_view::open(path_);
  ASSERT_EQ(found.size(), committed + 1);
  for (std::uint64_t i = 0; i <= committed; ++i) ASSERT_EQ(found[i], i);
}

TEST_P(failed_sync_of_a_commit, of_fewer_elements_keeps_the_longer_state) {
  const captured_errors reported;
  words v = make_committed();
  v.truncate(10);
  const fault failing(call::fdatasync, GetParam().nth, GetParam().errno_value, fault_lasts::once);
  expect_error(GetParam().errno_value, [&] { v.commit(); });
  EXPECT_EQ(failing.delivered(), 1U);
  expect_the_last_commit();
}

INSTANTIATE_TEST_SUITE_P(, failed_sync_of_a_commit,
                         ::testing::Values(failing_sync{0, EIO}, failing_sync{1, EIO},
                                           failing_sync{0, ENOSPC}, failing_sync{1, ENOSPC}),
                         [](const auto& parameters) {
                           return std::string(parameters.param.nth == 0 ? "first" : "second") +
                                  (parameters.param.errno_value == EIO ? "_EIO" : "_ENOSPC");
                         });

TEST_F(failed_sync, of_the_shorter_count_stops_the_append_that_needed_it) {
  const captured_errors reported;
  words v = make_committed();
  v.truncate(10);
  {
    const fault failing(call::fdatasync, 0, EIO, fault_lasts::once);
    expect_error(EIO, [&] { v.push_back(77); });
    EXPECT_EQ(failing.delivered(), 1U);
  }
  EXPECT_EQ(v.size(), 10U);
  for (int i = 0; i < 100; ++i) {
    expect_error(EIO, [&] { v.push_back(77); });
    expect_error(EIO, [&] { v.commit(); });
  }
  expect_the_last_commit();
}

TEST_F(failed_sync, of_changed_elements_only_is_for_ever_too) {
  const captured_errors reported;
  words v = make_committed();
  v[5] = 5;
  const fault failing(call::fdatasync, 0, EIO, fault_lasts::once);
  for (int i = 0; i < 100; ++i) expect_error(EIO, [&] { v.commit(); });
  EXPECT_EQ(failing.delivered(), 1U);
}

TEST_F(failed_sync, of_evicting_stops_every_later_commit) {
  const captured_errors reported;
  words v = make_committed();
  v.resize(100'000, 7);
  {
    const fault failing(call::sync_file_range, 0, EIO, fault_lasts::once);
    expect_error(EIO, [&] { v.evict(0, v.size()); });
    EXPECT_EQ(failing.delivered(), 1U);
  }
  for (int i = 0; i < 100; ++i) expect_error(EIO, [&] { v.commit(); });
  expect_the_last_commit();
}

TEST_F(failed_sync, of_a_new_file_or_its_directory_leaves_no_file) {
  for (std::size_t nth = 0; nth < 2; ++nth) {
    const fault failing(call::fsync, nth, EIO, fault_lasts::once);
    expect_error(EIO, [&] { words::create(path_); });
    EXPECT_EQ(failing.delivered(), 1U);
    EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{});
  }
  const words v = words::create(path_);
  EXPECT_TRUE(v.is_open());
}

TEST_F(failed_sync, of_what_was_found_stops_the_first_write_and_all_later_ones) {
  // Whoever wrote it may have been killed before its own wait.
  make_committed().close();
  const std::string before = contents_of(path_);
  for (const call waiting : {call::fdatasync, call::fsync}) {
    const captured_errors reported;
    words v = words::open(path_);
    {
      const fault failing(waiting, 0, EIO, fault_lasts::once);
      expect_error(EIO, [&] { v.push_back(7); });
      EXPECT_EQ(failing.delivered(), 1U);
    }
    for (int i = 0; i < 100; ++i) {
      expect_error(EIO, [&] { v.push_back(7); });
      expect_error(EIO, [&] { v.commit(); });
    }
    v.abandon();
    EXPECT_TRUE(contents_of(path_) == before);
  }
  EXPECT_EQ(words::open(path_).size(), committed);
}

}  // namespace
}  // namespace mapvec::test
