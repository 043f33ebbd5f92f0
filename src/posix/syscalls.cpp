// SPDX-License-Identifier: MIT
#include "syscalls.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mapvec::inline v0_1::sys {
namespace {

template <class Call>
auto retry_on_interrupt(Call call) noexcept {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result < 0 ? -errno : result;
}

int result_of(int result) noexcept { return result < 0 ? -errno : result; }

struct descriptor_link {
  explicit descriptor_link(int fd) noexcept {
    std::snprintf(text, sizeof text, "/proc/self/fd/%d", fd);
  }
  char text[32];
};

off_t as_offset(std::uint64_t offset) noexcept { return static_cast<off_t>(offset); }

}  // namespace

int open(const char* path, int flags, unsigned mode) noexcept {
  return retry_on_interrupt([&] { return ::open(path, flags, mode); });
}

int close(int fd) noexcept { return result_of(::close(fd)); }

int fstat(int fd, struct stat& result) noexcept { return result_of(::fstat(fd, &result)); }

int lstat(const char* path, struct stat& result) noexcept {
  return result_of(::lstat(path, &result));
}

int stat_path(const char* path, struct stat& result) noexcept {
  return result_of(::stat(path, &result));
}

int fstatfs(int fd, struct statfs& result) noexcept {
  return retry_on_interrupt([&] { return ::fstatfs(fd, &result); });
}

