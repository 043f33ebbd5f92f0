// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <mapvec/partition.hpp>
#include <mapvec/vector.hpp>

#include "expect.hpp"

struct measurement {
  int second;
  double volts;
};

int main() {
  mapvec::vector<measurement> all;
  for (int i = 0; i < 90'000; ++i) {
    all.push_back({i, i % 3 == 0 ? std::numeric_limits<double>::quiet_NaN() : 1.5});
  }
  const auto is_valid = [](double volts) { return !std::isnan(volts); };
  const std::size_t valid = mapvec::stable_partition(all, is_valid, &measurement::volts);
  expect("60000 are valid", valid == 60'000);
  expect("they stand first, in their order", all[0].second == 1 && all[59'999].second == 89'999);
  expect("the others follow", std::isnan(all[60'000].volts) && all[60'000].second == 0);
  all.truncate(valid);
  expect("and can be dropped", all.size() == 60'000);
}
