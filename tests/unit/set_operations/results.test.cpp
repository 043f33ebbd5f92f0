// SPDX-License-Identifier: MIT
//
// Goal: merge, the set operations and includes give what the standard library gives, to the byte,
// for any elements in any place. Method: random cases whose keys meet often, sizes around the
// boundaries of blocks and pieces, records whose equal keys can be told apart.
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/sort.hpp>

#include "set_case.hpp"

namespace mapvec::test {
namespace {

template <class A, class B, class Out>
concept can_be_merged = requires(const A& a, const B& b, Out& out) { mapvec::merge(a, b, out); };
static_assert(can_be_merged<file_view<int>, file_vector<int>, mapvec::vector<long>>);
static_assert(!can_be_merged<mapvec::vector<int>, mapvec::vector<int>, file_view<int>>);
static_assert(
    !can_be_merged<mapvec::vector<int>, mapvec::vector<int>, mapvec::vector<std::string>>);
static_assert(!can_be_merged<std::vector<int>, mapvec::vector<int>, mapvec::vector<int>>);

/// All operations, on top of what `out` has.
template <class A, class B, class T>
void expect_as_standard(const A& a, const B& b, const std::vector<T>& values_a,
                        const std::vector<T>& values_b, const options& settings) {
  for_each_operation([&](auto operation, auto standard) {
    std::vector<T> expected(3, element_of_key<T>(77, 7));
    mapvec::vector<T> out = held(expected, settings);
    standard(values_a, values_b, expected, std::ranges::less(), key_of(), key_of());
    const std::size_t appended = operation(a, b, out, std::ranges::less(), key_of(), key_of());
    ASSERT_EQ(appended, expected.size() - 3);
    ASSERT_TRUE(std::ranges::equal(out, expected));
  });
  ASSERT_EQ(mapvec::includes(a, b, {}, key_of(), key_of()),
            std::ranges::includes(values_a, values_b, {}, key_of(), key_of()));
}

template <class T>
void expect_random_case(std::uint64_t number) {
  std::mt19937_64 random(number);
  const auto below = [&](std::uint64_t end) { return random() % end; };
  const auto size = [&] {
    if (below(40) != 0) return static_cast<std::size_t>(below(1 + (1U << below(8))));
    const std::size_t unit = std::max<std::size_t>(tiny_block_bytes / sizeof(T), 2);
    return static_cast<std::size_t>(unit * (1 + below(2)) + below(3) - 1);
  };
  const std::uint64_t distinct = std::uint64_t{1} << below(20);
  const std::vector<T> values_a = sorted_values<T>(random, size(), distinct);
  std::vector<T> values_b = sorted_values<T>(random, size(), distinct);
  if (below(4) == 0) {  // some of a
    values_b = values_a;
    std::erase_if(values_b, [&](const T&) { return below(3) == 0; });
  }
  const options places[] = {options{}, options{.spill_threshold_bytes = 0}, tiny_budget()};
  const mapvec::vector<T> a = held(values_a, places[below(3)]);
  const mapvec::vector<T> b = held(values_b, places[below(3)]);
  if (below(2) != 0) a.evict(0, a.size());
  if (below(2) != 0) b.evict(0, b.size());
  expect_as_standard(a, b, values_a, values_b, places[below(3)]);
}

TEST_F(set_operations, of_random_elements_are_those_of_the_standard_library) {
  using expectation = void (*)(std::uint64_t);
  const expectation kinds[] = {expect_random_case<unsigned char>, expect_random_case<std::int32_t>,
                               expect_random_case<std::uint64_t>, expect_random_case<double>,
                               expect_random_case<record>,        expect_random_case<three_bytes>,
                               expect_random_case<std::string>};
  for (std::uint64_t number = 0; number < 2'100; ++number) {
    SCOPED_TRACE(number);
    kinds[number % std::size(kinds)](number);
    if (HasFatalFailure()) return;
  }
}

TEST_F(set_operations, end_anywhere_in_a_block_and_in_a_piece) {
  constexpr std::size_t block = tiny_block_bytes / sizeof(std::uint64_t);
  constexpr std::size_t piece = 256 * KiB / sizeof(std::uint64_t);
  const std::size_t sizes[] = {0, 1, block - 1, block, block + 1, piece - 1, piece, piece + 1};
  std::mt19937_64 random(5);
  for (const std::size_t size_a : sizes) {
    for (const std::size_t size_b : sizes) {
      const auto values_a = sorted_values<std::uint64_t>(random, size_a, piece);
      const auto values_b = sorted_values<std::uint64_t>(random, size_b, piece);
      const numbers a = held(values_a, tiny_budget());
      const numbers b = held(values_b, tiny_budget());
      expect_as_standard(a, b, values_a, values_b, tiny_budget());
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(set_operations, of_elements_that_do_not_overlap_or_are_all_the_same) {
  for (const std::uint64_t step : {0, 1}) {
    std::vector<std::uint64_t> low(100'000);
    std::vector<std::uint64_t> high(150'000);
    for (std::size_t i = 0; i < low.size(); ++i) low[i] = i * step;
    for (std::size_t i = 0; i < high.size(); ++i) high[i] = (low.size() + i) * step;
    const numbers a = held(low, {});
    const numbers b = held(high, {});
    expect_as_standard(a, b, low, high, {});
    expect_as_standard(b, a, high, low, {});
    expect_as_standard(a, a, low, low, {});
  }
}

TEST_F(set_operations, of_files_views_and_vectors_of_other_elements_go_together) {
  const scratch_directory directory;
  std::mt19937_64 random(9);
  const auto values = sorted_values<std::int32_t>(random, 300'000, 1'000'000);
  auto file = file_vector<std::int32_t>::create(directory / "a.npy");
  file.append_range(values);
  file.commit();
  file.evict(0, file.size());
  const auto view = file_view<std::int32_t>::open(directory / "a.npy");
  const std::vector<double> others = sorted_values<double>(random, 200'000, 1'000'000);
  auto out = file_vector<std::int64_t>::create(directory / "out.npy");
  for_each_operation([&](auto operation, auto standard) {
    std::vector<std::int64_t> expected;
    standard(values, others, expected);
    out.clear();
    ASSERT_EQ(operation(view, held(others, {}), out), expected.size());
    ASSERT_TRUE(std::ranges::equal(out, expected));
    expected.clear();
    standard(others, values, expected, std::less<>());
    out.clear();
    ASSERT_EQ(operation(held(others, {}), file, out, std::less<>()), expected.size());
    ASSERT_TRUE(std::ranges::equal(out, expected));
  });
  EXPECT_LE(view.resident_bytes(), 128 * KiB);  // around the header
  out.commit();
}

TEST_F(set_operations, take_any_order_and_projections_of_each_side) {
  std::mt19937_64 random(11);
  auto values_a = sorted_values<record>(random, 5'000, 3'000);
  auto values_b = sorted_values<three_bytes>(random, 5'000, 200);
  std::ranges::reverse(values_a);
  std::ranges::reverse(values_b);
  mapvec::vector<std::uint64_t> keys;
  for (const three_bytes& each : values_b) keys.push_back(each.key);
  struct number {
    std::uint64_t value;
    number() = default;
    number(std::uint64_t of) : value(of) {}
    number(const record& of) : value(of.serial) {}
    bool operator==(const number&) const = default;
  };
  for_each_operation([&](auto operation, auto standard) {
    std::vector<number> expected;
    standard(values_a, keys, expected, std::ranges::greater(), &record::key, std::identity());
    mapvec::vector<number> out;
    operation(held(values_a, {}), keys, out, std::ranges::greater(), &record::key, std::identity());
    ASSERT_TRUE(std::ranges::equal(out, expected));
  });
}

/// The order in which sort() leaves numbers, for the standard library.
template <class Compare>
auto with_nans_last(Compare compare) {
  return [compare](double left, double right) {
    if (std::isnan(left) || std::isnan(right)) return !std::isnan(left);
    return compare(left, right);
  };
}

/// Multiples of a third, so that floats and doubles differ, and every fifth a NaN.
template <class T>
std::vector<T> sorted_with_nans(std::size_t count, auto compare) {
  std::mt19937_64 random(count);
  std::vector<T> values(count);
  for (T& each : values) {
    each = static_cast<T>(static_cast<T>(random() % count) / T{3});
    if constexpr (std::floating_point<T>) {
      if (random() % 5 == 0) each = std::numeric_limits<T>::quiet_NaN();
    }
  }
  mapvec::vector<T> sorted = held(values, {});
  mapvec::sort(sorted, compare);
  return {sorted.begin(), sorted.end()};
}

template <class A, class B>
void expect_nans_last(std::size_t size_a, std::size_t size_b, auto compare) {
  const std::vector<A> values_a = sorted_with_nans<A>(size_a, compare);
  const std::vector<B> values_b = sorted_with_nans<B>(size_b, compare);
  const auto order = with_nans_last(compare);
  const auto is_same = [](double left, double right) {
    return left == right || (std::isnan(left) && std::isnan(right));
  };
  const auto a = held(values_a, {});
  const auto b = held(values_b, tiny_budget());
  for_each_operation([&](auto operation, auto standard) {
    std::vector<double> expected;
    standard(values_a, values_b, expected, order);
    mapvec::vector<double> out;
    ASSERT_EQ(operation(a, b, out, compare), expected.size());
    ASSERT_TRUE(std::ranges::equal(out, expected, is_same));
    const auto some = held(expected, {});
    ASSERT_EQ(mapvec::includes(a, some, compare), std::ranges::includes(values_a, expected, order));
    ASSERT_EQ(mapvec::includes(some, b, compare), std::ranges::includes(expected, values_b, order));
  });
}

TEST_F(set_operations, take_nans_where_sort_puts_them) {
  for (const std::size_t size : {1, 20, 30'000}) {
    expect_nans_last<double, double>(size, 25, std::ranges::less());
    expect_nans_last<double, double>(size, 30'001, std::greater<>());
    expect_nans_last<float, double>(size, 25, std::greater<>());
    expect_nans_last<double, int>(size, 25, std::ranges::less());
    expect_nans_last<int, double>(size, 30'001, std::greater<>());
  }
  // As they are reached by projections.
  struct reading {
    double value;
    operator double() const { return value; }
  };
  const double nan = std::nan("");
  const auto a = held(std::vector<reading>{{1}, {2}, {nan}}, {});
  const auto b = held(std::vector<int>{1, 5, 6}, {});
  EXPECT_FALSE(mapvec::includes(a, held(std::vector<int>{1, 5}, {}), {}, &reading::value));
  mapvec::vector<double> out;
  EXPECT_EQ(mapvec::set_difference(b, a, out, {}, {}, &reading::value), 2U);
  EXPECT_TRUE(std::ranges::equal(out, std::vector<double>{5, 6}));
}

// Both are less than the other where they are equal: neither side went on, for ever.
TEST_F(set_operations, by_what_is_no_order_end_as_those_of_the_standard_library) {
  std::mt19937_64 random(12);
  const auto values_a = sorted_values<std::uint64_t>(random, 5'000, 3'000);
  const auto values_b = sorted_values<std::uint64_t>(random, 6'000, 3'000);
  for_each_operation([&](auto operation, auto standard) {
    std::vector<std::uint64_t> expected;
    standard(values_a, values_b, expected, std::less_equal<>());
    numbers out;
    operation(held(values_a, {}), held(values_b, {}), out, std::less_equal<>());
    ASSERT_TRUE(std::ranges::equal(out, expected));
  });
}

TEST_F(set_operations, call_comp_no_more_than_the_standard_allows) {
  std::mt19937_64 random(13);
  const auto values_a = sorted_values<record>(random, 5'000, 3'000);
  const auto values_b = sorted_values<record>(random, 6'000, 3'000);
  std::size_t calls = 0;
  const auto counting = [&](std::uint32_t left, std::uint32_t right) {
    ++calls;
    return left < right;
  };
  for_each_operation([&](auto operation, auto) {
    mapvec::vector<record> out;
    calls = 0;
    operation(held(values_a, {}), held(values_b, {}), out, counting, &record::key, &record::key);
    EXPECT_LE(calls, 2U * (5'000 + 6'000) - 1);
  });
  mapvec::vector<record> out;
  calls = 0;
  merge(held(values_a, {}), held(values_b, {}), out, counting, &record::key, &record::key);
  EXPECT_LE(calls, 5'000U + 6'000 - 1);
}

TEST_F(set_operations, of_vectors_without_elements_are_of_nothing) {
  const numbers none;
  const file_view<std::uint64_t> closed;
  numbers out;
  EXPECT_EQ(merge(none, closed, out), 0U);
  EXPECT_EQ(set_symmetric_difference(closed, none, out), 0U);
  EXPECT_TRUE(includes(none, closed));
  const numbers one(1, 5);
  EXPECT_TRUE(includes(one, none));
  EXPECT_FALSE(includes(none, one));
  EXPECT_EQ(merge(none, one, out), 1U);
  EXPECT_EQ(out.back(), 5U);
}

/// The vectors are made in the child: one that inherits them may not append.
template <class Use>
void use_two(Use use) {
  numbers a(3, 1);
  const numbers b(3, 2);
  use(a, b);
}

TEST_F(set_operations, that_write_to_what_they_read_are_asserted) {
  EXPECT_DEATH(use_two([](numbers& a, const numbers& b) { merge(a, b, a); }), "REQUIRES");
  EXPECT_DEATH(use_two([](numbers& a, const numbers& b) { set_union(b, a, a); }), "REQUIRES");
}

}  // namespace
}  // namespace mapvec::test
