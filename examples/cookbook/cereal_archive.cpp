// SPDX-License-Identifier: MIT
#include <cereal/archives/binary.hpp>
#include <cereal/types/vector.hpp>
#include <mapvec/serialize/cereal.hpp>
#include <mapvec/vector.hpp>
#include <sstream>
#include <vector>

#include "expect.hpp"

int main() {
  const mapvec::vector<double> written = {1.5, 2.5, 4.5};
  std::stringstream bytes;
  cereal::BinaryOutputArchive{bytes}(written);

  // The archive holds what a std::vector would have written, so either can read it.
  std::vector<double> read;
  cereal::BinaryInputArchive{bytes}(read);
  expect("a std::vector reads it", read == std::vector{1.5, 2.5, 4.5});

  std::stringstream other;
  cereal::BinaryOutputArchive{other}(read);
  mapvec::vector<double> back;
  cereal::BinaryInputArchive{other}(back);
  expect("and the other way", back == written);
}
