// SPDX-License-Identifier: MIT
//
// The smallest user: past the spill threshold, so that a file is really there, and past the memory
// for sorting.
#include <functional>

#include <mapvec/sort.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

int main() {
  mapvec::vector<int> numbers;
  for (int i = 0; i < 1'000'000; ++i) numbers.push_back(i);
  mapvec::sort(numbers, std::greater<>(), {}, {.memory_bytes = 1 * mapvec::MiB});
  return numbers.front() == 999'999 && numbers.back() == 0 && numbers.disk_size_bytes() > 0 ? 0 : 1;
}
