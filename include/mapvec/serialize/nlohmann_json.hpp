// SPDX-License-Identifier: MIT
//
// JSON for vectors through nlohmann::json, both ways: `json(v)` is an array of the elements of a
// vector, a file_vector or a file_view, and `j.get_to(v)` or `j.get<mapvec::vector<T>>()` reads
// one. A file_reference is an object of its members. Not thread-safe beyond what vector is.
//
// The library would take a vector for one of its "compatible containers". Then 1.5 becomes an int,
// 300 wraps round in a byte, true is a number, and a target is replaced by a new vector, which
// loses its options. Here every entry has to be a T:
//   bool            true or false
//   integers        a number written as an integer, in the range of T
//   floating point  a number, in the range of T (NaN and infinity are written as null by dump())
//   any other T     what its own from_json accepts
//
//  - Errors: anything else throws `type_error` 302 for a wrong kind, `out_of_range` 406 for a value
//    that does not fit, or what T's from_json throws; a full disk `error`, and an array whose size
//    is no multiple of a file_vector's row_width() `format_error`. The vector then holds what it
//    held before.
//  - Invalidation: reading makes all pointers and iterators invalid, writing none.
//  - Cost: linear; all of the JSON is in memory. A vector that is read into needs room for old and
//    new elements at once, on the disk too.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mapvec/blocks.hpp>
#include <mapvec/detail/load_elements.hpp>
#include <mapvec/file_reference.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/vector.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace mapvec::inline v0_1::detail {

template <class Json>
[[noreturn]] void throw_json_kind(const Json& json, const std::string& subject) {
  const bool short_text = json.is_number() || json.is_boolean();
  throw Json::type_error::create(
      302, subject + ", but is " + (short_text ? json.dump() : json.type_name()), &json);
}

template <class Json>
[[noreturn]] void throw_json_range(const Json& entry, const std::string& subject) {
  throw Json::out_of_range::create(406, subject + " is out of range: " + entry.dump(), &entry);
}

/// Nothing where it does not fit. Both 18446744073709551615 and -9223372036854775808 are JSON
/// integers, so no single type will do.
template <std::integral T, class Json>
std::optional<T> integer_from_json(const Json& entry) {
  using limits = std::numeric_limits<T>;
  const auto value = entry.template get<std::int64_t>();
  const bool negative = !entry.is_number_unsigned() && value < 0;
  const bool fits =
      negative ? std::is_signed_v<T> && value >= static_cast<std::int64_t>(limits::min())
               : entry.template get<std::uint64_t>() <= static_cast<std::uint64_t>(limits::max());
  return fits ? std::optional(static_cast<T>(value)) : std::nullopt;
}

template <class T, class Json>
T element_from_json(const Json& entry, std::size_t position) {
  const auto subject = [&] { return "entry " + std::to_string(position); };
  [[maybe_unused]] const auto must_be = [&](bool is_one, const char* wanted) {
    if (!is_one) throw_json_kind(entry, subject() + " must be " + wanted);
  };
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    must_be(entry.is_number_integer(), "an integer");
    const std::optional<T> value = integer_from_json<T>(entry);
    if (!value) throw_json_range(entry, subject());
    return *value;
  } else if constexpr (std::floating_point<T>) {
    must_be(entry.is_number(), "a number");
    const auto value = entry.template get<long double>();
    const long double largest = std::numeric_limits<T>::max();
    if (value > largest || value < -largest) throw_json_range(entry, subject());
  }
  return entry.template get<T>();
}

template <class Json, class Elements>
void to_json_array(Json& json, const Elements& elements) {
  typename Json::array_t entries;
  entries.reserve(elements.size());
  for (const auto block : blocks(elements)) {
    for (const auto& element : block) entries.emplace_back(element);
  }
  json = std::move(entries);
}

template <class T, class Json, class Elements>
void from_json_array(const Json& json, Elements& elements) {
  if (!json.is_array()) throw_json_kind(json, "a vector must be an array");
  std::size_t position = 0;
  load_elements(elements, json.size(), [&] {
    for (const Json& entry : json) {
      elements.push_back(element_from_json<T>(entry, position++));
    }
  });
}

}  // namespace mapvec::inline v0_1::detail

template <class T>
struct nlohmann::adl_serializer<mapvec::vector<T>> {
  template <class Json>
  static void to_json(Json& json, const mapvec::vector<T>& elements) {
    mapvec::detail::to_json_array(json, elements);
  }
  template <class Json>
  static void from_json(const Json& json, mapvec::vector<T>& elements) {
    mapvec::detail::from_json_array<T>(json, elements);
  }
};

template <class T>
struct nlohmann::adl_serializer<mapvec::file_vector<T>> {
  template <class Json>
  static void to_json(Json& json, const mapvec::file_vector<T>& elements) {
    mapvec::detail::to_json_array(json, elements);
  }
  template <class Json>
  static void from_json(const Json& json, mapvec::file_vector<T>& elements) {
    mapvec::detail::from_json_array<T>(json, elements);
  }
};

template <class T>
struct nlohmann::adl_serializer<mapvec::file_view<T>> {
  template <class Json>
  static void to_json(Json& json, const mapvec::file_view<T>& elements) {
    mapvec::detail::to_json_array(json, elements);
  }
};

template <>
struct nlohmann::adl_serializer<mapvec::file_reference> {
  template <class Json>
  static void to_json(Json& json, const mapvec::file_reference& to) {
    json = Json{{"path", to.path}, {"count", to.count}, {"dtype", to.dtype}};
  }
  template <class Json>
  static void from_json(const Json& json, mapvec::file_reference& to) {
    const Json& count = json.at("count");
    if (!count.is_number_integer()) {
      mapvec::detail::throw_json_kind(count, "a count must be an integer");
    }
    const auto elements = mapvec::detail::integer_from_json<std::uint64_t>(count);
    if (!elements) mapvec::detail::throw_json_range(count, "a count");
    to = {.path = json.at("path").template get<std::string>(),
          .count = *elements,
          .dtype = json.at("dtype").template get<std::string>()};
  }
};
