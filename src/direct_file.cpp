// SPDX-License-Identifier: MIT
#include "direct_file.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include <mapvec/region.hpp>

#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

int open_again(int fd, direct_file::purpose what) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  const int access = what == direct_file::purpose::reading ? O_RDONLY : O_RDWR;
  return sys::open(path.c_str(), access | O_DIRECT | O_CLOEXEC, 0);
}

/// All of it; 0 or an errno, `at_end` where the file ends before `needed_bytes`.
template <class Move>
int move_all(std::size_t size_bytes, std::size_t needed_bytes, int at_end, Move move) noexcept {
  std::size_t done = 0;
  while (done < needed_bytes) {
    const std::int64_t moved = move(done, size_bytes - done);
    if (moved < 0) return static_cast<int>(-moved);
    if (moved == 0) return at_end;
    done += static_cast<std::size_t>(moved);
  }
  return 0;
}

int write_all(int fd, const std::byte* from, std::uint64_t offset_bytes,
              std::size_t size_bytes) noexcept {
  return move_all(size_bytes, size_bytes, ENOSPC, [&](std::size_t done, std::size_t left) {
    return sys::pwrite(fd, from + done, left, offset_bytes + done);
  });
}

}  // namespace

region direct_memory(std::size_t size_bytes) {
  region made = region::reserve_memory(size_bytes, size_bytes, size_bytes);
  sys::madvise(made.data(), size_bytes, MADV_HUGEPAGE);
  sys::madvise(made.data(), size_bytes, MADV_DONTFORK);
  return made;
}

direct_file::direct_file(int fd, purpose what) : fd_(fd) {
  const int opened = open_again(fd, what);
  if (opened >= 0) direct_ = file(opened, {});
  goes_through_cache_ = opened < 0;
}

/// Lets go of what this brought into the cache; of whole folios only, and one of 2 MiB may have
/// begun before.
void direct_file::drop(std::uint64_t offset_bytes, std::size_t size_bytes) const noexcept {
  const std::uint64_t first = offset_bytes - std::min<std::uint64_t>(offset_bytes, huge_page_bytes);
  sys::fadvise_dontneed(fd_, first, offset_bytes + size_bytes - first);
}

/// move(fd), which moves all and returns 0 or an errno; once more through the cache where EINVAL
/// says that this disk or file system wants another alignment, or cannot do without its cache.
template <class Move>
int direct_file::move_past_cache(Move move) noexcept {
  const bool was_direct = !goes_through_cache_;
  const int failed = move(was_direct ? direct_.descriptor() : fd_);
  if (failed != EINVAL || !was_direct) return failed;
  goes_through_cache_ = true;
  return move(fd_);
}

int direct_file::read(std::byte* into, std::uint64_t offset_bytes, std::size_t size_bytes,
                      std::size_t needed_bytes) noexcept {
  const int failed = move_past_cache([&](int fd) {
    return move_all(size_bytes, needed_bytes, EIO, [&](std::size_t done, std::size_t left) {
      return sys::pread(fd, into + done, left, offset_bytes + done);
    });
  });
  if (goes_through_cache_) drop(offset_bytes, size_bytes);
  return failed;
}

int direct_file::write(const std::byte* from, std::uint64_t offset_bytes,
                       std::size_t size_bytes) noexcept {
  const int failed =
      move_past_cache([&](int fd) { return write_all(fd, from, offset_bytes, size_bytes); });
  if (failed != 0 || !goes_through_cache_) return failed;
  return write_back(offset_bytes, size_bytes);
}

/// Nothing else bounds what piles up in the cache, and an error would be told to nobody.
int direct_file::write_back(std::uint64_t offset_bytes, std::size_t size_bytes) const noexcept {
  const int failed = -sys::sync_file_range(
      fd_, offset_bytes, size_bytes,
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  drop(offset_bytes, size_bytes);
  return failed;
}

int direct_file::write_part(const std::byte* from, std::uint64_t offset_bytes,
                            std::size_t size_bytes) noexcept {
  return write_all(fd_, from, offset_bytes, size_bytes);
}

int direct_file::write_through_cache(const std::byte* from, std::uint64_t offset_bytes,
                                     std::size_t size_bytes) noexcept {
  if (size_bytes == 0) return 0;
  const int failed = write_part(from, offset_bytes, size_bytes);
  return failed != 0 ? failed : write_back(offset_bytes, size_bytes);
}

int direct_file::write_range(const std::byte* from, std::uint64_t offset_bytes,
                             std::size_t size_bytes) noexcept {
  const std::size_t before =
      std::min<std::size_t>(round_up(offset_bytes, direct_bytes) - offset_bytes, size_bytes);
  const std::size_t whole = round_down(size_bytes - before, direct_bytes);
  const std::size_t behind = size_bytes - before - whole;
  MAPVEC_ASSERT(whole == 0 || reinterpret_cast<std::uintptr_t>(from + before) % direct_bytes == 0);
  int failed = whole == 0 ? 0 : write(from + before, offset_bytes + before, whole);
  if (failed != 0) failed = write_through_cache(from + before, offset_bytes + before, whole);
  // Behind the whole pages: else these would be written while their neighbours are dirty.
  const int failed_before = write_through_cache(from, offset_bytes, before);
  const int failed_behind =
      write_through_cache(from + before + whole, offset_bytes + before + whole, behind);
  if (failed == 0) failed = failed_before;
  return failed != 0 ? failed : failed_behind;
}

}  // namespace mapvec::inline v0_1::detail
