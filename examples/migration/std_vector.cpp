// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/reduce.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/unique.hpp>
#include <mapvec/vector.hpp>

int main() {
  mapvec::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) numbers.push_back(i * 7919 % 100'003);

  mapvec::sort(numbers);
  mapvec::unique(numbers);
  numbers.resize(50'000);

  const auto sum = mapvec::reduce(numbers);
  return sum == 49'999ULL * 50'000 / 2 ? 0 : 1;
}
