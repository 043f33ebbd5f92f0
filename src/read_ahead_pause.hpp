// SPDX-License-Identifier: MIT
#pragma once

#include <mapvec/detail/block_reader.hpp>

namespace mapvec::inline v0_1::detail {

/// As long as it lives, what is read where it is mapped brings nothing else into memory. Where a
/// page is read that has come by read-ahead, the kernel reads on (PG_readahead, mm/filemap.c), so
/// that whoever reads where they are mapped all pages that are in memory, and reads the others past
/// the cache, would find ever more in memory: in the end, all of the file.
///
/// For whoever does such reading, not for their callers: of several at once the first to end ends
/// it for all. The container must live as long.
class read_ahead_pause {
 public:
  explicit read_ahead_pause(const stored_bytes& read) noexcept;
  read_ahead_pause(const read_ahead_pause&) = delete;
  read_ahead_pause& operator=(const read_ahead_pause&) = delete;
  ~read_ahead_pause();

 private:
  std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace mapvec::inline v0_1::detail
