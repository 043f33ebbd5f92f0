// SPDX-License-Identifier: MIT
//
// The order in which sort() puts elements: that of the comparison, but for NaNs.
#pragma once

#include <concepts>
#include <utility>

#include <mapvec/sort.hpp>

namespace mapvec::detail {

/// Where sort() compares floating-point numbers as they are, NaNs are equal and come last.
template <class Compare>
class nans_last {
 public:
  explicit nans_last(Compare compare) : compare_(std::move(compare)) {}

  template <std::floating_point Left, std::floating_point Right>
  bool operator()(Left left, Right right) const {
    if (left != left) return false;
    return right != right || compare_(left, right);
  }

 private:
  Compare compare_;
};

template <class Left, class Right, class Compare>
auto order_of_sort(Compare compare) {
  if constexpr (std::floating_point<Left> && std::floating_point<Right> &&
                compared_by_rank<Left, Compare>) {
    return nans_last<Compare>(std::move(compare));
  } else {
    return compare;
  }
}

}  // namespace mapvec::detail
