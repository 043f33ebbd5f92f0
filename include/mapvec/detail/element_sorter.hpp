// SPDX-License-Identifier: MIT
//
// What sorting in files has to know of the elements: element_sorter, which works on pieces of some
// hundred KiB and more, so that its calls cost nothing. The files are external_sort.cpp's and
// run_merge.cpp's. Elements are their bytes here (trivially copyable).
//
// All functions are called by several threads at once, and may throw what comparing throws.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <mapvec/config.hpp>
#include <mapvec/detail/rank.hpp>
#include <mapvec/detail/sort_watch.hpp>

namespace mapvec::inline v0_1::detail {

/// Sorted elements in memory.
struct sorted_piece {
  const std::byte* first = nullptr;
  std::size_t count = 0;
};

/// What comes before an element in the order of a merge.
enum class bound : unsigned char {
  below,        ///< what is less
  up_to_equal,  ///< what is not greater
};

class MAPVEC_API element_sorter {
 public:
  /// What an element takes, and what sort() and merge() use beyond for each: memory that is passed
  /// to them, and memory that they allocate.
  struct sizes {
    std::size_t element_bytes;
    std::size_t scratch_bytes = 0;
    std::size_t heap_bytes = 0;
  };

  explicit element_sorter(sizes bytes) noexcept : sizes_(bytes) {}
  element_sorter(const element_sorter&) = delete;
  element_sorter& operator=(const element_sorter&) = delete;
  virtual ~element_sorter();

  const sizes& bytes() const noexcept { return sizes_; }
  std::size_t element_bytes() const noexcept { return sizes_.element_bytes; }

  virtual bool less(const std::byte* left, const std::byte* right) const = 0;
  virtual bool is_sorted(const std::byte* first, std::size_t count) const = 0;
  /// Turns around `count` elements each of which is greater than the next, or does nothing and
  /// returns false.
  virtual bool reverse_if_descending(std::byte* first, std::size_t count) const = 0;
  /// Sorts `count` elements, in place or into the scratch memory; returns where they are.
  std::byte* sort(std::byte* first, std::size_t count, std::byte* scratch) const;
  /// How many of a sorted piece come before `element`.
  virtual std::size_t count_before(sorted_piece piece, const std::byte* element,
                                   bound which) const = 0;
  /// Merges the pieces, none of them empty, into `out`. Of equal elements those of earlier pieces
  /// come first.
  virtual void merge(std::span<const sorted_piece> pieces, std::byte* out,
                     std::byte* scratch) const = 0;

  /// True if there is a sort_in_place().
  virtual bool sorts_in_place() const noexcept { return false; }
  /// Without any memory beyond the elements. After an exception they are there, in any order.
  /// REQUIRES: sorts_in_place().
  virtual void sort_in_place(std::byte* first, std::size_t count, std::size_t threads,
                             sort_watch& watch) const;

 private:
  /// For what is in no order.
  virtual std::byte* sort_any(std::byte* first, std::size_t count, std::byte* scratch) const = 0;

  sizes sizes_;
};

template <class T, class Less>
bool reverse_if_descending(T* first, T* last, const Less& less) {
  const auto is_not_less = [&](const T& left, const T& right) { return !less(right, left); };
  if (std::adjacent_find(first, last, is_not_less) != last) return false;
  std::reverse(first, last);
  return true;
}

/// For numbers. What is equal is the same, so it is as good as stable but for zeros of two signs.
MAPVEC_API std::unique_ptr<element_sorter> make_number_sorter(number_order order);

/// In ascending order, by the fastest sort of numbers that the library was built with.
MAPVEC_API void sort_numbers(std::uint64_t* numbers, std::size_t count) noexcept;

}  // namespace mapvec::inline v0_1::detail
