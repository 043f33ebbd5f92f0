// SPDX-License-Identifier: MIT
#include <mapvec/file_vector.hpp>

int main() {
  auto heights = mapvec::file_vector<double>::open("heights.npy");  // what numpy.save has written
  if (heights.size() != 1000 || heights[999] != 999.0) return 1;
  for (int i = 0; i < 500; ++i) heights.push_back(1.5);
  heights.close();
  return 0;
}
