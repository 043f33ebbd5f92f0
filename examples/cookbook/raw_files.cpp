// SPDX-License-Identifier: MIT
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mapvec/raw_file.hpp>
#include <mapvec/vector.hpp>

#include "expect.hpp"

int main() {
  // An instrument has written 16 bytes of its own, and then numbers of 16 bits.
  const std::int16_t measured[] = {3, 1, 4, 1, 5};
  std::ofstream file("scope.dat", std::ios::binary);
  file << "scope 1.0       ";
  file.write(reinterpret_cast<const char*>(measured), sizeof measured);
  file.close();

  mapvec::vector<std::int16_t> samples;
  mapvec::import_raw(samples, "scope.dat", {.offset_bytes = 16});
  expect("they are the elements", samples == mapvec::vector<std::int16_t>{3, 1, 4, 1, 5});

  samples.pop_back();
  mapvec::export_raw(samples, "clean.i16");  // a new file; nobody sees half of it
  expect("the file is the elements and nothing else", std::filesystem::file_size("clean.i16") == 8);
}
