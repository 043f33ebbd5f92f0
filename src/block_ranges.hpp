// SPDX-License-Identifier: MIT
//
// Which addresses of a range are taken by blocks. The smallest free range that is large enough is
// taken first, so that what is free stays together; neighbours that are free become one. Giving
// back needs no memory: each block keeps the node that it will need then. Logarithmic in the number
// of blocks, but linear for what is aligned when hardly any room is left. Not thread-safe.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

namespace mapvec::inline v0_1::detail {

class block_ranges {
 public:
  /// All of [first, first + size_bytes) is free. Throws std::bad_alloc.
  block_ranges(std::uintptr_t first, std::size_t size_bytes);

  /// Where the block begins, a multiple of `alignment`; 0 where there is no room. Throws
  /// std::bad_alloc, and takes nothing then. REQUIRES: size_bytes != 0, a power of two.
  std::uintptr_t take(std::size_t size_bytes, std::size_t alignment);
  /// REQUIRES: what take() returned.
  void give_back(std::uintptr_t block) noexcept;

  std::size_t used_bytes() const noexcept { return used_bytes_; }

 private:
  /// By size. A type of our own, so that the trees of it are not exported.
  struct free_range {
    std::size_t size_bytes;
    std::uintptr_t first;
    friend auto operator<=>(const free_range&, const free_range&) = default;
  };
  using free_ranges = std::set<free_range>;
  struct range {
    std::size_t size_bytes = 0;
    free_ranges::node_type node{};  // a block's; that of a free range is in free_
  };

  free_ranges::iterator find(std::size_t size_bytes, std::size_t alignment) const;

  std::map<std::uintptr_t, range> ranges_;  // by where they begin; no gap in between
  free_ranges free_;
  std::size_t used_bytes_ = 0;
};

}  // namespace mapvec::inline v0_1::detail
