// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>
#include <mapvec/reduce.hpp>
#include <mapvec/vector.hpp>

#include "expect.hpp"

struct reading {
  int station;
  double celsius;
};

int main() {
  mapvec::vector<reading> readings;
  for (int i = 0; i < 300'000; ++i) readings.push_back({i % 10, i % 40 - 15.5});

  const auto celsius = [](const reading& each) { return each.celsius; };
  const double sum = mapvec::transform_reduce(readings, 0.0, std::plus<>(), celsius);
  expect("the mean, on all processors", sum / static_cast<double>(readings.size()) == 4.0);

  const auto warmer = [](double a, double b) { return std::max(a, b); };
  const double warmest = mapvec::transform_reduce(readings, -300.0, warmer, celsius);
  expect("any operation that is associative will do", warmest == 23.5);

  // Numbers are added in the same order each time, so the result is the same to the last bit.
  const double again =
      mapvec::transform_reduce(readings, 0.0, std::plus<>(), celsius, {.threads = 1});
  expect("on one thread, too", sum == again);
}
