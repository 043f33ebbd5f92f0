// SPDX-License-Identifier: MIT
//
// mapvec::sys as the tests link it: each function describes its call, lets the observers answer in
// place of the kernel, and else passes it on.
#include "support/instrumented_syscalls.hpp"

#include <algorithm>
#include <utility>

#include "support/observers.hpp"
#include "support/real_syscalls.hpp"

namespace mapvec::inline v0_1::sys {
namespace {

using test::call;
using test::call_record;

/// `real()` unless an observer answers; `failed()` then does what the kernel does on a failure.
template <class Real, class Failed>
auto pass_on(call_record record, Real real, Failed failed) -> decltype(real()) {
  if (!test::detail::somebody_observes()) return real();
  const std::optional<int> answer = test::detail::ask_observers(record);
  record.injected = answer.has_value();
  if (answer) {
    failed();
    record.result = -*answer;
  } else {
    record.result = static_cast<std::int64_t>(real());
  }
  test::detail::tell_observers(record);
  return static_cast<decltype(real())>(record.result);
}

template <class Real>
auto pass_on(call_record record, Real real) -> decltype(real()) {
  return pass_on(std::move(record), real, [] {});
}

std::uintptr_t number(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

}  // namespace

int open(const char* path, int flags, unsigned mode) noexcept {
  return pass_on({.what = call::open, .flags = flags, .path = path},
                 [&] { return real_sys::open(path, flags, mode); });
}

int close(int fd) noexcept {
  return pass_on(
      {.what = call::close, .fd = fd}, [&] { return real_sys::close(fd); },
      [&] { real_sys::close(fd); });
}

int fstat(int fd, struct stat& result) noexcept {
  return pass_on({.what = call::fstat, .fd = fd}, [&] { return real_sys::fstat(fd, result); });
}

int lstat(const char* path, struct stat& result) noexcept {
  return pass_on({.what = call::lstat, .path = path},
                 [&] { return real_sys::lstat(path, result); });
}

int stat_path(const char* path, struct stat& result) noexcept {
  return pass_on({.what = call::stat_path, .path = path},
                 [&] { return real_sys::stat_path(path, result); });
}

int fstatfs(int fd, struct statfs& result) noexcept {
  return pass_on({.what = call::fstatfs, .fd = fd}, [&] { return real_sys::fstatfs(fd, result); });
}

int set_no_copy_on_write(int fd) noexcept {
  return pass_on({.what = call::set_no_copy_on_write, .fd = fd},
                 [&] { return real_sys::set_no_copy_on_write(fd); });
}

int link_descriptor(int fd, const char* path) noexcept {
  return pass_on({.what = call::link_descriptor, .fd = fd, .path = path},
                 [&] { return real_sys::link_descriptor(fd, path); });
}

int link(const char* from, const char* to) noexcept {
  return pass_on({.what = call::link, .path = to}, [&] { return real_sys::link(from, to); });
}

int rename(const char* from, const char* to, unsigned flags) noexcept {
  return pass_on({.what = call::rename, .flags = static_cast<int>(flags), .path = to},
                 [&] { return real_sys::rename(from, to, flags); });
}

int unlink(const char* path) noexcept {
  return pass_on(
      {.what = call::unlink, .path = path}, [&] { return real_sys::unlink(path); },
      [&] { test::detail::note_failed_unlink(path); });
}

int descriptor_path(int fd, char* buffer, std::size_t size_bytes) noexcept {
  return pass_on({.what = call::descriptor_path, .fd = fd},
                 [&] { return real_sys::descriptor_path(fd, buffer, size_bytes); });
}

int fchmod(int fd, unsigned mode) noexcept {
  return pass_on({.what = call::fchmod, .fd = fd, .flags = static_cast<int>(mode)},
                 [&] { return real_sys::fchmod(fd, mode); });
}

unsigned file_mode_mask() noexcept { return real_sys::file_mode_mask(); }

int mkdir(const char* path, unsigned mode) noexcept {
  return pass_on({.what = call::mkdir, .path = path}, [&] { return real_sys::mkdir(path, mode); });
}

int getcwd(char* buffer, std::size_t size_bytes) noexcept {
  return pass_on({.what = call::getcwd, .size_bytes = size_bytes},
                 [&] { return real_sys::getcwd(buffer, size_bytes); });
}

std::int64_t getdents(int directory_fd, void* buffer, std::size_t size_bytes) noexcept {
  return pass_on({.what = call::getdents, .fd = directory_fd, .size_bytes = size_bytes},
                 [&] { return real_sys::getdents(directory_fd, buffer, size_bytes); });
}

int lock(int fd, short kind, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
  return pass_on({.what = call::lock,
                  .fd = fd,
                  .offset = offset,
                  .size_bytes = size_bytes,
                  .flags = static_cast<int>(kind)},
                 [&] { return real_sys::lock(fd, kind, offset, size_bytes); });
}

int fallocate(int fd, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
  return pass_on(
      {.what = call::fallocate, .fd = fd, .offset = offset, .size_bytes = size_bytes},
      [&] { return real_sys::fallocate(fd, offset, size_bytes); },
      [&] { real_sys::fallocate(fd, offset, std::max<std::uint64_t>(size_bytes / 2, 1)); });
}

int ftruncate(int fd, std::uint64_t size_bytes) noexcept {
  return pass_on({.what = call::ftruncate, .fd = fd, .size_bytes = size_bytes},
                 [&] { return real_sys::ftruncate(fd, size_bytes); });
}

std::int64_t pwrite(int fd, const void* data, std::size_t size_bytes,
                    std::uint64_t offset) noexcept {
  const std::size_t most_bytes = std::min(size_bytes, test::detail::write_limit_bytes());
  return pass_on({.what = call::pwrite, .fd = fd, .offset = offset, .size_bytes = size_bytes}, [&] {
    const test::detail::late_write written;
    return real_sys::pwrite(fd, data, most_bytes, offset);
  });
}

std::int64_t pread(int fd, void* data, std::size_t size_bytes, std::uint64_t offset) noexcept {
  const std::size_t most_bytes = std::min(size_bytes, test::detail::write_limit_bytes());
  return pass_on({.what = call::pread,
                  .fd = fd,
                  .address = number(data),
                  .offset = offset,
                  .size_bytes = size_bytes},
                 [&] { return real_sys::pread(fd, data, most_bytes, offset); });
}

int clone_blocks(int fd, int source_fd) noexcept {
  return pass_on({.what = call::clone_blocks, .fd = fd},
                 [&] { return real_sys::clone_blocks(fd, source_fd); });
}

int fdatasync(int fd) noexcept {
  return pass_on({.what = call::fdatasync, .fd = fd}, [&] { return real_sys::fdatasync(fd); });
}

int fsync(int fd) noexcept {
  return pass_on({.what = call::fsync, .fd = fd}, [&] { return real_sys::fsync(fd); });
}

int sync_file_range(int fd, std::uint64_t offset, std::uint64_t size_bytes,
                    unsigned flags) noexcept {
  return pass_on({.what = call::sync_file_range,
                  .fd = fd,
                  .offset = offset,
                  .size_bytes = size_bytes,
                  .flags = static_cast<int>(flags)},
                 [&] { return real_sys::sync_file_range(fd, offset, size_bytes, flags); });
}

int fadvise_dontneed(int fd, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
  return pass_on(
      {.what = call::fadvise_dontneed, .fd = fd, .offset = offset, .size_bytes = size_bytes},
      [&] { return real_sys::fadvise_dontneed(fd, offset, size_bytes); });
}

std::intptr_t mmap(void* address, std::size_t size_bytes, int protection, int flags, int fd,
                   std::uint64_t offset) noexcept {
  return pass_on({.what = call::mmap,
                  .fd = fd,
                  .address = number(address),
                  .offset = offset,
                  .size_bytes = size_bytes,
                  .flags = flags},
                 [&] {
                   const std::intptr_t result =
                       real_sys::mmap(address, size_bytes, protection, flags, fd, offset);
                   if (result < 0 && result > -4096) return result;
                   test::detail::note_mapped(static_cast<std::uintptr_t>(result), size_bytes);
                   return result;
                 });
}

int munmap(void* address, std::size_t size_bytes) noexcept {
  return pass_on(
      {.what = call::munmap, .address = number(address), .size_bytes = size_bytes},
      [&] {
        const int result = real_sys::munmap(address, size_bytes);
        if (result == 0) test::detail::note_unmapped(number(address), size_bytes);
        return result;
      },
      [&] { test::detail::note_failed_unmap(number(address), size_bytes); });
}

std::intptr_t mremap(void* address, std::size_t old_size_bytes, std::size_t new_size_bytes,
                     int flags, void* new_address) noexcept {
  return pass_on({.what = call::mremap,
                  .address = number(address),
                  .offset = number(new_address),
                  .size_bytes = new_size_bytes,
                  .flags = flags},
                 [&] {
                   const std::intptr_t result = real_sys::mremap(
                       address, old_size_bytes, new_size_bytes, flags, new_address);
                   if (result < 0 && result > -4096) return result;
                   test::detail::note_unmapped(number(address), old_size_bytes);
                   test::detail::note_mapped(static_cast<std::uintptr_t>(result), new_size_bytes);
                   return result;
                 });
}

int mprotect(void* address, std::size_t size_bytes, int protection) noexcept {
  return pass_on({.what = call::mprotect,
                  .address = number(address),
                  .size_bytes = size_bytes,
                  .flags = protection},
                 [&] { return real_sys::mprotect(address, size_bytes, protection); });
}

int madvise(void* address, std::size_t size_bytes, int advice) noexcept {
  return pass_on({.what = call::madvise,
                  .address = number(address),
                  .size_bytes = size_bytes,
                  .flags = advice},
                 [&] {
                   const int result = real_sys::madvise(address, size_bytes, advice);
                   if (advice == MADV_REMOVE) test::detail::after_removal();
                   return result;
                 });
}

int mincore(void* address, std::size_t size_bytes, unsigned char* pages) noexcept {
  return pass_on({.what = call::mincore, .address = number(address), .size_bytes = size_bytes},
                 [&] { return real_sys::mincore(address, size_bytes, pages); });
}

int cachestat(int fd, cache_pages& result) noexcept {
  return pass_on({.what = call::cachestat, .fd = fd},
                 [&] { return real_sys::cachestat(fd, result); });
}

void pause_briefly() noexcept { real_sys::pause_briefly(); }

int getrandom(void* data, std::size_t size_bytes) noexcept {
  return pass_on({.what = call::getrandom, .size_bytes = size_bytes},
                 [&] { return real_sys::getrandom(data, size_bytes); });
}

std::uint64_t resource_limit(int resource) noexcept {
  return pass_on({.what = call::resource_limit, .flags = resource},
                 [&] { return real_sys::resource_limit(resource); });
}

std::uint64_t mapped_address_bytes() noexcept {
  const std::uint64_t result = pass_on({.what = call::mapped_address_bytes},
                                       [&] { return real_sys::mapped_address_bytes(); });
  // This one has no errno: it says 0 where the answer is unknown.
  return static_cast<std::int64_t>(result) < 0 ? 0 : result;
}

std::size_t page_bytes() noexcept { return real_sys::page_bytes(); }

std::size_t usable_processors() noexcept { return real_sys::usable_processors(); }

std::uint64_t available_memory_bytes() noexcept { return real_sys::available_memory_bytes(); }

}  // namespace mapvec::inline v0_1::sys
