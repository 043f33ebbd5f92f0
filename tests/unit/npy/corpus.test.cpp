// SPDX-License-Identifier: MIT
//
// Goal: the headers the fuzzer starts from pass in every build, not only where the fuzzer runs.
// Method: the fuzzer's body over each file of its corpus; a file's name says whether it is refused.
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "any_bytes.hpp"

namespace {

TEST(npy_corpus, is_read_or_refused_as_its_names_say) {
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MAPVEC_NPY_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const bool is_refused = entry.path().filename().string().starts_with("refused_");
    EXPECT_EQ(mapvec_test::parse_any_bytes(bytes), !is_refused) << entry.path();
    ++(is_refused ? refused : accepted);
  }
  EXPECT_GE(accepted, 10u);
  EXPECT_GE(refused, 5u);
}

}  // namespace
