// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/blocks.hpp>
#include <mapvec/vector.hpp>
#include <utility>

int main() {
  constexpr std::uint64_t count = 4'000'000;  // 32 MB, in 8 MiB of memory
  mapvec::vector<std::uint64_t> numbers(mapvec::options{.memory_budget_bytes = 8 * mapvec::MiB});
  for (std::uint64_t i = 0; i < count; ++i) numbers.push_back(i);
  if (numbers.resident_bytes() > 8 * mapvec::MiB) return 1;

  for (const auto block : mapvec::blocks(numbers)) {  // the elements themselves, to be changed
    for (std::uint64_t& number : block) number *= 2;
  }
  std::uint64_t sum = 0;
  for (const auto block : mapvec::blocks(std::as_const(numbers))) {  // to be read
    for (const std::uint64_t number : block) sum += number;
  }
  return sum == count * (count - 1) ? 0 : 1;
}
