// SPDX-License-Identifier: MIT
//
// What a vector looks like as text: the first elements, and how many there are. One body for
// print.hpp, fmt.hpp and std_format.hpp, which say how a single element is written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace mapvec::inline v0_1::detail {

inline constexpr std::size_t elements_in_preview = 8;

/// "[1, 2, 3]" or "[0, 1, 2, 3, 4, 5, 6, 7, ... 1000000 elements]": the text through
/// `text(std::string_view)`, the elements through `element(const T&)`. Reads no other element.
template <class Elements, class Text, class Element>
void preview(const Elements& elements, Text text, Element element) {
  const std::size_t count = elements.size();
  const auto* const first = elements.data();
  text("[");
  for (std::size_t i = 0; i < std::min(count, elements_in_preview); ++i) {
    if (i != 0) text(", ");
    element(first[i]);
  }
  if (count > elements_in_preview) {
    text(", ... ");
    text(std::to_string(count));
    text(" elements");
  }
  text("]");
}

/// A formatter of fmt or of <format> for vectors of what `ElementFormatter` formats: the format is
/// the element's, and goes for each of them.
template <class ElementFormatter>
struct preview_formatter {
  template <class Context>
  constexpr auto parse(Context& context) {
    return element_formatter.parse(context);
  }

  template <class Elements, class Context>
  auto format(const Elements& elements, Context& context) const {
    preview(
        elements,
        [&](std::string_view text) {
          context.advance_to(std::copy(text.begin(), text.end(), context.out()));
        },
        [&](const auto& element) {
          context.advance_to(element_formatter.format(element, context));
        });
    return context.out();
  }

  ElementFormatter element_formatter{};
};

}  // namespace mapvec::inline v0_1::detail
