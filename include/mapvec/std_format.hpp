// SPDX-License-Identifier: MIT
//
// std::format: vectors as print.hpp shows them. The format is the element's, for each of the eight.
// For standard libraries that have <format>; where it formats ranges, too (C++23), this goes first.
//
//   std::format("{:#x}", v)  // [0x0, 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, ... 1000000 elements]
//
//  - Errors: std::format_error, and what formatting an element throws.
//  - Invalidation: none.
//  - Cost: eight elements, whatever the size.
#pragma once

#include <concepts>
#include <format>

#include <mapvec/detail/preview.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/segment.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1::detail {

/// Formatters that are disabled have no default constructor.
template <class T>
concept std_formattable = std::default_initializable<std::formatter<T, char>>;

}  // namespace mapvec::inline v0_1::detail

template <mapvec::detail::std_formattable T>
struct std::formatter<mapvec::vector<T>, char>
    : mapvec::detail::preview_formatter<std::formatter<T, char>> {};
template <mapvec::detail::std_formattable T>
struct std::formatter<mapvec::file_vector<T>, char>
    : mapvec::detail::preview_formatter<std::formatter<T, char>> {};
template <mapvec::detail::std_formattable T>
struct std::formatter<mapvec::file_view<T>, char>
    : mapvec::detail::preview_formatter<std::formatter<T, char>> {};
template <mapvec::detail::std_formattable T>
struct std::formatter<mapvec::segment<T>, char>
    : mapvec::detail::preview_formatter<std::formatter<T, char>> {};
