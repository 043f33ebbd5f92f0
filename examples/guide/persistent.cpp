// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/file_vector.hpp>

struct reading {
  std::int64_t second;
  double celsius;
};
MAPVEC_DESCRIBE(reading, second, celsius);

int main() {
  auto readings = mapvec::file_vector<reading>::open_or_create("readings.npy");
  const std::size_t found = readings.size();
  for (int i = 0; i < 1000; ++i) readings.push_back({i, 20.5});
  readings.commit();  // two waits for the disk; these 1000 will be found again

  readings.push_back({1000, 99.9});
  readings.abandon();  // drops what was appended since

  const auto again = mapvec::file_vector<reading>::open("readings.npy");
  return again.size() == found + 1000 && again.back().celsius == 20.5 ? 0 : 1;
}
