// SPDX-License-Identifier: MIT
//
// Goal: 10,000 sorts of any elements in any order, with any memory and threads, are what
// std::stable_sort makes of them. Method: the case's number chooses all of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iostream>
#include <random>
#include <vector>

#include "sort_case.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

/// How a case is to be sorted, and how many were.
enum class way : unsigned char { in_memory, through_file, on_threads };

struct tally {
  std::size_t through_file = 0;
  std::size_t on_threads = 0;
};

class random_case {
 public:
  explicit random_case(std::uint64_t number, std::size_t element_bytes)
      : random_(number), element_bytes_(element_bytes) {
    const std::size_t choice = below(100);
    // Numbers of a byte or two would be too many for threads.
    if (choice < 5 && element_bytes >= 8) {
      way_ = way::on_threads;
    } else if (choice < 45) {
      way_ = way::through_file;
    }
    how_ = choose_how();
  }

  std::size_t below(std::size_t end) { return random_() % end; }
  const sort_options& how() const noexcept { return how_; }

  std::size_t size() {
    if (way_ == way::in_memory) return below(1 + (std::size_t{1} << below(13)));
    const std::size_t memory = how_.memory_bytes;
    // Most have one run or two, some have several.
    const std::size_t more = way_ == way::on_threads ? memory / 8
                             : below(8) == 0         ? 192 * KiB
                                                     : 24 * KiB;
    const std::size_t count = (memory + below(more)) / element_bytes_ + 2;
    const detail::sort_plan plan(count, {.element_bytes = element_bytes_}, memory, how_.threads);
    const std::size_t units[] = {plan.run_elements, plan.block_elements, 4096 / element_bytes_ + 1};
    const std::size_t unit = units[below(3)];
    // Large units may not double what there is.
    const std::size_t near = unit < count / 4 ? count + unit - count % unit : count;
    return near + below(3) - 1;
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

 private:
  sort_options choose_how() {
    if (way_ == way::on_threads) {
      return {.memory_bytes = 512 * KiB + below(64 * KiB), .threads = 2 + below(3)};
    }
    if (way_ == way::through_file) {
      return {.memory_bytes = 4 * KiB + below(28 * KiB), .threads = 1 + below(4)};
    }
    const std::size_t memory[] = {little_memory, little_memory + 12'345, MiB, 64 * MiB};
    return {.memory_bytes = memory[below(4)], .threads = 1 + below(4)};
  }

  std::mt19937_64 random_;
  std::size_t element_bytes_;
  way way_ = way::in_memory;
  sort_options how_;
};

/// Sorts, and counts which way that went.
template <class T, class Compare, class Projection>
void sort_and_count(vector<T>& v, Compare comp, Projection proj, bool stable,
                    const sort_options& how, tally& counts) {
  const call_log log;
  if (stable) {
    stable_sort(v, comp, proj, how);
  } else {
    sort(v, comp, proj, how);
  }
  if (log.count(call::fallocate) == 0) return;
  ++counts.through_file;
  const auto sorter = detail::sorter_for<T>(
      comp, proj,
      stable ? detail::equal_elements_stay::in_order : detail::equal_elements_stay::anywhere);
  const detail::sort_plan plan(v.size(), sorter->bytes(), how.memory_bytes, how.threads);
  if (plan.threads > 1) ++counts.on_threads;
}

template <class T>
void expect_numbers_sorted(std::uint64_t number, tally& counts) {
  random_case choose(number, sizeof(T));
  std::vector<T> values;
  for (const std::uint64_t key : choose.keys(choose.size())) {
    values.push_back(static_cast<T>(key));
  }
  const bool descending = choose.below(2) != 0;
  const bool stable = choose.below(2) != 0;
  vector<T> v = filed(values);
  std::vector<T> expected = values;
  const auto run = [&](auto comp) {
    std::ranges::stable_sort(expected, comp);
    sort_and_count(v, comp, std::identity(), stable, choose.how(), counts);
  };
  if (descending) {
    run(std::ranges::greater());
  } else {
    run(std::ranges::less());
  }
  ASSERT_TRUE(same_bytes(contents(v), expected));
}

template <class T>
void expect_records_sorted(std::uint64_t number, tally& counts) {
  random_case choose(number, sizeof(T));
  std::vector<T> values;
  for (const std::uint64_t key : choose.keys(choose.size())) {
    T value{};
    value.key = static_cast<decltype(T::key)>(key);
    const auto serial = static_cast<std::uint16_t>(values.size());
    std::memcpy(&value.serial, &serial, sizeof serial);
    values.push_back(value);
  }
  std::vector<T> expected = values;
  std::ranges::stable_sort(expected, {}, &T::key);
  vector<T> v = filed(values);
  const bool stable = choose.below(2) != 0;
  if (choose.below(2) != 0) {
    sort_and_count(v, std::ranges::less(), &T::key, stable, choose.how(), counts);
  } else {
    const auto by_key = [](const T& a, const T& b) { return a.key < b.key; };
    sort_and_count(v, by_key, std::identity(), stable, choose.how(), counts);
  }
  if (stable) {
    ASSERT_TRUE(same_bytes(contents(v), expected));
  }
  ASSERT_TRUE(std::ranges::is_sorted(v, {}, &T::key));
  ASSERT_TRUE(same_elements(contents(v), values));
}

class sorting_of_ten_thousand : public sorting, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(, sorting_of_ten_thousand, ::testing::Range(0, 10));

TEST_P(sorting_of_ten_thousand, random_cases_is_that_of_the_standard_library) {
  using expectation = void (*)(std::uint64_t, tally&);
  const expectation kinds[] = {
      expect_numbers_sorted<std::uint8_t>,  expect_numbers_sorted<std::int16_t>,
      expect_numbers_sorted<int>,           expect_numbers_sorted<std::uint32_t>,
      expect_numbers_sorted<std::uint64_t>, expect_numbers_sorted<std::int64_t>,
      expect_numbers_sorted<float>,         expect_numbers_sorted<double>,
      expect_records_sorted<record>,        expect_records_sorted<three_bytes>,
      expect_records_sorted<wide<120>>,     expect_records_sorted<wide<4100>>};
  const auto first = static_cast<std::uint64_t>(GetParam()) * 1'000;
  tally counts;
  for (std::uint64_t number = first; number < first + 1'000; ++number) {
    SCOPED_TRACE(number);
    kinds[number % std::size(kinds)](number, counts);
    if (HasFatalFailure()) return;
  }
  std::cout << counts.through_file << " through a file, " << counts.on_threads
            << " of them on several threads\n";
  EXPECT_GT(counts.through_file, 300U);
  EXPECT_GT(counts.on_threads, 0U);
}

}  // namespace
}  // namespace mapvec::test
