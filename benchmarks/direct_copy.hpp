// SPDX-License-Identifier: MIT
//
// All numbers to another file and back, past the page cache: what a sort through a file moves.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
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
struct direct_file : peers::owned_file {
  explicit direct_file(std::size_t bytes) : owned_file(peers::unnamed_file()) {
    peers::require(::fcntl(fd(), F_SETFL, O_DIRECT) == 0, "do without the page cache");
    peers::extend(fd(), peers::allocation::fallocate, 0, bytes);
  }
};

class copied_file {
 public:
  explicit copied_file(const job& asked)
      : bytes_(asked.bytes),
        threads_(2 * asked.threads),  // a sort has as many again that only wait for the disk
        file_(asked.bytes) {
    // Not zeros, for which a disk may have less to do.
    const huge_memory<number> piece(piece_bytes);
    for (std::size_t i = 0; i < piece_bytes / sizeof(number); ++i) piece.get()[i] = key_at(i);
    for (std::size_t at = 0; at < bytes_; at += piece_bytes) {
      const std::size_t size = std::min(piece_bytes, bytes_ - at);
      const ssize_t written = ::pwrite(file_.fd(), piece.get(), size, static_cast<off_t>(at));
      peers::require(written == static_cast<ssize_t>(size), "write");
    }
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
