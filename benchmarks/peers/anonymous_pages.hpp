// SPDX-License-Identifier: MIT
//
// Reserved anonymous memory of huge pages with a size beside it: no vector can read faster, so it
// is the limit for reading in memory. Whether the pages are huge is up to the machine's setting.
#pragma once

#include <cstddef>

#include <sys/mman.h>

#include "bench_directory.hpp"

namespace peers {

template <class T>
class anonymous_pages {
 public:
  explicit anonymous_pages(expected_size expected) : bytes_(expected.bytes + huge_page_bytes) {
    void* address = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(address != MAP_FAILED, "map");
    data_ = static_cast<T*>(address);
    ::madvise(address, bytes_, MADV_HUGEPAGE);
  }
  anonymous_pages(const anonymous_pages&) = delete;
  anonymous_pages& operator=(const anonymous_pages&) = delete;
  ~anonymous_pages() { ::munmap(data_, bytes_); }

  void push_back(const T& value) { data_[size_++] = value; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& operator[](std::size_t position) const { return data_[position]; }

 private:
  static constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace peers
