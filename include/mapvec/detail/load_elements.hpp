// SPDX-License-Identifier: MIT
//
// What the readers of serialized vectors share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include <mapvec/file_vector.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1::detail {

template <class V>
inline constexpr bool is_loadable = false;
template <class T>
inline constexpr bool is_loadable<vector<T>> = true;
template <class T>
inline constexpr bool is_loadable<file_vector<T>> = true;

/// Puts what `append` appends in the place of the elements. They go last: that keeps the vector's
/// options, and what throws, a full disk included, is undone by cutting what was appended; but not
/// elements that throw when they are moved.
template <class Vector, class Append>
void load_elements(Vector& elements, Append append) {
  const std::size_t old_size = elements.size();
  try {
    append();
  } catch (...) {
    elements.truncate(old_size);
    throw;
  }
  elements.truncate_front(old_size);
}

/// Appends `count` elements that `read(first, count)` puts into memory, 1 MiB at a time: a count
/// that is not true costs no more than what there is to read. Pieces end at a mebibyte of the file,
/// and with it of the address: writes that begin within a page make small folios.
template <class T, class Vector, class Read>
void append_pieces(Vector& elements, std::uint64_t count, Read read) {
  static_assert(std::is_trivially_copyable_v<T>);
  constexpr std::size_t piece = std::max<std::size_t>(MiB / sizeof(T), 1);
  const auto buffer = std::make_unique_for_overwrite<T[]>(std::min<std::uint64_t>(piece, count));
  while (count > 0) {
    const auto end = reinterpret_cast<std::uintptr_t>(elements.data() + elements.size());
    const std::size_t room = std::max<std::size_t>((MiB - end % MiB) / sizeof(T), 1);
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(room, count));
    read(buffer.get(), now);
    elements.append_range(std::span<const T>(buffer.get(), now));
    count -= now;
  }
}

}  // namespace mapvec::inline v0_1::detail
