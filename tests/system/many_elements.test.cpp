// SPDX-License-Identifier: MIT
//
// Goal: a thousand million appends, and the first element never moves.
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class many_elements : public counts_resources {};

TEST_F(many_elements, never_move) {
  constexpr std::size_t total = 1'000'000'000;
  mapvec::vector<std::uint8_t> v;
  v.push_back(0);
  const std::uint8_t* const first = v.data();
  std::size_t moves = 0;
  for (std::size_t i = 1; i < total; ++i) {
    v.push_back(static_cast<std::uint8_t>(i % 251));
    moves += v.data() == first ? 0 : 1;
  }
  EXPECT_EQ(moves, 0U);
  ASSERT_EQ(v.size(), total);
  std::size_t wrong = 0;
  std::uint8_t expected = 0;
  for (const std::uint8_t each : v) {
    wrong += each == expected ? 0 : 1;
    expected = expected == 250 ? 0 : static_cast<std::uint8_t>(expected + 1);
  }
  EXPECT_EQ(wrong, 0U);
  std::printf("%zu appends, data() moved %zu times\n", total, moves);
}

}  // namespace
}  // namespace mapvec::test
