// SPDX-License-Identifier: MIT
#include <cmath>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/vector.hpp>
#include <utility>

#include "expect.hpp"

int main() {
  mapvec::vector<double> roots;  // temporary: if the program ends here, nothing is left behind
  for (int i = 0; i < 1'000'000; ++i) roots.push_back(std::sqrt(i));

  // Its own file gets a name where it is on the same file system; else the elements are copied.
  auto kept = mapvec::persist(std::move(roots), "roots.npy");
  kept.close();

  const auto view = mapvec::file_view<double>::open("roots.npy");
  expect("all of it has a name that lasts", view.size() == 1'000'000 && view[810'000] == 900);
}
