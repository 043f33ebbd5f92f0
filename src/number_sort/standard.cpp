// SPDX-License-Identifier: MIT
//
// By std::sort.
#include "number_sort.hpp"

#include <algorithm>

namespace mapvec::inline v0_1::detail::number_sort {

const bool is_faster_than_merging = false;

void sort(std::uint16_t* numbers, std::size_t count) noexcept {
  std::sort(numbers, numbers + count);
}
void sort(std::uint32_t* numbers, std::size_t count) noexcept {
  std::sort(numbers, numbers + count);
}
void sort(std::uint64_t* numbers, std::size_t count) noexcept {
  std::sort(numbers, numbers + count);
}

}  // namespace mapvec::inline v0_1::detail::number_sort
