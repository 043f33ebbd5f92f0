// SPDX-License-Identifier: MIT
//
// Sorting in place on several threads: the elements are split at pivots until the parts are small
// enough to be handed out, and each part is then sorted by a function of its own.
//
// The first split goes over all elements on one thread, so many threads help less than they could:
// twice as many gain nothing past about eight.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/config.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/detail/threads.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

/// Elements that are cheaper to store twice than to guess about.
template <class T>
inline constexpr bool splits_without_branches =
    std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T> &&
    std::is_copy_assignable_v<T> && sizeof(T) <= 16;

/// Moves what is `before(element)` to the front; returns where the others begin. For small elements
/// without a branch: which way random ones go cannot be predicted, and a wrong guess costs more
/// than two stores (0.7 instead of 4 ns for each of random integers).
template <class T, class Before>
T* split(T* first, T* last, Before before) {
  if constexpr (splits_without_branches<T>) {
    T* out = first;
    for (; first != last; ++first) {
      const T value = *first;
      *first = *out;
      *out = value;
      out += before(value) ? 1 : 0;
    }
    return out;
  } else {
    return std::partition(first, last, before);
  }
}

/// Brings the median of a sample to the front, where nothing compares with a copy of it: elements
/// may not have copies.
template <class T, class Less>
void bring_pivot(T* first, T* last, const Less& less) {
  constexpr std::size_t sample_size = 1023;  // off by over 1.6 % one time in three
  std::array<T*, sample_size> sample{};
  const auto step = static_cast<std::size_t>(last - first) / sample_size;
  for (std::size_t i = 0; i < sample_size; ++i) sample[i] = first + i * step + step / 2;
  T** const middle = sample.begin() + sample_size / 2;
  std::nth_element(sample.begin(), middle, sample.end(),
                   [&](const T* left, const T* right) { return less(*left, *right); });
  using std::swap;
  if (*middle != first) swap(*first, **middle);
}

enum class parts_per_thread : unsigned char { one, four };

template <class T, class Less, class SortPart>
class quicksort {
 public:
  /// `less` and `sort_part(first, last)` are called by several threads at once. Many small parts
  /// keep all threads busy to the end; a few large ones save splitting, where that is slower than
  /// what sort_part() does with the same elements.
  quicksort(const Less& less, const SortPart& sort_part, parts_per_thread parts, sort_watch& watch)
      : less_(less), sort_part_(sort_part), parts_per_thread_(parts), watch_(watch) {}

  /// After an exception the elements are there, in any order.
  void sort(T* first, T* last, std::size_t threads) {
    const auto count = static_cast<std::size_t>(last - first);
    watch_.expect(count);
    most_in_part_ = threads == 1 ? count : std::max(size_of_parts(count, threads), smallest_part);
    parts_.push_back({first, last, 0});
    auto work = [this] { sort_parts(); };
    auto give_up = [this] {
      {
        const std::lock_guard hold(mutex_);
        parts_.clear();
        is_given_up_ = true;
      }
      changed_.notify_all();
    };
    threads = std::min(threads, count / most_in_part_ + 1);
    run_on_threads(threads, thread_work(work), thread_work(give_up));
  }

 private:
  static constexpr std::size_t smallest_part = 16 * KiB;
  static constexpr std::size_t largest_part = 64 * MiB;  // so that stopping takes no seconds
  static constexpr std::size_t most_splits = 64;         // of one part: then its pivots are bad

  struct part {
    T* first;
    T* last;
    std::size_t splits;
    std::size_t size() const noexcept { return static_cast<std::size_t>(last - first); }
  };

  /// Halves of halves make as many equal parts as there are threads only if these are 2, 4, 8, ….
  /// They are a fifth larger than that, because no pivot is the median.
  std::size_t size_of_parts(std::size_t count, std::size_t threads) const noexcept {
    const bool is_one_each =
        parts_per_thread_ == parts_per_thread::one && std::has_single_bit(threads);
    return is_one_each ? std::min(count / 5 * 6 / threads, largest_part) : count / (4 * threads);
  }

  void sort_parts() {
    std::unique_lock hold(mutex_);
    for (;;) {
      changed_.wait(hold, [&] { return !parts_.empty() || busy_ == 0 || is_given_up_; });
      if (parts_.empty()) return;
      const part taken = parts_.back();
      parts_.pop_back();
      ++busy_;
      hold.unlock();
      work_on(taken);
      hold.lock();
      --busy_;
      changed_.notify_all();
    }
  }

  void work_on(part taken) {
    while (taken.size() > most_in_part_ && taken.splits < most_splits) taken = split_off(taken);
    watch_.check();
    sort_part_(taken.first, taken.last);
    watch_.advance(taken.size());
  }

  /// Splits, hands out one half, and returns the other.
  part split_off(const part& whole) {
    watch_.check();
    const auto [first, last, splits] = whole;
    detail::bring_pivot(first, last, less_);
    // Copies: what lies in memory would be read again after each store.
    const Less less = less_;
    std::conditional_t<splits_without_branches<T>, const T, const T&> pivot = *first;
    T* right = detail::split(first + 1, last, [&](const T& other) { return less(other, pivot); });
    T* left = right - 1;
    using std::swap;
    if (left != first) swap(*first, *left);
    if (static_cast<std::size_t>(left - first) < whole.size() / 8) {
      // Many may be equal to the pivot. They are in their place.
      const T& same = *left;
      right = detail::split(right, last, [&](const T& other) { return !less(same, other); });
    }
    watch_.advance(static_cast<std::size_t>(right - left));
    part small{first, left, splits + 1};
    part large{right, last, splits + 1};
    if (small.size() > large.size()) std::swap(small, large);
    {
      const std::lock_guard hold(mutex_);
      if (!is_given_up_) parts_.push_back(large);
    }
    changed_.notify_one();
    return small;
  }

  const Less& less_;
  const SortPart& sort_part_;
  const parts_per_thread parts_per_thread_;
  sort_watch& watch_;
  std::size_t most_in_part_ = 1;
  std::mutex mutex_;  // for what is below
  std::condition_variable changed_;
  std::vector<part> parts_;
  std::size_t busy_ = 0;
  bool is_given_up_ = false;
};

}  // namespace mapvec::inline v0_1::detail
