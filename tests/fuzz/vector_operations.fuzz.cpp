// SPDX-License-Identifier: MIT
//
// Goal: no sequence of operations makes mapvec::vector differ from std::vector. Method: the body of
// the model test (tests/model), its decisions taken from the fuzzer's bytes.
#include <cstddef>
#include <cstdint>

#include "model/model_runs.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mapvec_test::run_model_on_bytes({data, size});
  return 0;
}
