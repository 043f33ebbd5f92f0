// SPDX-License-Identifier: MIT
//
// Goal: the inputs that fuzzing found worth keeping pass in every build, not only where the fuzzer
// runs. Method: the fuzzer's body over each file of its corpus.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "../unit/common/leak_listener.hpp"
#include "model/model_runs.hpp"

namespace {

TEST(fuzz_corpus, of_vector_operations_passes) {
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MAPVEC_VECTOR_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NO_THROW(mapvec_test::run_model_on_bytes(bytes)) << entry.path();
    ++inputs;
  }
  EXPECT_GE(inputs, 5u) << "one for each element type at least";
}

}  // namespace
