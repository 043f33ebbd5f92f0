// SPDX-License-Identifier: MIT
//
// Goal: sort and stable_sort give what std::sort and std::stable_sort give, in memory and through a
// temporary file, for sizes around every boundary of a plan, for what is sorted, reversed or the
// same, and do so where they are. Method: comparison with the standard library.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "merge_parts.hpp"
#include "sort_case.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

TEST_F(sorting, keeps_address_file_and_size) {
  const std::vector<std::uint64_t> values = random_numbers(200'000);
  const scratch_directory directory;
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    vector<std::uint64_t> v(options{.builder = segment_builder::named(directory.path())});
    v.append_range(values);
    const auto* const data = v.data();
    const std::string path = v.path();
    const std::size_t capacity = v.capacity();
    sort(v, {}, {}, {.memory_bytes = memory});
    EXPECT_EQ(v.data(), data);
    EXPECT_EQ(v.path(), path);
    EXPECT_EQ(v.capacity(), capacity);
    EXPECT_TRUE(std::ranges::is_sorted(v));
    EXPECT_TRUE(same_elements(contents(v), values));
    v.push_back(7);
    EXPECT_EQ(v.back(), 7);
    EXPECT_EQ(names_in(directory.path()).size(), 1);
  }
}

TEST_F(sorting, in_every_direction_and_kind_of_number) {
  const auto expect = []<class T>(T, auto comp) {
    std::vector<T> values;
    for (const std::uint64_t each : random_numbers(300 * KiB / sizeof(T) + 100)) {
      values.push_back(static_cast<T>(each >> 20));
    }
    for (const std::size_t memory : {little_memory, 8 * MiB}) {
      vector<T> v = filed(values);
      sort(v, comp, {}, {.memory_bytes = memory, .threads = 2});
      std::vector<T> expected = values;
      std::ranges::sort(expected, comp);
      EXPECT_TRUE(contents(v) == expected);  // a long double has bytes that mean nothing
    }
  };
  const auto both_ways = [&](auto zero) {
    expect(zero, std::ranges::less());
    expect(zero, std::ranges::greater());
    expect(zero, std::less<>());
    expect(zero, std::greater<decltype(zero)>());
  };
  both_ways(std::uint8_t{});
  both_ways(std::int8_t{});
  both_ways(char16_t{});
  both_ways(std::int16_t{});
  both_ways(std::uint32_t{});
  both_ways(int{});
  both_ways(std::uint64_t{});
  both_ways(std::int64_t{});
  both_ways(float{});
  both_ways(double{});
  both_ways(1.0L);
}

TEST_F(sorting, puts_nans_last_and_keeps_what_they_carry) {
  std::vector<double> values;
  for (const std::uint64_t each : random_numbers(150'000)) {
    // Every fourth is not a number, of either sign and with a payload.
    const std::uint64_t nan = 0x7ff0000000000001U | (each & 0x800fffffffffff00U);
    values.push_back(std::bit_cast<double>(each % 4 == 0 ? nan : each));
  }
  const auto numbers = static_cast<std::ptrdiff_t>(
      std::ranges::count_if(values, [](double each) { return !std::isnan(each); }));
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    vector<double> v = filed(values);
    sort(v, std::greater<>(), {}, {.memory_bytes = memory});
    EXPECT_TRUE(std::is_sorted(v.begin(), v.begin() + numbers, std::greater<>()));
    EXPECT_TRUE(std::all_of(v.begin() + numbers, v.end(), [](double x) { return std::isnan(x); }));
    EXPECT_TRUE(same_elements(contents(v), values));
  }
}

/// By a comparison, by a key, stable or not.
template <class T>
void expect_like_the_standard(const std::vector<T>& values, const sort_options& how) {
  std::vector<T> expected = values;
  std::ranges::stable_sort(expected, {}, &T::key);
  const auto by_key = [](const T& left, const T& right) { return left.key < right.key; };
  vector<T> v = filed(values);
  stable_sort(v, by_key, {}, how);
  EXPECT_TRUE(same_bytes(contents(v), expected));
  v.assign(values.begin(), values.end());
  stable_sort(v, {}, &T::key, how);
  EXPECT_TRUE(same_bytes(contents(v), expected));
  for (const bool by_projection : {false, true}) {
    v.assign(values.begin(), values.end());
    if (by_projection) {
      sort(v, {}, &T::key, how);
    } else {
      sort(v, by_key, {}, how);
    }
    EXPECT_TRUE(std::ranges::is_sorted(v, {}, &T::key));
    EXPECT_TRUE(same_elements(contents(v), values));
  }
}

