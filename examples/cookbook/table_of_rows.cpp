// SPDX-License-Identifier: MIT
#include <array>
#include <mapvec/file_vector.hpp>

#include "expect.hpp"

int main() {
  {
    auto points = mapvec::file_vector<float>::create("points.npy", {.row_width = 3});
    points.append_range(std::array{1.F, 2.F, 3.F});
    points.append_range(std::array{4.F, 5.F, 6.F});
    points.close();  // only whole rows: numpy.load("points.npy").shape == (2, 3)
  }
  auto points =
      mapvec::file_vector<float>::open("points.npy", {.row_width = mapvec::any_row_width});
  expect("the file says how wide its rows are", points.row_width() == 3);
  float heights = 0;
  for (const auto point : points.rows()) heights += point[2];
  expect("rows are spans", heights == 9 && points.rows().size() == 2);
}
