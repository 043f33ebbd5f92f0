// SPDX-License-Identifier: MIT
//
// Reading elements that are to be sorted: many at once, or from end to end, to see whether they are
// sorted, or because they are.
#pragma once

#include <cstddef>

#include <mapvec/budget.hpp>
#include <mapvec/detail/block_reader.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/sort_watch.hpp>

#include "direct_file.hpp"
#include "sort_plan.hpp"

namespace mapvec::inline v0_1::detail {

/// Blocks of whole elements. One element may take more than there is memory.
block_reader elements_of(const stored_bytes& source, std::size_t element_bytes,
                         std::size_t memory_bytes);
/// What that takes: at most what it may, and 8 MiB; more where elements are larger.
std::size_t memory_of_reading(std::size_t size_bytes, std::size_t element_bytes,
                              std::size_t memory_bytes) noexcept;
/// Copies all elements to `to`, which has `memory_bytes`, in pieces for which that leaves room.
/// Does not leave those of the source in memory. Throws `error`.
void copy_elements(const stored_bytes& source, std::size_t element_bytes, std::size_t memory_bytes,
                   std::byte* to, const sort_watch& watch);

/// Reads `size_bytes` behind pages.inside to the same place in `into`, which has room for the
/// pages. What is in memory is copied: the disk would have to be brought up to date first. Throws
/// `error`.
void load(const stored_bytes& source, direct_file& from, const page_range& pages,
          std::size_t size_bytes, std::byte* into);

/// Ends at the first two elements that are not in order: of random ones, that is at once.
/// REQUIRES: there is one.
bool is_sorted(const stored_bytes& source, const element_sorter& sorter, std::size_t memory_bytes,
               const memory_budget& budget, const sort_watch& watch);

}  // namespace mapvec::inline v0_1::detail
