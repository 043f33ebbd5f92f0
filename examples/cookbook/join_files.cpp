// SPDX-License-Identifier: MIT
#include <cstdint>
#include <functional>
#include <mapvec/file_vector.hpp>
#include <mapvec/set_operations.hpp>
#include <mapvec/vector.hpp>

#include "expect.hpp"

struct account {
  std::int64_t number;
  std::int64_t cents;
};
MAPVEC_DESCRIBE(account, number, cents);

int main() {
  // Both are sorted by number.
  auto march = mapvec::file_vector<account>::create("march.npy");
  for (std::int64_t i = 0; i < 1000; ++i) march.push_back({i, 100});
  auto april = mapvec::file_vector<account>::create("april.npy");
  for (std::int64_t i = 0; i < 2000; i += 3) april.push_back({i, 200});

  constexpr auto number = &account::number;
  mapvec::vector<account> stayed;
  mapvec::set_intersection(march, april, stayed, std::less<>(), number, number);
  expect("those in both, as they are in the first", stayed.size() == 334 && stayed[1].cents == 100);

  mapvec::vector<account> left;
  mapvec::set_difference(march, april, left, std::less<>(), number, number);
  expect("those in the first only", left.size() == 666 && left[0].number == 1);

  auto all = mapvec::file_vector<account>::create("all.npy");
  mapvec::merge(march, april, all, std::less<>(), number, number);
  expect("two sorted files into one", all.size() == 1667 && all[1].cents == 200);
}
