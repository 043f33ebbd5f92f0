// SPDX-License-Identifier: MIT
//
// The elements of a vector in order, without changing it, and without storing them in order:
//
//   for (const auto block : mapvec::sorted_view(v)) use(block);  // a std::span
//   for (const T& each : mapvec::sorted_view(v, {}, &record::key) | std::views::join) ...
//
// An input range like `blocks`, to be gone through once; position() says where a block's elements
// would be in the sorted vector. What does not fit into the memory it may take is sorted into a
// temporary file, and merged while the loop runs: all elements are read twice and written once,
// where sort() writes them twice. So it serves whoever needs them in order only once, to group,
// count or join, and may be left early.
//
//  - Errors: begin() sorts, and throws what sort() throws. So does every step. After an exception
//    all that come throw it again.
//  - Invalidation: the vector is as it was. A block is valid until the next step.
//  - Cost: begin() has the first reading and the writing, the loop the second reading. Before
//    begin(), nothing.
//  - comp, proj and progress are called by other threads beside the loop, too.
//  - The options are those of sort(), but memory_bytes = 0 is half as much: another view that is
//    joined, or a vector that takes what this one shows, needs as much. It is held as long as the
//    range lives. A block is some 8 MiB at most, but at least one element.
//  - Elements are trivially copyable, and may be those of a file_view.
//
// The elements must not change as long as the range lives. A forked child can neither read it nor
// end the range's life: it may only exec or _exit.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include <mapvec/blocks.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/sort_elements.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/detail/sorted_stream.hpp>
#include <mapvec/detail/threads.hpp>
#include <mapvec/sort.hpp>

namespace mapvec::inline v0_1 {
namespace detail {

/// Whoever joins two views, or appends what they show, needs as much once more.
inline std::size_t memory_for_view(std::size_t asked_bytes, const memory_budget& budget) noexcept {
  return asked_bytes != 0 ? asked_bytes : memory_for_sorting(0, budget) / 2;
}

/// What block_range walks through.
template <class T>
class sorted_source {
 public:
  using element = const T;

  sorted_source(stored_bytes bytes, const memory_budget& budget,
                std::unique_ptr<element_sorter> sorter, const sort_options& how)
      : state_(std::make_unique<state>(std::move(bytes), budget, std::move(sorter), how)) {}

  block<const T> next() {
    const sorted_piece piece = state_->stream.next();
    const std::span elements(reinterpret_cast<const T*>(piece.first), piece.count);
    return {elements, std::exchange(state_->taken, state_->taken + piece.count)};
  }

 private:
  struct state {
    state(stored_bytes bytes, const memory_budget& budget, std::unique_ptr<element_sorter> by,
          const sort_options& how)
        : temporary(how.temporary),
          sorter(std::move(by)),
          watch(how.progress, how.stop_token),
          stream(
              std::move(bytes), budget, *sorter,
              {memory_for_view(how.memory_bytes, budget), threads_to_use(how.threads), temporary},
              watch) {}

    segment_builder temporary;
    std::unique_ptr<element_sorter> sorter;
    sort_watch watch;
    sorted_stream stream;
    std::size_t taken = 0;
  };

  std::unique_ptr<state> state_;  // the stream knows where the rest is
};

template <class Vector>
memory_budget budget_of(const Vector& read) {
  return vector_access::storage_of(read).budget();
}
template <class T>
memory_budget budget_of(const file_view<T>&) {
  return {};
}

template <class Vector, class Compare, class Projection>
auto sorted(const Vector& read, Compare comp, Projection proj, const sort_options& how,
            equal_elements_stay equal) {
  using element = typename Vector::value_type;
  static_assert(sorts_through_files<element>,
                "mapvec: elements are not trivially copyable, or aligned to more than 4 KiB");
  return block_range(sorted_source<element>(
      detail::source_of(read), detail::budget_of(read),
      detail::sorter_for<element>(std::move(comp), std::move(proj), equal), how));
}

}  // namespace detail

/// Reads nothing before begin(). The elements in an order that sort() might give them.
template <detail::has_blocks Vector, class Compare = std::ranges::less,
          class Projection = std::identity>
  requires detail::sorts<typename Vector::value_type, Compare, Projection>
auto sorted_view(const Vector& v, Compare comp = {}, Projection proj = {},
                 const sort_options& how = {}) {
  return detail::sorted(v, std::move(comp), std::move(proj), how,
                        detail::equal_elements_stay::anywhere);
}

/// The same, in the order of stable_sort().
template <detail::has_blocks Vector, class Compare = std::ranges::less,
          class Projection = std::identity>
  requires detail::sorts<typename Vector::value_type, Compare, Projection>
auto stable_sorted_view(const Vector& v, Compare comp = {}, Projection proj = {},
                        const sort_options& how = {}) {
  return detail::sorted(v, std::move(comp), std::move(proj), how,
                        detail::equal_elements_stay::in_order);
}

/// A vector that ends with the expression has no elements.
template <class Vector, class... Rest>
auto sorted_view(const Vector&&, Rest&&...) = delete;
template <class Vector, class... Rest>
auto stable_sorted_view(const Vector&&, Rest&&...) = delete;

}  // namespace mapvec::inline v0_1
