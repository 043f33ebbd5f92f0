// SPDX-License-Identifier: MIT
//
// To and from std::vector, in one call each:
//
//   v.append_range(numbers);                          // vector and file_vector, by pwrite
//   std::vector<int> copy = mapvec::to_std_vector(v);  // of a file_view, too
//
//  - Invalidation: none.
//  - Cost: linear in the elements; what is not in memory is read from the file by threads that run
//    ahead, as blocks() does, past the page cache.
#pragma once

#include <vector>

#include <mapvec/blocks.hpp>
#include <mapvec/config.hpp>

namespace mapvec::inline v0_1 {

/// All elements in memory of the heap. Throws std::bad_alloc where the heap does not give so much,
/// and what blocks() throws.
template <class Vector>
std::vector<typename Vector::value_type> to_std_vector(const Vector& v) {
  std::vector<typename Vector::value_type> copy;
  copy.reserve(v.size());
  for (const auto block : blocks(v)) copy.insert(copy.end(), block.begin(), block.end());
  return copy;
}

}  // namespace mapvec::inline v0_1
