// SPDX-License-Identifier: MIT
//
// Sorting by any comparison: std::sort and std::stable_sort in memory, and a heap of runs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <functional>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/config.hpp>
#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/quicksort.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/detail/stable_sort.hpp>

namespace mapvec::inline v0_1::detail {

/// comp(proj(left), proj(right)).
template <class T, class Compare, class Projection>
class projected_less {
 public:
  projected_less(Compare compare, Projection projection)
      : compare_(std::move(compare)), projection_(std::move(projection)) {}

  static constexpr bool is_noexcept =
      std::is_nothrow_invocable_v<Projection&, const T&> &&
      std::is_nothrow_invocable_v<Compare&, std::invoke_result_t<Projection&, const T&>,
                                  std::invoke_result_t<Projection&, const T&>>;

  bool operator()(const T& left, const T& right) const noexcept(is_noexcept) {
    return static_cast<bool>(
        std::invoke(compare_, std::invoke(projection_, left), std::invoke(projection_, right)));
  }

 private:
  mutable Compare compare_;  // like std::sort, we call it as it is
  mutable Projection projection_;
};

/// Runs `sort(less)` so that no element gets lost when `less` throws: the algorithms of the
/// standard library hold one in a variable now and then. They go on with all elements being equal,
/// and the exception is thrown when they have ended.
template <class T, class Less, class Sort>
void sort_guarded(const Less& less, Sort sort) {
  if constexpr (Less::is_noexcept) {
    sort(less);
  } else {
    std::exception_ptr failure;
    sort([&](const T& left, const T& right) noexcept {
      if (failure != nullptr) return false;
      try {
        return less(left, right);
      } catch (...) {
        failure = std::current_exception();
        return false;
      }
    });
    if (failure != nullptr) std::rethrow_exception(failure);
  }
}

enum class equal_elements_stay : bool { anywhere, in_order };

template <class T, class Less>
void sort_some(T* first, T* last, const Less& less, equal_elements_stay how) {
  detail::sort_guarded<T>(less, [&](const auto& guarded) {
    if (how == equal_elements_stay::in_order) {
      detail::stable_sort_aligned(first, last, guarded);
    } else {
      std::sort(first, last, guarded);
    }
  });
}

/// In place, for elements of any kind. After an exception of `less` or the watch they are there, in
/// any order.
template <class T, class Less>
void sort_in_place(T* first, T* last, const Less& less, std::size_t threads, sort_watch& watch) {
  const auto sort_part = [&](T* from, T* to) {
    detail::sort_some(from, to, less, equal_elements_stay::anywhere);
  };
  quicksort<T, Less, decltype(sort_part)>(less, sort_part, parts_per_thread::four, watch)
      .sort(first, last, threads);
}

template <class T, class Less>
class comparison_sorter final : public element_sorter {
 public:
  comparison_sorter(Less less, equal_elements_stay how)
      : element_sorter(
            {.element_bytes = sizeof(T),
             // std::stable_sort takes half as much again.
             .heap_bytes = how == equal_elements_stay::in_order ? sizeof(T) / 2 + 1 : 0}),
        less_(std::move(less)),
        how_(how) {}

  bool less(const std::byte* left, const std::byte* right) const override {
    return less_(*elements(left), *elements(right));
  }
  bool is_sorted(const std::byte* first, std::size_t count) const override {
    return std::is_sorted(elements(first), elements(first) + count, std::cref(less_));
  }
  bool reverse_if_descending(std::byte* first, std::size_t count) const override {
    return detail::reverse_if_descending(elements(first), elements(first) + count, less_);
  }
  std::size_t count_before(sorted_piece piece, const std::byte* element,
                           bound which) const override {
    const T* const first = elements(piece.first);
    const T* const last = first + piece.count;
    const T& value = *elements(element);
    const T* const cut = which == bound::below
                             ? std::lower_bound(first, last, value, std::cref(less_))
                             : std::upper_bound(first, last, value, std::cref(less_));
    return static_cast<std::size_t>(cut - first);
  }
  void merge(std::span<const sorted_piece> pieces, std::byte* out,
             std::byte* /*scratch*/) const override {
    std::vector<source> heads;
    heads.reserve(pieces.size());
    for (const auto& [first, count] : pieces) {
      heads.push_back({elements(first), elements(first) + count, heads.size()});
    }
    // The heap's front is what comes first: the least, and of equal ones that of the first piece.
    const auto comes_later = [this](const source& left, const source& right) {
      if (less_(*right.next, *left.next)) return true;
      return right.piece < left.piece && !less_(*left.next, *right.next);
    };
    std::make_heap(heads.begin(), heads.end(), comes_later);
    while (heads.size() > 1) {
      std::pop_heap(heads.begin(), heads.end(), comes_later);
      source& from = heads.back();
      std::memcpy(out, from.next, sizeof(T));
      out += sizeof(T);
      if (++from.next == from.end) {
        heads.pop_back();
      } else {
        std::push_heap(heads.begin(), heads.end(), comes_later);
      }
    }
    const source& last = heads.front();
    std::memcpy(out, last.next, static_cast<std::size_t>(last.end - last.next) * sizeof(T));
  }

  bool sorts_in_place() const noexcept override { return how_ == equal_elements_stay::anywhere; }
  void sort_in_place(std::byte* first, std::size_t count, std::size_t threads,
                     sort_watch& watch) const override {
    detail::sort_in_place(elements(first), elements(first) + count, less_, threads, watch);
  }

 private:
  struct source {
    const T* next;
    const T* end;
    std::size_t piece;
  };

  std::byte* sort_any(std::byte* first, std::size_t count, std::byte* /*scratch*/) const override {
    detail::sort_some(elements(first), elements(first) + count, less_, how_);
    return first;
  }

  static T* elements(std::byte* first) noexcept { return reinterpret_cast<T*>(first); }
  static const T* elements(const std::byte* first) noexcept {
    return reinterpret_cast<const T*>(first);
  }

  Less less_;
  equal_elements_stay how_;
};

}  // namespace mapvec::inline v0_1::detail
