// SPDX-License-Identifier: MIT
//
// Goal: ranks are in the order of the numbers, NaNs last in both directions, and lead back to the
// bits they came from. Method: every number of 16 bits; the corner cases of the others.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/detail/rank.hpp>

namespace mapvec::test {
namespace {

using detail::direction;
using detail::order_of;
using detail::ranking;

TEST(ranks, of_all_small_numbers_are_in_order_and_lead_back) {
  const ranking<std::uint16_t> up(order_of<std::int16_t>(direction::ascending));
  const ranking<std::uint16_t> down(order_of<std::int16_t>(direction::descending));
  const ranking<std::uint16_t> plain(order_of<std::uint16_t>(direction::ascending));
  EXPECT_TRUE(plain.is_identity());
  EXPECT_FALSE(up.is_identity());
  for (const auto& ranks : {up, down, plain}) EXPECT_TRUE(ranks.are_of_integers());
  for (int number = -32768; number <= 32767; ++number) {
    const auto bits = static_cast<std::uint16_t>(number);
    ASSERT_EQ(up.rank(bits), number + 32768);
    ASSERT_EQ(down.rank(bits), 32767 - number);
    ASSERT_EQ(up.bits(up.rank(bits)), bits);
    ASSERT_EQ(down.bits(down.rank(bits)), bits);
    ASSERT_EQ(plain.rank(bits), bits);
    for (const auto& ranks : {up, down, plain}) {
      ASSERT_EQ(ranks.of_integers().rank(bits), ranks.rank(bits));
    }
  }
}

template <class Float, class Bits>
void expect_order(direction way) {
  const ranking<Bits> ranks(order_of<Float>(way));
  EXPECT_FALSE(ranks.are_of_integers());
  using limits = std::numeric_limits<Float>;
  const std::vector<Float> ascending = {
      -limits::infinity(),   limits::lowest(), Float(-1),     -limits::min(),
      -limits::denorm_min(), Float(-0.0),      Float(0.0),    limits::denorm_min(),
      limits::min(),         Float(1),         limits::max(), limits::infinity()};
  const auto rank = [&](Float number) { return ranks.rank(std::bit_cast<Bits>(number)); };
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    const Bits left = rank(ascending[i - 1]);
    const Bits right = rank(ascending[i]);
    EXPECT_TRUE(way == direction::ascending ? left < right : right < left) << ascending[i];
  }
  const Bits quiet = std::bit_cast<Bits>(limits::quiet_NaN());
  const Bits sign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  const Bits infinity = std::bit_cast<Bits>(limits::infinity());
  for (const Bits nan : {quiet, static_cast<Bits>(quiet + 7), static_cast<Bits>(infinity + 1),
                         static_cast<Bits>(sign - 1)}) {
    for (const Bits bits : {nan, static_cast<Bits>(nan | sign)}) {
      ASSERT_TRUE(std::isnan(std::bit_cast<Float>(bits)));
      for (const Float number : ascending) EXPECT_LT(rank(number), ranks.rank(bits));
      EXPECT_EQ(ranks.bits(ranks.rank(bits)), bits);
    }
  }
  for (const Float number : ascending) {
    EXPECT_EQ(ranks.bits(rank(number)), std::bit_cast<Bits>(number));
  }
}

TEST(ranks, of_floating_point_numbers_have_the_nans_last) {
  for (const direction way : {direction::ascending, direction::descending}) {
    expect_order<float, std::uint32_t>(way);
    expect_order<double, std::uint64_t>(way);
  }
}

enum class colour : signed char { red = -1, green = 0, blue = 1 };
static_assert(order_of<colour>(direction::ascending).kind == detail::rank_kind::is_signed);
static_assert(order_of<bool>(direction::ascending).kind == detail::rank_kind::is_unsigned);
static_assert(!detail::ranked<long double> && !detail::ranked<std::uint64_t*>);

}  // namespace
}  // namespace mapvec::test
