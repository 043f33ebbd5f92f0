// SPDX-License-Identifier: MIT
//
// Batched binary search in a vector that is sorted, and may be larger than memory:
//
//   std::vector<std::size_t> found(values.size());
//   mapvec::lower_bound(v, values, found);  // found[i]: where values[i] would go
//
// A loop of std::lower_bound waits for one page after the other, some 20 for each value. Here all
// values go down the same tree together: each level asks for hundreds of pages at a time, and a
// value needs log2(pages of the vector) pages at most, which it shares with its neighbours. From
// one value in 64 pages on, where that is no faster, all is read from end to end, once; where
// values lie close together, that is what lies between them. Pages of the levels above are then
// read again, as are those that a memory budget has let go between two levels. What is in memory is
// searched by a loop.
//
//  - Results are those of the standard library's function of that name, as indices.
//  - v must be sorted by comp and proj, as for std::ranges::lower_bound; values need not be, and
//    may be of another type: comp takes them as they are, on either side, and two of them. NaNs
//    among float and double are where sort() puts them: at the end.
//  - Invalidation: none; they only read.
//  - Cost: 16 bytes of memory for each value, and as many for each page that is asked for at once,
//    in pieces of 4 million values; equal_range takes twice that.
//  - Errors: what comp and proj throw, and `error` when reading fails (a failing disk may be SIGBUS
//    where pages are mapped); `out` then holds some of the results.
//
// Reads only, so several threads may search one vector. Calls are to be qualified: for values or a
// comp of namespace std, the compiler finds std::lower_bound(v, values, out) too.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

#include <mapvec/blocks.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/batched_search.hpp>
#include <mapvec/detail/gather_requests.hpp>
#include <mapvec/detail/order_of_sort.hpp>
#include <mapvec/reduce.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1 {

/// Elements [first, last) of a vector.
struct index_range {
  std::size_t first = 0;
  std::size_t last = 0;
  friend bool operator==(const index_range&, const index_range&) = default;
};

namespace detail {

template <class Values, class Vector, class Compare, class Projection>
concept searched_in =
    has_blocks<Vector> && std::ranges::random_access_range<const Values> &&
    std::ranges::sized_range<const Values> &&
    std::indirect_strict_weak_order<Compare, std::ranges::iterator_t<const Values>,
                                    std::projected<const typename Vector::value_type*, Projection>>;

enum class search_for : unsigned char { lower, upper, both };

/// The searches for values, by their numbers: that of values[i] is i, or for both bounds 2 i and
/// 2 i + 1.
template <search_for What, class Values, class Order, class Projection>
class numbered_searches {
 public:
  static constexpr std::size_t for_each_value = What == search_for::both ? 2 : 1;

  numbered_searches(const Values& values, Order order, Projection projection)
      : values_(std::ranges::begin(values)),
        order_(std::move(order)),
        projection_(std::move(projection)) {}

  static constexpr bool is_upper(std::uint64_t number) noexcept {
    return What == search_for::upper || (What == search_for::both && number % 2 != 0);
  }
  /// Whether the bound is behind the element.
  template <class T>
  bool operator()(const T& element, std::uint64_t number) const {
    if (is_upper(number)) {
      return !std::invoke(order_, value(number), std::invoke(projection_, element));
    }
    return static_cast<bool>(std::invoke(order_, std::invoke(projection_, element), value(number)));
  }
  /// The order of the bounds: of equal values, the lower ones come first.
  bool comes_before(std::uint64_t left, std::uint64_t right) const {
    if (std::invoke(order_, value(left), value(right))) return true;
    return is_upper(right) && !is_upper(left) && !std::invoke(order_, value(right), value(left));
  }

 private:
  decltype(auto) value(std::uint64_t number) const {
    return values_[static_cast<std::ptrdiff_t>(number / for_each_value)];
  }

