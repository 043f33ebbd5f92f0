// SPDX-License-Identifier: MIT
//
// A vector that is large enough to have a file.
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

int main() {
  const mapvec::vector<char> bytes(4 * mapvec::MiB, 'x');
  return bytes.back() == 'x' && bytes.disk_size_bytes() >= bytes.size() ? 0 : 1;
}
