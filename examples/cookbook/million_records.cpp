// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/vector.hpp>

#include "expect.hpp"

struct purchase {
  std::uint32_t customer;
  std::uint32_t article;
  double price;
};

int main() {
  mapvec::vector<purchase> purchases;
  purchases.reserve(1'000'000);  // optional: growing copies nothing anyway
  for (std::uint32_t i = 0; i < 1'000'000; ++i) purchases.push_back({i % 1000, i, 0.25});

  double spent = 0;
  for (const purchase& each : purchases) {
    if (each.customer == 7) spent += each.price;
  }
  expect("customer 7 bought 1000 times", spent == 250);
  expect("they are in a file that nobody sees", purchases.disk_size_bytes() >= 16'000'000);
}
