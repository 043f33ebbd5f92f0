// SPDX-License-Identifier: MIT
//
// Sorting numbers by their ranks, see rank.hpp.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/quicksort.hpp>

#include "number_sort.hpp"

namespace mapvec::inline v0_1::detail {

element_sorter::~element_sorter() = default;

/// Where it is in no order, looking costs a few comparisons.
std::byte* element_sorter::sort(std::byte* first, std::size_t count, std::byte* scratch) const {
  if (is_sorted(first, count) || reverse_if_descending(first, count)) return first;
  return sort_any(first, count, scratch);
}

void element_sorter::sort_in_place(std::byte* /*first*/, std::size_t /*count*/,
                                   std::size_t /*threads*/, sort_watch& /*watch*/) const {
  MAPVEC_ASSERT(sorts_in_place());
}

namespace {

/// From so many pieces on, copying them into one and sorting that is faster than merging them: it
/// takes 11 to 13 ns a number, however many they are; a tree of losers takes 3 ns a level.
constexpr std::size_t most_merged = 12;

void sort_ranks(std::uint8_t* ranks, std::size_t count) {
  std::array<std::size_t, 256> counts{};
  for (std::size_t i = 0; i < count; ++i) ++counts[ranks[i]];
  for (std::size_t value = 0; value < counts.size(); ++value) {
    std::memset(ranks, static_cast<int>(value), counts[value]);
    ranks += counts[value];
  }
}
template <class Bits>
void sort_ranks(Bits* ranks, std::size_t count) {
  constexpr std::size_t few = 64;
  if (count <= few) {
    std::sort(ranks, ranks + count);
  } else {
    number_sort::sort(ranks, count);
  }
}

/// Merges by a tree of losers: each inner node holds the loser of the match played there, and the
/// winner goes on. Compilers make branches of `a < b ? a : b` here, and half of them go the wrong
/// way; masks cost half the time.
template <class Bits>
class number_tree {
 public:
  number_tree(std::span<const sorted_piece> pieces, const ranking<Bits>& ranks)
      : ranks_(ranks),
        greatest_(ranks.bits(std::numeric_limits<Bits>::max())),
        leaves_(std::bit_ceil(pieces.size())),
        sources_(leaves_, nothing()),
        nodes_(leaves_) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const auto* const first = reinterpret_cast<const Bits*>(pieces[i].first);
      sources_[i] = {first, first + pieces[i].count};
    }
    winner_ = play(1);
  }

  /// REQUIRES: the pieces still have `count` numbers.
  void merge(Bits* out, std::size_t count) noexcept {
    for (Bits* const end = out + count; out != end; ++out) {
      *out = ranks_.bits(winner_.rank);
      source& from = sources_[winner_.source];
      if (++from.next == from.end) from = nothing();
      entry moved{ranks_.rank(*from.next), winner_.source};
      for (std::size_t node = (leaves_ + winner_.source) / 2; node != 0; node /= 2) {
        exchange_if_less(nodes_[node], moved);
      }
      winner_ = moved;
    }
  }

 private:
  struct source {
    const Bits* next;
    const Bits* end;
  };
  struct entry {
    Bits rank;
    std::uint32_t source;
  };

  /// What an exhausted source goes on with. It may win before a number that is equal, which nobody
  /// can tell from this one.
  source nothing() const noexcept { return {&greatest_, &greatest_ + 1}; }

  /// Plays all matches below a node; the losers stay, and the winner is returned.
  entry play(std::size_t node) noexcept {
    if (node >= leaves_) {
      const std::size_t index = node - leaves_;
      return {ranks_.rank(*sources_[index].next), static_cast<std::uint32_t>(index)};
    }
    entry winner = play(2 * node);
    nodes_[node] = play(2 * node + 1);
    exchange_if_less(nodes_[node], winner);
    return winner;
  }

  /// Afterwards `held` has the greater rank of the two, and `moved` the less.
  static void exchange_if_less(entry& held, entry& moved) noexcept {
    const std::uint64_t mask = std::uint64_t{0} - (held.rank < moved.rank ? 1U : 0U);
    const Bits rank_change = static_cast<Bits>((held.rank ^ moved.rank) & mask);
    const auto source_change = static_cast<std::uint32_t>((held.source ^ moved.source) & mask);
    held.rank ^= rank_change;
    moved.rank ^= rank_change;
    held.source ^= source_change;
    moved.source ^= source_change;
  }

  const ranking<Bits> ranks_;
  const Bits greatest_;
  const std::size_t leaves_;
  std::vector<source> sources_;
  std::vector<entry> nodes_;
  entry winner_{};
};

