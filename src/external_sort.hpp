// SPDX-License-Identifier: MIT
//
// Sorting through a temporary file, see sort_plan.hpp for how.
#pragma once

#include <cstddef>
#include <string>

#include <mapvec/detail/block_reader.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/temporary.hpp>

#include "sort_plan.hpp"

namespace mapvec::inline v0_1::detail {

/// Sorts the elements of `source` into `result`, which may be the same. Makes and allocates the
/// temporary file before anything else.
///
/// Throws `error`, and what the sorter and the watch throw. If the files are the same, the elements
/// are then back in it, in some order; `is_lost` is set where that was impossible, too.
void sort_through_file(const stored_bytes& source, const stored_bytes& result,
                       const sort_plan& plan, const element_sorter& sorter,
                       const segment_builder& builder, sort_watch& watch, bool& is_lost);

}  // namespace mapvec::inline v0_1::detail
