// SPDX-License-Identifier: MIT
#include <algorithm>
#include <mapvec/vector.hpp>
#include <numeric>
#include <ranges>
#include <span>

#include "expect.hpp"

// A function that knows nothing of mapvec.
double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

int main() {
  mapvec::vector<double> values(1000);
  std::iota(values.begin(), values.end(), 1.0);

  expect("it is a span", mean(values) == 500.5);
  expect("so is a part of it", mean(std::span(values).first(3)) == 2);

  std::ranges::reverse(values);
  const auto half = std::ranges::find(values, 500.0);
  expect("its iterators are pointers", half - values.begin() == 500);

  mapvec::vector<double> roots(mapvec::from_range, values | std::views::take(3));
  erase_if(roots, [](double value) { return value == 999; });
  expect("ranges go in, std::erase_if has a counterpart", roots == mapvec::vector{1000.0, 998.0});
}
