// SPDX-License-Identifier: MIT
//
// The order in which sort() puts elements: that of the comparison, but for NaNs.
#pragma once

#include <concepts>
#include <utility>

#include <mapvec/sort.hpp>

namespace mapvec::inline v0_1::detail {

/// Where sort() compares floating-point numbers as they are, NaNs are equal and come last: behind
/// what they are compared with, whatever its type.
template <class Compare>
class nans_last {
 public:
  explicit nans_last(Compare compare) : compare_(std::move(compare)) {}

  template <class Left, class Right>
  bool operator()(const Left& left, const Right& right) const {
    if (is_nan(left)) return false;
    return is_nan(right) || static_cast<bool>(compare_(left, right));
  }

 private:
  template <class T>
  static bool is_nan(const T& value) {
    if constexpr (std::floating_point<T>) {
      return value != value;
    } else {
      return false;
    }
  }

  Compare compare_;
};

template <class Key, class Compare>
concept may_have_nans = std::floating_point<Key> && compared_by_rank<Key, Compare>;

template <class Left, class Right, class Compare>
auto order_of_sort(Compare compare) {
  // One side is enough: beside a NaN on the other, no integer has a place of its own.
  if constexpr (may_have_nans<Left, Compare> || may_have_nans<Right, Compare>) {
    return nans_last<Compare>(std::move(compare));
  } else {
    return compare;
  }
}

}  // namespace mapvec::inline v0_1::detail