int set_no_copy_on_write(int fd) noexcept {
  int flags = 0;
  const int failed = result_of(::ioctl(fd, FS_IOC_GETFLAGS, &flags));
  if (failed != 0) return failed;
  flags |= FS_NOCOW_FL;
  return result_of(::ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

int link_descriptor(int fd, const char* path) noexcept {
  const descriptor_link source(fd);
  return result_of(::linkat(AT_FDCWD, source.text, AT_FDCWD, path, AT_SYMLINK_FOLLOW));
}

int descriptor_path(int fd, char* buffer, std::size_t size_bytes) noexcept {
  const ssize_t size = ::readlink(descriptor_link(fd).text, buffer, size_bytes);
  if (size < 0) return -errno;
  if (static_cast<std::size_t>(size) == size_bytes) return -ENAMETOOLONG;
  buffer[size] = 0;
  return 0;
}

int link(const char* from, const char* to) noexcept { return result_of(::link(from, to)); }

int rename(const char* from, const char* to, unsigned flags) noexcept {
  return result_of(::renameat2(AT_FDCWD, from, AT_FDCWD, to, flags));
}

int unlink(const char* path) noexcept { return result_of(::unlink(path)); }

int fchmod(int fd, unsigned mode) noexcept { return result_of(::fchmod(fd, mode)); }

unsigned file_mode_mask() noexcept {
  constexpr unsigned private_mask = 077;  // where nobody tells
  const int fd = sys::open("/proc/self/status", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return private_mask;
  char text[512] = {};  // the second line
  const auto size = retry_on_interrupt([&] { return ::read(fd, text, sizeof text - 1); });
  ::close(fd);
  const char* mask = size > 0 ? std::strstr(text, "Umask:") : nullptr;
  return mask != nullptr ? static_cast<unsigned>(std::strtoul(mask + 6, nullptr, 8)) : private_mask;
}

int mkdir(const char* path, unsigned mode) noexcept { return result_of(::mkdir(path, mode)); }

int getcwd(char* buffer, std::size_t size_bytes) noexcept {
  return ::getcwd(buffer, size_bytes) == nullptr ? -errno : 0;
}

std::int64_t getdents(int directory_fd, void* buffer, std::size_t size_bytes) noexcept {
  const ssize_t result = ::getdents64(directory_fd, buffer, size_bytes);
  return result < 0 ? -errno : result;
}

int lock(int fd, short kind, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
  struct flock range{};
  range.l_type = kind;
  range.l_whence = SEEK_SET;
  range.l_start = as_offset(offset);
  range.l_len = as_offset(size_bytes);
  return result_of(::fcntl(fd, F_OFD_SETLK, &range));
}

int fallocate(int fd, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
  return retry_on_interrupt(
      [&] { return ::fallocate(fd, 0, as_offset(offset), as_offset(size_bytes)); });
}

int ftruncate(int fd, std::uint64_t size_bytes) noexcept {
  return retry_on_interrupt([&] { return ::ftruncate(fd, as_offset(size_bytes)); });
}

std::int64_t pwrite(int fd, const void* data, std::size_t size_bytes,
                    std::uint64_t offset) noexcept {
  return retry_on_interrupt([&] { return ::pwrite(fd, data, size_bytes, as_offset(offset)); });
}

std::int64_t pread(int fd, void* data, std::size_t size_bytes, std::uint64_t offset) noexcept {
  return retry_on_interrupt([&] { return ::pread(fd, data, size_bytes, as_offset(offset)); });
}

int clone_blocks(int fd, int source_fd) noexcept {
  return result_of(::ioctl(fd, FICLONE, source_fd));
}

int fdatasync(int fd) noexcept {
  return retry_on_interrupt([&] { return ::fdatasync(fd); });
}

int fsync(int fd) noexcept {
  return retry_on_interrupt([&] { return ::fsync(fd); });
}

int sync_file_range(int fd, std::uint64_t offset, std::uint64_t size_bytes,
                    unsigned flags) noexcept {
  return result_of(::sync_file_range(fd, as_offset(offset), as_offset(size_bytes), flags));
}

int fadvise_dontneed(int fd, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
  // posix_fadvise returns the error number instead of setting errno.
  return -::posix_fadvise(fd, as_offset(offset), as_offset(size_bytes), POSIX_FADV_DONTNEED);
}

std::intptr_t mmap(void* address, std::size_t size_bytes, int protection, int flags, int fd,
                   std::uint64_t offset) noexcept {
  void* result = ::mmap(address, size_bytes, protection, flags, fd, as_offset(offset));
  return result == MAP_FAILED ? -errno : reinterpret_cast<std::intptr_t>(result);
}

int munmap(void* address, std::size_t size_bytes) noexcept {
  return result_of(::munmap(address, size_bytes));
}

std::intptr_t mremap(void* address, std::size_t old_size_bytes, std::size_t new_size_bytes,
                     int flags, void* new_address) noexcept {
  void* result = ::mremap(address, old_size_bytes, new_size_bytes, flags, new_address);
  return result == MAP_FAILED ? -errno : reinterpret_cast<std::intptr_t>(result);
}

int mprotect(void* address, std::size_t size_bytes, int protection) noexcept {
  return result_of(::mprotect(address, size_bytes, protection));
}

int madvise(void* address, std::size_t size_bytes, int advice) noexcept {
  return result_of(::madvise(address, size_bytes, advice));
}

int mincore(void* address, std::size_t size_bytes, unsigned char* pages) noexcept {
  return result_of(::mincore(address, size_bytes, pages));
}

int cachestat(int fd, cache_pages& result) noexcept {
  constexpr long number = 451;  // on all machines; newer than the headers of glibc may be
  struct {
    std::uint64_t offset;
    std::uint64_t size_bytes;
  } whole{0, 0};
  return result_of(static_cast<int>(::syscall(number, fd, &whole, &result, 0)));
}

void pause_briefly() noexcept { ::usleep(1000); }

int getrandom(void* data, std::size_t size_bytes) noexcept {
  // Up to 256 bytes come whole or not at all (getrandom(2)).
  const auto result = retry_on_interrupt([&] { return ::getrandom(data, size_bytes, 0); });
  return result < 0 ? static_cast<int>(result) : 0;
}

std::uint64_t resource_limit(int resource) noexcept {
  struct rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0 ||
      limit.rlim_cur == RLIM_INFINITY) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return limit.rlim_cur;
}

namespace {

/// The beginning of a small file, as a string; false where it cannot be read.
template <std::size_t Size>
bool read_text(const char* path, char (&text)[Size]) noexcept {
  const int fd = sys::open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto size = retry_on_interrupt([&] { return ::read(fd, text, Size - 1); });
  ::close(fd);
  text[std::max<ssize_t>(size, 0)] = 0;
  return size > 0;
}

/// The limit of the group of version 1 or 2 that /proc/self/cgroup names; UINT64_MAX without one.
std::uint64_t group_limit_bytes() noexcept {
  constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  char groups[4096];
  if (!read_text("/proc/self/cgroup", groups)) return none;
  char path[4300];
  if (char* const group = std::strstr(groups, ":memory:"); group != nullptr) {
    *::strchrnul(group, '\n') = 0;
    std::snprintf(path, sizeof path, "/sys/fs/cgroup/memory%s/memory.limit_in_bytes", group + 8);
  } else if (char* const unified = std::strstr(groups, "0::"); unified != nullptr) {
    *::strchrnul(unified, '\n') = 0;
    std::snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", unified + 3);
  } else {
    return none;
  }
  // Within a container the path may be that of the machine outside.
  const bool is_first = std::strstr(path, "/memory/") != nullptr;
  const char* const own =
      is_first ? "/sys/fs/cgroup/memory/memory.limit_in_bytes" : "/sys/fs/cgroup/memory.max";
  char limit[64];
  if (!(read_text(path, limit) || read_text(own, limit)) || limit[0] < '0' || limit[0] > '9')
    return none;  // "max"
  return std::strtoull(limit, nullptr, 10);
}

}  // namespace

std::uint64_t mapped_address_bytes() noexcept {
  char text[128];
  if (!read_text("/proc/self/statm", text)) return 0;
  return std::strtoull(text, nullptr, 10) * page_bytes();
}

std::uint64_t available_memory_bytes() noexcept {
  char text[1024];
  if (!read_text("/proc/meminfo", text)) return 0;
  const char* const line = std::strstr(text, "MemAvailable:");
  const std::uint64_t free_kib = line == nullptr ? 0 : std::strtoull(line + 13, nullptr, 10);
  return std::min(free_kib * 1024, group_limit_bytes());
}

std::size_t page_bytes() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::size_t usable_processors() noexcept {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  const int failed = ::sched_getaffinity(0, sizeof(usable), &usable);
  return failed == 0 ? static_cast<std::size_t>(CPU_COUNT(&usable)) : 1;
}

}  // namespace mapvec::inline v0_1::sys
