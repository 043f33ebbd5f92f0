// SPDX-License-Identifier: MIT
//
// Goal: no file, whatever its bytes, breaks the program that opens it, reads all of it, appends to
// it and opens it again. Method: the fuzzer's bytes are the file (tests/hostile/open_path.hpp).
#include <cstddef>
#include <cstdint>

#include "hostile/open_path.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mapvec::test::run_open_path_on_bytes({data, size});
  return 0;
}
