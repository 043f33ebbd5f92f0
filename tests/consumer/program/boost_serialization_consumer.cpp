// SPDX-License-Identifier: MIT
//
// The smallest user of the component boost_serialization.
#include <sstream>

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>

#include <mapvec/serialize/boost.hpp>
#include <mapvec/vector.hpp>

int main() {
  const mapvec::vector<int> numbers = {42, 8, 52};
  std::stringstream bytes;
  boost::archive::binary_oarchive(bytes) << numbers;
  mapvec::vector<int> read;
  boost::archive::binary_iarchive(bytes) >> read;
  return read == numbers ? 0 : 1;
}
