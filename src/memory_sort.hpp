// SPDX-License-Identifier: MIT
//
// Sorting what fits into memory.
#pragma once

#include <cstddef>

#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/sort_watch.hpp>

namespace mapvec::inline v0_1::detail {

/// What sort_in_memory() takes for `count` elements, the elements included.
std::size_t memory_sort_bytes(std::size_t count, const element_sorter& sorter,
                              std::size_t threads) noexcept;

/// After an exception the elements are there, in any order.
void sort_in_memory(std::byte* first, std::size_t count, const element_sorter& sorter,
                    std::size_t threads, sort_watch& watch);

}  // namespace mapvec::inline v0_1::detail
