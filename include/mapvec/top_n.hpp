// SPDX-License-Identifier: MIT
//
// The few elements of a vector that come first in some order, without sorting the others:
//
//   const std::vector<double> greatest = mapvec::top_n(v, 100);
//   const auto oldest = mapvec::top_n(people, 10, std::less<>(), &person::born);
//
//  - Errors: the first exception of comp or proj, std::bad_alloc, or `error` when reading fails.
//  - Invalidation: none; it only reads.
//  - Cost: goes through the vector as for_each_block does: once, on several threads, in the memory
//    of a few blocks.
//
// Each thread keeps at most n + max(n, 64) elements and their positions, all threads
// together at most all elements, in a std::vector whose capacity may be twice that; at the end, one
// more such vector takes what all threads have. That is not counted against the vector's budget.
// The elements must not change meanwhile.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/blocks.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/comparison_sorter.hpp>
#include <mapvec/detail/order_of_sort.hpp>
#include <mapvec/reduce.hpp>
#include <mapvec/sort.hpp>

namespace mapvec::inline v0_1 {
namespace detail {

/// The first `count` elements, by `less`, of those it is shown.
template <class T, class Less>
class first_elements {
 public:
  struct placed {
    T element;
    std::size_t position;
  };

  first_elements(std::size_t count, const Less& less)
      : count_(count), room_(count + std::max<std::size_t>(count, 64)), less_(&less) {}

  /// REQUIRES: positions ascend from block to block.
  void look_at(const block<const T>& found) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      // What is equal to the last of them comes later.
      if (is_cut_ && !(*less_)(found[i], kept_[count_ - 1].element)) continue;
      kept_.push_back({found[i], found.position() + i});
      if (kept_.size() == room_) cut();
    }
  }
  std::vector<placed> take() { return std::move(kept_); }

  static bool comes_before(const Less& less, const placed& left, const placed& right) {
    if (less(left.element, right.element)) return true;
    return left.position < right.position && !less(right.element, left.element);
  }

 private:
  /// Afterwards the first ones are in front, the last of these at their end. So rarely that it
  /// costs no more than to look, whatever the order of the elements; a heap would cost log(count).
  void cut() {
    const auto end = kept_.begin() + static_cast<std::ptrdiff_t>(count_);
    std::nth_element(kept_.begin(), std::prev(end), kept_.end(),
                     [this](const placed& left, const placed& right) {
                       return comes_before(*less_, left, right);
                     });
    kept_.erase(end, kept_.end());
    is_cut_ = true;
  }

  std::size_t count_;
  std::size_t room_;
  const Less* less_;
  std::vector<placed> kept_;
  bool is_cut_ = false;
};

}  // namespace detail

/// The first n elements, or all if there are fewer, of what stable_sort(v, comp, proj) would give,
/// in that order: by default the greatest, the greatest first. From n == v.size() on that is all in
/// memory, sorted by one thread. comp and proj are called by several threads at once; their first
/// exception, or `error` when reading fails, is thrown.
template <detail::has_blocks Vector, class Compare = std::ranges::greater,
          class Projection = std::identity>
  requires std::copyable<typename Vector::value_type> &&
           detail::sorts<typename Vector::value_type, Compare, Projection>
[[nodiscard]] std::vector<typename Vector::value_type> top_n(const Vector& v, std::size_t n,
                                                             Compare comp = {},
                                                             Projection proj = {},
                                                             const reduce_options& how = {}) {
  using element = typename Vector::value_type;
  using key = std::remove_cvref_t<std::invoke_result_t<Projection&, const element&>>;
  using order = decltype(detail::order_of_sort<key, key>(std::move(comp)));
  using less = detail::projected_less<element, order, Projection>;
  using collector = detail::first_elements<element, less>;
  std::vector<element> result;
  const std::size_t count = std::min(n, v.size());
  if (count == 0) return result;

  const less before(detail::order_of_sort<key, key>(std::move(comp)), std::move(proj));
  std::mutex mutex;
  std::map<std::thread::id, collector> collectors;
  const auto visit = [&](const block<const element>& found) {
    std::unique_lock hold(mutex);
    collector& own =
        collectors.try_emplace(std::this_thread::get_id(), count, before).first->second;
    hold.unlock();
    own.look_at(found);
  };
  for_each_block(v, visit, how.blocks, how.threads);

  std::vector<typename collector::placed> all;
  for (auto& [thread, each] : collectors) {
    auto found = each.take();
    std::ranges::move(found, std::back_inserter(all));
  }
  std::ranges::sort(all, [&](const auto& left, const auto& right) {
    return collector::comes_before(before, left, right);
  });
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) result.push_back(std::move(all[i].element));
  return result;
}

}  // namespace mapvec::inline v0_1
