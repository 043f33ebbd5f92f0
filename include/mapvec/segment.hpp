// SPDX-License-Identifier: MIT
//
// `segment`: an array of fixed capacity in a file of its own, mapped into memory. Raw: the file is
// the elements and nothing else, capacity() of them, and how many are used is not written down. The
// file stays when the segment goes. Thread-safe like std::vector.
//
//  - Errors: create and open say what they throw. What changes elements throws what these throw,
//    and `error` (EPERM) in a forked child; disk_size_bytes throws `error`, path std::bad_alloc.
//  - Invalidation: elements move by truncate_front and by append, which empties the other segment.
//    All other pointers are valid until the element is dropped or the segment, or the one it was
//    moved to, ends.
//  - Cost: create allocates the whole file, open maps it and reads nothing. All else is constant,
//    or linear in the elements that are made, moved or destroyed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/error.hpp>
#include <mapvec/file.hpp>
#include <mapvec/storage.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1 {

template <class T>
class segment {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using iterator = T*;
  using const_iterator = const T*;

  // --- construct, assign, destroy --------------------------------------------------------------

  /// No file, capacity 0.
  segment() noexcept = default;

  /// Makes a file of `capacity` * sizeof(T) bytes at `path`, where none may be yet, with mode
  /// 0666 & ~umask; size() is 0. Capacity 0 makes no file. Throws `error`; no file is left then.
  static segment create(path_view path, size_type capacity) {
    segment made;
    const std::size_t size_bytes = detail::saturating_multiply(capacity, sizeof(T));
    if (capacity != 0) made.storage_ = detail::storage::create_segment(path, size_bytes, sizeof(T));
    made.end_ = made.data();
    return made;
  }

  /// Maps the file at `path`, all of it: size() == capacity() == the elements it holds. Throws
  /// `error`, or `format_error` if it is no regular file or no whole number of elements.
  static segment open(path_view path)
    requires std::is_trivially_copyable_v<T>
  {
    static_assert(!std::is_same_v<T, bool>, "mapvec: a file may hold bytes that are no bool");
    segment opened;
    opened.storage_ = detail::storage::open_segment(path, sizeof(T));
    opened.end_ = opened.data() + opened.capacity();
    return opened;
  }

  segment(segment&& other) noexcept
      : storage_(std::move(other.storage_)), end_(std::exchange(other.end_, nullptr)) {}
  segment& operator=(segment&& other) noexcept {
    segment(std::move(other)).swap(*this);
    return *this;
  }
  /// Destroys the elements and unmaps the file, which stays as it is: unwritten parts are zero.
  ~segment() {
    static_assert(alignof(T) <= 2 * MiB, "mapvec: files are mapped at multiples of 2 MiB");
    destroy(data(), end_);
  }

  void swap(segment& other) noexcept {
    storage_.swap(other.storage_);
    std::swap(end_, other.end_);
  }
  friend void swap(segment& left, segment& right) noexcept { left.swap(right); }

  // --- capacity and access ---------------------------------------------------------------------

  [[nodiscard]] bool empty() const noexcept { return end_ == data(); }
  size_type size() const noexcept { return static_cast<size_type>(end_ - data()); }
  size_type capacity() const noexcept { return storage_.capacity_bytes() / sizeof(T); }

  /// REQUIRES: position < size().
  T& operator[](size_type position) noexcept {
    MAPVEC_ASSERT(position < size());
    return data()[position];
  }
  const T& operator[](size_type position) const noexcept {
    MAPVEC_ASSERT(position < size());
    return data()[position];
  }

  T* data() noexcept { return reinterpret_cast<T*>(storage_.data()); }
  const T* data() const noexcept { return reinterpret_cast<const T*>(storage_.data()); }
  iterator begin() noexcept { return data(); }
  const_iterator begin() const noexcept { return data(); }
  iterator end() noexcept { return end_; }
  const_iterator end() const noexcept { return end_; }

  // --- modifiers: names and meanings of vector -------------------------------------------------

  /// Appends if it fits: a pointer to the new element, or null and an untouched argument.
  T* try_push_back(const T& value) { return try_emplace_back(value); }
  T* try_push_back(T&& value) { return try_emplace_back(std::move(value)); }

  /// Takes the last element out; nothing when empty.
  std::optional<T> pop() {
    storage_.require_owner();
    std::optional<T> last;
    if (empty()) return last;
    last.emplace(std::move(end_[-1]));
    drop_back_to(end_ - 1);
    return last;
  }

  /// Drops the elements from `count` on; nothing when there are none.
  void truncate(size_type count) {
    storage_.require_owner();
    if (count < size()) drop_back_to(data() + count);
  }
  /// Drops the first `count` elements, or all there are; the others move to the front.
  void truncate_front(size_type count) {
    storage_.require_owner();
    T* const first_kept = data() + std::min(count, size());
    if (first_kept != data()) drop_back_to(std::move(first_kept, end_, data()));
  }
  void clear() noexcept { drop_back_to(data()); }

  /// Moves the elements of `other` to the end and empties it.
  /// REQUIRES: size() + other.size() <= capacity().
  void append(segment&& other) {
    MAPVEC_ASSERT(size() + other.size() <= capacity());
    storage_.require_owner();
    other.storage_.require_owner();
    end_ = std::uninitialized_move(other.begin(), other.end(), end_);
    other.clear();
  }

  /// Sets the size without touching the elements: what the file holds there is what they are.
  /// REQUIRES: count <= capacity().
  void resize_for_overwrite(size_type count)
    requires std::is_trivially_copyable_v<T>
  {
    MAPVEC_ASSERT(count <= capacity());
    storage_.require_owner();
    end_ = data() + count;
  }

  // --- file ------------------------------------------------------------------------------------

  std::string path() const { return storage_.path(); }
  /// What the file takes on the disk.
  std::size_t disk_size_bytes() const { return storage_.disk_size_bytes(); }
  /// Starts reading the range into memory; what does not exist is left out.
  void prefetch(size_type position, size_type count) const noexcept {
    const size_type first = std::min(position, size());
    storage_.prefetch(first * sizeof(T), std::min(count, size() - first) * sizeof(T));
  }
  void prefetch() const noexcept { prefetch(0, size()); }

 private:
  template <class Value>
  T* try_emplace_back(Value&& value) {
    storage_.require_owner();
    if (size() == capacity()) return nullptr;
    std::construct_at(end_, std::forward<Value>(value));
    return end_++;
  }

  void drop_back_to(T* new_end) noexcept {
    destroy(new_end, end_);
    end_ = new_end;
  }

  void destroy(T* first, T* last) noexcept {
    // In a forked child they are still the parent's.
    if (!storage_.inherited()) std::destroy(first, last);
  }

  detail::storage storage_;
  T* end_ = nullptr;  // data() <= end_ <= data() + capacity()
};

}  // namespace mapvec::inline v0_1
