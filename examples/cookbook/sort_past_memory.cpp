// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <functional>
#include <mapvec/sort.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>
#include <numeric>
#include <random>

#include "expect.hpp"

int main() {
  mapvec::vector<std::uint64_t> keys(mapvec::options{.memory_budget_bytes = 4 * mapvec::MiB});
  std::mt19937_64 random(2);
  for (int i = 0; i < 2'000'000; ++i) keys.push_back(random());
  const std::uint64_t sum = std::reduce(keys.begin(), keys.end());

  // 16 MB in 4 MiB of memory. The rest goes through a temporary file as large as the vector, in a
  // directory that may be chosen: sort_options::temporary.
  mapvec::sort(keys, std::greater<>(), {}, {.memory_bytes = 4 * mapvec::MiB});

  expect("they are in order, the greatest first", std::ranges::is_sorted(keys, std::greater<>()));
  expect("none is lost", sum == std::reduce(keys.begin(), keys.end()));
}
