// SPDX-License-Identifier: MIT
//
// mapvec::real_sys: the functions of mapvec::sys that reach the kernel (real_syscalls.cpp), for
// files that see both names.
#pragma once

#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::real_sys {

int open(const char* path, int flags, unsigned mode) noexcept;
int close(int fd) noexcept;
int fstat(int fd, struct stat& result) noexcept;
int lstat(const char* path, struct stat& result) noexcept;
int stat_path(const char* path, struct stat& result) noexcept;
int fstatfs(int fd, struct statfs& result) noexcept;
int set_no_copy_on_write(int fd) noexcept;
int link_descriptor(int fd, const char* path) noexcept;
int link(const char* from, const char* to) noexcept;
int rename(const char* from, const char* to, unsigned flags) noexcept;
int unlink(const char* path) noexcept;
int descriptor_path(int fd, char* buffer, std::size_t size_bytes) noexcept;
int fchmod(int fd, unsigned mode) noexcept;
unsigned file_mode_mask() noexcept;
int mkdir(const char* path, unsigned mode) noexcept;
int getcwd(char* buffer, std::size_t size_bytes) noexcept;
std::int64_t getdents(int directory_fd, void* buffer, std::size_t size_bytes) noexcept;
int lock(int fd, short kind, std::uint64_t offset, std::uint64_t size_bytes) noexcept;
int fallocate(int fd, std::uint64_t offset, std::uint64_t size_bytes) noexcept;
int ftruncate(int fd, std::uint64_t size_bytes) noexcept;
std::int64_t pwrite(int fd, const void* data, std::size_t size_bytes,
                    std::uint64_t offset) noexcept;
std::int64_t pread(int fd, void* data, std::size_t size_bytes, std::uint64_t offset) noexcept;
int clone_blocks(int fd, int source_fd) noexcept;
int fdatasync(int fd) noexcept;
int fsync(int fd) noexcept;
int sync_file_range(int fd, std::uint64_t offset, std::uint64_t size_bytes,
                    unsigned flags) noexcept;
int fadvise_dontneed(int fd, std::uint64_t offset, std::uint64_t size_bytes) noexcept;
std::intptr_t mmap(void* address, std::size_t size_bytes, int protection, int flags, int fd,
                   std::uint64_t offset) noexcept;
int munmap(void* address, std::size_t size_bytes) noexcept;
std::intptr_t mremap(void* address, std::size_t old_size_bytes, std::size_t new_size_bytes,
                     int flags, void* new_address) noexcept;
int mprotect(void* address, std::size_t size_bytes, int protection) noexcept;
int madvise(void* address, std::size_t size_bytes, int advice) noexcept;
int mincore(void* address, std::size_t size_bytes, unsigned char* pages) noexcept;
int cachestat(int fd, cache_pages& result) noexcept;
void pause_briefly() noexcept;
int getrandom(void* data, std::size_t size_bytes) noexcept;
std::uint64_t resource_limit(int resource) noexcept;
std::uint64_t mapped_address_bytes() noexcept;
std::size_t page_bytes() noexcept;
std::size_t usable_processors() noexcept;
std::uint64_t available_memory_bytes() noexcept;

}  // namespace mapvec::inline v0_1::real_sys
