// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

struct row {
  std::int64_t id;
  float age;
};
MAPVEC_DESCRIBE(row, id, age);  // the columns, as NumPy sees them

int main() {
  auto rows = mapvec::file_vector<row>::open_or_create("rows.npy");
  rows.push_back({42, 18.5F});
  rows.commit();  // from here on it survives kill -9 and power loss
  rows.push_back({894, 99});

  auto view = mapvec::file_view<row>::open("rows.npy");  // any process, beside the writer
  const std::size_t size = rows.size();
  const bool sees_commit = view.size() == size - 1;
  rows.close();  // commits, and cuts the file to its exact size
  return sees_commit && view.refresh() == size ? 0 : 1;
}
