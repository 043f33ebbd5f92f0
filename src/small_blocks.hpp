// SPDX-License-Identifier: MIT
//
// Blocks of up to 64 KiB, cut from large ones: multiples of 8 bytes up to 64, then four sizes to
// each doubling, of which at most a fifth is lost. Which blocks of a large one are free is noted
// beside it, a bit for each, on the heap: the blocks are in a file, and freeing one that is on the
// disk must not bring it back. A large block all of which is free goes back, unless it is the only
// one of its size with room. Thread-safe, with a lock for each size.
//
// Not std::pmr's pools: GCC 12's do not align 24 bytes to 16, and where what they take their memory
// from throws in the wrong moment they crash at the next allocation. On a full disk that would be
// the end of the program.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <mapvec/config.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

class small_blocks {
 public:
  static constexpr std::size_t largest_bytes = 64 * KiB;
  static constexpr std::size_t largest_alignment = 4 * KiB;
  static constexpr std::size_t size_count = 7 + 4 * 10;

  static constexpr std::size_t size_of(std::size_t index) noexcept {
    if (index < 7) return 8 * (index + 2);
    const std::size_t doubling = (index - 7) / 4;
    return (64 + 16 * ((index - 7) % 4 + 1)) << doubling;
  }
  /// The smallest size that has room and is a multiple of `alignment`.
  /// REQUIRES: size_bytes <= largest_bytes, alignment <= largest_alignment, a power of two.
  static constexpr std::size_t index_of(std::size_t size_bytes, std::size_t alignment) noexcept {
    MAPVEC_ASSERT(size_bytes <= largest_bytes && alignment <= largest_alignment);
    std::size_t index = 0;
    if (size_bytes > 64) {
      const auto doubling = static_cast<std::size_t>(std::bit_width(size_bytes - 1)) - 7;
      index = 7 + 4 * doubling +
              divide_up(size_bytes - (std::size_t{64} << doubling), std::size_t{16} << doubling) -
              1;
    } else if (size_bytes > 16) {
      index = divide_up(size_bytes, 8) - 2;
    }
    while (size_of(index) % alignment != 0) ++index;
    return index;
  }

  /// Large blocks are of up to `most_large_bytes`, >= 4 * largest_bytes.
  explicit small_blocks(std::size_t most_large_bytes) noexcept
      : most_large_bytes_(most_large_bytes) {
    MAPVEC_ASSERT(most_large_bytes >= 4 * largest_bytes);
  }

  /// `take_large(size_bytes)` gives a large block, aligned to largest_alignment, or throws, which
  /// changes nothing here. Throws std::bad_alloc.
  template <class TakeLarge>
  void* take(std::size_t size_bytes, std::size_t alignment, TakeLarge take_large) {
    const std::size_t index = index_of(size_bytes, alignment);
    const std::size_t block_bytes = size_of(index);
    size_class& from = classes_[index];
    const std::lock_guard hold(from.mutex);
    if (from.with_room == nullptr) {
      const std::size_t bytes = next_large_bytes(from.large_bytes, block_bytes);
      // All that can fail comes before the large block is taken.
      large_blocks made;
      made.try_emplace(nullptr, bytes, bytes / block_bytes);
      auto node = made.extract(made.begin());
      node.key() = static_cast<std::byte*>(take_large(bytes));
      from.large_bytes = bytes;
      from.link(*from.blocks.insert(std::move(node)).position);
    }
    auto& [first, large] = *from.with_room;
    const std::size_t taken = large.take_free();
    if (large.free_count == 0) from.unlink(*from.with_room);
    return first + taken * block_bytes;
  }

  /// `give_back_large(block, size_bytes)` takes back what take_large() gave; under no lock, since
  /// it waits for the file system. REQUIRES: what take() gave for the same size and alignment.
  template <class GiveBackLarge>
  void give_back(void* block, std::size_t size_bytes, std::size_t alignment,
                 GiveBackLarge give_back_large) noexcept {
    const std::size_t index = index_of(size_bytes, alignment);
    auto* const data = static_cast<std::byte*>(block);
    const large_blocks::node_type gone = classes_[index].set_free(data, size_of(index));
    if (!gone.empty()) give_back_large(static_cast<void*>(gone.key()), gone.mapped().bytes);
  }

 private:
  struct large_block;
  using large_blocks = std::map<std::byte*, large_block>;

  /// Of one size. What has room is in a list.
  struct large_block {
    large_block(std::size_t size_bytes, std::size_t block_count)
        : bytes(size_bytes),
          count(block_count),
          free_count(block_count),
          free(divide_up(block_count, 64), ~std::uint64_t{0}) {
      if (count % 64 != 0) free.back() >>= 64 - count % 64;
    }

    /// REQUIRES: free_count != 0.
    std::size_t take_free() noexcept {
      while (free[first_word] == 0) ++first_word;
      std::uint64_t& word = free[first_word];
      const auto bit = static_cast<std::size_t>(std::countr_zero(word));
      word &= word - 1;
      --free_count;
      return 64 * first_word + bit;
    }
    void set_free(std::size_t block) noexcept {
      const std::size_t word = block / 64;
      MAPVEC_ASSERT((free[word] >> block % 64 & 1) == 0);
      free[word] |= std::uint64_t{1} << block % 64;
      ++free_count;
      first_word = std::min(first_word, word);
    }

    const std::size_t bytes;
    const std::size_t count;
    std::size_t free_count;
    std::size_t first_word = 0;  // none before has a free block
    std::vector<std::uint64_t> free;
    large_blocks::value_type* next = nullptr;
    large_blocks::value_type* before = nullptr;
  };

  struct size_class {
    void link(large_blocks::value_type& block) noexcept {
      block.second.next = with_room;
      block.second.before = nullptr;
      if (with_room != nullptr) with_room->second.before = &block;
      with_room = &block;
    }
    void unlink(large_blocks::value_type& block) noexcept {
      large_blocks::value_type* const next = block.second.next;
      large_blocks::value_type* const before = block.second.before;
      (before != nullptr ? before->second.next : with_room) = next;
      if (next != nullptr) next->second.before = before;
    }

    /// The large block that is no longer needed, if any.
    large_blocks::node_type set_free(std::byte* data, std::size_t block_bytes) noexcept {
      const std::lock_guard hold(mutex);
      const auto its = std::prev(blocks.upper_bound(data));
      auto& [first, large] = *its;
      if (large.free_count == 0) link(*its);
      large.set_free(static_cast<std::size_t>(data - first) / block_bytes);
      const bool has_others = with_room != &*its || large.next != nullptr;
      if (large.free_count != large.count || !has_others) return {};
      unlink(*its);
      return blocks.extract(its);
    }

    std::mutex mutex;
    large_blocks blocks;
    large_blocks::value_type* with_room = nullptr;  // the first of the list
    std::size_t large_bytes = 0;                    // of the newest
  };

  /// They double: few blocks take little, many cost few calls.
  std::size_t next_large_bytes(std::size_t before_bytes, std::size_t block_bytes) const noexcept {
    if (before_bytes != 0) return std::min(2 * before_bytes, most_large_bytes_);
    return std::max(round_up(4 * block_bytes, 4 * KiB), 16 * KiB);
  }

  const std::size_t most_large_bytes_;
  std::array<size_class, size_count> classes_;
};

static_assert(small_blocks::size_of(small_blocks::size_count - 1) == small_blocks::largest_bytes);

}  // namespace mapvec::inline v0_1::detail
