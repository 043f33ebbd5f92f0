// SPDX-License-Identifier: MIT
//
// Goal: top_n gives the beginning of what std::stable_sort gives, ties included, and keeps few
// elements meanwhile. Method: comparison with std::stable_sort for elements with few keys in every
// kind of order, on several threads; failures of comparisons and disks.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/top_n.hpp>

#include "../blocks/block_case.hpp"

namespace mapvec::test {
namespace {

struct entry {
  std::uint32_t key;
  std::uint32_t serial;
  bool operator==(const entry&) const = default;
};

class top : public block_case {
 protected:
  static reduce_options on_threads(std::size_t threads) {
    return {.blocks = small_blocks, .threads = threads};
  }
  template <class T>
  mapvec::vector<T> stored(const std::vector<T>& elements) const {
    mapvec::vector<T> v(in_file());
    v.append_range(elements);
    v.evict(0, v.size());
    return v;
  }
  static std::vector<entry> entries(std::size_t count, std::uint32_t keys) {
    std::mt19937 random(static_cast<std::uint32_t>(count));
    std::vector<entry> all(count);
    for (std::size_t i = 0; i < count; ++i) {
      all[i] = {static_cast<std::uint32_t>(random()) % keys, static_cast<std::uint32_t>(i)};
    }
    return all;
  }
  /// By keys, then by serial numbers if the sort is stable.
  template <class T, class Compare, class Projection>
  static std::vector<T> first_sorted(std::vector<T> all, std::size_t n, Compare compare,
                                     Projection projection) {
    std::ranges::stable_sort(all, compare, projection);
    all.resize(std::min(n, all.size()));
    return all;
  }
  static bool is_beginning(const std::vector<entry>& found, std::size_t n,
                           const std::vector<entry>& sorted) {
    return found.size() == std::min(n, sorted.size()) &&
           std::equal(found.begin(), found.end(), sorted.begin());
  }
};

TEST_F(top, n_are_the_first_of_a_stable_sort) {
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{64}, block_count + 1, 6 * block_count}) {
    for (const std::uint32_t keys : {1, 3, 1'000'000}) {
      const std::vector<entry> all = entries(count, keys);
      const auto v = stored(all);
      const auto least = first_sorted(all, count, std::ranges::less(), &entry::key);
      const auto greatest = first_sorted(all, count, std::ranges::greater(), &entry::key);
      for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64},
                                  std::size_t{65}, std::size_t{3'000}, count / 2}) {
        SCOPED_TRACE(testing::Message() << n << " of " << count << " with keys " << keys);
        for (const std::size_t threads : {1, 2, 4}) {
          EXPECT_TRUE(
              is_beginning(top_n(v, n, std::less<>(), &entry::key, on_threads(threads)), n, least));
          EXPECT_TRUE(is_beginning(top_n(v, n, {}, &entry::key, on_threads(threads)), n, greatest));
        }
      }
    }
  }
}

TEST_F(top, n_beyond_the_size_are_all_sorted) {
  const std::vector<entry> all = entries(3 * block_count, 100);
  const auto v = stored(all);
  const auto sorted = first_sorted(all, all.size(), std::ranges::greater(), &entry::key);
  EXPECT_EQ(top_n(v, all.size(), {}, &entry::key, on_threads(3)), sorted);
  EXPECT_EQ(top_n(v, std::numeric_limits<std::size_t>::max(), {}, &entry::key), sorted);
  EXPECT_TRUE(top_n(words(), 5).empty());
  EXPECT_TRUE(top_n(file_view<int>(), 5).empty());
}

