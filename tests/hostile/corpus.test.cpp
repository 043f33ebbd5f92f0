// SPDX-License-Identifier: MIT
//
// Goal: the files that fuzzing found worth keeping pass in every build. Method: the fuzzer's body
// over each file of its corpus, and over each of them cut, and with one byte changed.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "hostile/open_path.hpp"

namespace mapvec::test {
namespace {

TEST(fuzz_corpus, of_open_path_passes) {
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MAPVEC_OPEN_PATH_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NO_THROW(run_open_path_on_bytes(bytes)) << entry.path();
    if (!bytes.empty()) bytes.pop_back();
    EXPECT_NO_THROW(run_open_path_on_bytes(bytes)) << entry.path() << " without its last byte";
    if (!bytes.empty()) bytes[(bytes.size() * 7) / 16] ^= 1;
    EXPECT_NO_THROW(run_open_path_on_bytes(bytes)) << entry.path() << " with a bit changed";
    ++inputs;
  }
  EXPECT_GE(inputs, 7U) << "one for each type at least";
}

}  // namespace
}  // namespace mapvec::test