  std::ranges::iterator_t<const Values> values_;
  mutable Order order_;  // like std::lower_bound, we call it as it is
  mutable Projection projection_;
};

template <search_for What, class T, class Before, class Found>
void search_in_memory(std::span<const T> elements, std::size_t searches, const Before& before,
                      const Found& found) {
  auto at = elements.begin();
  for (std::uint64_t number = 0; number < searches; ++number) {
    if (What != search_for::both || number % 2 == 0) at = elements.begin();
    at = std::partition_point(at, elements.end(),
                              [&](const T& element) { return before(element, number); });
    found(number, static_cast<std::size_t>(at - elements.begin()));
  }
}

/// Calls found(number, index) for each search.
template <search_for What, class Vector, class Values, class Compare, class Projection, class Found>
void search(const Vector& read, const Values& values, Compare compare, Projection projection,
            const Found& found) {
  using element = typename Vector::value_type;
  using key = std::remove_cvref_t<std::invoke_result_t<Projection&, const element&>>;
  auto order = order_of_sort<key, std::ranges::range_value_t<const Values>>(std::move(compare));
  using searches = numbered_searches<What, Values, decltype(order), Projection>;
  const searches before(values, std::move(order), std::move(projection));
  const auto count = static_cast<std::size_t>(std::ranges::size(values)) * searches::for_each_value;
  const stored_bytes source = detail::source_of(read);
  if (source.size_bytes == 0 || is_in_memory(source)) {
    return search_in_memory<What, element>({read.data(), read.size()}, count, before, found);
  }
  memory_hold memory = detail::memory_for(read, block_options{});
  memory.take();
  const std::size_t piece = std::min(count, 4 * MiB);
  const auto space = std::make_unique_for_overwrite<page_search[]>(piece);
  for (std::size_t done = 0; done < count; done += piece) {
    const std::span some(space.get(), std::min(piece, count - done));
    for (std::size_t i = 0; i < some.size(); ++i) some[i] = {0, done + i};
    const auto comes_before = [&](const page_search& left, const page_search& right) {
      return before.comes_before(left.number, right.number);
    };
    if (!std::is_sorted(some.begin(), some.end(), comes_before)) {
      std::sort(some.begin(), some.end(), comes_before);
    }
    batched_search<element, searches, Found>(source, some, before, found).run();
  }
}

/// lower_bound or upper_bound: out[i] is the bound of values[i].
template <search_for What, class Vector, class Values, class Compare, class Projection>
void search_bounds(const Vector& v, const Values& values, std::span<std::size_t> out, Compare comp,
                   Projection proj) {
  MAPVEC_ASSERT(out.size() == std::ranges::size(values));
  search<What>(v, values, std::move(comp), std::move(proj),
               [&](std::uint64_t number, std::size_t index) { out[number] = index; });
}

}  // namespace detail

/// out[i]: the index of the first element that is not less than values[i], or v.size().
/// REQUIRES: out.size() == values.size().
template <detail::has_blocks Vector, class Values, class Compare = std::ranges::less,
          class Projection = std::identity>
  requires detail::searched_in<Values, Vector, Compare, Projection>
void lower_bound(const Vector& v, const Values& values, std::span<std::size_t> out,
                 Compare comp = {}, Projection proj = {}) {
  detail::search_bounds<detail::search_for::lower>(v, values, out, std::move(comp),
                                                   std::move(proj));
}

/// out[i]: the index of the first element that is greater than values[i], or v.size().
/// REQUIRES: out.size() == values.size().
template <detail::has_blocks Vector, class Values, class Compare = std::ranges::less,
          class Projection = std::identity>
  requires detail::searched_in<Values, Vector, Compare, Projection>
void upper_bound(const Vector& v, const Values& values, std::span<std::size_t> out,
                 Compare comp = {}, Projection proj = {}) {
  detail::search_bounds<detail::search_for::upper>(v, values, out, std::move(comp),
                                                   std::move(proj));
}

/// out[i]: the elements that are equal to values[i]: from the lower bound to the upper bound. Both
/// are found in one search.
/// REQUIRES: out.size() == values.size().
template <detail::has_blocks Vector, class Values, class Compare = std::ranges::less,
          class Projection = std::identity>
  requires detail::searched_in<Values, Vector, Compare, Projection>
void equal_range(const Vector& v, const Values& values, std::span<index_range> out,
                 Compare comp = {}, Projection proj = {}) {
  MAPVEC_ASSERT(out.size() == std::ranges::size(values));
  detail::search<detail::search_for::both>(v, values, std::move(comp), std::move(proj),
                                           [&](std::uint64_t number, std::size_t index) {
                                             index_range& range = out[number / 2];
                                             (number % 2 == 0 ? range.first : range.last) = index;
                                           });
}

}  // namespace mapvec::inline v0_1
