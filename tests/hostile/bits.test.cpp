// SPDX-License-Identifier: MIT
//
// Goal: as in header.test.cpp, where two bits are wrong. Method: every pair of bits of what a
// header says.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "hostile/base_files.hpp"
#include "hostile/judge.hpp"

namespace mapvec::test {
namespace {

template <class T>
void try_every_pair_of_bits(std::string_view kind, const std::string& bytes,
                            const options& settings) {
  judge judged;
  const std::size_t last = bytes.find('}');
  const std::size_t bits = 8 * (last + 1);
  std::string changed = bytes;
  const auto flip = [&](std::size_t bit) {
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
  };
  for (std::size_t first = 0; first < bits && !testing::Test::HasFailure(); ++first) {
    flip(first);
    for (std::size_t second = 0; second < first; ++second) {
      flip(second);
      judged.try_file<T>(kind, changed, settings);
      flip(second);
    }
    flip(first);
  }
  EXPECT_EQ(judged.tried(), bits * (bits - 1) / 2);
  EXPECT_GT(judged.accepted(), 1U);
  judged.ask_numpy();
}

TEST(hostile_bits, every_pair_in_doubles) {
  try_every_pair_of_bits<double>("doubles", header_of({}) + numbered_bytes(80),
                                 {.discard_tail = true});
}

TEST(hostile_bits, every_pair_in_rows) {
  try_every_pair_of_bits<float>(
      "rows", header_of({.dtype = "'<f4'", .shape = "(10, 3)"}) + numbered_bytes(120),
      {.row_width = any_row_width, .discard_tail = true});
}

}  // namespace
}  // namespace mapvec::test
