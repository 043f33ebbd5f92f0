// SPDX-License-Identifier: MIT
//
// Directories that go away with the case, and small file systems of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mapvec::test {

bool is_root();

/// The names in a directory, without "." and "..", sorted.
std::vector<std::string> names_in(const std::string& directory);

/// Free bytes of the file system, those kept for root included.
std::uint64_t free_bytes(const std::string& directory);

/// An empty directory below `parent`, removed with all it holds.
class scratch_directory {
 public:
  explicit scratch_directory(const std::string& parent = "/var/tmp");
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

/// A file system mounted at path(), visible to this process and its children alone: the mount is
/// gone with the process, however that ends, and the image has no name once it is mounted. Where it
/// cannot be had (no root, no such mkfs) is_mounted() is false and why_not() says why.
class private_mount {
 public:
  static private_mount tmpfs(std::size_t size_bytes);
  /// Hides what is in `directory`, for this process alone.
  static private_mount tmpfs_over(const std::string& directory);
  /// `kind` is "ext4", "xfs" or "btrfs", on a loop device.
  static private_mount loop(const std::string& kind, std::size_t size_bytes);
  /// An overlayfs, as containers have it, whose files are in `below`, which is empty.
  static private_mount overlay(const std::string& below);
  ~private_mount();
  private_mount(private_mount&& other) noexcept;
  private_mount& operator=(private_mount&&) = delete;

  bool is_mounted() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }
  const std::string& path() const { return path_; }

 private:
  explicit private_mount(const std::string& path);
  void mount_tmpfs(const std::string& parameters);

  std::unique_ptr<scratch_directory> own_;
  std::string path_;
  std::string why_not_;
};

/// One of the environment's variables, set or (nullopt) unset until the end of the scope.
class environment_variable {
 public:
  environment_variable(std::string name, const std::optional<std::string>& value);
  ~environment_variable();
  environment_variable(const environment_variable&) = delete;
  environment_variable& operator=(const environment_variable&) = delete;

 private:
  std::string name_;
  std::optional<std::string> before_;
};

/// Takes `size_bytes` of a file system with a file in `directory`, or all that is left.
void fill_file_system(const std::string& directory, std::uint64_t size_bytes);
void free_file_system(const std::string& directory);

}  // namespace mapvec::test
