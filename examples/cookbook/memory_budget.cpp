// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

#include "expect.hpp"

int main() {
  constexpr std::size_t budget_bytes = 4 * mapvec::MiB;
  mapvec::vector<std::uint64_t> samples(mapvec::options{.memory_budget_bytes = budget_bytes});

  std::size_t most_bytes = 0;  // page cache included
  for (std::uint64_t i = 0; i < 4 * budget_bytes / sizeof(i); ++i) {
    samples.push_back(i);
    if (i % 65'536 == 0) most_bytes = std::max(most_bytes, samples.resident_bytes());
  }
  expect("no more than the budget was in memory", most_bytes <= budget_bytes);
  expect("the first are on the disk, and still there", samples[12'345] == 12'345);
  expect("it is four times as large", samples.size() * sizeof(samples[0]) == 4 * budget_bytes);
}
