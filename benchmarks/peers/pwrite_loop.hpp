// SPDX-License-Identifier: MIT
//
// The fastest way we know to bring new bytes into the page cache: pwrite in pieces of 1 MiB from a
// buffer that stays in the processor's cache. No mapping can beat it by much; it is the limit that
// appending is held against.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench_directory.hpp"

namespace peers {

class pwrite_loop {
 public:
  pwrite_loop() : buffer_(std::size_t{1} << 20, '\1') {
    std::string path = bench_directory() + "/pwrite-XXXXXX";
    fd_ = ::mkostemp(path.data(), O_CLOEXEC);
    require(fd_ >= 0, "create a file");
    ::unlink(path.c_str());
  }
  pwrite_loop(const pwrite_loop&) = delete;
  pwrite_loop& operator=(const pwrite_loop&) = delete;
  ~pwrite_loop() { ::close(fd_); }

  void write(std::size_t size_bytes) {
    for (std::size_t offset = 0; offset < size_bytes; offset += buffer_.size()) {
      const ssize_t written =
          ::pwrite(fd_, buffer_.data(), buffer_.size(), static_cast<off_t>(offset));
      require(written == static_cast<ssize_t>(buffer_.size()), "write");
    }
  }

 private:
  std::vector<char> buffer_;
  int fd_ = -1;
};

}  // namespace peers
