// SPDX-License-Identifier: MIT
//
// Partitioning vectors that are larger than memory: elements for which a predicate holds come
// before the others.
//
//   const std::size_t valid = mapvec::partition(v, is_valid, &record::state);
//   v.truncate(valid);
//
//  - Unlike std::partition, and like lower_bound (search.hpp), both return an index: how many
//    elements pred holds for. It stays right where a file_vector gets a new file.
//  - Elements are sorted by whether pred fails: what stands in sort.hpp of memory, temporary files,
//    threads, failures, the elements' type and a file_vector's file and rows is so here, too. pred
//    and proj are called several times for an element, and by several threads at once; they must
//    always answer the same of it.
//  - partition() of a vector that fits into the memory it may take, or that has elements which no
//    file can hold, exchanges elements where they are: on the caller's thread, which calls pred and
//    proj once for each element, and without further memory.
//  - Where an exception comes from the last step, which looks for the index, a vector and a
//    file_vector are partitioned already.
//  - What is partitioned is left alone.
//  - Errors: as for sort(), and what pred throws.
//  - Invalidation: as for sort(): none in a vector, all pointers into a file_vector.
//  - Cost: as for sort() where it sorts, else linear.
//
// Nobody may use the elements meanwhile. A forked child may not partition (EPERM).
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>

#include <mapvec/budget.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/sort_elements.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/search.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1 {
namespace detail {

/// The key by which to sort: false comes before true.
template <class Predicate, class Projection>
class fails {
 public:
  fails(Predicate predicate, Projection projection)
      : predicate_(std::move(predicate)), projection_(std::move(projection)) {}

  template <class T>
  bool operator()(const T& element) {
    return !std::invoke(predicate_, std::invoke(projection_, element));
  }

 private:
  Predicate predicate_;
  Projection projection_;
};

template <class T, class Predicate, class Projection>
concept partitions = std::copy_constructible<Predicate> && std::copy_constructible<Projection> &&
                     std::predicate<Predicate&, std::invoke_result_t<Projection&, const T&>>;

template <class Vector, class Key>
std::size_t partition_by_sorting(Vector& v, const Key& key, const sort_options& how) {
  detail::sort(v, std::ranges::less(), key, how, equal_elements_stay::in_order);
  std::size_t point = 0;
  mapvec::lower_bound(v, std::array{true}, std::span(&point, 1), std::ranges::less(), key);
  return point;
}

template <class T, class Key>
std::size_t partition_in_place(vector<T>& v, Key& key, const sort_options& how,
                               std::size_t memory_bytes) {
  storage& held = vector_access::storage_of(v);
  held.require_intact();
  sort_watch watch(how.progress, how.stop_token);
  watch.check();
  if (v.empty()) return 0;
  const std::size_t size_bytes = v.size() * sizeof(T);
  const memory_hold memory = take_memory(held.budget(), std::min(size_bytes, memory_bytes));
  held.prefetch(0, size_bytes);
  const auto others = std::ranges::partition(v, [&](const T& element) { return !key(element); });
  watch.expect(v.size());
  watch.advance(v.size());
  return v.size() - others.size();
}

}  // namespace detail

/// Puts elements for which pred(proj(v[i])) holds before the others; returns how many they are.
template <class T, class Predicate, class Projection = std::identity>
  requires std::permutable<T*> && detail::partitions<T, Predicate, Projection>
std::size_t partition(vector<T>& v, Predicate pred, Projection proj = {},
                      const sort_options& how = {}) {
  detail::fails<Predicate, Projection> key(std::move(pred), std::move(proj));
  detail::storage& held = detail::vector_access::storage_of(v);
  held.require_owner();
  const std::size_t size_bytes = v.size() * sizeof(T);
  const std::size_t memory_bytes = detail::memory_for_sorting(how.memory_bytes, held.budget());
  if (!detail::sorts_through_files<T> || size_bytes <= memory_bytes ||
      held.source(size_bytes).fd < 0) {
    return detail::partition_in_place(v, key, how, memory_bytes);
  }
  return detail::partition_by_sorting(v, key, how);
}

/// The same, and on either side elements keep their order.
template <class T, class Predicate, class Projection = std::identity>
  requires detail::partitions<T, Predicate, Projection>
std::size_t stable_partition(vector<T>& v, Predicate pred, Projection proj = {},
                             const sort_options& how = {}) {
  return detail::partition_by_sorting(
      v, detail::fails<Predicate, Projection>(std::move(pred), std::move(proj)), how);
}

template <class T, class Predicate, class Projection = std::identity>
  requires detail::partitions<T, Predicate, Projection>
std::size_t stable_partition(file_vector<T>& v, Predicate pred, Projection proj = {},
                             const sort_options& how = {}) {
  return detail::partition_by_sorting(
      v, detail::fails<Predicate, Projection>(std::move(pred), std::move(proj)), how);
}
/// As stable_partition().
template <class T, class Predicate, class Projection = std::identity>
  requires detail::partitions<T, Predicate, Projection>
std::size_t partition(file_vector<T>& v, Predicate pred, Projection proj = {},
                      const sort_options& how = {}) {
  return stable_partition(v, std::move(pred), std::move(proj), how);
}

}  // namespace mapvec::inline v0_1
