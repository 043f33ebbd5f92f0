// SPDX-License-Identifier: MIT
//
// Goal: arithmetic on sizes never wraps round to a small number.
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>

#include <mapvec/units.hpp>

namespace {

using mapvec::detail::round_down;
using mapvec::detail::round_up;
using mapvec::detail::saturating_add;
using mapvec::detail::saturating_multiply;

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

static_assert(mapvec::KiB == 1024);
static_assert(mapvec::MiB == 1024 * 1024);
static_assert(mapvec::GiB == 1024ull * 1024 * 1024);
static_assert(mapvec::TiB == 1024ull * 1024 * 1024 * 1024);

TEST(units, multiplication_saturates_instead_of_wrapping) {
  EXPECT_EQ(saturating_multiply(3, 7), 21u);
  EXPECT_EQ(saturating_multiply(0, most), 0u);
  EXPECT_EQ(saturating_multiply(most, 1), most);
  EXPECT_EQ(saturating_multiply(most / 2 + 1, 2), most);
  EXPECT_EQ(saturating_multiply(most / 8 + 3, 8), most) << "would wrap to 16";
  EXPECT_EQ(saturating_multiply(most, most), most);
}

TEST(units, addition_saturates_instead_of_wrapping) {
  EXPECT_EQ(saturating_add(3, 7), 10u);
  EXPECT_EQ(saturating_add(most, 0), most);
  EXPECT_EQ(saturating_add(most, 1), most);
  EXPECT_EQ(saturating_add(most - 3, 3), most);
  EXPECT_EQ(saturating_add(most, most), most);
}

TEST(units, rounding_goes_to_multiples_and_never_below_when_going_up) {
  for (std::size_t unit : {std::size_t{1}, std::size_t{4096}, 2 * mapvec::MiB}) {
    EXPECT_EQ(round_up(0, unit), 0u);
    EXPECT_EQ(round_up(1, unit), unit);
    EXPECT_EQ(round_up(unit, unit), unit);
    EXPECT_EQ(round_up(unit + 1, unit), 2 * unit);
    EXPECT_EQ(round_down(unit, unit), unit);
    EXPECT_EQ(round_down(2 * unit - 1, unit), unit);
    EXPECT_EQ(round_down(most, unit) % unit, 0u);
    EXPECT_EQ(round_up(most, unit), round_down(most, unit)) << "the largest multiple there is";
  }
}

}  // namespace
