// SPDX-License-Identifier: MIT
//
// Numbers as unsigned integers of the same order. Sorting then knows one type for each size, and a
// total order: a rank of a floating-point number is the same for the same bits only, -0.0 is less
// than +0.0, and every NaN comes after all other numbers, whichever way is sorted.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <mapvec/config.hpp>

namespace mapvec::inline v0_1::detail {

/// An enumeration that is compared by its values, and not by operators of its own.
template <class T>
concept plain_enumeration = std::is_enum_v<T> && !requires(T value) { operator<(value, value); } &&
                            !requires(T value) { operator>(value, value); } &&
                            !requires(T value) { operator<=>(value, value); };

/// What has a rank: integers, plain enumerations, float and double.
template <class T>
concept ranked = (std::integral<T> && sizeof(T) <= sizeof(std::uint64_t)) || plain_enumeration<T> ||
                 std::same_as<T, float> || std::same_as<T, double>;

enum class rank_kind : unsigned char { is_unsigned, is_signed, is_floating };
enum class direction : unsigned char { ascending, descending };

/// Which numbers, and which of them come first.
struct number_order {
  std::size_t size_bytes;  ///< 1, 2, 4 or 8
  rank_kind kind;
  direction way;
};

template <ranked T>
constexpr number_order order_of(direction way) noexcept {
  rank_kind kind = rank_kind::is_floating;
  if constexpr (std::is_enum_v<T>) {
    kind = order_of<std::underlying_type_t<T>>(way).kind;
  } else if constexpr (std::integral<T>) {
    kind = std::signed_integral<T> ? rank_kind::is_signed : rank_kind::is_unsigned;
  }
  return {sizeof(T), kind, way};
}

template <class T>
using unsigned_as = std::conditional_t<
    sizeof(T) == 1, std::uint8_t,
    std::conditional_t<sizeof(T) == 2, std::uint16_t,
                       std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;

/// Of integers, one operation makes a rank; those that any number takes cost a split 0.4 ns each.
template <std::unsigned_integral Bits>
class integer_ranking {
 public:
  constexpr explicit integer_ranking(Bits turned) noexcept : turned_(turned) {}
  constexpr Bits rank(Bits bits) const noexcept { return bits ^ turned_; }

 private:
  Bits turned_;
};

/// The bijection between the bits of numbers and their ranks. Two's complement needs its sign
/// turned; of a negative floating-point number, all bits count the other way. That puts negative
/// NaNs first: as many as there are mantissas but one, so subtracting that number wraps them round
/// to the end.
template <std::unsigned_integral Bits>
class ranking {
 public:
  constexpr explicit ranking(number_order order) noexcept
      : turned_if_negative_(order.kind == rank_kind::is_floating ? all : Bits{0}),
        turned_(order.kind == rank_kind::is_unsigned ? Bits{0} : sign),
        turned_at_last_(order.way == direction::descending ? all : Bits{0}),
        negative_nans_(order.kind == rank_kind::is_floating ? static_cast<Bits>(mantissas - 1)
                                                            : Bits{0}) {}

  constexpr bool is_identity() const noexcept { return turned_ == 0 && turned_at_last_ == 0; }

  constexpr bool are_of_integers() const noexcept { return turned_if_negative_ == 0; }

  /// The same ranks. REQUIRES: are_of_integers().
  constexpr integer_ranking<Bits> of_integers() const noexcept {
    return integer_ranking<Bits>(turned_ ^ turned_at_last_);
  }

  constexpr Bits rank(Bits bits) const noexcept {
    const Bits turned = (fill_with_sign(bits) & turned_if_negative_) | turned_;
    return static_cast<Bits>((bits ^ turned ^ turned_at_last_) - negative_nans_);
  }
  constexpr Bits bits(Bits rank) const noexcept {
    const Bits bits = static_cast<Bits>(rank + negative_nans_) ^ turned_at_last_;
    const Bits turned = (static_cast<Bits>(~fill_with_sign(bits)) & turned_if_negative_) | turned_;
    return bits ^ turned;
  }

 private:
  static constexpr Bits all = std::numeric_limits<Bits>::max();
  static constexpr Bits sign = static_cast<Bits>(all ^ (all >> 1));
  static constexpr Bits mantissas =
      sizeof(Bits) == 8 ? static_cast<Bits>(std::uint64_t{1} << 52) : static_cast<Bits>(1U << 23);

  static constexpr Bits fill_with_sign(Bits bits) noexcept {
    return static_cast<Bits>(Bits{0} - static_cast<Bits>((bits & sign) != 0 ? 1 : 0));
  }

  Bits turned_if_negative_;
  Bits turned_;
  Bits turned_at_last_;
  Bits negative_nans_;
};

}  // namespace mapvec::inline v0_1::detail
