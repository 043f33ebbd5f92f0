// SPDX-License-Identifier: MIT
//
// libosmium's vector in a file, as its node location index uses it. It grows by a million elements
// at a time, and fills them. Its own temporary files are always in /tmp; it takes a descriptor,
// too.
#pragma once

#include <osmium/index/detail/mmap_vector_file.hpp>

#include "bench_directory.hpp"

namespace peers {

struct osmium_file : owned_file {
  osmium_file() : owned_file(unnamed_file()) {}
};

// A base class, so that the descriptor is there before the vector and goes after it.
template <class T>
class osmium_vector : osmium_file, public osmium::detail::mmap_vector_file<T> {
 public:
  osmium_vector() : osmium::detail::mmap_vector_file<T>(fd()) {}
};

}  // namespace peers
