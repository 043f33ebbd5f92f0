// SPDX-License-Identifier: MIT
//
// Reading many elements whose places are known beforehand: in the order of the disk, each page
// once, and so many pages at a time that the disk is never idle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <mapvec/config.hpp>
#include <mapvec/detail/block_reader.hpp>

namespace mapvec::inline v0_1::detail {

/// The element at `index` is wanted, as number `slot` of the result.
struct gather_request {
  std::uint64_t index;
  std::uint64_t slot;
};

/// Copies what `requests` want. `elements` is the one at `first_index`, and those behind it.
using copy_elements = void (*)(const std::byte* elements, std::size_t first_index,
                               std::span<const gather_request> requests, void* out);

/// Copies all requests if they look as if they were in memory; false, and nothing is done, if not.
MAPVEC_API bool gather_in_memory(const stored_bytes& source, std::size_t element_bytes,
                                 std::span<gather_request> requests, copy_elements copy, void* out);

/// Copies all requests, of which there are some, and whose order changes. `in_place`: the elements
/// may not be where they are not mapped. Throws `error` when reading fails; a failing disk may be
/// SIGBUS where pages are mapped.
MAPVEC_API void gather(const stored_bytes& source, std::size_t element_bytes, bool in_place,
                       std::span<gather_request> requests, copy_elements copy, void* out);

/// The same without ever reading from end to end: `copy` sees all elements, where they are mapped.
/// REQUIRES: the requests ascend.
MAPVEC_API void gather_by_page(const stored_bytes& source, std::size_t element_bytes,
                               std::span<gather_request> requests, copy_elements copy, void* out);

/// Whether it looks as if all bytes were in memory: 64 of them are, from all over.
MAPVEC_API bool is_in_memory(const stored_bytes& source) noexcept;

/// Starts to read the pages of the elements. The order of the requests changes.
MAPVEC_API void prefetch(const stored_bytes& source, std::size_t element_bytes,
                         std::span<gather_request> requests) noexcept;

}  // namespace mapvec::inline v0_1::detail
