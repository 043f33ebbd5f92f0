// SPDX-License-Identifier: MIT
//
// Sorting vectors that are larger than memory:
//
//   mapvec::sort(v);                                            // as std::ranges::sort(v)
//   mapvec::sort(v, std::greater<>(), &record::key, {.memory_bytes = 1 * mapvec::GiB});
//
//  - Cost: what fits into the memory it may take is sorted there, on several threads; to keep equal
//    elements in order, or to sort by a key, takes 2 to 3 times the elements' size. So does, on one
//    thread and without progress, what is not trivially copyable and keeps its order. For more, a
//    sort reads and writes all elements twice, and needs a temporary file of their size, which it
//    allocates before it moves the first: a full disk changes nothing, where space_guaranteed().
//  - Invalidation: a vector keeps its file, and data() its address. One that is in no file yet is
//    sorted in memory, whatever that takes. A file_vector gets a new file, which replaces the old
//    one when it is complete, as replace() does: after a crash either is there, and all elements
//    are committed. That takes the elements' size once more beside it, and pointers to elements
//    become invalid.
//  - comp and proj are called by several threads at once. They must be a strict weak ordering, as
//    for std::sort, but NaNs among float and double are no mistake where these are compared by
//    std::less or std::greater: all of them go to the end.
//  - Errors: when comp, proj or progress throws, a stop is requested or the disk fails, the sort
//    ends with the first exception. A vector then has its elements in another order, and a
//    file_vector is unchanged. Once the vector is being overwritten, that takes the time of copying
//    all elements back. Only if they cannot be, because a disk has failed for good, or is full
//    where space_guaranteed() is false (copy-on-write file systems), elements are lost: the vector
//    has failed, like after a failed write-back.
//  - Sorted elements are left alone: a file_vector is not committed then. What is in strictly
//    descending order, and trivially copyable, is turned around where it fits into memory; past
//    that, a run that is in either order takes one comparison for each element, and all are written
//    the same.
//  - Where equal elements need not keep their order, -0.0 counts as less than +0.0.
//  - Elements must be trivially copyable unless they fit into memory: else `error` (ENOMEM), before
//    anything happens. So is what is aligned to more than 4 KiB.
//  - All elements of a file_vector are sorted, across its rows, of which none may be incomplete
//    (EINVAL).
//
// Nobody may use the elements meanwhile. A forked child may not sort (EPERM).
#pragma once

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/detail/comparison_sorter.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/keyed_sorter.hpp>
#include <mapvec/detail/rank.hpp>
#include <mapvec/detail/replace_elements.hpp>
#include <mapvec/detail/sort_elements.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/detail/threads.hpp>
#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/temporary.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1 {

struct sort_options {
  /// What the sort may take beside what others have in memory of the vector. 0 = the vector's
  /// memory budget, or half of what the machine has available, or of the limit of the control group
  /// if that is less. One merge of all needs some 16 MiB for 1 GiB of elements of 8 bytes, 1.3 GiB
  /// for 1 TiB, and more for elements past some hundred bytes; less is taken for that.
  std::size_t memory_bytes = 0;
  /// That sort and merge; two more wait for the disk. 0 = as many as the caller may run on; fewer
  /// where the memory is too little for all.
  std::size_t threads = 0;
  /// Where the temporary file lives: by default where a vector without a builder would, wherever
  /// the sorted vector is, and whatever it leaves free of its disk.
  segment_builder temporary = {};
  /// Called now and then with how much is done, from 0 to 1, from any of the threads, one at a
  /// time.
  std::function<void(double fraction)> progress = {};
  /// Asked between pieces of work, the longest of which is the sort of what one thread has of the
  /// memory; a stop is `error` (ECANCELED).
  std::stop_token stop_token = {};
};

