// SPDX-License-Identifier: MIT
//
// Batched random reads: gather(v, indices, out) is out[i] = v[indices[i]] for all i, in the order
// that is best for the disk. A loop of v[i] waits for one page after the other; this asks for
// hundreds at a time, for each page once, and reads from end to end where nearly all are wanted.
// What is in memory costs what it would cost in the loop, or less.
//
//  - Errors: `error` when reading fails, std::bad_alloc, and what reading the indices throws.
//  - Invalidation: none. Reads only, so several threads may gather from one vector.
//  - Cost: 16 bytes of memory for each index, in pieces of 4 million indices. Each piece is sorted
//    and reads a page once at most.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <span>
#include <type_traits>

#include <mapvec/blocks.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/gather_requests.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1 {
namespace detail {

template <class Range>
concept range_of_indices =
    std::ranges::random_access_range<Range> && std::ranges::sized_range<Range> &&
    std::integral<std::ranges::range_value_t<Range>>;

template <class T>
void copy_requested(const std::byte* elements, std::size_t first_index,
                    std::span<const gather_request> requests, void* out) {
  // So many loads are under way at once; more than the processor has buffers for gain nothing.
  constexpr std::size_t distance = 16;
  const T* const first = reinterpret_cast<const T*>(elements);
  T* const results = static_cast<T*>(out);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (i + distance < requests.size()) {
      __builtin_prefetch(first + (requests[i + distance].index - first_index));
    }
    results[requests[i].slot] = first[requests[i].index - first_index];
  }
}

/// Calls `use(requests)` for pieces of the indices.
template <class Vector, class Indices, class Use>
void for_requests([[maybe_unused]] const Vector& read, const Indices& indices, Use use) {
  constexpr std::size_t most = 4 * MiB;
  const auto count = static_cast<std::size_t>(std::ranges::size(indices));
  const std::size_t piece = std::min(count, most);
  const auto requests = std::make_unique_for_overwrite<gather_request[]>(piece);
  auto next = std::ranges::begin(indices);
  for (std::size_t done = 0; done < count; done += piece) {
    const std::size_t size = std::min(piece, count - done);
    for (std::size_t i = 0; i < size; ++i, ++next) {
      MAPVEC_ASSERT(std::cmp_greater_equal(*next, 0) && std::cmp_less(*next, read.size()));
      requests[i] = {static_cast<std::uint64_t>(*next), done + i};
    }
    use(std::span(requests.get(), size));
  }
}

}  // namespace detail

/// Afterwards out[i] == read[indices[i]]. Throws `error` when reading fails; `out` then holds some
/// of the elements.
/// REQUIRES: out.size() == indices.size(), and every index < read.size().
template <class Vector, detail::range_of_indices Indices>
void gather(const Vector& read, const Indices& indices,
            std::type_identity_t<std::span<typename Vector::value_type>> out) {
  using element = typename Vector::value_type;
  MAPVEC_ASSERT(out.size() == std::ranges::size(indices));
  const detail::stored_bytes source = detail::source_of(read);
  detail::memory_hold memory = detail::memory_for(read, block_options{});
  detail::for_requests(read, indices, [&](std::span<detail::gather_request> requests) {
    if (detail::gather_in_memory(source, sizeof(element), requests, detail::copy_requested<element>,
                                 out.data())) {
      return;
    }
    memory.take();
    detail::gather(source, sizeof(element), detail::stays_in_place<element>, requests,
                   detail::copy_requested<element>, out.data());
  });
}

/// Starts to read the pages of these elements and returns: a loop or a gather that comes later
/// finds them in memory. Costs a system call for each page that is not there yet.
/// REQUIRES: every index < read.size().
template <class Vector, detail::range_of_indices Indices>
void prefetch(const Vector& read, const Indices& indices) {
  const detail::stored_bytes source = detail::source_of(read);
  detail::for_requests(read, indices, [&](std::span<detail::gather_request> requests) {
    detail::prefetch(source, sizeof(typename Vector::value_type), requests);
  });
}

}  // namespace mapvec::inline v0_1
