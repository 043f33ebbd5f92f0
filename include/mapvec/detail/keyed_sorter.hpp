// SPDX-License-Identifier: MIT
//
// Sorting elements by a key that is a number. Not the elements are sorted but words, each made of
// the first bits of a key and the element's index, so that the fastest sort of numbers can be used,
// and equal keys stay in order for nothing. The elements are then collected in that order; those
// whose keys differ in the bits that had no room are sorted once more.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/rank.hpp>
#include <mapvec/detail/stable_sort.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

template <class T, class Projection>
class keyed_sorter final : public element_sorter {
  using key = std::remove_cvref_t<std::invoke_result_t<Projection&, const T&>>;
  using key_bits = unsigned_as<key>;

 public:
  keyed_sorter(Projection projection, direction way)
      : element_sorter({.element_bytes = sizeof(T),
                        .scratch_bytes = sizeof(T) + word_bytes,
                        .heap_bytes = sizeof(T) / 2 + 1}),
        projection_(std::move(projection)),
        ranks_(order_of<key>(way)) {}

  bool less(const std::byte* left, const std::byte* right) const override {
    return rank(*elements(left)) < rank(*elements(right));
  }
  bool is_sorted(const std::byte* first, std::size_t count) const override {
    return std::is_sorted(elements(first), elements(first) + count, by_rank());
  }
  bool reverse_if_descending(std::byte* first, std::size_t count) const override {
    return detail::reverse_if_descending(elements(first), elements(first) + count, by_rank());
  }
  std::size_t count_before(sorted_piece piece, const std::byte* element,
                           bound which) const override {
    const T* const first = elements(piece.first);
    const std::uint64_t limit = rank(*elements(element));
    const T* const cut = std::partition_point(first, first + piece.count, [&](const T& other) {
      return which == bound::below ? rank(other) < limit : rank(other) <= limit;
    });
    return static_cast<std::size_t>(cut - first);
  }
  /// By sorting, once they lie one behind the other: in the processor's cache, that is no slower
  /// than merging.
  void merge(std::span<const sorted_piece> pieces, std::byte* out,
             std::byte* scratch) const override {
    if (pieces.size() == 1) {
      std::memcpy(out, pieces.front().first, pieces.front().count * sizeof(T));
      return;
    }
    std::byte* end = scratch;
    for (const auto& [first, count] : pieces) {
      std::memcpy(end, first, count * sizeof(T));
      end += count * sizeof(T);
    }
    const auto all_bytes = static_cast<std::size_t>(end - scratch);
    const std::size_t count = all_bytes / sizeof(T);
    if (!sort_into(elements(scratch), count, elements(out), words_behind(scratch, count))) {
      std::memcpy(out, scratch, all_bytes);
    }
  }

 private:
  static constexpr std::size_t word_bytes = sizeof(std::uint64_t);

  /// The sorted elements, then the words: that is what the scratch memory holds.
  std::byte* sort_any(std::byte* first, std::size_t count, std::byte* scratch) const override {
    return sort_into(elements(first), count, elements(scratch), words_behind(scratch, count))
               ? scratch
               : first;
  }

  static T* elements(std::byte* first) noexcept { return reinterpret_cast<T*>(first); }
  static const T* elements(const std::byte* first) noexcept {
    return reinterpret_cast<const T*>(first);
  }
  static std::uint64_t* words_behind(std::byte* scratch, std::size_t count) noexcept {
    const auto end = reinterpret_cast<std::uintptr_t>(scratch + count * sizeof(T));
    return reinterpret_cast<std::uint64_t*>(round_up(end, word_bytes));
  }

  auto by_rank() const {
    return [this](const T& left, const T& right) { return rank(left) < rank(right); };
  }
  std::uint64_t rank(const T& element) const {
    key value = std::invoke(projection_, element);
    if constexpr (std::is_floating_point_v<key>) {
      value += key(0);  // zeros are equal: -0.0 + 0.0 is 0.0
      if (value != value) value = std::numeric_limits<key>::quiet_NaN();  // and so are NaNs
    }
    return ranks_.rank(std::bit_cast<key_bits>(value));
  }

  /// False, and nothing is done, if all keys are equal.
  bool sort_into(const T* first, std::size_t count, T* out, std::uint64_t* words) const {
    std::uint64_t least = ~std::uint64_t{0};
    std::uint64_t greatest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      words[i] = rank(first[i]);
      least = std::min(least, words[i]);
      greatest = std::max(greatest, words[i]);
    }
    if (least >= greatest) return false;
    // The bits in which keys differ come first, as many of them as the index leaves room for.
    const auto index_bits = static_cast<unsigned>(std::bit_width(count - 1));
    const auto unused_bits = static_cast<unsigned>(std::countl_zero(greatest - least));
    const std::uint64_t index_mask = (std::uint64_t{1} << index_bits) - 1;
    for (std::size_t i = 0; i < count; ++i) {
      words[i] = (((words[i] - least) << unused_bits) & ~index_mask) | i;
    }
    sort_numbers(words, count);
    collect(first, words, index_mask, std::span(out, count));
    if (unused_bits < index_bits) sort_ties(out, words, ~index_mask, count);
    return true;
  }

  static void collect(const T* first, const std::uint64_t* words, std::uint64_t index_mask,
                      std::span<T> out) noexcept {
    // So many loads are under way at once; more than the processor has buffers for gain nothing.
    constexpr std::size_t distance = 16;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (i + distance < out.size()) __builtin_prefetch(first + (words[i + distance] & index_mask));
      std::memcpy(out.data() + i, first + (words[i] & index_mask), sizeof(T));
    }
  }

  /// Sorts what has the same bits under `mask`: it is in the order it had.
  void sort_ties(T* out, const std::uint64_t* words, std::uint64_t mask, std::size_t count) const {
    const auto by_rank = [this](const T& left, const T& right) { return rank(left) < rank(right); };
    for (std::size_t first = 0; first + 1 < count;) {
      std::size_t end = first + 1;
      while (end < count && ((words[first] ^ words[end]) & mask) == 0) ++end;
      if (end - first > 1 && !std::is_sorted(out + first, out + end, by_rank)) {
        detail::stable_sort_aligned(out + first, out + end, by_rank);
      }
      first = end;
    }
  }

  mutable Projection projection_;  // like std::sort, we call it as it is
  ranking<key_bits> ranks_;
};

}  // namespace mapvec::inline v0_1::detail
