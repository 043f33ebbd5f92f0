// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/vector.hpp>

struct sample {
  std::uint64_t second;
  float celsius;
};

int main() {
  mapvec::vector<sample> samples;
  for (std::uint64_t second = 0; second < 100'000; ++second) {
    samples.push_back({second, 20.5F});  // throws mapvec::error where the disk is full
  }
  samples.truncate_front(10);
  const auto last = samples.pop();

  return last && last->second == 99'999 && samples[0].second == 10 && samples.size() == 99'989 ? 0
                                                                                               : 1;
}
