// SPDX-License-Identifier: MIT
//
// A file that is read and written past the page cache: what goes through memory once need not push
// others out of it. Where the file system or the disk cannot do without its cache, the bytes go
// through it and leave it again. What others have in the cache stays right: the kernel sees to it.
//
// Any number of threads may read and write, different ranges. Does not own the descriptor.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <mapvec/config.hpp>
#include <mapvec/file.hpp>
#include <mapvec/region.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

/// What offsets, sizes and addresses are multiples of: no disk has larger sectors.
inline constexpr std::size_t direct_bytes = 4 * KiB;

/// What is moved at a time. Disks read and write 8 MiB two to four times as fast as 1 MiB, and no
/// faster beyond (docs/performance.md).
inline constexpr std::size_t largest_transfer_bytes = 8 * MiB;
inline constexpr std::size_t smallest_transfer_bytes = 16 * KiB;

/// Memory for what is read and written past the cache, on huge pages where the system has them. A
/// forked child does not have it: a page that is copied because of a fork might not be the one that
/// the disk writes to.
region direct_memory(std::size_t size_bytes);

class direct_file {
 public:
  enum class purpose : unsigned char { reading, writing };

  /// Reads go to all of `fd`, writes too if it is opened for that.
  direct_file(int fd, purpose what);

  /// True once the cache had to be used.
  bool goes_through_cache() const noexcept { return goes_through_cache_; }

  /// Reads up to `size_bytes`; 0, or an errno: EIO where fewer than `needed_bytes` are there.
  /// REQUIRES: offset, size and address are multiples of direct_bytes.
  int read(std::byte* into, std::uint64_t offset_bytes, std::size_t size_bytes,
           std::size_t needed_bytes) noexcept;
  /// 0, or an errno. REQUIRES: as read().
  int write(const std::byte* from, std::uint64_t offset_bytes, std::size_t size_bytes) noexcept;
  /// Writes what is not whole pages, through the cache.
  int write_part(const std::byte* from, std::uint64_t offset_bytes,
                 std::size_t size_bytes) noexcept;
  /// Puts back what something else failed to write: any bytes, of which none is left for the cache
  /// to write. Whole pages go past it; if that fails, once more through it, as their edges do, and
  /// are waited for. 0, or an errno.
  /// REQUIRES: the address has the place in a page that the offset has, unless no page is whole.
  int write_range(const std::byte* from, std::uint64_t offset_bytes,
                  std::size_t size_bytes) noexcept;

 private:
  template <class Move>
  int move_past_cache(Move move) noexcept;
  int write_through_cache(const std::byte* from, std::uint64_t offset_bytes,
                          std::size_t size_bytes) noexcept;
  int write_back(std::uint64_t offset_bytes, std::size_t size_bytes) const noexcept;
  void drop(std::uint64_t offset_bytes, std::size_t size_bytes) const noexcept;

  int fd_;
  file direct_;  // the same file again
  std::atomic<bool> goes_through_cache_;
};

}  // namespace mapvec::inline v0_1::detail
