// SPDX-License-Identifier: MIT
//
// Elements that C++ and Python both compute from their position alone, so that each can check what
// the other wrote. A number is some bits of a hash; interop/arrays.py has the same formulas.
#pragma once

#include <array>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include <mapvec/dtype.hpp>

namespace mapvec::test {

enum class color : std::uint16_t {};

/// NumPy sees eight bytes that mean nothing to it.
struct opaque {
  std::uint64_t bits;
  friend bool operator==(const opaque&, const opaque&) = default;
};

struct point {
  float x;
  float y;
  friend bool operator==(const point&, const point&) = default;
};
MAPVEC_DESCRIBE(point, x, y);

/// Gaps in the midst and at the end.
struct sample {
  std::int32_t id;
  double value;
  bool valid;
  std::uint16_t codes[3];
  char name[5];
  friend bool operator==(const sample&, const sample&) = default;
};
MAPVEC_DESCRIBE(sample, id, value, valid, codes, name);

struct scene {
  std::int8_t kind;
  point corners[2];
  sample first;
  std::complex<double> wave;
  friend bool operator==(const scene&, const scene&) = default;
};
MAPVEC_DESCRIBE(scene, kind, corners, first, wave);

}  // namespace mapvec::test

template <>
inline constexpr bool mapvec::store_as_bytes<mapvec::test::opaque> = true;

namespace mapvec::test {

/// splitmix64.
constexpr std::uint64_t hash_of(std::uint64_t position) {
  std::uint64_t bits = (position + 1) * 0x9E3779B97F4A7C15;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

template <class T>
struct elements {
  /// A part of the hash that T holds exactly: whole numbers and halves.
  static T at(std::uint64_t position) {
    const std::uint64_t bits = hash_of(position);
    if constexpr (std::same_as<T, bool>) {
      return bits % 2 != 0;
    } else if constexpr (std::integral<T> || std::is_enum_v<T>) {
      return static_cast<T>(bits);
    } else if constexpr (sizeof(T) == 2) {
      return static_cast<T>(static_cast<float>(static_cast<std::int8_t>(bits)) / 2);
    } else if constexpr (sizeof(T) == 4) {
      return static_cast<T>(static_cast<std::int16_t>(bits)) / 2;
    } else {
      return static_cast<T>(static_cast<std::int32_t>(bits)) / 2;
    }
  }
};

template <class Part>
struct elements<std::complex<Part>> {
  static std::complex<Part> at(std::uint64_t position) {
    return {elements<Part>::at(2 * position), elements<Part>::at(2 * position + 1)};
  }
};

template <class Representation, class Period>
struct elements<std::chrono::duration<Representation, Period>> {
  static std::chrono::duration<Representation, Period> at(std::uint64_t position) {
    return std::chrono::duration<Representation, Period>(elements<Representation>::at(position));
  }
};

template <class Clock, class Duration>
struct elements<std::chrono::time_point<Clock, Duration>> {
  static std::chrono::time_point<Clock, Duration> at(std::uint64_t position) {
    return std::chrono::time_point<Clock, Duration>(elements<Duration>::at(position));
  }
};

/// Digits of the hash, with zeros behind them.
template <std::size_t Count>
void fill_text(char (&text)[Count], std::uint64_t position) {
  const std::string digits = std::to_string(hash_of(position) % 100'000);
  std::memset(text, 0, Count);
  digits.copy(text, Count);
}

template <std::size_t Count>
struct elements<std::array<char, Count>> {
  static std::array<char, Count> at(std::uint64_t position) {
    char text[Count];
    fill_text(text, position);
    return std::to_array(text);
  }
};

template <class T, std::size_t Count>
struct elements<std::array<T, Count>> {
  static std::array<T, Count> at(std::uint64_t position) {
    std::array<T, Count> result;
    for (std::size_t i = 0; i < Count; ++i) result[i] = elements<T>::at(position * Count + i);
    return result;
  }
};

template <>
struct elements<opaque> {
  static opaque at(std::uint64_t position) { return {hash_of(position)}; }
};

template <>
struct elements<point> {
  static point at(std::uint64_t position) {
    return {elements<float>::at(8 * position), elements<float>::at(8 * position + 1)};
  }
};

template <>
struct elements<sample> {
  static sample at(std::uint64_t position) {
    sample result;
    result.id = elements<std::int32_t>::at(8 * position);
    result.value = elements<double>::at(8 * position + 1);
    result.valid = elements<bool>::at(8 * position + 2);
    for (std::size_t i = 0; i < 3; ++i) {
      result.codes[i] = elements<std::uint16_t>::at((8 * position + 3) * 3 + i);
    }
    fill_text(result.name, 8 * position + 4);
    return result;
  }
};

template <>
struct elements<scene> {
  static scene at(std::uint64_t position) {
    scene result;
    result.kind = elements<std::int8_t>::at(8 * position);
    for (std::size_t i = 0; i < 2; ++i) {
      result.corners[i] = elements<point>::at((8 * position + 1) * 2 + i);
    }
    result.first = elements<sample>::at(8 * position + 2);
    result.wave = elements<std::complex<double>>::at(8 * position + 3);
    return result;
  }
};

/// Calls visit.operator()<T>("name") for every kind of dtype there is; the names are those of
/// interop/arrays.py.
template <class Visit>
void for_each_kind(Visit visit) {
  using namespace std::chrono;
  visit.template operator()<bool>("bool");
  visit.template operator()<std::int8_t>("int8");
  visit.template operator()<std::uint8_t>("uint8");
  visit.template operator()<std::int16_t>("int16");
  visit.template operator()<std::uint16_t>("uint16");
  visit.template operator()<std::int32_t>("int32");
  visit.template operator()<std::uint32_t>("uint32");
  visit.template operator()<std::int64_t>("int64");
  visit.template operator()<std::uint64_t>("uint64");
  if constexpr (requires { sizeof(detail::float16); }) {
    visit.template operator()<detail::float16>("float16");
  }
  visit.template operator()<float>("float32");
  visit.template operator()<double>("float64");
  if constexpr (detail::has_dtype<long double>) {
    visit.template operator()<long double>("longdouble");
    visit.template operator()<std::complex<long double>>("clongdouble");
  }
  visit.template operator()<std::complex<float>>("complex64");
  visit.template operator()<std::complex<double>>("complex128");
  visit.template operator()<sys_time<nanoseconds>>("datetime_ns");
  visit.template operator()<sys_time<milliseconds>>("datetime_ms");
  visit.template operator()<sys_time<days>>("datetime_D");
  visit.template operator()<microseconds>("timedelta_us");
  visit.template operator()<std::array<char, 8>>("text8");
  visit.template operator()<std::array<char, 3>>("text3");
  visit.template operator()<opaque>("void8");
  visit.template operator()<color>("enum16");
  visit.template operator()<std::array<float, 3>>("float32_3");
  visit.template operator()<std::array<std::array<std::int16_t, 2>, 3>>("int16_3_2");
  visit.template operator()<std::array<std::array<char, 8>, 2>>("text8_2");
  visit.template operator()<point>("point");
  visit.template operator()<sample>("sample");
  visit.template operator()<scene>("scene");
  visit.template operator()<std::array<sample, 2>>("sample_2");
}

}  // namespace mapvec::test
