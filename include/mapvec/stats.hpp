// SPDX-License-Identifier: MIT
//
// Counters of the whole process: what the library holds now, and what has failed since the start.
// Any thread may ask at any time.
//
//  - Errors: to_string may throw std::bad_alloc, printing what the stream throws.
//  - Invalidation: none. What is returned is a value.
//  - Cost: constant; a few loads, no system call.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include <mapvec/config.hpp>

namespace mapvec::inline v0_1 {

struct statistics {
  std::uint64_t active_segments = 0;    ///< vectors, segments and memory resources with a mapping
  std::uint64_t mapped_bytes = 0;       ///< bytes behind them: allocated file or anonymous memory
  std::uint64_t allocate_failures = 0;  ///< fallocate, ftruncate or a write of zeros said no
  std::uint64_t map_failures = 0;       ///< mmap, mremap, mprotect or madvise said no
  std::uint64_t unmap_failures = 0;     ///< munmap said no: addresses are lost
  std::uint64_t sync_failures = 0;      ///< writing back failed: the vector is marked failed
  std::uint64_t dropped_bytes = 0;      ///< handed back to the kernel: evict(), trim(), budgets
  /// Bytes behind the count in files opened for writing: what runs that did not end with close()
  /// had appended or allocated. Dropped by the first write.
  std::uint64_t uncommitted_bytes = 0;

  friend bool operator==(const statistics&, const statistics&) = default;
};

/// The counters now. Each one is exact; together they are not a snapshot of one instant.
MAPVEC_API statistics stats() noexcept;

/// One line, "active_segments 2, mapped_bytes 2097152, …".
MAPVEC_API std::string to_string(const statistics& values);
/// The same, without a newline.
MAPVEC_API std::ostream& operator<<(std::ostream& out, const statistics& values);

}  // namespace mapvec::inline v0_1
