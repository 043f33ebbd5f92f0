// SPDX-License-Identifier: MIT
//
// Blocks of up to 64 KiB, cut from larger ones: multiples of 8 bytes up to 64, then four sizes to
// each doubling, of which at most a fifth is lost. What is given back is used for the next
// block of that size; the larger blocks are nobody's but theirs. Thread-safe, with a lock for each
// size.
//
// Not std::pmr's pools: GCC 12's do not align 24 bytes to 16, and where what they take their memory
// from throws in the wrong moment they crash at the next allocation. On a full disk that would be
// the end of the program.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <mutex>
#include <new>

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
  /// changes nothing here.
  template <class TakeLarge>
  void* take(std::size_t size_bytes, std::size_t alignment, TakeLarge take_large) {
    const std::size_t index = index_of(size_bytes, alignment);
    const std::size_t block_bytes = size_of(index);
    size_class& from = classes_[index];
    const std::lock_guard hold(from.mutex);
    if (from.freed != nullptr) {
      free_block* const block = from.freed;
      from.freed = block->next;
      return block;
    }
    if (from.left_bytes < block_bytes) {
      const std::size_t large_bytes = next_large_bytes(from.large_bytes, block_bytes);
      from.next = static_cast<std::byte*>(take_large(large_bytes));
      from.left_bytes = from.large_bytes = large_bytes;
    }
    from.left_bytes -= block_bytes;
    std::byte* const block = from.next;
    from.next += block_bytes;
    return block;
  }

  /// REQUIRES: what take() gave for the same size and alignment.
  void give_back(void* block, std::size_t size_bytes, std::size_t alignment) noexcept {
    size_class& from = classes_[index_of(size_bytes, alignment)];
    const std::lock_guard hold(from.mutex);
    from.freed = ::new (block) free_block{from.freed};
  }

 private:
  struct free_block {
    free_block* next;
  };
  struct size_class {
    std::mutex mutex;
    free_block* freed = nullptr;
    std::byte* next = nullptr;    // what is not cut yet of the newest large block
    std::size_t left_bytes = 0;   // of it
    std::size_t large_bytes = 0;  // what it was
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
