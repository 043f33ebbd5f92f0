// SPDX-License-Identifier: MIT
//
// The standard library's operations on sorted ranges, for vectors that are larger than memory:
//
//   mapvec::merge(a, b, out);                                // as std::ranges::merge
//   mapvec::set_difference(a, b, out, {}, &record::key, &record::key);
//
//  - a and b are vectors, file_vectors or file_views, sorted by comp and their projections, and not
//    changed. They are read once and in order, as by blocks(): in 8 MiB of memory each, or a
//    quarter of their budget, past the page cache but for what is in it. Equal elements of a stand
//    before those of b; all operations but merge pair equal elements off, and keep that of a.
//  - NaNs among float and double are where sort() puts them, at the end, and equal to each other.
//  - out is a vector or file_vector, and neither a nor b. The result is appended, in pieces of some
//    256 KiB, so that out's budget bounds what of it is in memory. merge asks the disk for all of
//    it before it begins.
//  - They return how many elements were appended.
//  - Errors: what comp, the projections and copying an element throw, and `error`. Strong
//    guarantee: when one throws, a cannot be read or the disk is full, out has the elements it had.
//  - Invalidation: none; out grows as by append_range.
//  - Cost: linear; at most two calls of comp for each element of a and b, one for merge.
//
// Calls are to be qualified:
// of merge(a, b, out), elements or a comp of namespace std make the compiler find std::merge too.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/detail/block_cursor.hpp>
#include <mapvec/detail/order_of_sort.hpp>

namespace mapvec::inline v0_1 {
namespace detail {

template <class Container>
using element_of = typename Container::value_type;

/// What std::mergeable asks for, and elements of `Out` are made of those of the others.
template <class A, class B, class Out, class Compare, class ProjectionA, class ProjectionB>
concept merges = has_blocks<A> && has_blocks<B> && has_blocks<Out> && can_be_appended_to<Out> &&
                 std::mergeable<const element_of<A>*, const element_of<B>*, element_of<Out>*,
                                Compare, ProjectionA, ProjectionB> &&
                 std::convertible_to<const element_of<A>&, element_of<Out>> &&
                 std::convertible_to<const element_of<B>&, element_of<Out>>;

/// Which elements an operation takes over: of two that meet, the lesser one goes on, and both where
/// neither is less.
struct set_rule {
  bool lesser_of_a = false;
  bool lesser_of_b = false;
  bool equal = false;
  bool equal_alone = false;  ///< equal elements do not meet: that of a goes on alone
};
inline constexpr set_rule merge_rule{true, true, true, true};
inline constexpr set_rule union_rule{true, true, true, false};
inline constexpr set_rule intersection_rule{false, false, true, false};
inline constexpr set_rule difference_rule{true, false, false, false};
inline constexpr set_rule symmetric_difference_rule{true, true, false, false};

template <class Order, class ProjectionA, class ProjectionB>
struct two_way_less {
  Order order;
  ProjectionA& of_a;
  ProjectionB& of_b;

