// SPDX-License-Identifier: MIT
//
// NumPy as a second opinion on files: runs a script with the Python that has it, which need not be
// the first on the PATH; CMake says where it is.
#pragma once

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "support/temporary_files.hpp"

namespace mapvec::test {

/// Runs a command and keeps what it prints in the file `output_path`; returns whether it succeeded.
inline bool run_command(const std::string& command, const std::string& output_path) {
  return std::system((command + " > " + output_path + " 2>&1 < /dev/null").c_str()) == 0;
}

inline std::string numpy_command(const std::string& arguments) {
  return MAPVEC_NUMPY_PYTHON " -B " + arguments;
}

inline bool has_numpy() {
  static const bool result = run_command(numpy_command("-c 'import numpy'"), "/dev/null");
  return result;
}

/// Runs the script and fails the case with what it prints unless it succeeds. Its last line.
inline std::string ask_numpy(const std::string& script, const std::string& arguments,
                             const std::string& output_path) {
  const bool agrees = run_command(numpy_command(script + ' ' + arguments), output_path);
  const std::string output = contents_of(output_path);
  EXPECT_TRUE(agrees) << script << ' ' << arguments << '\n' << output;
  const std::size_t end = output.find_last_not_of('\n');
  return end == output.npos ? "" : output.substr(output.rfind('\n', end) + 1, end + 1);
}

}  // namespace mapvec::test
