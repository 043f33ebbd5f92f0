// SPDX-License-Identifier: MIT
//
// A .npy file of numbers for fixtures whose subject replaces it: as others see it, and what is left
// of it when each system call has failed once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "support/captured_errors.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {

class file_of_numbers {
 protected:
  /// Committed, and nothing of it in memory.
  file_vector<std::uint64_t> made(const std::vector<std::uint64_t>& values,
                                  const options& settings = {}) const {
    auto v = file_vector<std::uint64_t>::create(path_, settings);
    v.append_range(values);
    v.commit();
    v.evict(0, v.size());
    return v;
  }
  std::vector<std::uint64_t> in_the_file() const {
    const auto view = file_view<std::uint64_t>::open(path_);
    return {view.begin(), view.end()};
  }

  /// Demands that after `replace(v)` the vector and its file have all `values`, or what
  /// is_result(them) accepts, whichever system call fails.
  template <class Replace, class IsResult>
  void expect_all_or_nothing(const std::vector<std::uint64_t>& values, const options& settings,
                             Replace replace, IsResult is_result) const {
    captured_errors errors;
    std::size_t failures = 0;
    for (std::size_t nth = 0;; ++nth) {
      auto v = made(values, settings);
      std::size_t delivered = 0;
      {
        const fault injected(nth, nth / 7, fault_lasts::once);
        try {
          replace(v);
        } catch (const error&) {
          ++failures;
        }
        delivered = injected.delivered();
      }
      reclaim_what_faults_left();
      const std::vector<std::uint64_t> now(v.begin(), v.end());
      ASSERT_TRUE(now == values || is_result(now)) << nth;
      ASSERT_EQ(in_the_file(), now) << nth;
      v.abandon();
      std::remove(path_.c_str());
      if (delivered == 0) break;
    }
    EXPECT_GT(failures, 10U);
  }

  scratch_directory directory_;
  std::string path_ = directory_ / "numbers.npy";
};

}  // namespace mapvec::test
