// SPDX-License-Identifier: MIT
//
// Goal: reduce and transform_reduce give what those of the standard library give, wherever the
// elements are; they combine in order, and give the same bits whatever the threads are. Method:
// sizes around the ends of blocks, an operation that is associative and nothing else, sums of
// doubles that differ with the place of each parenthesis, and failures of operations and disks.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/reduce.hpp>

#include "../blocks/block_case.hpp"

namespace mapvec::test {
namespace {

class reducing : public block_case {
 protected:
  static reduce_options on(std::size_t threads) {
    return {.blocks = small_blocks, .threads = threads};
  }
};

/// x -> factor x + summand. One after the other is associative, but not commutative.
struct affine {
  std::uint64_t factor;
  std::uint64_t summand;
  bool operator==(const affine&) const = default;
};

affine affine_of(std::uint64_t number) { return {2 * number + 1, number ^ 5U}; }
affine then(affine first, affine second) {
  return {first.factor * second.factor, second.factor * first.summand + second.summand};
}

/// Sums of these differ in their last bits with the place of each parenthesis.
std::vector<double> uneven_numbers(std::size_t count) {
  std::mt19937_64 random(count);
  std::vector<double> numbers(count);
  for (double& each : numbers) each = std::ldexp(1.0 + static_cast<double>(random()), -60);
  return numbers;
}

TEST_F(reducing, gives_what_the_standard_library_gives_wherever_the_elements_are) {
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{17}, block_count - 1,
        block_count, block_count + 1, 9 * block_count + 7}) {
    SCOPED_TRACE(count);
    const words in_memory = counted(count, {});
    const std::uint64_t sum = std::reduce(in_memory.begin(), in_memory.end());
    const affine all =
        std::transform_reduce(in_memory.begin(), in_memory.end(), affine{3, 5}, then, affine_of);
    const auto expect_both = [&](const auto& v) {
      EXPECT_EQ(mapvec::reduce(v), sum);
      EXPECT_EQ(mapvec::reduce(v, std::uint64_t{7}), sum + 7);
      for (const std::size_t threads : {1, 2, 3, 4}) {
        EXPECT_EQ(mapvec::reduce(v, std::uint64_t{7}, std::plus<>(), on(threads)), sum + 7);
        EXPECT_EQ(mapvec::transform_reduce(v, affine{3, 5}, then, affine_of, on(threads)), all);
      }
    };
    expect_both(in_memory);
    expect_both(counted(count, in_file()));
    expect_both(cold(count));
    auto persistent = file_vector<std::uint64_t>::create(directory_ / "a.npy");
    persistent.append_range(in_memory);
    persistent.commit();
    persistent.evict(0, count);
    expect_both(persistent);
    persistent.evict(0, count);
    expect_both(file_view<std::uint64_t>::open(directory_ / "a.npy"));
    persistent = file_vector<std::uint64_t>();
    std::filesystem::remove(directory_ / "a.npy");
  }
  EXPECT_EQ(mapvec::reduce(words(), std::uint64_t{3}), 3U);
  EXPECT_EQ(mapvec::reduce(file_view<int>()), 0);
}

TEST_F(reducing, gives_what_the_standard_library_gives_in_random_cases) {
  std::mt19937_64 random(4711);
  for (int i = 0; i < 200; ++i) {
    const std::size_t count = random() % (4 * block_count);
    const words v = i % 2 == 0 ? cold(count) : counted(count, in_file());
    const reduce_options how{.blocks = {.block_bytes = 8 * KiB + random() % (64 * KiB),
                                        .buffers = random() % 6,
                                        .reading_threads = random() % 3},
                             .threads = 1 + random() % 4};
    ASSERT_EQ(mapvec::transform_reduce(v, affine{1, 0}, then, affine_of, how),
              std::transform_reduce(v.begin(), v.end(), affine{1, 0}, then, affine_of));
    ASSERT_EQ(
        mapvec::transform_reduce(
            v, v, affine{1, 0}, then, [](auto a, auto b) { return affine_of(3 * a + b); }, how),
        std::transform_reduce(v.begin(), v.end(), affine{1, 0}, then,
                              [](auto a) { return affine_of(4 * a); }));
  }
}

