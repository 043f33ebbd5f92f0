// SPDX-License-Identifier: MIT
#include <filesystem>
#include <mapvec/temporary.hpp>
#include <mapvec/vector.hpp>
#include <string>

#include "expect.hpp"

namespace files = std::filesystem;

int main() {
  files::create_directory("scratch");
  // Without a name: the kernel frees the file with the process, however that ends.
  mapvec::vector<int> hidden(
      1'000'000, mapvec::options{.builder = mapvec::segment_builder::unnamed("scratch")});
  expect("nothing is to be seen", files::is_empty("scratch") && hidden.path().empty());
  expect("but it is there", hidden.disk_size_bytes() >= 4'000'000);

  // With a name, for those who want to see it. Files of processes that died are swept away.
  {
    mapvec::vector<int> seen(1'000'000,
                             mapvec::options{.builder = mapvec::segment_builder::named("scratch")});
    expect("the file has a name", files::file_size(seen.path()) >= 4'000'000);
  }
  expect("it is gone with the vector", files::is_empty("scratch"));
}