template <class Bits>
class number_sorter final : public element_sorter {
 public:
  explicit number_sorter(number_order order)
      : element_sorter({.element_bytes = sizeof(Bits)}), ranks_(order) {}

  bool less(const std::byte* left, const std::byte* right) const override {
    return is_less(*numbers(left), *numbers(right));
  }
  bool is_sorted(const std::byte* first, std::size_t count) const override {
    return std::is_sorted(numbers(first), numbers(first) + count, by_rank());
  }
  bool reverse_if_descending(std::byte* first, std::size_t count) const override {
    return detail::reverse_if_descending(numbers(first), numbers(first) + count, by_rank());
  }
  std::size_t count_before(sorted_piece piece, const std::byte* element,
                           bound which) const override {
    const Bits* const first = numbers(piece.first);
    const Bits* const last = first + piece.count;
    const Bits rank = ranks_.rank(*numbers(element));
    const Bits* const cut = std::partition_point(first, last, [&](Bits other) {
      const Bits others = ranks_.rank(other);
      return which == bound::below ? others < rank : others <= rank;
    });
    return static_cast<std::size_t>(cut - first);
  }
  void merge(std::span<const sorted_piece> pieces, std::byte* out,
             std::byte* /*scratch*/) const override {
    std::size_t count = 0;
    for (const sorted_piece& each : pieces) count += each.count;
    if (pieces.size() <= 1 ||
        (pieces.size() > most_merged && number_sort::is_faster_than_merging)) {
      copy_all(pieces, out);
      if (pieces.size() > 1) sort_numbers(numbers(out), count);
    } else {
      number_tree<Bits>(pieces, ranks_).merge(numbers(out), count);
    }
  }

  bool sorts_in_place() const noexcept override { return true; }
  void sort_in_place(std::byte* first, std::size_t count, std::size_t threads,
                     sort_watch& watch) const override {
    if (ranks_.are_of_integers()) {
      split_and_sort(ranks_.of_integers(), numbers(first), count, threads, watch);
    } else {
      split_and_sort(ranks_, numbers(first), count, threads, watch);
    }
  }

 private:
  std::byte* sort_any(std::byte* first, std::size_t count, std::byte* /*scratch*/) const override {
    sort_numbers(numbers(first), count);
    return first;
  }
  static Bits* numbers(std::byte* first) noexcept { return reinterpret_cast<Bits*>(first); }
  static const Bits* numbers(const std::byte* first) noexcept {
    return reinterpret_cast<const Bits*>(first);
  }

  bool is_less(Bits left, Bits right) const noexcept {
    return ranks_.rank(left) < ranks_.rank(right);
  }
  auto by_rank() const {
    return [this](Bits left, Bits right) { return is_less(left, right); };
  }
  void sort_numbers(Bits* first, std::size_t count) const {
    if (ranks_.is_identity()) return sort_ranks(first, count);
    for (std::size_t i = 0; i < count; ++i) first[i] = ranks_.rank(first[i]);
    sort_ranks(first, count);
    for (std::size_t i = 0; i < count; ++i) first[i] = ranks_.bits(first[i]);
  }
  template <class Ranks>
  void split_and_sort(const Ranks& ranks, Bits* first, std::size_t count, std::size_t threads,
                      sort_watch& watch) const {
    const auto less = [ranks](Bits left, Bits right) {
      return ranks.rank(left) < ranks.rank(right);
    };
    const auto sort_part = [this](Bits* part, const Bits* last) {
      sort_numbers(part, static_cast<std::size_t>(last - part));
    };
    const auto parts =
        number_sort::is_faster_than_merging ? parts_per_thread::one : parts_per_thread::four;
    quicksort<Bits, decltype(less), decltype(sort_part)>(less, sort_part, parts, watch)
        .sort(first, first + count, threads);
  }
  static void copy_all(std::span<const sorted_piece> pieces, std::byte* out) noexcept {
    for (const auto& [first, count] : pieces) {
      std::memcpy(out, first, count * sizeof(Bits));
      out += count * sizeof(Bits);
    }
  }

  ranking<Bits> ranks_;
};

}  // namespace

void sort_numbers(std::uint64_t* numbers, std::size_t count) noexcept {
  sort_ranks(numbers, count);
}

std::unique_ptr<element_sorter> make_number_sorter(number_order order) {
  switch (order.size_bytes) {
    case 1:
      return std::make_unique<number_sorter<std::uint8_t>>(order);
    case 2:
      return std::make_unique<number_sorter<std::uint16_t>>(order);
    case 4:
      return std::make_unique<number_sorter<std::uint32_t>>(order);
    default:
      return std::make_unique<number_sorter<std::uint64_t>>(order);
  }
}

}  // namespace mapvec::inline v0_1::detail
