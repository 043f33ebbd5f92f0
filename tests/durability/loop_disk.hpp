// SPDX-License-Identifier: MIT
//
// Disks that tests can fill, count and crash: ext4 on a loop device over an image in memory. All of
// it belongs to this process: mounts, devices and images are gone when it ends, however that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "support/directories.hpp"

namespace mapvec::test {

/// Runs a shell command; empty, or its text where it failed.
std::string try_command(const std::string& command);

/// Makes an ext4 in the file `image`, whose size stays. Nothing is left to be written later in the
/// background, so that what reaches the disk is what the test wrote. Empty, or why not.
std::string make_ext4(const std::string& image, const std::string& more = "");

/// Whether the loop device has a page cache of its own between the file system and the image.
enum class loop_access : bool { cached, direct };

/// The ext4 in `image`, mounted, which recovers its journal. Only for processes that have mounts of
/// their own, because of a private_mount: then it goes with the process.
class mounted_image {
 public:
  explicit mounted_image(const std::string& image, const std::string& mount_options = "",
                         loop_access access = loop_access::cached);
  ~mounted_image();
  mounted_image(const mounted_image&) = delete;
  mounted_image& operator=(const mounted_image&) = delete;

  bool is_mounted() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }
  const std::string& path() const { return directory_.path(); }
  std::string operator/(const std::string& name) const { return path() + '/' + name; }

  /// Bytes written to the device since it was made, as the kernel counts them.
  std::uint64_t written_bytes() const;
  /// How much the kernel may read ahead in files that are opened from now on. False, and all is as
  /// before, where that may not be set.
  bool set_read_ahead_kib(std::size_t size_kib);
  /// Unmounts and says whether that worked; the destructor does it too.
  bool unmount();

 private:
  std::string device_folder() const;  // in /sys

  scratch_directory directory_;
  std::string why_not_;
  bool mounted_ = false;
  std::size_t read_ahead_found_kib_ = 0;  // 0 until another was set
};

/// An ext4 of `size_bytes` in memory.
class loop_disk {
 public:
  explicit loop_disk(std::size_t size_bytes, const std::string& mkfs_options = "");

  bool is_mounted() const { return why_not().empty(); }
  const std::string& why_not() const;
  const std::string& path() const { return mounted_->path(); }
  std::string operator/(const std::string& name) const { return *mounted_ / name; }
  std::uint64_t written_bytes() const { return mounted_->written_bytes(); }
  bool set_read_ahead_kib(std::size_t size_kib) { return mounted_->set_read_ahead_kib(size_kib); }

 private:
  private_mount memory_;
  std::string why_not_;
  std::unique_ptr<mounted_image> mounted_;
};

}  // namespace mapvec::test
