// SPDX-License-Identifier: MIT
//
// Goal: sorting asks of elements no more than it says, and calls nothing of theirs by accident.
// Method: elements with names, operators and specializations that a careless library would take.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <mapvec/partition.hpp>
#include <mapvec/reduce.hpp>
#include <mapvec/search.hpp>
#include <mapvec/shuffle.hpp>
#include <mapvec/sorted_view.hpp>

#include "sort_case.hpp"

namespace program {

/// With functions beside it that have the names of the library's own.
struct element {
  std::uint64_t key;
  std::uint64_t rest;
  void operator&() const = delete;
  friend bool operator<(const element& left, const element& right) { return left.key < right.key; }
};

template <class T, class Before>
T* split(T*, T*, Before) = delete;
template <class T, class Less>
void bring_pivot(T*, T*, const Less&) = delete;
template <class T, class Less, class How>
void sort_some(T*, T*, const Less&, How) = delete;
template <class T, class Less, class Watch>
void sort_in_place(T*, T*, const Less&, std::size_t, Watch&) = delete;
template <class T, class Less>
void stable_sort_aligned(T*, T*, const Less&) = delete;
template <class T, class Generator, class Watch>
void shuffle_in_memory(T*, std::size_t, Generator&, Watch&) = delete;
template <class Vector>
void source_of(const Vector&) = delete;
template <class Vector>
void budget_of(const Vector&) = delete;
template <class Vector, class How>
void memory_for(const Vector&, const How&) = delete;

enum class suit : std::uint8_t { clubs, hearts, spades };

}  // namespace program

/// A program may say how values of its own type are compared.
template <>
struct std::less<program::suit> {
  bool operator()(program::suit left, program::suit right) const { return left > right; }
};

namespace mapvec::test {
namespace {

std::vector<program::element> random_elements(std::size_t count) {
  std::vector<program::element> made;
  for (const std::uint64_t each : random_numbers(count)) made.push_back({each, ~each});
  return made;
}

TEST_F(sorting, calls_no_functions_of_the_elements_namespace) {
  for (const std::size_t memory : {little_memory, GiB}) {
    const sort_options how{.memory_bytes = memory};
    auto v = filed(random_elements(50'000));
    sort(v, std::less<>(), std::identity(), how);
    EXPECT_TRUE(std::is_sorted(v.begin(), v.end()));
    std::mt19937_64 random(1);
    shuffle(v, random, how);
    stable_sort(v, std::less<>(), std::identity(), how);
    EXPECT_TRUE(std::is_sorted(v.begin(), v.end()));
    shuffle(v, random, how);
    sort(v, {}, &program::element::key, how);
    EXPECT_TRUE(std::is_sorted(v.begin(), v.end()));
    shuffle(v, random, how);
    std::uint64_t last = 0;
    for (const auto block : sorted_view(v, {}, &program::element::key, how)) {
      for (const program::element& each : block) EXPECT_LE(std::exchange(last, each.key), each.key);
    }
    const auto is_even = [](std::uint64_t key) { return key % 2 == 0; };
    const std::size_t count = partition(v, is_even, &program::element::key, how);
    EXPECT_EQ(count,
              static_cast<std::size_t>(std::ranges::count_if(v, is_even, &program::element::key)));
  }
}

TEST_F(sorting, compares_enumerations_as_the_program_says) {
  using program::suit;
  const std::vector<suit> values = {suit::hearts, suit::clubs, suit::spades, suit::hearts};
  vector<suit> v(values);
  sort(v, std::less<suit>());
  EXPECT_EQ(contents(v), (std::vector{suit::spades, suit::hearts, suit::hearts, suit::clubs}));
  sort(v);
  EXPECT_EQ(contents(v), (std::vector{suit::clubs, suit::hearts, suit::hearts, suit::spades}));
}

struct counts_moves {
  std::uint64_t key;
  std::unique_ptr<int> owned;
  static inline std::size_t moves = 0;

  explicit counts_moves(std::uint64_t of) : key(of) {}
  counts_moves(counts_moves&& other) noexcept : key(other.key), owned(std::move(other.owned)) {
    ++moves;
  }
  counts_moves& operator=(counts_moves&& other) noexcept {
    key = other.key;
    owned = std::move(other.owned);
    ++moves;
    return *this;
  }
};

TEST_F(sorting, of_sorted_elements_moves_none_of_any_type) {
  vector<counts_moves> v;
  for (std::size_t i = 0; i < 10'000; ++i) v.emplace_back(i / 100);
  counts_moves::moves = 0;
  sort(v, {}, &counts_moves::key);
  stable_sort(v, {}, &counts_moves::key);
  EXPECT_EQ(counts_moves::moves, 0U);
  sort(v, std::greater<>(), &counts_moves::key);
  EXPECT_GT(counts_moves::moves, 0U);
  EXPECT_TRUE(std::ranges::is_sorted(v, std::greater<>(), &counts_moves::key));
}

}  // namespace
}  // namespace mapvec::test
