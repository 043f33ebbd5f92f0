// SPDX-License-Identifier: MIT
//
// All numbers to another file and back, past the page cache: what a sort through a file moves.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "harness.hpp"
#include "peers/bench_directory.hpp"
#include "workloads_sort.hpp"

namespace bench {

/// Without a name, and allocated.
class direct_file {
 public:
  explicit direct_file(std::size_t bytes) : fd_(peers::unnamed_file()) {
    peers::require(::fcntl(fd_, F_SETFL, O_DIRECT) == 0, "do without the page cache");
    peers::extend(fd_, peers::allocation::fallocate, 0, bytes);
  }
  direct_file(const direct_file&) = delete;
  direct_file& operator=(const direct_file&) = delete;
  ~direct_file() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

class copied_file {
 public:
  explicit copied_file(const job& asked)
      : bytes_(asked.bytes),
        threads_(2 * asked.threads),  // a sort has as many again that only wait for the disk
        file_(asked.bytes) {
    // Not zeros, for which a disk may have less to do.
    huge_memory<number> piece(piece_bytes);
    std::size_t written = 0;
    std::size_t used = 0;
    make_elements<number>(asked.count(), [&](std::span<const number> made) {
      std::copy(made.begin(), made.end(), piece.get() + used);
      used += made.size();
      if (used * sizeof(number) < piece_bytes && written + used * sizeof(number) < bytes_) return;
      const std::size_t size = used * sizeof(number);
      peers::require(::pwrite(file_.fd(), piece.get(), size, static_cast<off_t>(written)) ==
                         static_cast<ssize_t>(size),
                     "write");
      written += size;
      used = 0;
    });
  }
  void copy_there_and_back(const direct_file& other) const {
    copy(file_.fd(), other.fd());
    copy(other.fd(), file_.fd());
  }

 private:
  static constexpr std::size_t piece_bytes = std::size_t{8} << 20;

  /// Each piece by one of the threads.
  void copy(int from, int to) const {
    std::vector<std::thread> copying;
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> failed = false;
    for (std::size_t i = 0; i < threads_; ++i) {
      copying.emplace_back([&] {
        // With pages of 4 KiB the disk is given 2,048 segments, and the copy took three times as
        // long.
        const huge_memory<char> piece(piece_bytes);
        for (;;) {
          const std::size_t at = next.fetch_add(piece_bytes);
          if (at >= bytes_ || failed) return;
          const auto size = static_cast<ssize_t>(std::min(piece_bytes, bytes_ - at));
          if (::pread(from, piece.get(), piece_bytes, static_cast<off_t>(at)) < size ||
              ::pwrite(to, piece.get(), static_cast<std::size_t>(size), static_cast<off_t>(at)) !=
                  size) {
            failed = true;
          }
        }
      });
    }
    for (std::thread& each : copying) each.join();
    if (failed) throw std::runtime_error("cannot copy past the page cache");
  }

  std::size_t bytes_;
  std::size_t threads_;
  direct_file file_;
};

}  // namespace bench
