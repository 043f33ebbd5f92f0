// SPDX-License-Identifier: MIT
//
// The code of README.md and docs/file-format.md that is no program of its own, between marks.
#include <cstdint>
#include <filesystem>
#include <mapvec/file_reference.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/vector.hpp>

#include "cookbook/expect.hpp"

// [described structs]
struct inner {
  std::int16_t a;
  float b;
};
struct outer {
  std::uint8_t id;
  double x[3];
  inner in;
  char name[6];
  bool ok;
};
// [end]
MAPVEC_DESCRIBE(inner, a, b);
MAPVEC_DESCRIBE(outer, id, x, in, name, ok);

void a_directory_of_choice() {
  // [options]
  mapvec::vector<double> samples(
      mapvec::options{.builder = mapvec::segment_builder::unnamed("/mnt/big")});
  // [end]
  expect("small vectors need no file, not even a directory", samples.empty());
  samples.push_back(1);
  expect("they keep their elements", samples.back() == 1);
}

void three_numbers() {
  // [three numbers]
  auto v = mapvec::file_vector<double>::create("x.npy");
  for (double d : {1.0, 2.0, 3.5}) v.push_back(d);
  v.close();
  // [end]
  expect("the file has the bytes that are shown", std::filesystem::file_size("x.npy") == 0x98);
}

int main() {
  a_directory_of_choice();
  three_numbers();
  const auto records = mapvec::file_vector<outer>::create("outer.npy");
  expect("the dtype is the one shown",
         mapvec::reference_to(records).dtype ==
             "[('id', '|u1'), ('', '|V7'), ('x', '<f8', (3,)), "
             "('in', [('a', '<i2'), ('', '|V2'), ('b', '<f4')]), ('name', '|S6'), "
             "('ok', '|b1'), ('', '|V1')]");
}
