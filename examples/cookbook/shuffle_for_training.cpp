// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <mapvec/file_vector.hpp>
#include <mapvec/shuffle.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>
#include <random>

#include "expect.hpp"

int main() {
  auto samples = mapvec::file_vector<std::int32_t>::create("samples.npy");
  for (std::int32_t i = 0; i < 100'000; ++i) samples.push_back(i);
  const mapvec::vector<std::int32_t> before(samples);

  // All of the file, not a window of it; memory_bytes also makes the order come again elsewhere.
  std::mt19937_64 random(42);
  mapvec::shuffle(samples, random, {.memory_bytes = 64 * mapvec::MiB});
  mapvec::vector<std::int32_t> again = before;
  random.seed(42);
  mapvec::shuffle(again, random, {.memory_bytes = 64 * mapvec::MiB});

  expect("it is another order", samples != before);
  expect("the same seed gives the same order", samples == again);
  std::ranges::sort(again);
  expect("none is lost", again == before);
}
