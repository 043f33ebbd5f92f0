// SPDX-License-Identifier: MIT
//
// `vector`: a std::vector whose elements live in a temporary file, mapped into memory, so that they
// may be more than memory holds. The interface, and what holds for all of it, is in
// detail/vector_base.hpp; here is how vectors come into being, are copied and end.
//
// Thread-safe like std::vector, with one promise more: while one thread appends, others may read
// existing elements through pointers, spans and iterators taken before, or data().
//
//  - Errors: constructors and assignments throw what the growth they need throws, and options are
//    copied (std::bad_alloc). Nothing is left behind by a constructor that throws.
//  - Invalidation: moving and swapping keep pointers, which are then into the other vector. Copying
//    into a vector keeps those to elements that still exist. Moving into it, and its end, make all
//    pointers to its former elements invalid.
//  - Cost: moving is constant but for the end of what was there; all else is linear in the elements
//    made, copied or destroyed. erase and erase_if go through all once.
#pragma once

#include <initializer_list>
#include <iterator>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/detail/vector_base.hpp>
#include <mapvec/options.hpp>

namespace mapvec::inline v0_1 {

/// Any object type works: with destructors, move-only, immovable, over-aligned up to 2 MiB,
/// incomplete where the vector is declared. bool is a byte like any other.
template <class T>
class vector : public detail::vector_base<T> {
  using base = detail::vector_base<T>;

 public:
  using typename base::size_type;

  // --- construct, assign, destroy --------------------------------------------------------------

  /// Empty. No system call until the first element, and no allocation unless options are given.
  vector() noexcept = default;
  explicit vector(const options& settings) : base(settings) {}

  explicit vector(size_type count, const options& settings = {}) : base(settings) {
    this->resize(count);
  }
  vector(size_type count, const T& value, const options& settings = {}) : base(settings) {
    this->resize(count, value);
  }
  template <std::input_iterator Iterator>
  vector(Iterator first, Iterator last, const options& settings = {}) : base(settings) {
    this->append_between(std::move(first), std::move(last));
  }
  vector(std::initializer_list<T> values, const options& settings = {}) : base(settings) {
    this->append_between(values.begin(), values.end());
  }
  template <detail::range_of<T> Range>
  vector(from_range_t, Range&& range, const options& settings = {}) : base(settings) {
    this->append_range(std::forward<Range>(range));
  }
  /// From what lies in one piece: std::span, std::array, std::vector, T[N].
  // (First of all, it is no vector: asking that one for a range while T is still incomplete would
  // fix the answer for good.)
  template <class Range>
    requires(!std::is_base_of_v<vector, Range>) && std::ranges::contiguous_range<const Range> &&
            std::is_same_v<std::ranges::range_value_t<const Range>, T>
  explicit vector(const Range& range, const options& settings = {}) : base(settings) {
    this->append_range(range);
  }

  /// A copy has its own file, made by the same builder; a copy of an empty vector has none.
  vector(const vector& other) : base(other.settings()) {
    this->append_between(other.begin(), other.end());
  }
  /// Takes everything, options too; `other` is then as default-constructed.
  vector(vector&& other) noexcept = default;

  /// Reuses the capacity and keeps the options of this vector.
  vector& operator=(const vector& other) {
    if (this != &other) this->assign(other.begin(), other.end());
    return *this;
  }
  vector& operator=(vector&& other) noexcept {
    vector(std::move(other)).swap(*this);
    return *this;
  }
  vector& operator=(std::initializer_list<T> values) {
    this->assign(values);
    return *this;
  }

  /// Destroys the elements; the file, its name and its blocks are gone.
  ~vector() = default;

  void swap(vector& other) noexcept { base::swap(other); }
  friend void swap(vector& left, vector& right) noexcept { left.swap(right); }
};

template <std::input_iterator Iterator>
vector(Iterator, Iterator, const options& = {}) -> vector<std::iter_value_t<Iterator>>;
template <std::ranges::input_range Range>
vector(from_range_t, Range&&, const options& = {}) -> vector<std::ranges::range_value_t<Range>>;
template <std::ranges::contiguous_range Range>
explicit vector(const Range&, const options& = {}) -> vector<std::ranges::range_value_t<Range>>;

/// Erases what equals `value`; returns how many. The counterparts of std::erase and std::erase_if,
/// found by their argument: nobody may add overloads to std.
template <class T, class U = T>
std::size_t erase(vector<T>& target, const U& value) {
  return erase_if(target, [&](const T& element) { return element == value; });
}
/// The same for what `remove` says.
template <class T, class Predicate>
std::size_t erase_if(vector<T>& target, Predicate remove) {
  return detail::erase_where(target, std::move(remove));
}

}  // namespace mapvec::inline v0_1
