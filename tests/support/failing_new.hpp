// SPDX-License-Identifier: MIT
//
// An operator new that fails when it is told to, for programs that link mapvec_failing_new.
#pragma once

#include <cstddef>

namespace mapvec::test {

/// While it lives, the n-th allocation (from 0) of its thread throws std::bad_alloc, once.
class failing_new {
 public:
  explicit failing_new(std::size_t nth);
  ~failing_new();
  failing_new(const failing_new&) = delete;
  failing_new& operator=(const failing_new&) = delete;
};

/// From now on, or until then, every allocation of every thread throws.
void let_memory_be_out(bool is_out);

}  // namespace mapvec::test
