// SPDX-License-Identifier: MIT
//
// The rows of an array of shape (N, width) whose width is known at run time only.
#pragma once

#include <cstddef>
#include <ranges>
#include <span>

namespace mapvec::detail {

/// A random access range of the rows as spans; elements behind the last whole row are left out.
/// Owns nothing: valid as long as `elements` is.
template <class T>
auto rows_of(std::span<T> elements, std::size_t width) noexcept {
  return std::views::iota(std::size_t{0}, elements.size() / width) |
         std::views::transform([first = elements.data(), width](std::size_t row) {
           return std::span<T>(first + row * width, width);
         });
}

}  // namespace mapvec::detail
