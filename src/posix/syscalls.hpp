// SPDX-License-Identifier: MIT
//
// The kernel as the library sees it, and the only code that calls it. One function per system
// call: the result, or -errno; EINTR is retried where retrying is right, and the comment says so.
// Tests link another definition of these functions, which counts, records and fails them.
#pragma once

#include <cstddef>
#include <cstdint>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace mapvec::sys {

/// Retried on EINTR (a slow file system can be interrupted).
int open(const char* path, int flags, unsigned mode) noexcept;
/// Never retried: Linux frees the descriptor even when close is interrupted, and a retry could
/// close another thread's file.
int close(int fd) noexcept;
int fstat(int fd, struct stat& result) noexcept;
/// Does not follow a symbolic link.
int lstat(const char* path, struct stat& result) noexcept;
/// The file system's magic number (statfs(2)) in `magic`. Retried on EINTR.
int fstatfs(int fd, std::uint64_t& magic) noexcept;
/// Sets FS_NOCOW_FL; only an empty file of btrfs takes it.
int set_no_copy_on_write(int fd) noexcept;
/// Gives the file a name; fails with EEXIST rather than replace one. Goes through /proc/self/fd,
/// which needs no privilege.
int link_descriptor(int fd, const char* path) noexcept;
int unlink(const char* path) noexcept;
int mkdir(const char* path, unsigned mode) noexcept;
/// 0 or -errno; `buffer` then holds the path with its final NUL.
int getcwd(char* buffer, std::size_t size_bytes) noexcept;
/// Fills `buffer` with directory entries (struct linux_dirent64); 0 at the end.
std::int64_t getdents(int directory_fd, void* buffer, std::size_t size_bytes) noexcept;
/// An exclusive open-file-description lock on the whole file, without waiting: -EAGAIN or -EACCES
/// when somebody else holds it. The kernel drops it when the last descriptor closes.
int lock_exclusively(int fd) noexcept;

/// Mode 0: allocates and extends. Retried on EINTR; what is already allocated stays so.
int fallocate(int fd, std::uint64_t offset, std::uint64_t size_bytes) noexcept;
/// Retried on EINTR.
int ftruncate(int fd, std::uint64_t size_bytes) noexcept;
/// May write less than asked. Retried on EINTR.
std::int64_t pwrite(int fd, const void* data, std::size_t size_bytes,
                    std::uint64_t offset) noexcept;
/// Waits until the range is on its way to the disk and back, and reports its errors once: the next
/// call returns 0. Only storage calls this.
int sync_file_range(int fd, std::uint64_t offset, std::uint64_t size_bytes,
                    unsigned flags) noexcept;
int fadvise_dontneed(int fd, std::uint64_t offset, std::uint64_t size_bytes) noexcept;

/// The address, or -errno (no address is in the last page).
std::intptr_t mmap(void* address, std::size_t size_bytes, int protection, int flags, int fd,
                   std::uint64_t offset) noexcept;
int munmap(void* address, std::size_t size_bytes) noexcept;
std::intptr_t mremap(void* address, std::size_t old_size_bytes, std::size_t new_size_bytes,
                     int flags, void* new_address) noexcept;
int mprotect(void* address, std::size_t size_bytes, int protection) noexcept;
/// Not retried: MADV_POPULATE_WRITE reports EINTR only when the process is being killed.
int madvise(void* address, std::size_t size_bytes, int advice) noexcept;
int mincore(void* address, std::size_t size_bytes, unsigned char* pages) noexcept;

/// 0 or -errno. Retried on EINTR.
int getrandom(void* data, std::size_t size_bytes) noexcept;
/// The soft limit of RLIMIT_AS or RLIMIT_FSIZE; UINT64_MAX where there is none.
std::uint64_t resource_limit(int resource) noexcept;
/// Bytes of address space the process has mapped, from /proc/self/statm; 0 where that is
/// unreadable.
std::uint64_t mapped_address_bytes() noexcept;
std::size_t page_bytes() noexcept;

}  // namespace mapvec::sys
