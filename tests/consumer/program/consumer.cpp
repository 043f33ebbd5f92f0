// SPDX-License-Identifier: MIT
//
// The smallest user: past the spill threshold, so that a file is really there.
#include <mapvec/vector.hpp>

int main() {
  mapvec::vector<int> numbers;
  for (int i = 0; i < 1'000'000; ++i) numbers.push_back(i);
  return numbers.back() == 999'999 && numbers.disk_size_bytes() > 0 ? 0 : 1;
}
