// SPDX-License-Identifier: MIT
//
// Goal: no file makes the parser of .npy headers crash, and what it accepts survives being written
// anew. Method: the fuzzer's bytes are the file.
#include <cstddef>
#include <cstdint>

#include "unit/npy/any_bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mapvec_test::parse_any_bytes({reinterpret_cast<const char*>(data), size});
  return 0;
}
