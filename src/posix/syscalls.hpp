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
#include <sys/statfs.h>

namespace mapvec::inline v0_1 {

/// What the page cache has of a file, in pages: struct cachestat of linux/mman.h.
struct cache_pages {
  std::uint64_t cached = 0;
  std::uint64_t dirty = 0;
  std::uint64_t writing_back = 0;
  std::uint64_t evicted = 0;
  std::uint64_t recently_evicted = 0;
};

namespace sys {

/// Retried on EINTR (a slow file system can be interrupted).
int open(const char* path, int flags, unsigned mode) noexcept;
/// Never retried: Linux frees the descriptor even when close is interrupted, and a retry could
/// close another thread's file.
int close(int fd) noexcept;
int fstat(int fd, struct stat& result) noexcept;
/// Does not follow a symbolic link.
int lstat(const char* path, struct stat& result) noexcept;
/// stat(2): follows symbolic links.
int stat_path(const char* path, struct stat& result) noexcept;
/// Retried on EINTR.
int fstatfs(int fd, struct statfs& result) noexcept;
/// Sets FS_NOCOW_FL; only an empty file of btrfs takes it.
int set_no_copy_on_write(int fd) noexcept;
/// Gives the file a name; fails with EEXIST rather than replace one. Goes through /proc/self/fd,
/// which needs no privilege.
int link_descriptor(int fd, const char* path) noexcept;
/// A second name for a file that has one.
int link(const char* from, const char* to) noexcept;
/// `flags` as for renameat2(2); RENAME_NOREPLACE is -EINVAL where the file system lacks it.
int rename(const char* from, const char* to, unsigned flags) noexcept;
int unlink(const char* path) noexcept;
/// The name the open file has now (readlink of /proc/self/fd), with its final NUL; -ENAMETOOLONG if
/// the buffer is too small. A file without a name has " (deleted)" at the end of its last one.
int descriptor_path(int fd, char* buffer, std::size_t size_bytes) noexcept;
int fchmod(int fd, unsigned mode) noexcept;
/// The umask, read without changing it, from /proc/self/status; 077 where that is unreadable.
unsigned file_mode_mask() noexcept;
int mkdir(const char* path, unsigned mode) noexcept;
/// 0 or -errno; `buffer` then holds the path with its final NUL.
int getcwd(char* buffer, std::size_t size_bytes) noexcept;
/// Fills `buffer` with directory entries (struct linux_dirent64); 0 at the end.
std::int64_t getdents(int directory_fd, void* buffer, std::size_t size_bytes) noexcept;
/// Sets an open-file-description lock on a range (to the end of all files where `size_bytes` is 0),
/// without waiting: -EAGAIN or -EACCES when somebody else's is in the way. The kernel drops it when
/// the last descriptor closes. `kind` is F_RDLCK, F_WRLCK or F_UNLCK.
int lock(int fd, short kind, std::uint64_t offset, std::uint64_t size_bytes) noexcept;

/// Mode 0: allocates and extends. Retried on EINTR; what is already allocated stays so.
int fallocate(int fd, std::uint64_t offset, std::uint64_t size_bytes) noexcept;
/// Retried on EINTR.
int ftruncate(int fd, std::uint64_t size_bytes) noexcept;
/// May write less than asked. Retried on EINTR.
std::int64_t pwrite(int fd, const void* data, std::size_t size_bytes,
                    std::uint64_t offset) noexcept;
/// May read less than asked; 0 at the end. Retried on EINTR.
std::int64_t pread(int fd, void* data, std::size_t size_bytes, std::uint64_t offset) noexcept;
/// Shares the blocks of `source_fd` (ioctl FICLONE): -EOPNOTSUPP where the file system cannot.
int clone_blocks(int fd, int source_fd) noexcept;
/// Waits until data and size are on the disk. Reports a write-back error once, and the next call
/// returns 0 though the data are gone. Only storage and what creates files call it. Retried on
/// EINTR, before which nothing is reported.
int fdatasync(int fd) noexcept;
/// The same for all of the file's metadata, and for directories.
int fsync(int fd) noexcept;
/// Waits until the range is on its way to the disk and back, and reports its errors once: the next
/// call returns 0. Only storage calls this, and direct_file, whose callers write again what is
/// lost.
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
/// Of all of the file. -ENOSYS before Linux 6.5.
int cachestat(int fd, cache_pages& result) noexcept;

/// Gives other threads and processes a millisecond.
void pause_briefly() noexcept;
/// 0 or -errno. Retried on EINTR.
int getrandom(void* data, std::size_t size_bytes) noexcept;
/// The soft limit of RLIMIT_AS or RLIMIT_FSIZE; UINT64_MAX where there is none.
std::uint64_t resource_limit(int resource) noexcept;
/// Bytes of address space the process has mapped, from /proc/self/statm; 0 where that is
/// unreadable.
std::uint64_t mapped_address_bytes() noexcept;
std::size_t page_bytes() noexcept;
/// That the calling thread may run on; 1 where that cannot be asked.
std::size_t usable_processors() noexcept;
/// What a program may use without pushing others out: MemAvailable of /proc/meminfo, or the limit
/// of the control group the process is in (its own, not those above) where that is less. 0 where
/// the former is unreadable.
std::uint64_t available_memory_bytes() noexcept;

}  // namespace sys
}  // namespace mapvec::inline v0_1
