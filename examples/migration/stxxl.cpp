// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/blocks.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/vector.hpp>
#include <utility>

int main() {
  mapvec::vector<std::uint64_t> numbers(mapvec::options{.memory_budget_bytes = 64 * mapvec::MiB});
  for (std::uint64_t i = 0; i < 1'000'000; ++i) numbers.push_back(i * 7919 % 100'003);

  mapvec::sort(numbers, {}, {}, {.memory_bytes = 64 * mapvec::MiB});

  std::uint64_t sum = 0;
  for (const auto block : mapvec::blocks(std::as_const(numbers))) {
    for (const std::uint64_t number : block) sum += number;
  }
  return numbers[0] == 0 && numbers[999'999] == 100'002 && sum == 50'000'882'206 ? 0 : 1;
}