namespace detail {

// Programs may specialize std::less and std::greater for enumerations of theirs.
template <class Compare, class Key>
inline constexpr bool is_less =
    std::same_as<Compare, std::ranges::less> || std::same_as<Compare, std::less<>> ||
    (std::same_as<Compare, std::less<Key>> && !std::is_enum_v<Key>);
template <class Compare, class Key>
inline constexpr bool is_greater =
    std::same_as<Compare, std::ranges::greater> || std::same_as<Compare, std::greater<>> ||
    (std::same_as<Compare, std::greater<Key>> && !std::is_enum_v<Key>);

/// Numbers that are compared as they are.
template <class Key, class Compare>
concept compared_by_rank = ranked<Key> && (is_less<Compare, Key> || is_greater<Compare, Key>);

template <class Compare, class Key>
inline constexpr direction direction_of =
    is_less<Compare, Key> ? direction::ascending : direction::descending;

template <class T, class Compare, class Projection>
std::unique_ptr<element_sorter> sorter_for(Compare compare, Projection projection,
                                           equal_elements_stay how) {
  using key = std::remove_cvref_t<std::invoke_result_t<Projection&, const T&>>;
  if constexpr (compared_by_rank<key, Compare>) {
    constexpr direction way = direction_of<Compare, key>;
    if constexpr (std::same_as<Projection, std::identity>) {
      // Zeros are equal whatever their sign, and then in the order they had.
      const bool is_the_same = !std::floating_point<T> || how == equal_elements_stay::anywhere;
      if (is_the_same) return make_number_sorter(order_of<T>(way));
    }
    return std::make_unique<keyed_sorter<T, Projection>>(std::move(projection), way);
  } else {
    using less = projected_less<T, Compare, Projection>;
    return std::make_unique<comparison_sorter<T, less>>(
        less(std::move(compare), std::move(projection)), how);
  }
}

/// A page of a file is where elements of such an alignment may begin.
template <class T>
inline constexpr bool sorts_through_files =
    std::is_trivially_copyable_v<T> && alignof(T) <= 4 * KiB;

template <class T, class Compare, class Projection>
void sort(vector<T>& sorted, Compare compare, Projection projection, const sort_options& how,
          equal_elements_stay equal) {
  storage& held = vector_access::storage_of(sorted);
  held.require_owner();
  const std::size_t memory_bytes = memory_for_sorting(how.memory_bytes, held.budget());
  const std::size_t threads = threads_to_use(how.threads);
  sort_watch watch(how.progress, how.stop_token);
  if constexpr (sorts_through_files<T>) {
    const auto sorter = detail::sorter_for<T>(std::move(compare), std::move(projection), equal);
    sort_elements(held, sorted.size() * sizeof(T), *sorter, {memory_bytes, threads, how.temporary},
                  watch);
  } else {
    if (sorted.size() < 2) return;
    const bool is_stable = equal == equal_elements_stay::in_order;
    if (sorted.size() * sizeof(T) / 2 > memory_bytes / (is_stable ? 3 : 2)) {
      throw_error(ENOMEM, "sort, beyond the memory, elements that no file can hold in",
                  sorted.path());
    }
    watch.check();
    const projected_less<T, Compare, Projection> less(std::move(compare), std::move(projection));
    T* const first = sorted.data();
    if (std::is_sorted(first, first + sorted.size(), std::cref(less))) return;
    if (is_stable) {
      detail::sort_some(first, first + sorted.size(), less, equal);
    } else {
      detail::sort_in_place(first, first + sorted.size(), less, threads, watch);
    }
  }
}

template <class T, class Compare, class Projection>
void sort(file_vector<T>& sorted, Compare compare, Projection projection, const sort_options& how,
          equal_elements_stay equal) {
  static_assert(sorts_through_files<T>, "mapvec: elements are aligned to more than 4 KiB");
  const storage& held = vector_access::storage_of(sorted);
  held.require_owner();
  detail::require_whole_rows(sorted, "sort, with an incomplete row,");
  if (sorted.size() < 2) return;
  const std::size_t memory_bytes = memory_for_sorting(how.memory_bytes, held.budget());
  const std::size_t threads = threads_to_use(how.threads);
  sort_watch watch(how.progress, how.stop_token);
  const auto sorter = detail::sorter_for<T>(std::move(compare), std::move(projection), equal);
  detail::replace_elements(sorted, [&](vector<T>& next) {
    bool is_new = false;
    vector_access::with_storage_changing(next, sorted.size(), [&](storage& result) {
      is_new = sort_elements(held, result, vector_access::layout_of<vector<T>>(),
                             sorted.size() * sizeof(T), *sorter,
                             {memory_bytes, threads, how.temporary}, watch);
    });
    return is_new;
  });
}

template <class T, class Compare, class Projection>
concept sorts = std::permutable<T*> && std::copy_constructible<Compare> &&
                std::copy_constructible<Projection> &&
                std::predicate<Compare&, std::invoke_result_t<Projection&, const T&>,
                               std::invoke_result_t<Projection&, const T&>>;

}  // namespace detail

/// Afterwards !comp(proj(v[i + 1]), proj(v[i])) for all i. Numbers that are compared by std::less
/// or std::greater, and types with such a key, are sorted fastest.
template <class T, class Compare = std::ranges::less, class Projection = std::identity>
  requires detail::sorts<T, Compare, Projection>
void sort(vector<T>& v, Compare comp = {}, Projection proj = {}, const sort_options& how = {}) {
  detail::sort(v, std::move(comp), std::move(proj), how, detail::equal_elements_stay::anywhere);
}

/// The same, and equal elements keep their order.
template <class T, class Compare = std::ranges::less, class Projection = std::identity>
  requires detail::sorts<T, Compare, Projection>
void stable_sort(vector<T>& v, Compare comp = {}, Projection proj = {},
                 const sort_options& how = {}) {
  detail::sort(v, std::move(comp), std::move(proj), how, detail::equal_elements_stay::in_order);
}

template <class T, class Compare = std::ranges::less, class Projection = std::identity>
  requires detail::sorts<T, Compare, Projection>
void sort(file_vector<T>& v, Compare comp = {}, Projection proj = {},
          const sort_options& how = {}) {
  detail::sort(v, std::move(comp), std::move(proj), how, detail::equal_elements_stay::anywhere);
}
template <class T, class Compare = std::ranges::less, class Projection = std::identity>
  requires detail::sorts<T, Compare, Projection>
void stable_sort(file_vector<T>& v, Compare comp = {}, Projection proj = {},
                 const sort_options& how = {}) {
  detail::sort(v, std::move(comp), std::move(proj), how, detail::equal_elements_stay::in_order);
}

}  // namespace mapvec::inline v0_1
