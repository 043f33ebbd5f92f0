// SPDX-License-Identifier: MIT
//
// MAPVEC_DESCRIBE, which names the members of a struct for a file, and what it makes of them: their
// types, names and places. <mapvec/dtype.hpp> turns these into a dtype.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <mapvec/config.hpp>

/// Names the members of a struct, in the order they are declared, for a file: with
/// `struct row { int id; double x[3]; };` and `MAPVEC_DESCRIBE(row, id, x);` NumPy sees the fields
/// 'id' and 'x'. Stands in the namespace of the struct, before its first use as an element; for at
/// most 256 members. A member it leaves out is padding in the file, and a bool among these is not
/// looked at when a file is opened.
#define MAPVEC_DESCRIBE(Type, ...)                                                             \
  [[maybe_unused]] constexpr auto mapvec_describe(::mapvec::detail::type_tag<Type>) noexcept { \
    using mapvec_type = Type;                                                                  \
    return ::mapvec::detail::description(MAPVEC_SCAN_256(MAPVEC_DESCRIBE_EACH(__VA_ARGS__)));  \
  }                                                                                            \
  static_assert(true, "takes the semicolon")

// clang-format off: it takes the parts of a deferred call for a call.
// Each scan adds one member; a call of four calls of four makes 4 * 4 * 4 * 4 scans of few lines.
#define MAPVEC_DESCRIBE_EACH(member, ...)                             \
  ::mapvec::detail::described_member<decltype(mapvec_type::member)>{  \
      #member, offsetof(mapvec_type, member)}                         \
  __VA_OPT__(, MAPVEC_DESCRIBE_AGAIN MAPVEC_PARENTHESES (__VA_ARGS__))
#define MAPVEC_DESCRIBE_AGAIN() MAPVEC_DESCRIBE_EACH
#define MAPVEC_PARENTHESES ()
#define MAPVEC_SCAN_256(...) \
  MAPVEC_SCAN_64(MAPVEC_SCAN_64(MAPVEC_SCAN_64(MAPVEC_SCAN_64(__VA_ARGS__))))
#define MAPVEC_SCAN_64(...) \
  MAPVEC_SCAN_16(MAPVEC_SCAN_16(MAPVEC_SCAN_16(MAPVEC_SCAN_16(__VA_ARGS__))))
#define MAPVEC_SCAN_16(...) \
  MAPVEC_SCAN_4(MAPVEC_SCAN_4(MAPVEC_SCAN_4(MAPVEC_SCAN_4(__VA_ARGS__))))
#define MAPVEC_SCAN_4(...) \
  MAPVEC_SCAN_1(MAPVEC_SCAN_1(MAPVEC_SCAN_1(MAPVEC_SCAN_1(__VA_ARGS__))))
#define MAPVEC_SCAN_1(...) __VA_ARGS__
// clang-format on

namespace mapvec::inline v0_1::detail {

/// How a description is found: in the namespace of T, and not for classes derived from T.
template <class T>
struct type_tag {};

template <class Member>
struct described_member {
  std::string_view name;
  std::size_t offset_bytes;
};

struct member_place {
  std::string_view name;
  std::size_t offset_bytes;
  std::size_t size_bytes;
};

template <class... Members>
struct description {
  constexpr explicit description(described_member<Members>... members) noexcept
      : places{{{members.name, members.offset_bytes, sizeof(Members)}...}} {}
  std::array<member_place, sizeof...(Members)> places;
};

template <class T>
concept described = requires { mapvec_describe(type_tag<T>()); };

template <described T>
inline constexpr auto description_of = mapvec_describe(type_tag<T>());

}  // namespace mapvec::inline v0_1::detail
