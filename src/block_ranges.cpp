// SPDX-License-Identifier: MIT
#include "block_ranges.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

block_ranges::block_ranges(std::uintptr_t first, std::size_t size_bytes) {
  ranges_[first].size_bytes = size_bytes;
  free_.insert({size_bytes, first});
}

/// The smallest range of the few that are hardly large enough, where one is aligned; else one in
/// which there is room for any alignment. All are looked at only where there is none.
block_ranges::free_ranges::iterator block_ranges::find(std::size_t size_bytes,
                                                       std::size_t alignment) const {
  const auto has_room = [&](const free_range& each) {
    return round_up(each.first, alignment) - each.first <= each.size_bytes - size_bytes;
  };
  auto at = free_.lower_bound({size_bytes, 0});
  for (int looked_at = 0; looked_at < 16 && at != free_.end(); ++looked_at, ++at) {
    if (has_room(*at)) return at;
  }
  const auto roomy = free_.lower_bound({saturating_add(size_bytes, alignment), 0});
  return roomy != free_.end() ? roomy : std::find_if(at, free_.end(), has_room);
}

std::uintptr_t block_ranges::take(std::size_t size_bytes, std::size_t alignment) {
  MAPVEC_ASSERT(size_bytes != 0);
  MAPVEC_ASSERT(std::has_single_bit(alignment));
  const auto found = find(size_bytes, alignment);
  if (found == free_.end()) return 0;
  const auto [found_bytes, first] = *found;
  const std::uintptr_t block = round_up(first, alignment);
  const std::size_t front_bytes = block - first;
  const std::size_t back_bytes = found_bytes - front_bytes - size_bytes;

  // All that may throw comes first, elsewhere.
  decltype(ranges_) made;
  free_ranges left;
  if (front_bytes != 0) {
    made[block];
    left.insert({front_bytes, first});
  }
  if (back_bytes != 0) {
    made[block + size_bytes].size_bytes = back_bytes;
    left.insert({back_bytes, block + size_bytes});
  }

  if (front_bytes != 0) ranges_.find(first)->second.size_bytes = front_bytes;
  ranges_.merge(made);
  range& taken = ranges_.find(block)->second;
  taken.size_bytes = size_bytes;
  taken.node = free_.extract(found);
  free_.merge(left);
  used_bytes_ += size_bytes;
  return block;
}

void block_ranges::give_back(std::uintptr_t block) noexcept {
  auto freed = ranges_.find(block);
  MAPVEC_ASSERT(freed != ranges_.end() && !freed->second.node.empty());
  free_ranges::node_type node = std::move(freed->second.node);
  used_bytes_ -= freed->second.size_bytes;

  const auto next = std::next(freed);
  if (next != ranges_.end() && next->second.node.empty()) {
    freed->second.size_bytes += next->second.size_bytes;
    free_.erase({next->second.size_bytes, next->first});
    ranges_.erase(next);
  }
  if (freed != ranges_.begin()) {
    const auto before = std::prev(freed);
    if (before->second.node.empty()) {
      free_.erase({before->second.size_bytes, before->first});
      before->second.size_bytes += freed->second.size_bytes;
      ranges_.erase(freed);
      freed = before;
    }
  }
  node.value() = {freed->second.size_bytes, freed->first};
  free_.insert(std::move(node));
}

}  // namespace mapvec::inline v0_1::detail
