// SPDX-License-Identifier: MIT
//
// libosmium's vector in a file, as its node location index uses it. It grows by a million elements
// at a time, and fills them. Its own temporary files are always in /tmp; it takes a descriptor,
// too.
#pragma once

#include <unistd.h>
#include <osmium/index/detail/mmap_vector_file.hpp>

#include "bench_directory.hpp"

namespace peers {

class file_descriptor {
 public:
  file_descriptor() : fd_(unnamed_file()) {}
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  ~file_descriptor() { ::close(fd_); }
  int get() const { return fd_; }

 private:
  int fd_;
};

// A base class, so that the descriptor is there before the vector and goes after it.
template <class T>
class osmium_vector : file_descriptor, public osmium::detail::mmap_vector_file<T> {
 public:
  osmium_vector() : osmium::detail::mmap_vector_file<T>(get()) {}
};

}  // namespace peers