  template <class A, class B>
  bool a_is_less(const A& a, const B& b) {
    return std::invoke(order, std::invoke(of_a, a), std::invoke(of_b, b));
  }
  template <class A, class B>
  bool b_is_less(const A& a, const B& b) {
    return std::invoke(order, std::invoke(of_b, b), std::invoke(of_a, a));
  }
};

template <class A, class B, class Compare, class ProjectionA, class ProjectionB>
auto less_in_both(Compare& compare, ProjectionA& of_a, ProjectionB& of_b) {
  using key_of_a = std::remove_cvref_t<std::invoke_result_t<ProjectionA&, const A&>>;
  using key_of_b = std::remove_cvref_t<std::invoke_result_t<ProjectionB&, const B&>>;
  auto order = order_of_sort<key_of_a, key_of_b>(std::move(compare));
  return two_way_less<decltype(order), ProjectionA, ProjectionB>{std::move(order), of_a, of_b};
}

/// Goes on as long as both have elements ahead and there is a place for one.
template <set_rule Rule, class A, class B, class Appender, class Less>
void combine_ahead(block_cursor<A>& a, block_cursor<B>& b, Appender& out, Less& less) {
  const A* in_a = a.ahead().data();
  const B* in_b = b.ahead().data();
  const A* const end_of_a = in_a + a.ahead().size();
  const B* const end_of_b = in_b + b.ahead().size();
  auto place = out.open();
  while (in_a != end_of_a && in_b != end_of_b && !place.is_full()) {
    bool a_is_less;
    bool b_is_less;
    if constexpr (Rule.equal_alone) {
      b_is_less = less.b_is_less(*in_a, *in_b);
      a_is_less = !b_is_less;
    } else {
      a_is_less = less.a_is_less(*in_a, *in_b);
      // Of numbers, asking twice is cheaper than a branch that nobody can foresee. The first answer
      // counts: for a comp like std::less_equal, which is no order, neither side would go on.
      b_is_less = (std::is_arithmetic_v<A> || !a_is_less) && less.b_is_less(*in_a, *in_b);
      b_is_less = b_is_less && !a_is_less;
    }
    const bool stays = ((a_is_less & Rule.lesser_of_a) | (b_is_less & Rule.lesser_of_b) |
                        (!a_is_less & !b_is_less & Rule.equal)) != 0;
    if constexpr (Rule.lesser_of_b && !std::same_as<A, B>) {
      b_is_less ? place.put(*in_b, stays) : place.put(*in_a, stays);
    } else if constexpr (Rule.lesser_of_b) {
      place.put(*(b_is_less ? in_b : in_a), stays);
    } else {
      place.put(*in_a, stays);
    }
    in_a += static_cast<std::ptrdiff_t>(!b_is_less);
    in_b += static_cast<std::ptrdiff_t>(!a_is_less);
  }
  out.close(place);
  a.skip(static_cast<std::size_t>(in_a - a.ahead().data()));
  b.skip(static_cast<std::size_t>(in_b - b.ahead().data()));
}

template <class T, class Appender>
void append_rest(block_cursor<T>& rest, Appender& out) {
  for (; !rest.is_at_end(); rest.skip(rest.ahead().size())) out.append(rest.ahead());
}

/// REQUIRES: out is none of the others.
inline void require_apart([[maybe_unused]] const void* out, [[maybe_unused]] const void* a,
                          [[maybe_unused]] const void* b) noexcept {
  MAPVEC_ASSERT(out != a && out != b && "REQUIRES: out is neither a nor b");
}

template <set_rule Rule, class A, class B, class Out, class Compare, class ProjectionA,
          class ProjectionB>
std::size_t combine(const A& a, const B& b, Out& out, Compare& compare, ProjectionA& proj_a,
                    ProjectionB& proj_b) {
  require_apart(std::addressof(out), std::addressof(a), std::addressof(b));
  auto less = detail::less_in_both<element_of<A>, element_of<B>>(compare, proj_a, proj_b);
  return append_blocks(out, [&](auto& appender) {
    block_cursor<element_of<A>> left(a);
    block_cursor<element_of<B>> right(b);
    while (!left.is_at_end() && !right.is_at_end()) {
      combine_ahead<Rule>(left, right, appender, less);
    }
    if constexpr (Rule.lesser_of_a) append_rest(left, appender);
    if constexpr (Rule.lesser_of_b) append_rest(right, appender);
  });
}

}  // namespace detail

/// All elements of both.
template <class A, class B, class Out, class Compare = std::ranges::less,
          class ProjectionA = std::identity, class ProjectionB = std::identity>
  requires detail::merges<A, B, Out, Compare, ProjectionA, ProjectionB>
std::size_t merge(const A& a, const B& b, Out& out, Compare comp = {}, ProjectionA proj_a = {},
                  ProjectionB proj_b = {}) {
  out.reserve(detail::saturating_add(out.size(), detail::saturating_add(a.size(), b.size())));
  return detail::combine<detail::merge_rule>(a, b, out, comp, proj_a, proj_b);
}

/// What is in a or in b: of m equal elements in a and n in b, all of a and the last n - m of b.
template <class A, class B, class Out, class Compare = std::ranges::less,
          class ProjectionA = std::identity, class ProjectionB = std::identity>
  requires detail::merges<A, B, Out, Compare, ProjectionA, ProjectionB>
std::size_t set_union(const A& a, const B& b, Out& out, Compare comp = {}, ProjectionA proj_a = {},
                      ProjectionB proj_b = {}) {
  return detail::combine<detail::union_rule>(a, b, out, comp, proj_a, proj_b);
}

/// What is in both: of m equal elements in a and n in b, the first min(m, n) of a.
template <class A, class B, class Out, class Compare = std::ranges::less,
          class ProjectionA = std::identity, class ProjectionB = std::identity>
  requires detail::merges<A, B, Out, Compare, ProjectionA, ProjectionB>
std::size_t set_intersection(const A& a, const B& b, Out& out, Compare comp = {},
                             ProjectionA proj_a = {}, ProjectionB proj_b = {}) {
  return detail::combine<detail::intersection_rule>(a, b, out, comp, proj_a, proj_b);
}

/// What is in a and not in b: of m equal elements in a and n in b, the last m - n of a.
template <class A, class B, class Out, class Compare = std::ranges::less,
          class ProjectionA = std::identity, class ProjectionB = std::identity>
  requires detail::merges<A, B, Out, Compare, ProjectionA, ProjectionB>
std::size_t set_difference(const A& a, const B& b, Out& out, Compare comp = {},
                           ProjectionA proj_a = {}, ProjectionB proj_b = {}) {
  return detail::combine<detail::difference_rule>(a, b, out, comp, proj_a, proj_b);
}

/// What is in one of them only: of m equal elements in a and n in b, the last m - n of a or the
/// last n - m of b.
template <class A, class B, class Out, class Compare = std::ranges::less,
          class ProjectionA = std::identity, class ProjectionB = std::identity>
  requires detail::merges<A, B, Out, Compare, ProjectionA, ProjectionB>
std::size_t set_symmetric_difference(const A& a, const B& b, Out& out, Compare comp = {},
                                     ProjectionA proj_a = {}, ProjectionB proj_b = {}) {
  return detail::combine<detail::symmetric_difference_rule>(a, b, out, comp, proj_a, proj_b);
}

/// True if a has every element of b, as often as b has it. Ends at the first it has not. Throws
/// `error`, and what comp and the projections throw.
template <class A, class B, class Compare = std::ranges::less, class ProjectionA = std::identity,
          class ProjectionB = std::identity>
  requires detail::has_blocks<A> && detail::has_blocks<B> &&
           std::indirect_strict_weak_order<
               Compare, std::projected<const typename A::value_type*, ProjectionA>,
               std::projected<const typename B::value_type*, ProjectionB>>
bool includes(const A& a, const B& b, Compare comp = {}, ProjectionA proj_a = {},
              ProjectionB proj_b = {}) {
  auto less =
      detail::less_in_both<typename A::value_type, typename B::value_type>(comp, proj_a, proj_b);
  detail::block_cursor<typename A::value_type> in_a(a);
  detail::block_cursor<typename B::value_type> in_b(b);
  while (!in_b.is_at_end()) {
    if (in_a.is_at_end()) return false;
    std::size_t seen = 0;
    std::size_t found = 0;
    const auto all = in_a.ahead();
    const auto wanted = in_b.ahead();
    for (; seen != all.size() && found != wanted.size(); ++seen) {
      if (less.b_is_less(all[seen], wanted[found])) return false;
      if (!less.a_is_less(all[seen], wanted[found])) ++found;
    }
    in_a.skip(seen);
    in_b.skip(found);
  }
  return true;
}

}  // namespace mapvec::inline v0_1
