// SPDX-License-Identifier: MIT
//
// The smallest user of the component cereal.
#include <sstream>

#include <cereal/archives/binary.hpp>

#include <mapvec/serialize/cereal.hpp>
#include <mapvec/vector.hpp>

int main() {
  const mapvec::vector<int> numbers = {42, 8, 52};
  std::stringstream bytes;
  cereal::BinaryOutputArchive{bytes}(numbers);
  mapvec::vector<int> read;
  cereal::BinaryInputArchive{bytes}(read);
  return read == numbers ? 0 : 1;
}
