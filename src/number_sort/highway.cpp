// SPDX-License-Identifier: MIT
//
// By Highway's vqsort: a quicksort in the widest vectors that the processor has, found out at run
// time. Four to six times as fast as std::sort with AVX2 (docs/performance.md).
#include "number_sort.hpp"

#include <hwy/contrib/sort/vqsort.h>

namespace mapvec::inline v0_1::detail::number_sort {

const bool is_faster_than_merging = true;

void sort(std::uint16_t* numbers, std::size_t count) noexcept {
  hwy::Sorter()(numbers, count, hwy::SortAscending());
}
void sort(std::uint32_t* numbers, std::size_t count) noexcept {
  hwy::Sorter()(numbers, count, hwy::SortAscending());
}
void sort(std::uint64_t* numbers, std::size_t count) noexcept {
  hwy::Sorter()(numbers, count, hwy::SortAscending());
}

}  // namespace mapvec::inline v0_1::detail::number_sort
