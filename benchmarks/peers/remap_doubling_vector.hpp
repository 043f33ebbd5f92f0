// SPDX-License-Identifier: MIT
//
// The vector in a file as libraries commonly write it: when it is full, twice the file size by
// ftruncate, munmap, mmap. Elements move with every growth and a full disk is a signal; both make
// it simpler and none of it slower, so it is a fair peer for speed. With allocation::fallocate the
// blocks are allocated instead, so that a full disk is an error.
#pragma once

#include <cstddef>
#include <type_traits>

#include <sys/mman.h>
#include <unistd.h>

#include "bench_directory.hpp"

namespace peers {

template <class T, allocation How = allocation::sparse>
class remap_doubling_vector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;

  remap_doubling_vector() : fd_(unnamed_file()) {}
  remap_doubling_vector(const remap_doubling_vector&) = delete;
  remap_doubling_vector& operator=(const remap_doubling_vector&) = delete;
  ~remap_doubling_vector() {
    if (data_ != nullptr) ::munmap(data_, capacity_ * sizeof(T));
    ::close(fd_);
  }

  T* data() { return data_; }
  std::size_t size() const { return size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& operator[](std::size_t position) const { return data_[position]; }

  void push_back(const T& value) {
    if (size_ == capacity_) [[unlikely]]
      grow();
    data_[size_++] = value;
  }

 private:
  [[gnu::noinline]] void grow() {
    const std::size_t capacity = capacity_ == 0 ? 4096 / sizeof(T) : 2 * capacity_;
    extend(fd_, How, capacity_ * sizeof(T), capacity * sizeof(T));
    if (data_ != nullptr) ::munmap(data_, capacity_ * sizeof(T));
    void* address =
        ::mmap(nullptr, capacity * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    require(address != MAP_FAILED, "map");
    data_ = static_cast<T*>(address);
    capacity_ = capacity;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  int fd_ = -1;
};

}  // namespace peers
