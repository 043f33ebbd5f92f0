// SPDX-License-Identifier: MIT
#include "support/captured_errors.hpp"

#include <mutex>

namespace mapvec::test {
namespace {

std::mutex captured_lock;
std::vector<error> captured;

void capture(const error& failure) noexcept {
  const std::scoped_lock guard(captured_lock);
  captured.push_back(failure);
}

}  // namespace

captured_errors::captured_errors() : before_(set_error_handler(capture)) {
  const std::scoped_lock guard(captured_lock);
  captured.clear();
}

captured_errors::~captured_errors() { set_error_handler(before_); }

std::vector<error> captured_errors::all() const {
  const std::scoped_lock guard(captured_lock);
  return captured;
}

}  // namespace mapvec::test
