// SPDX-License-Identifier: MIT
//
// std::stable_sort for elements of any alignment.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include <mapvec/config.hpp>

namespace mapvec::inline v0_1::detail {

/// Moves *order[i] to first[i], for all i; afterwards order[i] == first + i.
template <class T>
void put_in_order(T* first, std::vector<T*>& order) {
  for (std::size_t begin = 0; begin < order.size(); ++begin) {
    if (order[begin] == first + begin) continue;
    T held(std::move(first[begin]));
    T* hole = first + begin;
    for (;;) {
      T* const from = std::exchange(order[static_cast<std::size_t>(hole - first)], hole);
      if (from == first + begin) break;
      *hole = std::move(*from);
      hole = from;
    }
    *hole = std::move(held);
  }
}

/// Takes half as much memory as the elements. libstdc++ does not align the buffer of its own sort
/// for what is aligned to more than operator new does unasked: pointers are sorted instead.
template <class T, class Less>
void stable_sort_aligned(T* first, T* last, const Less& less) {
  if constexpr (alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    std::stable_sort(first, last, less);
  } else {
    std::vector<T*> order(static_cast<std::size_t>(last - first));
    std::iota(order.begin(), order.end(), first);
    std::stable_sort(order.begin(), order.end(),
                     [&](const T* left, const T* right) { return less(*left, *right); });
    detail::put_in_order(first, order);
  }
}

}  // namespace mapvec::inline v0_1::detail
