// SPDX-License-Identifier: MIT
//
// Goal: lower_bound, upper_bound and equal_range find what those of the standard library find.
// Method: comparison with these, for sizes around the ends of pages and blocks, few values and
// many, elements of all sizes, everywhere; comparisons and projections that throw at each call.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "search_case.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t in_a_page = 4 * KiB / sizeof(std::uint64_t);

TEST_F(searching, finds_what_the_standard_library_finds) {
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, in_a_page - 1, in_a_page, in_a_page + 1,
        2 * in_a_page, 3 * in_a_page + 1, 64 * in_a_page, 100 * in_a_page + 5}) {
    const words v = evicted(triples(count));
    for (const std::size_t values : {0, 1, 2, 63, 64, 65, 3'000}) {
      SCOPED_TRACE(testing::Message() << values << " values in " << count);
      expect_found(v, any_numbers(values, count + 2));
    }
  }
}

TEST_F(searching, finds_it_in_vectors_of_many_blocks) {
  const words v = evicted(triples(MiB + 77));
  for (const std::size_t values : {5, 100, 1'000, 30'000}) {
    SCOPED_TRACE(values);
    expect_found(v, any_numbers(values, v.size()));
    // Close together, at the ends and everywhere.
    std::vector<std::uint64_t> few(values, 3);
    for (std::size_t i = 0; i < values; ++i) few[i] += i % 3 == 0 ? 650'000 + i : i / 2;
    expect_found(v, few);
    expect_found(v, std::vector<std::uint64_t>(values, v.back()));
    expect_found(v, std::vector<std::uint64_t>(values, v.back() + 1));
  }
}

