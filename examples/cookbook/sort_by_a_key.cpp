// SPDX-License-Identifier: MIT
#include <functional>
#include <mapvec/sort.hpp>
#include <mapvec/vector.hpp>

#include "expect.hpp"

struct visit {
  int patient;
  int day;
  bool operator==(const visit&) const = default;
};

int main() {
  mapvec::vector<visit> visits = {{3, 1}, {1, 2}, {3, 3}, {2, 4}, {1, 5}};  // by day

  mapvec::stable_sort(visits, std::less<>(), &visit::patient);
  expect("by patient, and those of a patient still by day",
         visits == mapvec::vector<visit>{{1, 2}, {1, 5}, {2, 4}, {3, 1}, {3, 3}});

  const auto even_days_first = [](const visit& each) { return each.day % 2; };
  mapvec::stable_sort(visits, std::less<>(), even_days_first);
  expect("any function makes a key",
         visits == mapvec::vector<visit>{{1, 2}, {2, 4}, {1, 5}, {3, 1}, {3, 3}});
}
