// SPDX-License-Identifier: MIT
//
// A control group for children whose memory is to be limited and measured by the kernel, page cache
// included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mapvec::test {

/// A group of version 1 or 2 with a limit; it goes with the object. Where it cannot be had (no
/// root, no controller) is_there() is false and why_not() says why.
class memory_group {
 public:
  explicit memory_group(std::size_t limit_bytes);
  ~memory_group();
  memory_group(const memory_group&) = delete;
  memory_group& operator=(const memory_group&) = delete;

  bool is_there() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }

  /// In a child: what it allocates and reads from now on is the group's. Throws child_failure.
  void enter() const;
  /// The most there ever was, as the kernel counts it.
  std::uint64_t peak_bytes() const;

 private:
  std::string path_;
  std::string peak_file_;
  std::string why_not_;
};

}  // namespace mapvec::test
