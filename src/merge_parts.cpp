// SPDX-License-Identifier: MIT
#include "merge_parts.hpp"

#include <algorithm>
#include <utility>

namespace mapvec::inline v0_1::detail {

std::size_t count_before(const run_piece& piece, const std::byte* element, std::size_t run,
                         const element_sorter& sorter) {
  return sorter.count_before(piece.elements, element,
                             piece.run < run ? bound::up_to_equal : bound::below);
}

namespace {

/// Cuts at the middle of the longest piece; returns what comes before, and leaves the rest. Both
/// have elements. REQUIRES: part.count >= 2.
merge_part cut_front(merge_part& part, const element_sorter& sorter) {
  MAPVEC_ASSERT(part.count >= 2);
  const auto& longest = *std::ranges::max_element(
      part.pieces, {}, [](const run_piece& piece) { return piece.elements.count; });
  const std::size_t middle = longest.elements.count / 2;
  const std::size_t run = longest.run;
  const std::size_t element_bytes = sorter.element_bytes();
  const std::byte* const element = longest.elements.first + middle * element_bytes;
  merge_part front;
  merge_part rest;
  for (const run_piece& each : part.pieces) {
    const std::size_t cut = each.run == run ? middle : count_before(each, element, run, sorter);
    run_piece piece = each;
    piece.elements.count = cut;
    front.add(piece);
    piece.elements = {each.elements.first + cut * element_bytes, each.elements.count - cut};
    rest.add(piece);
  }
  if (front.count == 0) {
    // All pieces have one element, and this one is the first of all.
    const auto own = std::ranges::find(rest.pieces, run, &run_piece::run);
    front.add(*own);
    rest.pieces.erase(own);
    --rest.count;
  }
  part = std::move(rest);
  return front;
}

}  // namespace

void cut_last(std::vector<merge_part>& parts, std::size_t most_elements,
              const element_sorter& sorter) {
  MAPVEC_ASSERT(!parts.empty() && most_elements >= 1);
  while (parts.back().count > most_elements) {
    merge_part front = cut_front(parts.back(), sorter);
    parts.push_back(std::move(front));
  }
}

std::size_t merged_at_once(std::size_t element_bytes) noexcept {
  return std::max<std::size_t>(merged_at_once_bytes / element_bytes, 1);
}

void merge(const merge_part& part, std::byte* out, std::byte* scratch,
           const element_sorter& sorter) {
  std::vector<merge_part> left;
  std::vector<sorted_piece> pieces;
  for (left.push_back(part); !left.empty(); left.pop_back()) {
    cut_last(left, merged_at_once(sorter.element_bytes()), sorter);
    pieces.clear();
    for (const run_piece& each : left.back().pieces) pieces.push_back(each.elements);
    sorter.merge(pieces, out, scratch);
    out += left.back().count * sorter.element_bytes();
  }
}

}  // namespace mapvec::inline v0_1::detail
