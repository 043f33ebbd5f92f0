// SPDX-License-Identifier: MIT
//
// What the readers of serialized vectors share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <mapvec/dtype.hpp>
#include <mapvec/error.hpp>
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

/// Throws `format_error` unless `elements` may have `count` elements: a file whose last row is
/// incomplete cannot be committed.
template <class Vector>
void require_rows([[maybe_unused]] const Vector& elements, [[maybe_unused]] std::uint64_t count) {
  if constexpr (requires { elements.row_width(); }) {
    const std::size_t width = elements.row_width();
    if (count % width == 0) return;
    throw format_error(elements.path(), "rows of " + std::to_string(width) + " elements",
                       std::to_string(count) + " elements");
  }
}

/// Puts the `count` elements that `append` appends in the place of the old ones. These go last:
/// that keeps the vector's options, and what throws, a full disk included, is undone by cutting
/// what was appended; but not elements that throw when they are moved.
template <class Vector, class Append>
void load_elements(Vector& elements, std::uint64_t count, Append append) {
  require_rows(elements, count);
  const std::size_t old_size = elements.size();
  try {
    append();
  } catch (...) {
    elements.truncate(old_size);
    throw;
  }
  // It counts as handing out a pointer, after which each commit waits for the disk.
  if (old_size != 0) elements.truncate_front(old_size);
}

/// False where the bytes of a bool are neither 0 nor 1, as those of an archive may be.
template <class T>
bool have_valid_bools(const T* first, std::size_t count) noexcept {
  return all_valid<T>(reinterpret_cast<const std::byte*>(first), count);
}

template <class T>
struct page_aligned {
  static constexpr std::align_val_t alignment{std::max(4 * KiB, alignof(T))};
  void operator()(T* buffer) const noexcept { ::operator delete(buffer, alignment); }
};

/// At the beginning of a page: where new[] puts as much, 16 bytes behind one, the kernel takes a
/// seventh longer to copy to it and from it.
template <class T>
std::unique_ptr<T[], page_aligned<T>> make_page_aligned(std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  void* const memory = ::operator new(count * sizeof(T), page_aligned<T>::alignment);
  std::unique_ptr<T[], page_aligned<T>> buffer(static_cast<T*>(memory));
  std::uninitialized_default_construct_n(buffer.get(), count);
  return buffer;
}

/// Appends `count` elements that `read(first, count)` puts into memory, 1 MiB at a time: a count
/// that is not true costs no more than what there is to read. Pieces end at a mebibyte of the file,
/// and with it of the address: writes that begin within a page make small folios.
template <class T, class Vector, class Read>
void append_pieces(Vector& elements, std::uint64_t count, Read read) {
  static_assert(std::is_trivially_copyable_v<T>);
  constexpr std::size_t piece = std::max<std::size_t>(MiB / sizeof(T), 1);
  const auto buffer = make_page_aligned<T>(std::min<std::uint64_t>(piece, count));
  while (count > 0) {
    // From the const vector: else each later commit would wait for the disk.
    const T* const end = std::as_const(elements).data() + elements.size();
    const std::size_t behind_mebibyte = reinterpret_cast<std::uintptr_t>(end) % MiB;
    const std::size_t room = std::max<std::size_t>((MiB - behind_mebibyte) / sizeof(T), 1);
    const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(room, count));
    read(buffer.get(), now);
    elements.append_range(std::span<const T>(buffer.get(), now));
    count -= now;
  }
}

}  // namespace mapvec::inline v0_1::detail
