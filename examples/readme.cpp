// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/vector.hpp>

struct row {
  std::uint64_t id;
  std::uint8_t age;
  bool operator==(const row&) const = default;
};

int main() {
  mapvec::vector<row> rows;  // no file, no system call yet
  rows.push_back({42, 18});  // a full disk is an exception: mapvec::error
  rows.push_back({894, 99});
  const row* first = rows.data();
  rows.resize(1'000'000);  // growing moves nothing
  rows.truncate(2);
  return rows.data() == first && rows[0] == row{42, 18} && rows.pop() == row{894, 99} ? 0 : 1;
}
