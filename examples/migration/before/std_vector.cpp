// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

int main() {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) numbers.push_back(i * 7919 % 100'003);

  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  numbers.resize(50'000);

  const auto sum = std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
  return sum == 49'999ULL * 50'000 / 2 ? 0 : 1;
}
