// SPDX-License-Identifier: MIT
//
// Dividing a merge: what is to be merged is cut, across all its sorted pieces, into parts that can
// be merged apart from each other, on several threads, because all of one part comes before all of
// the next.
#pragma once

#include <cstddef>
#include <vector>

#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

/// What is merged at once: it stays in the processor's cache.
inline constexpr std::size_t merged_at_once_bytes = 256 * KiB;

/// A sorted piece of a run. Among equal elements, those of earlier runs come first.
struct run_piece {
  sorted_piece elements;
  std::size_t run;
  std::size_t buffer = 0;  // where they are, for whoever keeps count of its users
};

/// Pieces of different runs, in the order of the runs, none empty.
struct merge_part {
  std::vector<run_piece> pieces;
  std::size_t count = 0;  ///< elements of all

  void add(const run_piece& piece) {
    if (piece.elements.count == 0) return;
    pieces.push_back(piece);
    count += piece.elements.count;
  }
};

/// How many elements of a piece come before `element` of run `run`, which is not of that piece.
std::size_t count_before(const run_piece& piece, const std::byte* element, std::size_t run,
                         const element_sorter& sorter);

/// Cuts the last of the parts until it has no more than `most_elements`; what is cut off lies
/// before it. REQUIRES: !parts.empty() and most_elements >= 1.
void cut_last(std::vector<merge_part>& parts, std::size_t most_elements,
              const element_sorter& sorter);

/// Most elements that are merged at once: the scratch memory is for so many.
std::size_t merged_at_once(std::size_t element_bytes) noexcept;

/// Merges all of a part.
void merge(const merge_part& part, std::byte* out, std::byte* scratch,
           const element_sorter& sorter);

}  // namespace mapvec::inline v0_1::detail
