// SPDX-License-Identifier: MIT
//
// Elements that cannot be sorted in place, because equal ones have to stay in order or because they
// are sorted by way of their keys, are sorted in pieces, each by one thread; these are merged in
// parts into memory of the same size, and copied back.
#include "memory_sort.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include <mapvec/detail/threads.hpp>
#include <mapvec/region.hpp>
#include <mapvec/units.hpp>

#include "merge_parts.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

constexpr std::size_t margin_bytes = 8 * KiB;

struct division {
  division(std::size_t count, const element_sorter& sorter, std::size_t wanted_threads) noexcept
      : threads(
            std::min(wanted_threads, count * sorter.element_bytes() / merged_at_once_bytes + 1)),
        pieces(threads == 1 ? 1 : 2 * threads),
        piece_elements(count / pieces + 1),
        part_elements(std::clamp<std::size_t>(count, 1, merged_at_once(sorter.element_bytes()))),
        merged_bytes(pieces == 1 ? 0 : round_up(count * sorter.element_bytes(), margin_bytes)),
        scratch_bytes(round_up(
            std::max(piece_elements, part_elements) * sorter.bytes().scratch_bytes + margin_bytes,
            margin_bytes)) {}

  std::size_t memory_bytes() const noexcept { return merged_bytes + threads * scratch_bytes; }

  std::size_t threads;
  std::size_t pieces;
  std::size_t piece_elements;
  std::size_t part_elements;
  std::size_t merged_bytes;
  std::size_t scratch_bytes;  // of each thread
};

class memory_sort {
 public:
  memory_sort(std::byte* first, std::size_t count, const element_sorter& sorter,
              std::size_t threads, sort_watch& watch)
      : first_(first),
        count_(count),
        sorter_(sorter),
        watch_(watch),
        into_(count, sorter, threads),
        memory_(region::reserve_memory(into_.memory_bytes(), into_.memory_bytes(),
                                       into_.memory_bytes())) {
    sys::madvise(memory_.data(), into_.memory_bytes(), MADV_HUGEPAGE);
  }

  void run() {
    watch_.expect(into_.pieces == 1 ? count_ : 2 * count_);
    for_each_index(into_.pieces,
                   [this](std::size_t piece, std::byte* scratch) { sort_piece(piece, scratch); });
    if (into_.pieces == 1) return;
    cut();
    for_each_index(parts_.size(), [this](std::size_t part, std::byte* scratch) {
      watch_.check();
      merge(parts_[part], merged(part), scratch, sorter_);
      watch_.advance(parts_[part].count);
    });
    for_each_index(parts_.size(), [this](std::size_t part, std::byte* /*scratch*/) {
      std::memcpy(first_ + (merged(part) - memory_.data()), merged(part),
                  parts_[part].count * sorter_.element_bytes());
    });
  }

 private:
  /// Calls `step(i, scratch)` for all i below `count`, on several threads.
  template <class Step>
  void for_each_index(std::size_t count, Step step) {
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> next_scratch{0};
    auto work = [&] {
      std::byte* const scratch =
          memory_.data() + into_.merged_bytes + next_scratch++ * into_.scratch_bytes;
      for (std::size_t i = next++; i < count; i = next++) step(i, scratch);
    };
    auto give_up = [&] { next = count; };
    run_on_threads(std::min(into_.threads, count), thread_work(work), thread_work(give_up));
  }

  void sort_piece(std::size_t piece, std::byte* scratch) {
    const std::size_t position = std::min(piece * into_.piece_elements, count_);
    const std::size_t count = std::min(into_.piece_elements, count_ - position);
    if (count == 0) return;
    watch_.check();
    std::byte* const first = first_ + position * sorter_.element_bytes();
    std::byte* const sorted = sorter_.sort(first, count, scratch);
    if (sorted != first) std::memcpy(first, sorted, count * sorter_.element_bytes());
    watch_.advance(count);
  }

  void cut() {
    merge_part rest;
    for (std::size_t piece = 0; piece < into_.pieces; ++piece) {
      const std::size_t position = std::min(piece * into_.piece_elements, count_);
      rest.add({.elements = {first_ + position * sorter_.element_bytes(),
                             std::min(into_.piece_elements, count_ - position)},
                .run = piece});
    }
    std::vector<merge_part> left;
    left.push_back(std::move(rest));
    std::size_t position = 0;
    while (!left.empty()) {
      cut_last(left, into_.part_elements, sorter_);
      positions_.push_back(position);
      position += left.back().count;
      parts_.push_back(std::move(left.back()));
      left.pop_back();
    }
  }

  std::byte* merged(std::size_t part) const noexcept {
    return memory_.data() + positions_[part] * sorter_.element_bytes();
  }

  std::byte* const first_;
  const std::size_t count_;
  const element_sorter& sorter_;
  sort_watch& watch_;
  const division into_;
  const region memory_;
  std::vector<merge_part> parts_;
  std::vector<std::size_t> positions_;  // of the parts
};

}  // namespace

std::size_t memory_sort_bytes(std::size_t count, const element_sorter& sorter,
                              std::size_t threads) noexcept {
  const std::size_t all_bytes = saturating_multiply(count, sorter.element_bytes());
  if (sorter.sorts_in_place()) return all_bytes;
  const division into(count, sorter, threads);
  return saturating_add(all_bytes, into.memory_bytes() + into.threads * into.piece_elements *
                                                             sorter.bytes().heap_bytes);
}

void sort_in_memory(std::byte* first, std::size_t count, const element_sorter& sorter,
                    std::size_t threads, sort_watch& watch) {
  if (sorter.reverse_if_descending(first, count)) {
    watch.expect(count);
    return watch.advance(count);
  }
  if (sorter.sorts_in_place()) return sorter.sort_in_place(first, count, threads, watch);
  memory_sort(first, count, sorter, threads, watch).run();
}

}  // namespace mapvec::inline v0_1::detail
