// SPDX-License-Identifier: MIT
//
// Reading elements from end to end, to see whether they are sorted, or because they are.
#pragma once

#include <cstddef>

#include <mapvec/detail/block_reader.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/sort_watch.hpp>

namespace mapvec::detail {

/// Blocks of whole elements. One element may take more than there is memory.
block_reader elements_of(const stored_bytes& source, std::size_t element_bytes,
                         std::size_t memory_bytes);

/// Ends at the first two elements that are not in order: of random ones, that is at once.
/// REQUIRES: there is one.
bool is_sorted(const stored_bytes& source, const element_sorter& sorter, std::size_t memory_bytes,
               const sort_watch& watch);

}  // namespace mapvec::detail
