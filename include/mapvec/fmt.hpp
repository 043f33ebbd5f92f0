// SPDX-License-Identifier: MIT
//
// {fmt}: vectors as print.hpp shows them. The format is the element's, for each of the eight.
//
//   fmt::print("{:#x}", v);  // [0x0, 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, ... 1000000 elements]
//
// Without this header <fmt/ranges.h> takes a vector for a range, and prints all of it; so does
// fmt::join(v, ", "), which says so. Component `fmt`.
//
//  - Errors: fmt::format_error, and what formatting an element throws.
//  - Invalidation: none.
//  - Cost: eight elements, whatever the size.
#pragma once

#include <concepts>
#include <type_traits>

#include <fmt/ranges.h>

#include <mapvec/detail/preview.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/segment.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1::detail {

/// Formatters that are disabled have no default constructor.
template <class T>
concept fmt_formattable = std::default_initializable<fmt::formatter<T, char>>;

}  // namespace mapvec::inline v0_1::detail

template <class T, class Char>
struct fmt::is_range<mapvec::vector<T>, Char> : std::false_type {};
template <class T, class Char>
struct fmt::is_range<mapvec::file_vector<T>, Char> : std::false_type {};
template <class T, class Char>
struct fmt::is_range<mapvec::file_view<T>, Char> : std::false_type {};
template <class T, class Char>
struct fmt::is_range<mapvec::segment<T>, Char> : std::false_type {};

template <mapvec::detail::fmt_formattable T>
struct fmt::formatter<mapvec::vector<T>, char>
    : mapvec::detail::preview_formatter<fmt::formatter<T, char>> {};
template <mapvec::detail::fmt_formattable T>
struct fmt::formatter<mapvec::file_vector<T>, char>
    : mapvec::detail::preview_formatter<fmt::formatter<T, char>> {};
template <mapvec::detail::fmt_formattable T>
struct fmt::formatter<mapvec::file_view<T>, char>
    : mapvec::detail::preview_formatter<fmt::formatter<T, char>> {};
template <mapvec::detail::fmt_formattable T>
struct fmt::formatter<mapvec::segment<T>, char>
    : mapvec::detail::preview_formatter<fmt::formatter<T, char>> {};
