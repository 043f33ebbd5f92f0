// SPDX-License-Identifier: MIT
//
// Goal: every state a power cut could leave on a disk, from one run of a workload. Method: the file
// system lies on a loop device over a FUSE file of qemu-storage-daemon, which logs each write and
// each flush that reaches the disk, in order. A prefix of the log, applied to the image of before,
// is the disk after a power cut at that moment; a disk with a write cache may also have lost any
// writes since the last flush.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "durability/loop_disk.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"

namespace mapvec::test {

/// The contents of a disk.
using disk_bytes = std::vector<char>;

/// What reached the disk, in order.
class block_log {
 public:
  block_log() = default;
  /// Reads the file of the driver blklogwrites (docs.kernel.org, dm-log-writes).
  explicit block_log(const std::string& path);

  std::size_t entries() const { return entries_.size(); }
  std::size_t flushes() const;
  std::size_t written_bytes() const;

  /// The disk after the first `end` entries, on top of what the first `begin` made.
  void apply(disk_bytes& disk, std::size_t begin, std::size_t end) const;
  /// Behind the last flush among the first `end` entries.
  std::size_t after_last_flush(std::size_t end) const;
  /// Each write of [begin, end) may be lost, and of the larger ones each block.
  void apply_some(disk_bytes& disk, std::size_t begin, std::size_t end,
                  std::mt19937_64& random) const;

 private:
  struct entry {
    std::uint64_t offset_bytes = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t flags = 0;
    const char* data = nullptr;  // null: zeros, or nothing
  };

  void apply_piece(disk_bytes& disk, const entry& written, std::uint64_t first,
                   std::uint64_t size_bytes) const;

  disk_bytes file_;
  std::vector<entry> entries_;
};

/// A file system whose disk is logged. All of it is in memory and goes with this process.
class logged_disk {
 public:
  struct shape {
    std::size_t size_bytes = 48 << 20;
    std::string mkfs_options = "";
    std::string mount_options = "";
  };

  explicit logged_disk(const shape& wanted);

  bool is_mounted() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }
  const std::string& path() const { return mounted_->path(); }

  /// Entries of the log up to the last flush: after a commit, all that it wrote.
  std::size_t entries_so_far() const;

  /// Unmounts, and ends the logging. Throws child_failure.
  void finish();
  /// After finish().
  block_log log() const { return block_log(memory_.path() + "/log"); }
  disk_bytes bytes_before() const { return bytes_of("/base"); }
  disk_bytes bytes_now() const { return bytes_of("/disk"); }
  /// Makes `disk` the contents of an image file, and returns its path.
  std::string store(const disk_bytes& disk) const;

 private:
  std::string start(const shape& wanted);
  disk_bytes bytes_of(const std::string& image) const;

  private_mount memory_;
  std::unique_ptr<running_child> daemon_;
  std::unique_ptr<mounted_image> mounted_;
  std::string why_not_;
};

}  // namespace mapvec::test
