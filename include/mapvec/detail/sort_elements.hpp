// SPDX-License-Identifier: MIT
//
// Sorting the elements of a storage: in memory where they fit into it, else through a temporary
// file. What is compared, and how, is the element_sorter's.
#pragma once

#include <cstddef>

#include <mapvec/budget.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/storage.hpp>
#include <mapvec/temporary.hpp>

namespace mapvec::inline v0_1::detail {

struct sort_resources {
  std::size_t memory_bytes;
  std::size_t threads;
  const segment_builder& temporary;
};

/// memory_bytes as options mean it: 0 is the limit of `budget`, if it has one, or half of what is
/// available.
MAPVEC_API std::size_t memory_for_sorting(std::size_t asked_bytes,
                                          const memory_budget& budget) noexcept;

/// Sorts the first `used_bytes`, where they are. Throws `error`, and what the sorter and the watch
/// throw: the elements are then in any order, but all there, unless the temporary file cannot be
/// read any more; in that case the storage has failed.
MAPVEC_API void sort_elements(storage& held, std::size_t used_bytes, const element_sorter& sorter,
                              const sort_resources& resources, sort_watch& watch);
/// The same into `result`, an empty storage of a temporary vector. False where they are sorted
/// already: then nothing is done.
MAPVEC_API bool sort_elements(const storage& held, storage& result, element_layout layout,
                              std::size_t used_bytes, const element_sorter& sorter,
                              const sort_resources& resources, sort_watch& watch);

}  // namespace mapvec::inline v0_1::detail
