// SPDX-License-Identifier: MIT
//
// What the cases of operations on sorted vectors share: elements, the places where they can be, and
// the operations beside those of the standard library.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/set_operations.hpp>
#include <mapvec/vector.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {

using numbers = mapvec::vector<std::uint64_t>;

/// Equal keys, different records.
struct record {
  std::uint32_t key;
  std::uint32_t serial;
  std::uint64_t rest;
  friend bool operator==(const record&, const record&) = default;
};

struct three_bytes {
  unsigned char key;
  unsigned char serial[2];
  friend bool operator==(const three_bytes&, const three_bytes&) = default;
};

template <class T>
T element_of_key(std::uint64_t key, std::size_t serial) {
  if constexpr (std::is_same_v<T, record>) {
    return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(serial), ~key};
  } else if constexpr (std::is_same_v<T, three_bytes>) {
    return {static_cast<unsigned char>(key),
            {static_cast<unsigned char>(serial), static_cast<unsigned char>(serial / 256)}};
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string(20, 'a') + std::to_string(1'000'000 + key);
  } else {
    return static_cast<T>(key);
  }
}

/// What elements are compared by; a pointer to the member, where they are records.
struct key_of {
  template <class T>
  decltype(auto) operator()(const T& element) const {
    if constexpr (requires { element.key; }) {
      return (element.key);
    } else {
      return (element);
    }
  }
};

/// Sorted, with `distinct` different keys at most.
template <class T>
std::vector<T> sorted_values(std::mt19937_64& random, std::size_t count, std::uint64_t distinct) {
  std::vector<std::uint64_t> keys(count);
  for (auto& each : keys) each = random() % distinct;
  std::vector<T> values;
  for (const std::uint64_t each : keys) {
    values.push_back(element_of_key<T>(each, values.size() + random() % 2));
  }
  std::ranges::stable_sort(values, {}, key_of());
  return values;
}

/// In a file from the first element on, and with blocks of 56 KiB.
inline options tiny_budget() {
  return {.spill_threshold_bytes = 0, .memory_budget_bytes = 512 * KiB};
}
inline constexpr std::size_t tiny_block_bytes = 56 * KiB;

template <class T>
mapvec::vector<T> held(const std::vector<T>& values, const options& settings) {
  mapvec::vector<T> v(settings);
  v.append_range(values);
  return v;
}

/// Calls `visit(operation, expected)` for each operation: operation(a, b, out, comp, proj_a,
/// proj_b) and the same of the standard library, which appends to a std::vector.
template <class Visit>
void for_each_operation(Visit visit) {
  const auto to = [](auto& out) { return std::back_inserter(out); };
  visit([](auto&&... all) { return mapvec::merge(all...); },
        [&](auto& a, auto& b, auto& out, auto&&... how) {
          std::ranges::merge(a, b, to(out), how...);
        });
  visit([](auto&&... all) { return mapvec::set_union(all...); },
        [&](auto& a, auto& b, auto& out, auto&&... how) {
          std::ranges::set_union(a, b, to(out), how...);
        });
  visit([](auto&&... all) { return mapvec::set_intersection(all...); },
        [&](auto& a, auto& b, auto& out, auto&&... how) {
          std::ranges::set_intersection(a, b, to(out), how...);
        });
  visit([](auto&&... all) { return mapvec::set_difference(all...); },
        [&](auto& a, auto& b, auto& out, auto&&... how) {
          std::ranges::set_difference(a, b, to(out), how...);
        });
  visit([](auto&&... all) { return mapvec::set_symmetric_difference(all...); },
        [&](auto& a, auto& b, auto& out, auto&&... how) {
          std::ranges::set_symmetric_difference(a, b, to(out), how...);
        });
}

/// 0, nth, 2 nth, …
inline std::vector<std::uint64_t> every(std::uint64_t nth, std::size_t count) {
  std::vector<std::uint64_t> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = i * nth;
  return values;
}

class set_operations : public counts_resources {};

}  // namespace mapvec::test
