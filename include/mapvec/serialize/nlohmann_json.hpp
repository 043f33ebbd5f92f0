// SPDX-License-Identifier: MIT
//
// JSON for vectors through nlohmann::json, both ways: `json(v)` is an array of the elements, and
// `j.get_to(v)` or `j.get<mapvec::vector<T>>()` reads one. Not thread-safe beyond what vector is.
//
// The library would take a vector for one of its "compatible containers". Then 1.5 becomes an int,
// 300 wraps round in a byte, true is a number, and a target is replaced by a new vector, which
// loses its options. Here every entry has to be a T:
//   bool            true or false
//   integers        a number written as an integer, in the range of T
//   floating point  a number, in the range of T (NaN and infinity are written as null by dump())
//   any other T     what its own from_json accepts
// Anything else throws: `type_error` 302 for a wrong kind, `out_of_range` 406 for a value that does
// not fit, or what T's from_json throws. The vector then holds what it held before.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mapvec/vector.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>

namespace mapvec::detail {

template <class Json>
[[noreturn]] void throw_json_kind(const Json& json, const std::string& subject) {
  const bool short_text = json.is_number() || json.is_boolean();
  throw Json::type_error::create(
      302, subject + ", but is " + (short_text ? json.dump() : json.type_name()), &json);
}

template <class Json>
[[noreturn]] void throw_json_range(const Json& entry, std::size_t position) {
  throw Json::out_of_range::create(
      406, "entry " + std::to_string(position) + " is out of range: " + entry.dump(), &entry);
}

/// Both 18446744073709551615 and -9223372036854775808 are JSON integers, so no single type will do.
template <std::integral T, class Json>
T integer_from_json(const Json& entry, std::size_t position) {
  using limits = std::numeric_limits<T>;
  const auto value = entry.template get<std::int64_t>();
  const bool negative = !entry.is_number_unsigned() && value < 0;
  const bool fits =
      negative ? std::is_signed_v<T> && value >= static_cast<std::int64_t>(limits::min())
               : entry.template get<std::uint64_t>() <= static_cast<std::uint64_t>(limits::max());
  if (!fits) throw_json_range(entry, position);
  return static_cast<T>(value);
}

template <class T, class Json>
T element_from_json(const Json& entry, std::size_t position) {
  [[maybe_unused]] const auto must_be = [&](bool is_one, const char* wanted) {
    if (is_one) return;
    throw_json_kind(entry, "entry " + std::to_string(position) + " must be " + wanted);
  };
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    must_be(entry.is_number_integer(), "an integer");
    return integer_from_json<T>(entry, position);
  } else if constexpr (std::floating_point<T>) {
    must_be(entry.is_number(), "a number");
    const auto value = entry.template get<long double>();
    const long double largest = std::numeric_limits<T>::max();
    if (value > largest || value < -largest) throw_json_range(entry, position);
  }
  return entry.template get<T>();
}

}  // namespace mapvec::detail

template <class T>
struct nlohmann::adl_serializer<mapvec::vector<T>> {
  template <class Json>
  static void to_json(Json& json, const mapvec::vector<T>& elements) {
    typename Json::array_t entries;
    entries.reserve(elements.size());
    for (const T& element : elements) entries.emplace_back(element);
    json = std::move(entries);
  }

  /// The new elements are appended behind the old ones, which go last: that keeps the options, and
  /// whatever throws, a full disk included, is undone by cutting what was appended.
  template <class Json>
  static void from_json(const Json& json, mapvec::vector<T>& elements) {
    if (!json.is_array()) mapvec::detail::throw_json_kind(json, "a vector must be an array");
    const std::size_t old_size = elements.size();
    std::size_t position = 0;
    try {
      for (const Json& entry : json) {
        elements.push_back(mapvec::detail::element_from_json<T>(entry, position++));
      }
    } catch (...) {
      elements.truncate(old_size);
      throw;
    }
    elements.truncate_front(old_size);
  }
};
