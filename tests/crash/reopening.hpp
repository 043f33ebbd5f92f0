// SPDX-License-Identifier: MIT
//
// Puts what a crash left into a file and has the library open it: for reading, and often also for
// writing, after which more is appended, committed and read back.
#pragma once

#include <cstddef>
#include <string>

#include "crash/oracle.hpp"
#include "crash/trace.hpp"
#include "crash/workload.hpp"

namespace mapvec::test::crash {

class reopening {
 public:
  explicit reopening(const std::string& directory) : path_(directory + "/found.npy") {}

  /// `writes`: also as a program that goes on.
  finding open(const bytes& image, const recording& left_by, bool writes);

 private:
  std::string go_on(const elements& found, const recording& left_by);

  std::string path_;
};

}  // namespace mapvec::test::crash
