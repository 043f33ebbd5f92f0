// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/file_vector.hpp>
#include <mapvec/sort.hpp>

int main() {
  auto numbers = mapvec::file_vector<std::uint64_t>::open_or_create("numbers.npy");
  numbers.clear();
  for (std::uint64_t i = 0; i < 1'000'000; ++i) numbers.push_back(i * 7919 % 100'003);
  mapvec::sort(numbers);  // into a new file of that name; commits
  numbers.close();
  return 0;
}
