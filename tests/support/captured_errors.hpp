// SPDX-License-Identifier: MIT
//
// The error handler of a test: keeps what destructors report.
#pragma once

#include <vector>

#include <mapvec/error.hpp>

namespace mapvec::test {

/// Installs itself; one at a time. The handler before comes back at the end.
class captured_errors {
 public:
  captured_errors();
  ~captured_errors();
  captured_errors(const captured_errors&) = delete;
  captured_errors& operator=(const captured_errors&) = delete;

  std::vector<error> all() const;

 private:
  error_handler before_;
};

}  // namespace mapvec::test
