// SPDX-License-Identifier: MIT
//
// boost::container::vector in the heap of a Boost.Interprocess managed_mapped_file. Such a file
// cannot grow while it is mapped, so it gets room for the vector and for the copies of its growth
// at once; it is sparse, so that room costs nothing. The name goes when the vector does.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include <unistd.h>
#include <boost/container/vector.hpp>
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/managed_mapped_file.hpp>

#include "bench_directory.hpp"

namespace peers {

template <class T>
class boost_mapped_vector {
  using segment = boost::interprocess::managed_mapped_file;
  using allocator = boost::interprocess::allocator<T, segment::segment_manager>;
  using vector = boost::container::vector<T, allocator>;

 public:
  using value_type = T;

  explicit boost_mapped_vector(expected_size expected)
      : path_(bench_directory() + "/boost-" + std::to_string(::getpid())),
        segment_((::unlink(path_.c_str()), boost::interprocess::create_only), path_.c_str(),
                 4 * expected.bytes + (std::size_t{1} << 20)),
        vector_(*segment_.construct<vector>("vector")(segment_.get_segment_manager())) {
    ::unlink(path_.c_str());
  }

  void push_back(const T& value) { vector_.push_back(value); }
  template <class Range>
  void append_range(const Range& range) {
    vector_.insert(vector_.end(), range.begin(), range.end());
  }
  void reserve(std::size_t count) { vector_.reserve(count); }
  auto begin() const { return vector_.cbegin(); }
  auto end() const { return vector_.cend(); }
  const T& operator[](std::size_t position) const { return vector_[position]; }

 private:
  std::string path_;
  segment segment_;
  vector& vector_;
};

}  // namespace peers
