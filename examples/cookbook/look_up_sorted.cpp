// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <mapvec/search.hpp>
#include <mapvec/vector.hpp>
#include <vector>

#include "expect.hpp"

int main() {
  mapvec::vector<std::uint32_t> sorted;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) sorted.push_back(i / 2 * 10);  // each twice

  const auto one = std::ranges::lower_bound(sorted, 500u);
  expect("one value, as in a std::vector", one - sorted.begin() == 100);

  // Many at once: hundreds of pages are asked for at a time, if they are not in memory.
  const std::vector<std::uint32_t> wanted = {4'000'000, 30, 35};
  std::vector<mapvec::index_range> found(wanted.size());
  mapvec::equal_range(sorted, wanted, found);
  expect("each has its range", found[0] == mapvec::index_range{800'000, 800'002} &&
                                   found[1] == mapvec::index_range{6, 8});
  expect("what is missing has an empty one", found[2].first == found[2].last);
}
