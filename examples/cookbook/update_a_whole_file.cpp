// SPDX-License-Identifier: MIT
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/vector.hpp>
#include <utility>

#include "expect.hpp"

int main() {
  auto prices = mapvec::file_vector<double>::create("prices.npy");
  prices.resize(100'000, 10.0);
  prices.commit();
  const auto reader = mapvec::file_view<double>::open("prices.npy");

  // Changing elements in place could leave old and new ones side by side after a crash.
  mapvec::vector<double> next(prices);
  for (double& price : next) price *= 1.5;
  prices.replace(std::move(next));  // all at one instant, and durable

  expect("the vector goes on with the new ones", prices.size() == 100'000 && prices[99'999] == 15);
  expect("who opened the old file keeps it", reader.size() == 100'000 && reader[99'999] == 10);
  expect("who opens it now gets the new one",
         mapvec::file_view<double>::open("prices.npy")[99'999] == 15);
}
