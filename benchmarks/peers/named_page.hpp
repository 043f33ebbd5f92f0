// SPDX-License-Identifier: MIT
//
// The smallest vector in a file, as written by hand: a named file of one page, mapped, one element
// stored, unmapped and unlinked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench_directory.hpp"

namespace peers {

class named_page {
 public:
  explicit named_page(std::uint64_t serial)
      : path_(bench_directory() + "/page-" + std::to_string(serial)) {
    const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    require(fd >= 0, "create a file");
    require(::ftruncate(fd, size_bytes) == 0, "extend");
    void* address = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    require(address != MAP_FAILED, "map");
    ::close(fd);
    data_ = static_cast<std::uint64_t*>(address);
  }
  named_page(const named_page&) = delete;
  named_page& operator=(const named_page&) = delete;
  ~named_page() {
    ::munmap(data_, size_bytes);
    ::unlink(path_.c_str());
  }

  std::uint64_t* data() { return data_; }

 private:
  static constexpr std::size_t size_bytes = 4096;

  std::string path_;
  std::uint64_t* data_ = nullptr;
};

}  // namespace peers
