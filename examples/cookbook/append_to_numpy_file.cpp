// SPDX-License-Identifier: MIT
#include <fstream>
#include <mapvec/file_vector.hpp>
#include <string>

#include "expect.hpp"

// numpy.save("series.npy", numpy.array([1.0, 2.0, 4.0])), byte for byte.
void save_as_numpy_does() {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }";
  header.resize(117, ' ');
  const double values[] = {1, 2, 4};
  std::ofstream file("series.npy", std::ios::binary);
  file.write("\x93NUMPY\x01\x00v\x00", 10) << header << '\n';
  file.write(reinterpret_cast<const char*>(values), sizeof values);
}

int main() {
  save_as_numpy_does();
  {
    auto series = mapvec::file_vector<double>::open("series.npy");
    expect("the elements are what NumPy wrote", series.size() == 3 && series[2] == 4);
    series.push_back(8);
    series.append_range(std::span(series).first(2));
    series.close();  // numpy.load() now gives six
  }
  const auto again = mapvec::file_vector<double>::open("series.npy");
  expect("the same file has grown", again == mapvec::vector<double>{1, 2, 4, 8, 1, 2});
}
