// SPDX-License-Identifier: MIT
//
// Byte units, and the arithmetic on sizes that must not wrap.
#pragma once

#include <cstddef>
#include <limits>

#include <mapvec/config.hpp>

namespace mapvec::inline v0_1 {

inline constexpr std::size_t KiB = 1024;
inline constexpr std::size_t MiB = 1024 * KiB;
inline constexpr std::size_t GiB = 1024 * MiB;
inline constexpr std::size_t TiB = 1024 * GiB;

namespace detail {

/// a * b, or the largest size where that does not fit: a request nobody can meet, which the next
/// check refuses. Wrapping round would be a small request that succeeds.
constexpr std::size_t saturating_multiply(std::size_t a, std::size_t b) noexcept {
  std::size_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::size_t>::max() : product;
}

/// a + b, or the largest size where that does not fit.
constexpr std::size_t saturating_add(std::size_t a, std::size_t b) noexcept {
  std::size_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::size_t>::max() : sum;
}

/// `value` rounded down to a multiple of `unit`, a power of two.
constexpr std::size_t round_down(std::size_t value, std::size_t unit) noexcept {
  return value & ~(unit - 1);
}

/// `value` rounded up to a multiple of `unit`, a power of two; saturates at the largest multiple.
constexpr std::size_t round_up(std::size_t value, std::size_t unit) noexcept {
  return round_down(saturating_add(value, unit - 1), unit);
}

/// So many of `unit` hold `value`. Unlike (value + unit - 1) / unit it does not wrap.
constexpr std::size_t divide_up(std::size_t value, std::size_t unit) noexcept {
  return value / unit + (value % unit != 0);
}

}  // namespace detail
}  // namespace mapvec::inline v0_1
