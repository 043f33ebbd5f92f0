// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <mapvec/blocks.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>
#include <utility>

#include "expect.hpp"

int main() {
  mapvec::vector<std::int64_t> values(mapvec::options{.memory_budget_bytes = 4 * mapvec::MiB});
  for (std::int64_t i = 0; i < 2'000'000; ++i) values.push_back(i);

  // Reading, in a few buffers: what other programs have in memory stays there.
  std::int64_t sum = 0;
  for (const auto block : mapvec::blocks(std::as_const(values))) {
    for (const std::int64_t value : block) sum += value;
  }
  expect("a loop over blocks sees all elements", sum == 1'999'999'000'000);

  // Changing, in place: what is left behind is written back and let go.
  for (auto block : mapvec::blocks(values)) {
    std::ranges::transform(block, block.begin(), [](std::int64_t value) { return -value; });
  }
  expect("blocks of a vector that is not const can be changed", values[1'999'999] == -1'999'999);
}