TEST_F(searching, finds_it_in_persistent_vectors_and_views_and_memory) {
  const std::vector<std::uint64_t> sorted = triples(200'003);
  auto v = file_vector<std::uint64_t>::create(directory_ / "a.npy");
  v.append_range(sorted);
  v.commit();
  const auto view = file_view<std::uint64_t>::open(directory_ / "a.npy");
  words small;
  small.append_range(triples(1'000));
  for (const std::size_t values : {3, 5'000}) {
    const auto numbers = any_numbers(values, v.size());
    expect_found(std::as_const(v), numbers);
    expect_found(view, numbers);
    expect_found(small, numbers);
  }
  std::vector<std::size_t> none(3, 9);
  mapvec::lower_bound(file_view<std::uint64_t>(), std::vector<int>{1, 2, 3}, none);
  EXPECT_EQ(none, std::vector<std::size_t>(3));
  mapvec::upper_bound(words(), std::vector<int>(), {});
}

template <std::size_t Size>
void expect_found_among(const scratch_directory& directory, std::size_t count, const auto& expect) {
  std::vector<sized<Size>> sorted;
  for (std::size_t i = 0; i < count; ++i) sorted.push_back(sized<Size>::of(i / 2 * 3));
  // In a file with a header, and in one without.
  auto v = file_vector<sized<Size>>::create(directory / "a.npy");
  v.append_range(sorted);
  expect(v);
  mapvec::vector<sized<Size>> w(options{.spill_threshold_bytes = 0});
  w.append_range(sorted);
  expect(w);
  v = {};
  std::filesystem::remove(directory / "a.npy");
}

TEST_F(searching, finds_it_among_elements_of_all_sizes) {
  for (const std::size_t values : {4, 40, 4'000}) {
    std::vector<std::uint32_t> keys;
    for (const std::uint64_t each : any_numbers(values, 60'000)) {
      keys.push_back(static_cast<std::uint32_t>(each));
    }
    const auto expect = [&](const auto& v) {
      using element = typename std::remove_cvref_t<decltype(v)>::value_type;
      expect_found(v, keys, std::ranges::less(), &element::key);
    };
    expect_found_among<3>(directory_, 40'000, expect);
    expect_found_among<24>(directory_, 40'000, expect);
    expect_found_among<1'000>(directory_, 9'000, expect);
    expect_found_among<4'096>(directory_, 2'000, expect);
    expect_found_among<5'000>(directory_, 2'000, expect);
    expect_found_among<20'001>(directory_, 400, expect);
  }
}

TEST_F(searching, finds_it_among_elements_of_a_wide_alignment) {
  struct alignas(16 * KiB) wide {
    std::uint64_t key;
  };
  mapvec::vector<wide> v(in_file());
  v.resize(1'000);
  for (std::size_t i = 0; i < v.size(); ++i) v[i].key = i / 2;
  for (const std::size_t values : {3, 500}) {
    const auto keys = any_numbers(values, v.size());
    v.evict(0, v.size());
    std::vector<std::size_t> out(values);
    std::size_t elsewhere = 0;
    const auto key = [&](const wide& each) {
      const auto address = reinterpret_cast<std::uintptr_t>(&each);
      elsewhere += static_cast<std::size_t>(address % alignof(wide) != 0);
      return each.key;
    };
    mapvec::lower_bound(v, keys, out, {}, key);
    EXPECT_EQ(elsewhere, 0U);
    for (std::size_t i = 0; i < values; ++i) ASSERT_EQ(out[i], std::min(2 * keys[i], v.size()));
  }
}

TEST_F(searching, finds_it_in_random_cases) {
  std::mt19937_64 random(99);
  for (int i = 0; i < 150; ++i) {
    const std::size_t count = random() % (1U << random() % 18);
    const std::uint64_t below = 1 + random() % (2 * count + 2);
    auto sorted = any_numbers(count, below);
    const auto values = any_numbers(random() % (1U << random() % 13), below + 2);
    if (i % 2 == 0) {
      std::ranges::sort(sorted);
      ASSERT_NO_FATAL_FAILURE(expect_found(evicted(sorted), values));
    } else {
      std::ranges::sort(sorted, std::greater<>());
      ASSERT_NO_FATAL_FAILURE(expect_found(evicted(sorted), values, std::greater<>()));
    }
  }
}

TEST_F(searching, takes_values_of_another_type_and_elements_that_are_not_their_bytes) {
  std::vector<std::string> sorted;
  for (std::size_t i = 0; i < 60'000; ++i) {
    sorted.push_back(std::to_string(i) + " and so long that it is on the heap");
  }
  std::ranges::sort(sorted);
  const auto v = evicted(sorted);
  const std::vector<std::string> texts = {"1", "59999", "", "x", "4711 and so"};
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  expect_found(v, views);
  std::vector<std::string> many;
  for (const std::uint64_t each : any_numbers(5'000, 60'000)) many.push_back(std::to_string(each));
  expect_found(v, many);
  expect_found(evicted(triples(9'000)), std::views::iota(10, 200));
}

TEST_F(searching, finds_nans_where_sort_puts_them) {
  std::vector<double> sorted;
  for (int i = 0; i < 50'000; ++i) sorted.push_back(i / 2);
  sorted.resize(70'000, std::nan(""));
  const auto v = evicted(sorted);
  const std::vector<float> values = {7, std::nanf(""), 24'999, 25'000, -1};
  std::vector<index_range> found(5);
  for (const bool cold : {true, false}) {
    if (!cold) (void)std::ranges::count(v, 1.0);  // brings it into memory
    mapvec::equal_range(v, values, found);
    EXPECT_EQ(found, (std::vector<index_range>{
                         {14, 16}, {50'000, 70'000}, {49'998, 50'000}, {50'000, 50'000}, {0, 0}}));
  }
}

TEST_F(searching, finds_integers_before_the_nans) {
  std::vector<double> sorted;
  for (int i = 0; i < 50'000; ++i) sorted.push_back(i / 2);
  sorted.resize(70'000, std::nan(""));
  const auto v = evicted(sorted);
  const std::vector<std::uint64_t> few = {3, 24'999, 25'000, 0};
  std::vector<std::uint64_t> values = any_numbers(5'000, 30'000);
  values.insert(values.begin(), few.begin(), few.end());
  std::vector<std::size_t> upper(values.size());
  std::vector<index_range> equal(values.size());
  for (const bool cold : {true, false}) {
    v.evict(0, v.size());
    if (!cold) (void)std::ranges::count(v, 1.0);
    for (const std::size_t count : {few.size(), values.size()}) {
      const std::span some(values.data(), count);
      if (cold) v.evict(0, v.size());
      mapvec::upper_bound(v, some, std::span(upper).first(count));
      if (cold) v.evict(0, v.size());
      mapvec::equal_range(v, some, std::span(equal).first(count));
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t last = std::min<std::size_t>(2 * some[i] + 2, 50'000);
        const std::size_t first = std::min<std::size_t>(2 * some[i], 50'000);
        ASSERT_EQ(upper[i], last);
        ASSERT_EQ(equal[i], (index_range{first, last}));
      }
    }
  }
}

TEST_F(searching, finds_nans_behind_all_integers_and_all_else_beside_them) {
  std::vector<int> sorted(100'000);
  for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i] = static_cast<int>(i);
  const auto v = evicted(sorted);
  for (const std::size_t count : {3, 40, 5'000}) {
    std::vector<double> values;
    for (const std::uint64_t each : any_numbers(count, sorted.size())) {
      values.push_back(static_cast<double>(each));
      if (each % 3 == 0) values.push_back(std::nan(""));
    }
    values.push_back(std::nan(""));
    std::vector<std::size_t> lower(values.size());
    std::vector<index_range> equal(values.size());
    for (const bool cold : {true, false}) {
      v.evict(0, v.size());
      if (!cold) (void)std::ranges::count(v, 1);
      mapvec::lower_bound(v, values, lower);
      if (cold) v.evict(0, v.size());
      mapvec::equal_range(v, values, equal);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const bool is_nan = std::isnan(values[i]);
        const std::size_t first = is_nan ? sorted.size() : static_cast<std::size_t>(values[i]);
        ASSERT_EQ(lower[i], first);
        ASSERT_EQ(equal[i], (index_range{first, is_nan ? first : first + 1}));
      }
    }
  }
}

/// Throws at a call that is later each time, until none is left.
template <class Call>
std::size_t failures_of(std::size_t step, const Call& call) {
  std::size_t failures = 0;
  for (std::size_t nth = 1;; nth += step) {
    std::size_t calls = 0;
    try {
      call([&] {
        if (++calls == nth) throw std::runtime_error("enough");
      });
      return failures;
    } catch (const std::runtime_error&) {
      ++failures;
    }
  }
}

TEST_F(searching, ends_with_an_exception_of_any_comparison_or_projection) {
  const words v = evicted(triples(100 * in_a_page));
  for (const std::size_t values : {20, 2'000}) {
    const auto numbers = any_numbers(values, v.size());
    std::vector<std::size_t> out(values);
    for (const bool cold : {true, false}) {
      const auto failures = failures_of(values * 2, [&](const auto& count) {
        if (cold) v.evict(0, v.size());
        mapvec::lower_bound(v, numbers, out, [&](std::uint64_t a, std::uint64_t b) {
          count();
          return a < b;
        });
      });
      EXPECT_GT(failures, 1U);
      const auto in_projection = failures_of(values * 2, [&](const auto& count) {
        if (cold) v.evict(0, v.size());
        mapvec::upper_bound(v, numbers, out, {}, [&](std::uint64_t a) {
          count();
          return a;
        });
      });
      EXPECT_GT(in_projection, 1U);
    }
  }
}

TEST_F(searching, in_several_threads_finds_each_its_own) {
  const words v = evicted(triples(MiB));
  std::atomic<std::size_t> wrong = 0;
  std::vector<std::thread> threads;
  for (const std::size_t values : {100, 500, 40'000}) {
    threads.emplace_back([&, values] {
      const auto numbers = any_numbers(values, v.size() / 3);
      std::vector<std::size_t> out(values);
      mapvec::lower_bound(v, numbers, out);
      for (std::size_t i = 0; i < values; ++i) wrong += out[i] != (numbers[i] + 1) / 2 * 3;
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong, 0U);
}

TEST_F(searching, needs_room_for_the_results) {
  const words v = counted(100, {});
  std::vector<std::size_t> out(1);
  std::vector<index_range> ranges(1);
  const std::vector<int> values = {1, 2};
  EXPECT_DEATH(mapvec::lower_bound(v, values, out), "out.size");
  EXPECT_DEATH(mapvec::upper_bound(v, values, out), "out.size");
  EXPECT_DEATH(mapvec::equal_range(v, values, ranges), "out.size");
}

}  // namespace
}  // namespace mapvec::test
