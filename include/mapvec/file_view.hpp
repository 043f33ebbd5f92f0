// SPDX-License-Identifier: MIT
//
// `file_view`: the elements of a `.npy` file, for reading. Any number of views in any number of
// processes, beside one writer. refresh() follows a file that grows; elements never move. What the
// writer changes in place is seen at once, perhaps in part. Tails behind the elements are ignored,
// as NumPy does.
//
// A view keeps the file it opened: after file_vector::replace it shows the old elements until it is
// opened again. The writer does not cut the file below what views have mapped; a program that does
// not know the lock may, and reading what is gone is SIGBUS. A forked child may use the view like
// its parent. Thread-safe like a const std::vector; refresh() is a change.
//
//  - Errors: open, refresh and at say what they throw. path() may throw std::bad_alloc, a
//    comparison what that of elements throws; nothing else throws.
//  - Invalidation: pointers are valid as long as the view they are from, or the one it was moved
//    to.
//  - Cost: constant, but for what says otherwise and for comparisons. Touching an element that is
//    not in memory is a page fault.
#pragma once

#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <mapvec/advice.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/rows.hpp>
#include <mapvec/detail/vector_base.hpp>
#include <mapvec/detail/view_storage.hpp>
#include <mapvec/dtype.hpp>
#include <mapvec/error.hpp>
#include <mapvec/file.hpp>
#include <mapvec/options.hpp>

namespace mapvec::inline v0_1 {

/// Move-only; default-constructed or moved from it has no file and size 0.
template <class T>
class file_view {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = const T&;
  using const_reference = const T&;
  using pointer = const T*;
  using const_pointer = const T*;
  using iterator = const T*;
  using const_iterator = const T*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = reverse_iterator;

  // --- construct, assign, destroy --------------------------------------------------------------

  file_view() noexcept = default;

  /// Of options, row_width and reservation_bytes matter. Costs no more for a large file than for a
  /// small one, unless T contains a bool: then all of it is read once, because a bool that is
  /// neither 0 nor 1 is refused. Throws `error` and `format_error`.
  static file_view open(path_view path, const options& settings = {}) {
    static_assert(std::is_trivially_copyable_v<T>,
                  "mapvec: a file holds bytes, so elements of a file_view must be trivially "
                  "copyable");
    file_view opened;
    opened.storage_ = detail::view_storage::open(path, detail::format_of<T>(), settings);
    return opened;
  }

  void swap(file_view& other) noexcept { storage_.swap(other.storage_); }
  friend void swap(file_view& left, file_view& right) noexcept { left.swap(right); }

  /// Looks at what the writer has committed by now; returns size(). Pointers, spans and iterators
  /// stay valid; what the writer has removed they show as it is now. Reads the
  /// header twice. Strong guarantee. Throws `error`, std::length_error if the file has outgrown the
  /// reservation, and `format_error` if another array was written into it.
  size_type refresh() {
    storage_.refresh();
    return size();
  }

  // --- capacity and access ---------------------------------------------------------------------

  bool is_open() const noexcept { return storage_.data() != nullptr; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  size_type size() const noexcept { return storage_.used_bytes() / sizeof(T); }

  /// REQUIRES: position < size().
  const T& operator[](size_type position) const noexcept {
    MAPVEC_ASSERT(position < size());
    return data()[position];
  }
  /// Throws std::out_of_range unless position < size().
  const T& at(size_type position) const {
    if (position >= size()) detail::throw_out_of_range(position, size());
    return data()[position];
  }
  /// REQUIRES: !empty(), for front and back.
  const T& front() const noexcept { return (*this)[0]; }
  const T& back() const noexcept { return (*this)[size() - 1]; }

  /// The same address for good.
  const T* data() const noexcept { return reinterpret_cast<const T*>(storage_.data()); }

  iterator begin() const noexcept { return data(); }
  iterator end() const noexcept { return data() + size(); }
  iterator cbegin() const noexcept { return begin(); }
  iterator cend() const noexcept { return end(); }
  reverse_iterator rbegin() const noexcept { return reverse_iterator(end()); }
  reverse_iterator rend() const noexcept { return reverse_iterator(begin()); }
  reverse_iterator crbegin() const noexcept { return rbegin(); }
  reverse_iterator crend() const noexcept { return rend(); }

  // --- extensions ------------------------------------------------------------------------------

  /// Elements in a row: 1 for files of shape (N,).
  size_type row_width() const noexcept { return storage_.row_width(); }
  /// The rows as a random access range of std::span. Takes the size of now.
  auto rows() const noexcept {
    return detail::rows_of(std::span<const T>(data(), size()), row_width());
  }

  std::string path() const { return storage_.path(); }
  /// How far refresh() can follow.
  std::size_t reservation_bytes() const noexcept { return storage_.reservation_bytes(); }
  /// What is in memory of the file, page cache included. Costs one system call per 16 MiB, and one.
  /// 0 where the kernel does not say: to whoever neither owns the file nor may write it. blocks,
  /// gather, search and sorted_view then take all of it for not in memory.
  std::size_t resident_bytes() const noexcept { return storage_.resident_bytes(); }

  /// As for vector: any range is harmless. evict drops pages from this mapping, and from memory
  /// where nobody else uses them.
  void prefetch(size_type position, size_type count) const noexcept {
    const auto [offset, size] = existing_bytes(position, count);
    storage_.prefetch(offset, size);
  }
  void prefetch() const noexcept { prefetch(0, size()); }
  void evict(size_type position, size_type count) const noexcept {
    const auto [offset, size] = existing_bytes(position, count);
    storage_.evict(offset, size);
  }
  void advise(access how) const noexcept { storage_.advise(how); }

  // --- comparison ------------------------------------------------------------------------------

  // With views and with vectors of either lifetime, these on either side.

  template <class U>
    requires detail::equal_to_some<T, U>
  friend bool operator==(const file_view& left, const file_view<U>& right) {
    return detail::equal_elements(left, right);
  }
  template <class U, detail::lifetime Lifetime>
    requires detail::equal_to_some<T, U>
  friend bool operator==(const file_view& left, const detail::vector_base<U, Lifetime>& right) {
    return detail::equal_elements(left, right);
  }
  friend auto operator<=>(const file_view& left, const file_view& right)
    requires detail::ordered<T>
  {
    return detail::order_of_elements(left, right);
  }
  template <detail::lifetime Lifetime>
    requires detail::ordered<T>
  friend auto operator<=>(const file_view& left, const detail::vector_base<T, Lifetime>& right) {
    return detail::order_of_elements(left, right);
  }

 private:
  struct byte_piece {
    std::size_t offset_bytes;
    std::size_t size_bytes;
  };

  byte_piece existing_bytes(size_type position, size_type count) const noexcept {
    const size_type first = position < size() ? position : size();
    const size_type most = size() - first;
    return {first * sizeof(T), (count < most ? count : most) * sizeof(T)};
  }

  friend struct detail::vector_access;

  detail::view_storage storage_;
};

}  // namespace mapvec::inline v0_1