TEST_F(top, n_are_the_greatest_of_any_order_and_any_vector) {
  const words ascending = cold(10 * block_count);
  const std::size_t size = ascending.size();
  EXPECT_EQ(top_n(ascending, 3, {}, {}, on_threads(2)),
            (std::vector<std::uint64_t>{size - 1, size - 2, size - 3}));
  const auto falling = [](std::uint64_t each) { return ~each; };
  EXPECT_EQ(top_n(ascending, 2, {}, falling, on_threads(2)), (std::vector<std::uint64_t>{0, 1}));
  auto persistent = file_vector<std::uint64_t>::create(directory_ / "a.npy");
  persistent.append_range(ascending);
  persistent.commit();
  EXPECT_EQ(top_n(persistent, 1), std::vector<std::uint64_t>{size - 1});
  const auto view = file_view<std::uint64_t>::open(directory_ / "a.npy");
  EXPECT_EQ(top_n(view, 1), std::vector<std::uint64_t>{size - 1});
}

TEST_F(top, n_of_ascending_elements_compare_each_a_few_times) {
  const words v = counted(200'000, in_file());
  std::size_t calls = 0;
  const auto greater = [&](std::uint64_t a, std::uint64_t b) {
    ++calls;
    return a > b;
  };
  EXPECT_EQ(top_n(v, 10'000, greater, {}, on_threads(1)).front(), 199'999U);
  EXPECT_LE(calls, 12 * v.size()) << "each of them is one of the greatest so far";
  calls = 0;
  EXPECT_EQ(
      top_n(v, 100, [&](auto a, auto b) { return greater(b, a); }, {}, on_threads(1))[99], 99U);
  EXPECT_LE(calls, v.size() + 5'000) << "none but the first is";
}

TEST_F(top, n_of_floating_point_numbers_have_nans_at_their_end) {
  std::vector<double> all;
  for (std::size_t i = 0; i < 5'000; ++i) {
    const double sign = i % 2 == 0 ? 1 : -1;
    all.push_back(i % 3 == 0 ? std::copysign(std::nan(""), sign) : sign * double(i % 100));
  }
  const auto v = stored(all);
  const auto expected = first_sorted(
      all, all.size(), [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a > b; },
      std::identity());
  for (const std::size_t n : {100, 3'000, 4'000, 5'000}) {
    const std::vector<double> found = top_n(v, n, {}, {}, on_threads(2));
    ASSERT_EQ(found.size(), n);
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(found[i]), std::bit_cast<std::uint64_t>(expected[i]));
    }
  }
}

TEST_F(top, n_may_be_of_any_type) {
  mapvec::vector<std::string> v(in_file());
  std::vector<std::string> all;
  for (std::size_t i = 0; i < 20'000; ++i) {
    all.push_back(std::to_string(i * 7'919 % 20'011) + " is longer than what a string holds");
    v.push_back(all.back());
  }
  const auto size = [](const std::string& each) { return each.size(); };
  EXPECT_EQ(top_n(v, 300, {}, {}, on_threads(3)),
            first_sorted(all, 300, std::ranges::greater(), std::identity()));
  EXPECT_EQ(top_n(v, 300, std::less<>(), size, on_threads(3)),
            first_sorted(all, 300, std::ranges::less(), size));
}

TEST_F(top, n_end_with_the_first_exception) {
  const words v = cold(30 * block_count);
  for (const std::size_t threads : {1, 2, 4}) {
    for (const std::size_t nth : {std::size_t{1}, std::size_t{3'000}, 4 * block_count}) {
      std::atomic<std::size_t> calls = 0;
      const auto compare = [&](std::uint64_t a, std::uint64_t b) {
        if (++calls == nth) throw std::runtime_error("enough");
        return a > b;
      };
      EXPECT_THROW((void)top_n(v, 50, compare, {}, on_threads(threads)), std::runtime_error);
      calls = 0;
      const auto project = [&](std::uint64_t a) {
        if (++calls == nth) throw std::logic_error("no");
        return a;
      };
      EXPECT_THROW((void)top_n(v, 50, {}, project, on_threads(threads)), std::logic_error);
    }
    if (v.resident_bytes() != 0) continue;
    const fault broken(call::pread, 7, EIO, fault_lasts::once);
    EXPECT_THROW((void)top_n(v, 50, {}, {}, on_threads(threads)), error);
  }
}

}  // namespace
}  // namespace mapvec::test
