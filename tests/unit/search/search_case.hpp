// SPDX-License-Identifier: MIT
//
// What the cases of searching share: sorted elements, and the comparison with the standard library.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/search.hpp>

#include "../blocks/block_case.hpp"

namespace mapvec {
namespace test {

/// An element of so many bytes.
template <std::size_t Size>
struct sized {
  std::array<unsigned char, Size> bytes{};
  std::uint32_t key() const { return bytes[0] + 256U * bytes[1] + 65'536U * bytes[2]; }
  static sized of(std::size_t key) {
    sized made;
    for (std::size_t i = 0; i < 3; ++i) made.bytes[i] = static_cast<unsigned char>(key >> 8 * i);
    return made;
  }
};

}  // namespace test

template <std::size_t Size>
inline constexpr bool store_as_bytes<test::sized<Size>> = true;

namespace test {

class searching : public block_case {
 protected:
  static std::vector<std::uint64_t> any_numbers(std::size_t count, std::uint64_t below) {
    std::mt19937_64 random(count + 1);
    std::vector<std::uint64_t> numbers(count);
    for (auto& each : numbers) each = random() % below;
    return numbers;
  }
  /// Each number three times: 0, 0, 0, 2, 2, 2, 4, …
  static std::vector<std::uint64_t> triples(std::size_t count) {
    std::vector<std::uint64_t> sorted(count);
    for (std::size_t i = 0; i < count; ++i) sorted[i] = i / 3 * 2;
    return sorted;
  }
  template <class T>
  mapvec::vector<T> evicted(const std::vector<T>& elements) const {
    mapvec::vector<T> v(in_file());
    v.append_range(elements);
    v.evict(0, v.size());
    return v;
  }

  /// All three functions against those of the standard library.
  template <class Vector, class Values, class Compare = std::ranges::less,
            class Projection = std::identity>
  static void expect_found(const Vector& v, const Values& values, Compare compare = {},
                           Projection projection = {}) {
    const std::vector<typename Vector::value_type> all(v.begin(), v.end());
    v.evict(0, v.size());
    std::vector<std::size_t> lower(values.size(), 99);
    std::vector<std::size_t> upper(values.size(), 99);
    std::vector<index_range> equal(values.size());
    mapvec::lower_bound(v, values, lower, compare, projection);
    v.evict(0, v.size());
    mapvec::upper_bound(v, values, upper, compare, projection);
    v.evict(0, v.size());
    mapvec::equal_range(v, values, equal, compare, projection);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto found = std::ranges::equal_range(all, values[i], compare, projection);
      const auto first = static_cast<std::size_t>(found.begin() - all.begin());
      const auto last = static_cast<std::size_t>(found.end() - all.begin());
      ASSERT_EQ(lower[i], first) << i;
      ASSERT_EQ(upper[i], last) << i;
      ASSERT_EQ(equal[i], (index_range{first, last})) << i;
    }
  }
};

}  // namespace test
}  // namespace mapvec
