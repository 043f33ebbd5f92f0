// SPDX-License-Identifier: MIT
//
// Sorting keys in random order: what the contenders are given, and what each must have made of it.
// The keys come from their position, so that nobody has to keep them to see whether all are there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <vector>

#include <sys/mman.h>

#include "harness.hpp"

namespace bench {

/// splitmix64 (Steele, Lea, Flood, 2014): a bijection, so no two positions have the same key.
constexpr number key_at(number position) {
  number mixed = (position + 1) * 0x9e3779b97f4a7c15U;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

struct sort_record {
  number key;
  number position;
  number payload;
};

template <class T>
constexpr T element_at(number position);
template <>
constexpr number element_at<number>(number position) {
  return key_at(position);
}
template <>
constexpr sort_record element_at<sort_record>(number position) {
  return {key_at(position), position, ~position};
}

constexpr number key_of(number element) { return element; }
constexpr number key_of(const sort_record& element) { return element.key; }

/// Hands `append` the elements in random order, 1 MiB at a time.
template <class T, class Append>
void make_elements(std::size_t count, const Append& append) {
  std::vector<T> piece((std::size_t{1} << 20) / sizeof(T));
  for (std::size_t done = 0; done < count;) {
    const std::size_t now = std::min(count - done, piece.size());
    for (std::size_t i = 0; i < now; ++i) piece[i] = element_at<T>(done + i);
    append(std::span<const T>(piece.data(), now));
    done += now;
  }
}

/// Sees each element once, in order; throws where something is out of order, changed or missing.
template <class T>
class sorted_check {
 public:
  void see(const T& element) {
    const number key = key_of(element);
    if (seen_ != 0 && key <= last_) throw std::runtime_error("not sorted");
    if constexpr (sizeof(T) != sizeof(number)) {
      if (key != key_at(element.position) || element.payload != ~element.position) {
        throw std::runtime_error("a record has another key than before");
      }
    }
    last_ = key;
    sum_ += key;
    ++seen_;
  }
  void end(std::size_t count) const {
    number sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += key_at(i);
    if (seen_ != count || sum_ != sum) throw std::runtime_error("elements are missing");
  }

 private:
  number last_ = 0;
  number sum_ = 0;
  std::size_t seen_ = 0;
};

/// Memory on huge pages, where the system has them. No elements are constructed.
template <class T>
class huge_memory {
 public:
  explicit huge_memory(std::size_t size_bytes)
      : first_(static_cast<T*>(std::aligned_alloc(huge_bytes, size_bytes)), &std::free) {
    if (first_ == nullptr) throw std::bad_alloc();
    ::madvise(first_.get(), size_bytes, MADV_HUGEPAGE);
  }
  T* get() const { return first_.get(); }

 private:
  static constexpr std::size_t huge_bytes = std::size_t{2} << 20;

  std::unique_ptr<T, decltype(&std::free)> first_;
};

inline counters sort_counters(const stopwatch& watch) {
  return {{"seconds", watch.seconds()}, {"processor_seconds", watch.processor_seconds()}};
}

/// `Contender` is made for asked, and has fill(), which ends with everything on the disk if that is
/// where it sorts, sort() and check(). The first time is not counted.
template <class Contender>
counters time_sort(const job& asked) {
  Contender contender(asked);
  contender.fill();
  contender.sort();
  contender.fill();
  const stopwatch watch;
  contender.sort();
  const counters values = sort_counters(watch);
  contender.check();
  return values;
}

counters sort_numbers(const job& asked);
counters sort_records(const job& asked);
counters sort_numbers_mapped(const job& asked);
counters sort_resident(const job& asked);
counters sort_resident_std(const job& asked);
counters sort_text(const job& asked);
counters copy_twice(const job& asked);

// The elements in order, read once: through a sorted vector, and without one.
counters sort_and_sum(const job& asked);
counters sum_sorted_view(const job& asked);

// asked.reads values in sorted elements that are not in memory; and the sum of such.
counters search_batch(const job& asked);
counters search_loop(const job& asked);
counters reduce_cold(const job& asked);
counters reduce_mapped(const job& asked);

}  // namespace bench
