// SPDX-License-Identifier: MIT
//
// operator<< to streams of char: the first eight elements, and the count where there are more, so
// that nobody prints a terabyte by mistake.
//
//   std::cout << v;  // [0, 1, 2, 3, 4, 5, 6, 7, ... 1000000 elements]
//
// A width set before goes for each element, as what else the stream is set to does. Integers of one
// byte are printed as numbers; char is a character. fmt.hpp and std_format.hpp print the same by
// the formats of their elements.
//
// Includes no stream: who prints has one.
//
//  - Errors: as for each element by itself, what the stream says when it fails too.
//  - Invalidation: none.
//  - Cost: that of eight elements.
#pragma once

#include <iosfwd>
#include <string_view>
#include <type_traits>

#include <mapvec/detail/preview.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/segment.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1 {
namespace detail {

template <class T, class Stream>
concept streamable = requires(Stream& out, const T& value) { out << value; };

template <class Stream, class Elements>
Stream& print_preview(Stream& out, const Elements& elements) {
  const auto width = out.width(0);
  preview(
      elements,
      [&](std::string_view text) {
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
      },
      [&]<class T>(const T& element) {
        out.width(width);
        if constexpr (std::is_same_v<T, signed char> || std::is_same_v<T, unsigned char>) {
          out << int{element};
        } else {
          out << element;
        }
        out.width(0);
      });
  return out;
}

}  // namespace detail

/// The first eight elements, and the count where there are more.
template <class T, class Traits>
  requires detail::streamable<T, std::basic_ostream<char, Traits>>
auto& operator<<(std::basic_ostream<char, Traits>& out, const vector<T>& elements) {
  return detail::print_preview(out, elements);
}
template <class T, class Traits>
  requires detail::streamable<T, std::basic_ostream<char, Traits>>
auto& operator<<(std::basic_ostream<char, Traits>& out, const file_vector<T>& elements) {
  return detail::print_preview(out, elements);
}
template <class T, class Traits>
  requires detail::streamable<T, std::basic_ostream<char, Traits>>
auto& operator<<(std::basic_ostream<char, Traits>& out, const file_view<T>& elements) {
  return detail::print_preview(out, elements);
}
template <class T, class Traits>
  requires detail::streamable<T, std::basic_ostream<char, Traits>>
auto& operator<<(std::basic_ostream<char, Traits>& out, const segment<T>& elements) {
  return detail::print_preview(out, elements);
}

}  // namespace mapvec::inline v0_1
