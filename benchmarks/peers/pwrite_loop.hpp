// SPDX-License-Identifier: MIT
//
// The fastest way we know to bring new bytes into the page cache: pwrite in pieces of 1 MiB, if the
// bytes may be anything from a buffer that stays in the processor's cache. No mapping can beat it
// by much; it is the limit that appending is held against. With allocation::fallocate it has the
// blocks promised first, in the steps in which mapvec does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <unistd.h>

#include "bench_directory.hpp"

namespace peers {

template <allocation How = allocation::sparse>
class pwrite_loop {
 public:
  pwrite_loop() : fd_(unnamed_file()) {}
  pwrite_loop(const pwrite_loop&) = delete;
  pwrite_loop& operator=(const pwrite_loop&) = delete;
  ~pwrite_loop() { ::close(fd_); }

  void write(std::size_t size_bytes) {
    const std::vector<char> buffer(piece_bytes, '\1');
    for (std::size_t done = 0; done < size_bytes; done += piece_bytes) {
      write_piece(buffer.data(), piece_bytes);
    }
  }
  void write_from(const char* data, std::size_t size_bytes) {
    for (std::size_t done = 0; done < size_bytes; done += piece_bytes) {
      write_piece(data + done, std::min(piece_bytes, size_bytes - done));
    }
  }

 private:
  static constexpr std::size_t piece_bytes = std::size_t{1} << 20;

  void write_piece(const char* data, std::size_t size_bytes) {
    while (How == allocation::fallocate && end_ + size_bytes > allocated_) {
      const std::size_t more = allocated_ + allocation_step(allocated_);
      extend(fd_, How, allocated_, more);
      allocated_ = more;
    }
    const ssize_t written = ::pwrite(fd_, data, size_bytes, static_cast<off_t>(end_));
    require(written == static_cast<ssize_t>(size_bytes), "write");
    end_ += size_bytes;
  }

  std::size_t end_ = 0;
  std::size_t allocated_ = 0;
  int fd_ = -1;
};

}  // namespace peers
