// SPDX-License-Identifier: MIT
//
// Goal: 10,000 sorts of any elements in any order, with any memory and threads, are what
// std::stable_sort makes of them. Method: the case's number chooses all of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "sort_case.hpp"

namespace mapvec::test {
namespace {

class random_case {
 public:
  explicit random_case(std::uint64_t number) : random_(number) {}

  std::size_t below(std::size_t end) { return random_() % end; }

  /// Mostly few, so that there can be many cases; one in 24 goes through a file.
  std::size_t size(std::size_t element_bytes) {
    if (below(24) != 0) return below(1 + (std::size_t{1} << below(13)));
    const detail::sort_plan plan(2 * little_memory / element_bytes,
                                 {.element_bytes = element_bytes}, little_memory, 1);
    const std::size_t units[] = {plan.run_elements, plan.block_elements, 4096 / element_bytes + 1};
    const std::size_t unit = units[below(3)];
    const std::size_t least = little_memory / element_bytes;
    return least + (unit - least % unit) + unit * below(3) + below(3) - 1;
  }

  /// Keys in one of the shapes that sorts are known to stumble over.
  std::vector<std::uint64_t> keys(std::size_t count) {
    std::vector<std::uint64_t> made(count);
    const std::uint64_t distinct = std::uint64_t{1} << below(64);
    for (auto& each : made) each = random_() % distinct;
    switch (below(8)) {
      case 0:
        std::ranges::sort(made);
        break;
      case 1:
        std::ranges::sort(made, std::greater<>());
        break;
      case 2:  // sorted but for a few
        std::ranges::sort(made);
        for (std::size_t i = 0; i < count / 100 + 1 && count != 0; ++i)
          made[below(count)] = random_();
        break;
      case 3:  // up and down
        std::sort(made.begin(), made.begin() + static_cast<std::ptrdiff_t>(count / 2));
        std::sort(made.begin() + static_cast<std::ptrdiff_t>(count / 2), made.end(),
                  std::greater<>());
        break;
      case 4:  // two runs into one another
        for (std::size_t i = 0; i < count; ++i) made[i] = i / 2 + (i % 2) * (count / 4);
        break;
      default:
        break;
    }
    return made;
  }

  sort_options how() {
    const std::size_t memory[] = {little_memory, little_memory + 12'345, MiB, 64 * MiB};
    return {.memory_bytes = memory[below(4)], .threads = 1 + below(4)};
  }

 private:
  std::mt19937_64 random_;
};

template <class T>
void expect_numbers_sorted(random_case& choose) {
  std::vector<T> values;
  for (const std::uint64_t key : choose.keys(choose.size(sizeof(T)))) {
    values.push_back(static_cast<T>(key));
  }
  const sort_options how = choose.how();
  const bool descending = choose.below(2) != 0;
  const bool stable = choose.below(2) != 0;
  vector<T> v = filed(values);
  std::vector<T> expected = values;
  const auto run = [&](auto comp) {
    std::ranges::stable_sort(expected, comp);
    if (stable) {
      stable_sort(v, comp, {}, how);
    } else {
      sort(v, comp, {}, how);
    }
  };
  if (descending) {
    run(std::ranges::greater());
  } else {
    run(std::ranges::less());
  }
  ASSERT_TRUE(same_bytes(contents(v), expected));
}

template <class T>
void expect_records_sorted(random_case& choose) {
  std::vector<T> values;
  for (const std::uint64_t key : choose.keys(choose.size(sizeof(T)))) {
    T value{};
    value.key = static_cast<decltype(T::key)>(key);
    const auto serial = static_cast<std::uint16_t>(values.size());
    std::memcpy(&value.serial, &serial, sizeof serial);
    values.push_back(value);
  }
  const sort_options how = choose.how();
  std::vector<T> expected = values;
  std::ranges::stable_sort(expected, {}, &T::key);
  vector<T> v = filed(values);
  switch (choose.below(4)) {
    case 0:
      stable_sort(v, {}, &T::key, how);
      ASSERT_TRUE(same_bytes(contents(v), expected));
      break;
    case 1:
      stable_sort(v, [](const T& a, const T& b) { return a.key < b.key; }, {}, how);
      ASSERT_TRUE(same_bytes(contents(v), expected));
      break;
    case 2:
      sort(v, {}, &T::key, how);
      break;
    default:
      sort(v, [](const T& a, const T& b) { return a.key < b.key; }, {}, how);
  }
  ASSERT_TRUE(std::ranges::is_sorted(v, {}, &T::key));
  ASSERT_TRUE(same_elements(contents(v), values));
}

class sorting_of_ten_thousand : public sorting, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(, sorting_of_ten_thousand, ::testing::Range(0, 10));

TEST_P(sorting_of_ten_thousand, random_cases_is_that_of_the_standard_library) {
  using expectation = void (*)(random_case&);
  const expectation kinds[] = {
      expect_numbers_sorted<std::uint8_t>,  expect_numbers_sorted<std::int16_t>,
      expect_numbers_sorted<int>,           expect_numbers_sorted<std::uint32_t>,
      expect_numbers_sorted<std::uint64_t>, expect_numbers_sorted<std::int64_t>,
      expect_numbers_sorted<float>,         expect_numbers_sorted<double>,
      expect_records_sorted<record>,        expect_records_sorted<three_bytes>,
      expect_records_sorted<wide<120>>,     expect_records_sorted<wide<4100>>};
  const auto first = static_cast<std::uint64_t>(GetParam()) * 1'000;
  for (std::uint64_t number = first; number < first + 1'000; ++number) {
    random_case choose(number);
    SCOPED_TRACE(number);
    kinds[number % std::size(kinds)](choose);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace mapvec::test