template <class T>
std::vector<T> records(std::size_t count, std::uint64_t different_keys) {
  std::vector<T> values(count);
  std::uint32_t serial = 0;
  for (auto& each : values) {
    each.key = static_cast<decltype(each.key)>(serial * std::uint64_t{2654435761} % different_keys);
    std::memcpy(&each.serial, &serial, std::min(sizeof each.serial, sizeof serial));
    ++serial;
  }
  return values;
}

TEST_F(sorting, of_records_is_that_of_the_standard_library) {
  for (const std::size_t memory : {little_memory, 16 * MiB}) {
    for (const std::uint64_t different : {3, 251, 1 << 30}) {
      const sort_options how{.memory_bytes = memory, .threads = 2};
      expect_like_the_standard(records<record>(15'000, different), how);
      expect_like_the_standard(records<three_bytes>(100'000, different), how);
      expect_like_the_standard(records<wide<5000>>(80, different), how);
    }
  }
}

/// What lies between two boundaries of one kind, and what is past the last of them, in elements.
struct boundary {
  const char* name;
  std::size_t (*unit)(const detail::sort_plan&);
  std::size_t (*size)(const detail::sort_plan&);
};

std::size_t last_run(const detail::sort_plan& plan) {
  return plan.count - plan.run_begin(plan.runs - 1);
}
std::size_t run_of(const detail::sort_plan& plan) { return plan.run_elements; }
std::size_t block_of(const detail::sort_plan& plan) { return plan.block_elements; }
std::size_t page_of(const detail::sort_plan& /*plan*/) { return 4 * KiB / 8; }

constexpr boundary boundaries[] = {
    // The last run is a few elements shorter than the others at most, and never longer.
    {"all in runs", run_of, [](const detail::sort_plan& plan) { return last_run(plan) + 1; }},
    {"a run in blocks", block_of, run_of},
    {"the last run in blocks", block_of, last_run},
    {"a run in pages", page_of, run_of},
    {"all in pages", page_of, [](const detail::sort_plan& plan) { return plan.count; }}};

/// The first count from that of `sort` on whose own plan has so many past a boundary, less one.
std::size_t count_near(const boundary& met, std::size_t past, const filed_sort& sort) {
  for (std::size_t count = sort.count; count < 2 * sort.count; ++count) {
    const detail::sort_plan plan(count, {.element_bytes = 8}, sort.memory_bytes, sort.threads);
    const bool is_one = plan.runs > 2 && plan.run_blocks > 1 && plan.threads == sort.threads;
    if (is_one && (met.size(plan) + 1) % met.unit(plan) == past) return count;
  }
  ADD_FAILURE() << "there is none";
  return sort.count;
}

TEST_F(sorting, of_hardly_any) {
  for (std::vector<std::uint64_t> values :
       {std::vector<std::uint64_t>{}, {1}, {2, 1}, {3, 2, 1}, {2, 3, 1}, {3, 1, 2}}) {
    vector<std::uint64_t> v = filed(values);
    sort(v, {}, {}, {.memory_bytes = little_memory, .threads = 1});
    std::ranges::sort(values);
    EXPECT_TRUE(same_bytes(contents(v), values)) << values.size();
  }
}

TEST_F(sorting, at_the_boundaries_of_runs_blocks_and_pages) {
  const filed_sort sorts[] = {on_one_thread, {90'000, little_memory, 1}, on_two_threads};
  for (const filed_sort& each : sorts) {
    for (const boundary& met : boundaries) {
      for (const std::size_t past : {0, 1, 2}) {
        const std::size_t count = count_near(met, past, each);
        SCOPED_TRACE(std::string(met.name) + ", " + std::to_string(count));
        std::vector<std::uint64_t> values = random_numbers(count);
        vector<std::uint64_t> v = filed(values);
        const call_log log;
        sort(v, {}, {}, {.memory_bytes = each.memory_bytes, .threads = each.threads});
        EXPECT_EQ(log.count(call::fallocate), 1U);  // the temporary file
        std::ranges::sort(values);
        EXPECT_TRUE(same_bytes(contents(v), values));
      }
    }
  }
}

TEST_F(sorting, of_what_is_sorted_writes_nothing) {
  std::vector<std::uint64_t> values = random_numbers(200'000);
  std::ranges::sort(values);
  vector<std::uint64_t> v = filed(values);
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    const call_log log;
    sort(v, {}, {}, {.memory_bytes = memory});
    EXPECT_EQ(log.count(call::pwrite), 0);
    EXPECT_EQ(log.count(call::fallocate), 0);
  }
  EXPECT_TRUE(same_bytes(contents(v), values));
}

TEST_F(sorting, of_what_is_reversed_or_has_few_values) {
  for (const std::size_t distinct : {1, 2, 100, 200'000}) {
    std::vector<std::uint64_t> values(200'000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = (values.size() - i) % distinct;
    values.back() = 0;
    std::vector<std::uint64_t> expected = values;
    std::ranges::sort(expected);
    for (const std::size_t memory : {little_memory, 8 * MiB}) {
      vector<std::uint64_t> v = filed(values);
      sort(v, {}, {}, {.memory_bytes = memory, .threads = 3});
      EXPECT_TRUE(same_bytes(contents(v), expected));
    }
  }
}

/// What a thread takes of a merge is then cut once more.
TEST_F(sorting, with_more_memory_than_a_merge_at_once_keeps_order) {
  const sort_options how{.memory_bytes = 24 * MiB, .threads = 2};
  std::vector<record> values(1'400'000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = {.key = i * 0x9e3779b97f4a7c15U >> 58, .serial = i, .rest = ~i};
  }
  std::vector<record> expected = values;
  const auto less = [](const record& a, const record& b) { return a.key < b.key; };
  std::ranges::stable_sort(expected, less);
  // The sizes of the two sorters: by words of a key, by comparing.
  for (const std::size_t scratch_bytes : {sizeof(record) + 8, std::size_t{0}}) {
    const detail::sort_plan plan(values.size(), {sizeof(record), scratch_bytes, 13},
                                 how.memory_bytes, how.threads);
    EXPECT_GT(plan.part_elements, detail::merged_at_once(sizeof(record)));
    EXPECT_GT(plan.runs, 2U);
    vector<record> v = filed(values);
    if (scratch_bytes != 0) {
      stable_sort(v, {}, &record::key, how);
    } else {
      stable_sort(v, less, {}, how);
    }
    EXPECT_TRUE(same_bytes(contents(v), expected)) << scratch_bytes;
  }
}

TEST_F(sorting, of_numbers_with_more_memory_than_a_merge_at_once) {
  const sort_options how{.memory_bytes = 24 * MiB, .threads = 2};
  std::vector<std::uint64_t> values = random_numbers(4'000'000);
  const detail::sort_plan plan(values.size(), {sizeof(std::uint64_t)}, how.memory_bytes,
                               how.threads);
  EXPECT_GT(plan.part_elements, detail::merged_at_once(sizeof(std::uint64_t)));
  vector<std::uint64_t> v = filed(values);
  sort(v, {}, {}, how);
  std::ranges::sort(values);
  EXPECT_TRUE(same_bytes(contents(v), values));
}

/// Instead of some 17 for each.
TEST_F(sorting, compares_little_where_runs_are_in_order_or_the_other_way_round) {
  const std::size_t count = 200'000;
  std::vector<std::uint64_t> ascending = random_numbers(count);
  std::ranges::sort(ascending);
  std::vector<std::uint64_t> descending = ascending;
  std::ranges::reverse(descending);
  // More than a run each.
  std::vector<std::uint64_t> ascending_twice = ascending;
  std::ranges::rotate(ascending_twice, ascending_twice.begin() + count / 2);
  std::size_t comparisons = 0;
  const auto less = [&](std::uint64_t a, std::uint64_t b) {
    ++comparisons;
    return a < b;
  };
  const auto expect_few = [&](const std::vector<std::uint64_t>& values, std::size_t memory) {
    const sort_options how{.memory_bytes = memory, .threads = 1};
    vector<std::uint64_t> v = filed(values);
    comparisons = 0;
    sort(v, less, {}, how);
    EXPECT_LT(comparisons, 3 * count) << memory;
    EXPECT_TRUE(same_bytes(contents(v), ascending));
    vector<std::uint64_t> w = filed(values);
    comparisons = 0;
    stable_sort(w, less, {}, how);
    EXPECT_LT(comparisons, 3 * count) << memory;
    EXPECT_TRUE(same_bytes(contents(w), ascending));
  };
  expect_few(descending, little_memory);
  expect_few(descending, 8 * MiB);
  expect_few(ascending_twice, little_memory);
}

/// Turned around, equal ones would be in another order than before.
TEST_F(sorting, turns_nothing_around_that_has_equal_elements_if_it_is_stable) {
  std::vector<record> values(200'000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].key = (values.size() - i) / 2;
    values[i].serial = i;
  }
  std::vector<record> expected = values;
  std::ranges::stable_sort(expected, {}, &record::key);
  for (const std::size_t memory : {little_memory, 32 * MiB}) {
    vector<record> v = filed(values);
    stable_sort(v, {}, &record::key, {.memory_bytes = memory, .threads = 1});
    EXPECT_TRUE(same_bytes(contents(v), expected));
    vector<record> w = filed(values);
    const auto less = [](const record& a, const record& b) { return a.key < b.key; };
    stable_sort(w, less, {}, {.memory_bytes = memory, .threads = 1});
    EXPECT_TRUE(same_bytes(contents(w), expected));
  }
}

TEST_F(sorting, takes_elements_that_are_not_their_bytes_if_they_fit) {
  vector<std::unique_ptr<int>> v;
  for (const std::uint64_t each : random_numbers(100'000)) {
    v.push_back(std::make_unique<int>(static_cast<int>(each)));
  }
  const auto value = [](const std::unique_ptr<int>& each) { return *each; };
  sort(v, {}, value, {.memory_bytes = 64 * MiB, .threads = 2});
  EXPECT_TRUE(std::ranges::is_sorted(v, {}, value));
  stable_sort(v, std::greater<>(), value, {.memory_bytes = 64 * MiB});
  EXPECT_TRUE(std::ranges::is_sorted(v, std::greater<>(), value));
}

TEST_F(sorting, of_nothing_and_of_one_is_no_work) {
  for (const std::size_t threads : {1, 2}) {
    std::size_t calls = 0;
    const sort_options how{.threads = threads, .progress = [&](double) { ++calls; }};
    vector<std::string> v;
    sort(v, {}, {}, how);
    stable_sort(v, {}, {}, how);
    v.push_back("one");
    sort(v, {}, {}, how);
    EXPECT_EQ(v.front(), "one");
    vector<record> records;
    sort(records, {}, &record::key, how);
    EXPECT_EQ(calls, 0);
  }
}

TEST_F(sorting, leaves_nans_of_any_sign_where_they_are_if_it_is_stable) {
  struct measured {
    double key;
    std::uint64_t serial;
  };
  std::vector<measured> values;
  for (const std::uint64_t each : random_numbers(40'000)) {
    const std::uint64_t nan = 0x7ff0000000000001U | (each & 0x800fffffffffff00U);
    const double zero = each % 8 < 4 ? 0.0 : -0.0;
    values.push_back({each % 4 == 0   ? std::bit_cast<double>(nan)
                      : each % 4 == 1 ? zero
                                      : static_cast<double>(each % 7),
                      values.size()});
  }
  // NaNs last, which no comparison of doubles says.
  std::vector<measured> expected = values;
  std::ranges::stable_sort(expected, [](const measured& a, const measured& b) {
    return std::isnan(b.key) ? !std::isnan(a.key) : a.key < b.key;
  });
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    vector<measured> v = filed(values);
    stable_sort(v, {}, &measured::key, {.memory_bytes = memory});
    EXPECT_TRUE(same_bytes(contents(v), expected));
  }
}

enum class priority : unsigned char { low, high };
[[maybe_unused]] bool operator<(priority left, priority right) {
  return static_cast<int>(right) < static_cast<int>(left);
}

TEST_F(sorting, of_enumerations_is_by_their_own_order) {
  vector<priority> v = {priority::low, priority::high, priority::low};
  sort(v, std::less<>());
  EXPECT_EQ(v.front(), priority::high);
  enum class plain : short { minus = -1, zero = 0, one = 1 };
  vector<plain> w = {plain::one, plain::minus, plain::zero};
  sort(w);
  EXPECT_EQ(w.front(), plain::minus);
  EXPECT_EQ(w.back(), plain::one);
}

TEST_F(sorting, by_descending_keys_keeps_equal_ones_in_order) {
  std::vector<record> expected = records<record>(30'000, 100);
  vector<record> v = filed(expected);
  std::ranges::stable_sort(expected, std::greater<>(), &record::key);
  stable_sort(v, std::greater<>(), &record::key, {.memory_bytes = little_memory});
  EXPECT_TRUE(same_bytes(contents(v), expected));
}

TEST_F(sorting, on_many_threads_is_the_same) {
  const std::vector<std::uint64_t> values = random_numbers(400'000);
  std::vector<std::uint64_t> expected = values;
  std::ranges::sort(expected);
  for (const std::size_t threads : {1, 2, 5, 16}) {
    for (const std::size_t memory : {2 * MiB, 64 * MiB}) {
      vector<std::uint64_t> v = filed(values);
      sort(v, {}, {}, {.memory_bytes = memory, .threads = threads});
      EXPECT_TRUE(same_bytes(contents(v), expected));
    }
  }
}

TEST_F(sorting, takes_any_number_of_threads_as_a_wish) {
  for (const std::size_t threads : {std::size_t{1} << 62, ~std::size_t{0}}) {
    std::vector<record> expected = records<record>(30'000, 1 << 30);
    vector<record> v = filed(expected);
    std::ranges::stable_sort(expected, {}, &record::key);
    stable_sort(v, {}, &record::key, {.memory_bytes = 64 * MiB, .threads = threads});
    EXPECT_TRUE(same_bytes(contents(v), expected));
  }
}

template <std::size_t Alignment>
struct alignas(Alignment) aligned {
  std::uint64_t key;
  std::uint64_t serial;
  unsigned char rest[Alignment - 16];
};

template <std::size_t Alignment>
void expect_aligned_sorted(std::size_t count) {
  using element = aligned<Alignment>;
  std::vector<element> values(count);
  std::mt19937_64 random(Alignment);
  for (std::size_t i = 0; i < count; ++i) {
    values[i].key = random() % count;
    values[i].serial = i;
  }
  std::vector<element> expected = values;
  // Not std::stable_sort, whose buffer libstdc++ does not align.
  std::ranges::sort(expected, {},
                    [](const element& each) { return std::pair(each.key, each.serial); });
  std::atomic<std::size_t> misaligned = 0;
  const auto by_key = [&](const element& left, const element& right) {
    for (const element* each : {&left, &right}) {
      if (reinterpret_cast<std::uintptr_t>(each) % Alignment != 0) ++misaligned;
    }
    return left.key < right.key;
  };
  for (const std::size_t memory : {512 * KiB, 64 * MiB}) {
    SCOPED_TRACE(memory);
    const sort_options how{.memory_bytes = memory, .threads = 2};
    const auto expect_order = [&](auto sort_it, bool is_stable) {
      vector<element> v = filed(values);
      const call_log log;
      sort_it(v);
      EXPECT_EQ(log.count(call::fallocate), memory < MiB ? 1U : 0U);
      EXPECT_TRUE(std::ranges::is_sorted(v, {}, &element::key));
      EXPECT_TRUE(is_stable ? same_bytes(contents(v), expected)
                            : same_elements(contents(v), values));
      EXPECT_EQ(misaligned, 0U);
    };
    expect_order([&](auto& v) { sort(v, by_key, {}, how); }, false);
    expect_order([&](auto& v) { stable_sort(v, by_key, {}, how); }, true);
    expect_order([&](auto& v) { sort(v, {}, &element::key, how); }, false);
    expect_order([&](auto& v) { stable_sort(v, {}, &element::key, how); }, true);
  }
}

TEST_F(sorting, gives_comparisons_aligned_elements) {
  expect_aligned_sorted<32>(25'000);
  expect_aligned_sorted<64>(12'000);
  expect_aligned_sorted<4096>(200);
}

TEST_F(sorting, leaves_the_bytes_around_the_elements_alone) {
  vector<std::uint64_t> v(in_file());
  v.append_range(random_numbers(200'000));
  v.reserve(300'000);
  const std::vector<std::uint64_t> before = contents(v);
  sort(v, {}, {}, {.memory_bytes = little_memory});
  v.resize_for_overwrite(200'100);
  EXPECT_TRUE(std::all_of(v.begin() + 200'000, v.end(), [](auto each) { return each == 0; }));
}

}  // namespace
}  // namespace mapvec::test
