// SPDX-License-Identifier: MIT
//
// `path_view`, how paths come in, and `file`, an owned descriptor of a regular file with the
// operations that growing needs. A `file` knows what to call itself in messages; it does not know
// elements, mappings or locks. Not thread-safe.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <mapvec/config.hpp>

namespace mapvec::inline v0_1 {

/// A path as a parameter: a C string, or anything with c_str() such as std::string and
/// std::filesystem::path.
///
///  - Invalidation: it holds no copy, so it is valid as long as its argument.
///  - Cost: constant.
class path_view {
 public:
  path_view(const char* text) noexcept : text_(text) {}
  template <class Path>
    requires requires(const Path& path) {
      { path.c_str() } -> std::convertible_to<const char*>;
    }
  path_view(const Path& path) noexcept : text_(path.c_str()) {}

  const char* c_str() const noexcept { return text_; }

 private:
  const char* text_;
};

namespace detail {

/// What the kind of file system decides for us.
struct file_system_traits {
  bool in_memory = false;         ///< tmpfs, ramfs: "spilling" there would use up memory
  bool over_network = false;      ///< NFS, SMB, …: mapped stores are slow and errors come late
  bool allocation_holds = false;  ///< overwriting an allocated range can never run out of space
  bool copies_on_write = false;   ///< btrfs: holds only after FS_NOCOW_FL was set
  bool shares_blocks = false;     ///< XFS, btrfs: a file may share blocks, which breaks the promise
  bool hides_pages = false;       ///< overlayfs: the page cache has them under another file
};

/// An owned descriptor. Move-only; empty after a move.
class MAPVEC_API file {
 public:
  file() noexcept = default;
  /// Takes `fd`; `name` is what messages call it.
  file(int fd, std::string name) noexcept : fd_(fd), name_(std::move(name)) {}
  file(file&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        allocates_(other.allocates_),
        name_(std::move(other.name_)) {}
  file& operator=(file&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(allocates_, other.allocates_);
    std::swap(name_, other.name_);
    return *this;
  }
  /// Closes; an error goes to the error handler.
  ~file();

  bool is_open() const noexcept { return fd_ >= 0; }
  int descriptor() const noexcept { return fd_; }
  const std::string& name() const noexcept { return name_; }
  void set_name(std::string name) noexcept { name_ = std::move(name); }

  file_system_traits file_system() const;
  /// file_system_traits::hides_pages; false where the kernel does not say.
  bool hides_pages() const noexcept;
  /// Has the file system promise that overwriting what is allocated never runs out of space, where
  /// it has to be asked to and `copy_on_write` does not forbid it; true if it then does. Throws
  /// `error`. REQUIRES: an empty file.
  bool guarantee_space(bool copy_on_write) const;
  bool is_regular() const;
  std::uint64_t size_bytes() const;
  /// What the file takes on the disk (st_blocks), holes not counted.
  std::uint64_t allocated_bytes() const;

  /// Allocates [old_size, new_size) and extends the file. Strong guarantee: whatever a failed
  /// attempt took is given back. Where the file system cannot allocate, zeros are written.
  /// Throws `error`: ENOSPC, EDQUOT, EFBIG (also instead of the SIGXFSZ of RLIMIT_FSIZE), EIO.
  void extend(std::uint64_t old_size_bytes, std::uint64_t new_size_bytes);
  /// Whether the file system can; where it has said that it cannot, it is not asked again, and
  /// extend() writes zeros.
  enum class allocation : unsigned char { unknown, works, is_refused };
  allocation allocates() const noexcept { return allocates_; }
  /// Throws `error` (ENOSPC) unless `percent` of the file system stay free, for those who are not
  /// root, after an allocation of so many bytes. No call for 0.
  void require_free(std::uint64_t size_bytes, unsigned percent) const;
  /// Cuts the file; the mapped pages behind the cut must not be touched any more.
  void cut(std::uint64_t size_bytes);
  /// Allocates what holes [offset, offset + size) has; the size of the file stays. Throws `error`.
  void fill_holes(std::uint64_t offset_bytes, std::uint64_t size_bytes);
  /// Reads up to `size_bytes`, fewer only at the end of the file; returns how many. Throws `error`.
  std::size_t read(void* data, std::size_t size_bytes, std::uint64_t offset_bytes) const;
  /// Writes all of it or throws `error`.
  void write(const void* data, std::size_t size_bytes, std::uint64_t offset_bytes);
  /// Writes zeros over [offset, offset + size) or throws `error`. Beside it another thread may use
  /// everything but set_name() and what replaces the file.
  void write_zeros(std::uint64_t offset_bytes, std::uint64_t size_bytes);

 private:
  int try_extend(std::uint64_t old_size_bytes, std::uint64_t new_size_bytes) noexcept;

  int fd_ = -1;
  allocation allocates_ = allocation::unknown;
  std::string name_;
};

}  // namespace detail
}  // namespace mapvec::inline v0_1
