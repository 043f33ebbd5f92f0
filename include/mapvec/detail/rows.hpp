// SPDX-License-Identifier: MIT
//
// The rows of an array of shape (N, width) whose width is known at run time only.
#pragma once

#include <compare>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <span>

namespace mapvec::inline v0_1::detail {

/// Goes over rows of `width` elements from `first` on. Owns nothing.
template <class T>
class row_iterator {
  struct held_row {  // what -> needs, for lack of a span in memory
    std::span<T> row;
    const std::span<T>* operator->() const noexcept { return &row; }
  };

 public:
  using value_type = std::span<T>;
  using difference_type = std::ptrdiff_t;
  using reference = std::span<T>;
  using pointer = held_row;
  // Before C++20 no iterator that makes its values was more than an input iterator. As one of those
  // std::distance would walk, std::prev and std::lower_bound would be lost or slow, and nothing
  // would be gained: a span that was copied out of a row refers to the same elements.
  using iterator_category = std::random_access_iterator_tag;

  row_iterator() noexcept = default;
  row_iterator(T* first, difference_type width) noexcept : first_(first), width_(width) {}

  reference operator*() const noexcept { return {first_, static_cast<std::size_t>(width_)}; }
  pointer operator->() const noexcept { return {**this}; }
  reference operator[](difference_type count) const noexcept { return *(*this + count); }

  row_iterator& operator+=(difference_type count) noexcept {
    first_ += count * width_;
    return *this;
  }
  row_iterator& operator-=(difference_type count) noexcept { return *this += -count; }
  row_iterator& operator++() noexcept { return *this += 1; }
  row_iterator& operator--() noexcept { return *this -= 1; }
  row_iterator operator++(int) noexcept { return ++*this - 1; }
  row_iterator operator--(int) noexcept { return --*this + 1; }
  friend row_iterator operator+(row_iterator at, difference_type count) { return at += count; }
  friend row_iterator operator+(difference_type count, row_iterator at) { return at += count; }
  friend row_iterator operator-(row_iterator at, difference_type count) { return at -= count; }
  friend difference_type operator-(const row_iterator& left, const row_iterator& right) noexcept {
    return (left.first_ - right.first_) / left.width_;
  }
  friend auto operator<=>(const row_iterator&, const row_iterator&) = default;

 private:
  T* first_ = nullptr;
  difference_type width_ = 1;  // never 0
};

/// A random access range of the rows as spans; elements behind the last whole row are left out.
/// Owns nothing: valid as long as `elements` is.
template <class T>
auto rows_of(std::span<T> elements, std::size_t width) noexcept {
  const row_iterator<T> first(elements.data(), static_cast<std::ptrdiff_t>(width));
  const std::size_t count = elements.size() / width;
  return std::ranges::subrange(first, first + static_cast<std::ptrdiff_t>(count));
}

}  // namespace mapvec::inline v0_1::detail