TEST_F(reducing, gives_the_same_bits_whatever_the_threads_are) {
  const std::vector<double> numbers = uneven_numbers(100'003);
  mapvec::vector<double> v(in_file());
  v.append_range(numbers);
  const double sum = mapvec::reduce(v, 0.0, std::plus<>(), on(1));
  EXPECT_NEAR(sum, std::accumulate(numbers.begin(), numbers.end(), 0.0), sum * 1e-12);
  for (int i = 0; i < 40; ++i) {
    if (i % 2 == 0) v.evict(0, v.size());
    const auto threads = static_cast<std::size_t>(1 + i % 5);
    ASSERT_EQ(mapvec::reduce(v, 0.0, std::plus<>(), on(threads)), sum);
    ASSERT_EQ(mapvec::transform_reduce(
                  v, v, 0.0, std::plus<>(), [](double x, double) { return x; }, on(threads)),
              sum);
  }
  std::vector<double> shuffled = numbers;
  std::ranges::shuffle(shuffled, std::mt19937_64(1));
  std::ranges::copy(shuffled, v.begin());
  EXPECT_NE(mapvec::reduce(v, 0.0, std::plus<>(), on(2)), sum) << "any order would give the same";
}

TEST_F(reducing, under_a_budget_gives_the_same_bits_and_stays_within) {
  const std::vector<double> numbers = uneven_numbers(MiB);
  for (const std::size_t limit_bytes : {512 * KiB, 3 * MiB}) {
    const memory_budget budget(limit_bytes);
    mapvec::vector<double> v({.builder = segment_builder::unnamed(directory_.path()),
                              .spill_threshold_bytes = 0,
                              .budget = budget});
    v.append_range(numbers);
    v.trim();
    std::atomic<std::size_t> most_held = 0;
    const auto add = [&](double a, double b) {
      if (a > b * 10'000) most_held = std::max(most_held.load(), budget.held_bytes());
      return a + b;
    };
    const double sum = mapvec::reduce(v, 0.0, std::plus<>(), {.threads = 1});
    for (const std::size_t threads : {1, 2, 3, 4, 9}) {
      v.evict(0, v.size());
      EXPECT_EQ(mapvec::reduce(v, 0.0, add, {.threads = threads}), sum);
    }
    EXPECT_LE(most_held, limit_bytes);
    EXPECT_GT(most_held, 0U);
    EXPECT_LE(v.resident_bytes(), limit_bytes);
    // Blocks that fit are those of any other vector.
    mapvec::vector<double> unbounded(in_file());
    unbounded.append_range(numbers);
    EXPECT_EQ(
        mapvec::reduce(v, 0.0, std::plus<>(), {.blocks = {.block_bytes = 64 * KiB}, .threads = 2}),
        mapvec::reduce(unbounded, 0.0, std::plus<>(), {.blocks = {.block_bytes = 64 * KiB}}));
  }
}

TEST_F(reducing, takes_two_vectors_of_different_elements) {
  struct wide {
    std::uint32_t number;
    unsigned char rest[3'000];
  };
  constexpr std::size_t count = 2'001;
  mapvec::vector<wide> v(in_file());
  v.resize(count);
  mapvec::vector<std::uint8_t> w(in_file());
  for (std::size_t i = 0; i < count; ++i) {
    v[i].number = static_cast<std::uint32_t>(i);
    w.push_back(static_cast<std::uint8_t>(i * 7));
  }
  const auto product = [](const auto& a, const auto& b) {
    return std::uint64_t{a.number} * std::uint64_t{b};
  };
  const std::uint64_t expected = std::transform_reduce(v.begin(), v.end(), w.begin(),
                                                       std::uint64_t{1}, std::plus<>(), product);
  for (const std::size_t threads : {1, 2, 4}) {
    v.evict(0, v.size());
    w.evict(0, w.size());
    EXPECT_EQ(mapvec::transform_reduce(v, w, std::uint64_t{1}, std::plus<>(), product, on(threads)),
              expected);
  }
  // Elements larger than a block.
  const reduce_options tiny{.blocks = {.block_bytes = 1}, .threads = 2};
  EXPECT_EQ(mapvec::transform_reduce(v, w, std::uint64_t{1}, std::plus<>(), product, tiny),
            expected);
  const words a = counted(1'000, {});
  EXPECT_EQ(mapvec::transform_reduce(a, a, std::uint64_t{0}), 332'833'500U);
}

TEST_F(reducing, has_the_type_of_the_first_value) {
  mapvec::vector<float> v;
  for (int i = 0; i < 100; ++i) v.push_back(16'777'216.0F + 2.0F * static_cast<float>(i));
  EXPECT_EQ(mapvec::reduce(v, 0.0), 100 * 16'777'216.0 + 9'900);
  EXPECT_EQ(mapvec::reduce(mapvec::vector<double>(5, 1.5), 0), 5)
      << "int + 1.5 is int, as in std::reduce";
  static_assert(std::is_same_v<decltype(mapvec::reduce(v)), float>);
  // A result that can only be moved.
  const auto longer = [](std::unique_ptr<std::uint64_t> a, std::unique_ptr<std::uint64_t> b) {
    return *a < *b ? std::move(b) : std::move(a);
  };
  const auto boxed = [](std::uint64_t n) { return std::make_unique<std::uint64_t>(n ^ 5U); };
  const words numbers = counted(3 * block_count, {});
  const auto most =
      mapvec::transform_reduce(numbers, std::make_unique<std::uint64_t>(1), longer, boxed, on(3));
  EXPECT_EQ(*most, std::ranges::max(numbers, {}, [](auto n) { return n ^ 5U; }) ^ 5U);
}

TEST_F(reducing, takes_elements_that_are_not_their_bytes) {
  mapvec::vector<std::string> v(in_file());
  std::string expected = "<";
  for (std::size_t i = 0; i < 10'000; ++i) expected += v.emplace_back(std::to_string(i));
  v.evict(0, v.size());
  EXPECT_EQ(mapvec::reduce(v, std::string("<"), std::plus<>(), on(3)), expected);
}

TEST_F(reducing, reads_each_byte_once) {
  const words v = cold(MiB);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const call_log log;
  EXPECT_EQ(mapvec::reduce(v), std::uint64_t{MiB} * (MiB - 1) / 2);
  EXPECT_LE(read_bytes(log), v.size() * sizeof(v[0]) * 102 / 100);
  EXPECT_EQ(v.resident_bytes(), 0U);
}

TEST_F(reducing, ends_with_the_first_exception_of_an_operation) {
  const words v = cold(50 * block_count);
  for (const std::size_t threads : {1, 2, 4}) {
    for (const std::size_t nth : {std::size_t{1}, 5 * block_count, v.size() + 40}) {
      std::atomic<std::size_t> calls = 0;
      const auto add = [&](std::uint64_t a, std::uint64_t b) {
        if (++calls == nth) throw std::runtime_error("enough");
        return a + b;
      };
      if (nth < v.size()) {
        EXPECT_THROW((void)mapvec::reduce(v, std::uint64_t{0}, add, on(threads)),
                     std::runtime_error);
        EXPECT_TRUE(threads > 1 || calls == nth) << calls;
      } else {
        EXPECT_NO_THROW((void)mapvec::reduce(v, std::uint64_t{0}, add, on(threads)));
        EXPECT_EQ(calls, v.size()) << "one for each element";
      }
      calls = 0;
      const auto transform = [&](std::uint64_t a) {
        if (++calls == 5'000) throw std::logic_error("no");
        return a;
      };
      EXPECT_THROW((void)mapvec::transform_reduce(v, std::uint64_t{0}, std::plus<>(), transform,
                                                  on(threads)),
                   std::logic_error);
      calls = 0;
      const auto product = [&](std::uint64_t a, std::uint64_t) { return transform(a); };
      EXPECT_THROW((void)mapvec::transform_reduce(v, v, std::uint64_t{0}, std::plus<>(), product,
                                                  on(threads)),
                   std::logic_error);
    }
  }
}

TEST_F(reducing, of_what_cannot_be_read_throws) {
  const words v = cold(50 * block_count);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const words w = counted(v.size(), in_file());
  for (const std::size_t threads : {1, 2, 4}) {
    for (const std::size_t nth : {0, 3, 30}) {
      const auto expect_failure = [&](const auto& sum) {
        const fault broken(call::pread, nth, EIO, fault_lasts::once);
        try {
          sum();
          FAIL() << "the disk is broken";
        } catch (const error& failure) {
          EXPECT_EQ(failure.code().value(), EIO);
        }
      };
      expect_failure(
          [&] { (void)mapvec::reduce(v, std::uint64_t{0}, std::plus<>(), on(threads)); });
      const auto inner = [&](const words& a, const words& b) {
        (void)mapvec::transform_reduce(a, b, std::uint64_t{0}, std::plus<>(), std::multiplies<>(),
                                       on(threads));
      };
      expect_failure([&] { inner(v, w); });
      expect_failure([&] { inner(w, v); });
    }
  }
  const fault no_memory(call::mmap, 0, ENOMEM, fault_lasts::for_ever);
  EXPECT_THROW((void)mapvec::reduce(v), error);
}

TEST_F(reducing, of_two_vectors_needs_as_many_elements_of_each) {
  const words v = counted(3, {});
  const words w = counted(4, {});
  EXPECT_DEATH((void)mapvec::transform_reduce(v, w, std::uint64_t{0}), "w.size");
}

}  // namespace
}  // namespace mapvec::test
