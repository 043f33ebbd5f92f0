// SPDX-License-Identifier: MIT
//
// The largest single allocation of a program while it looks: through operator new, and in builds
// with AddressSanitizer through malloc too.
#pragma once

#include <cstddef>

namespace mapvec::test {

/// Counts as long as it lives; one at a time.
class allocation_watch {
 public:
  allocation_watch();
  ~allocation_watch();
  allocation_watch(const allocation_watch&) = delete;
  allocation_watch& operator=(const allocation_watch&) = delete;

  /// Of all watches up to now.
  static std::size_t largest_bytes();
};

}  // namespace mapvec::test
