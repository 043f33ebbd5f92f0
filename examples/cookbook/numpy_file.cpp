// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/file_reference.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "expect.hpp"

struct trade {
  std::int64_t time;
  float price;
  std::int32_t amount;
};
MAPVEC_DESCRIBE(trade, time, price, amount);  // the columns, as NumPy sees them

int main() {
  auto trades = mapvec::file_vector<trade>::create("trades.npy");
  for (int i = 0; i < 1000; ++i) trades.push_back({i, 0.5F, 3});
  trades.close();  // commits, and cuts the file to its exact size
  // In Python: numpy.load("trades.npy", mmap_mode="r")["price"].mean()

  const auto view = mapvec::file_view<trade>::open("trades.npy");
  expect("the file holds them", view.size() == 1000 && view[999].time == 999);
  expect(
      "NumPy knows the columns by their names",
      mapvec::reference_to(view).dtype == "[('time', '<i8'), ('price', '<f4'), ('amount', '<i4')]");
}
