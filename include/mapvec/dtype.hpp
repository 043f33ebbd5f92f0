// SPDX-License-Identifier: MIT
//
// Which C++ types can be the elements of a .npy file, and what NumPy calls them. Numbers, enums,
// times, fields of characters, arrays of these, and structs whose members MAPVEC_DESCRIBE names
// have a dtype; any other trivially copyable type may be stored as opaque bytes.
#pragma once

#include <array>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <mapvec/config.hpp>
#include <mapvec/detail/describe.hpp>
#include <mapvec/npy_header.hpp>

namespace mapvec::inline v0_1 {

/// Specialise to true to store T as '|Vn', n bytes that nobody but this program understands. They
/// have to mean the same in another process. Goes before a description.
template <class T>
inline constexpr bool store_as_bytes = false;

namespace detail {

// --- what a type is made of --------------------------------------------------------------------

template <class T>
inline constexpr std::size_t array_count = 0;
template <class T, std::size_t Count>
inline constexpr std::size_t array_count<T[Count]> = Count;
template <class T, std::size_t Count>
inline constexpr std::size_t array_count<std::array<T, Count>> = Count;

template <class T>
struct array_element {};
template <class T, std::size_t Count>
struct array_element<T[Count]> : std::remove_cv<T> {};
template <class T, std::size_t Count>
struct array_element<std::array<T, Count>> : std::remove_cv<T> {};

template <class T>
concept array_type = requires { typename array_element<T>::type; };

/// A letter of NumPy and, for times, the unit; letter 0 where NumPy has no such type.
struct scalar_kind {
  char letter = 0;
  std::string_view unit = {};
};

template <class Period>
consteval std::string_view unit_of() {
  if (std::ratio_equal_v<Period, std::nano>) return "ns";
  if (std::ratio_equal_v<Period, std::micro>) return "us";
  if (std::ratio_equal_v<Period, std::milli>) return "ms";
  if (std::ratio_equal_v<Period, std::ratio<1>>) return "s";
  if (std::ratio_equal_v<Period, std::ratio<60>>) return "m";
  if (std::ratio_equal_v<Period, std::ratio<3600>>) return "h";
  if (std::ratio_equal_v<Period, std::ratio<86400>>) return "D";
  if (std::ratio_equal_v<Period, std::ratio<604800>>) return "W";
  return {};
}

template <class T>
consteval scalar_kind number_kind() {
  if (std::same_as<T, bool>) return {'b'};
  if (std::same_as<T, char>) return {'S'};
  if (std::is_integral_v<T> && sizeof(T) <= 8) return {std::is_signed_v<T> ? 'i' : 'u'};
  if (std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, float16>) return {'f'};
  // The 80 bits of x86; NumPy has no portable name for other long doubles.
  const bool is_x87 = std::numeric_limits<long double>::digits == 64 && sizeof(T) == 16;
  if (std::same_as<T, long double> && is_x87) return {'f'};
  return {};
}

template <class T>
inline constexpr scalar_kind scalar_of = number_kind<T>();
template <class Part>
inline constexpr scalar_kind scalar_of<std::complex<Part>> = {
    scalar_of<Part>.letter == 'f' && sizeof(Part) >= 4 ? 'c' : '\0'};
template <class Representation, class Period>
inline constexpr scalar_kind scalar_of<std::chrono::duration<Representation, Period>> = {
    std::signed_integral<Representation> && sizeof(Representation) == 8 &&
            !unit_of<Period>().empty()
        ? 'm'
        : '\0',
    unit_of<Period>()};
template <class Duration>
inline constexpr scalar_kind scalar_of<std::chrono::sys_time<Duration>> = {
    scalar_of<Duration>.letter == 'm' ? 'M' : '\0', scalar_of<Duration>.unit};

enum class dtype_form : unsigned char { bytes, characters, array, record, enumeration, scalar };

/// The one place that says which rule a type falls under.
template <class T>
consteval dtype_form form_of() {
  if (store_as_bytes<T>) return dtype_form::bytes;
  if constexpr (array_type<T>) {
    const bool is_text = std::same_as<typename array_element<T>::type, char>;
    return is_text ? dtype_form::characters : dtype_form::array;
  }
  if (described<T>) return dtype_form::record;
  return std::is_enum_v<T> ? dtype_form::enumeration : dtype_form::scalar;
}

// --- which types are refused, and why ----------------------------------------------------------

enum class dtype_refusal : unsigned char {
  none,
  pointer,
  not_trivially_copyable,
  empty,
  open_enum,
  no_dtype,
  member_order,
  member_name,
  nesting,
  size,
};

template <class T, std::size_t Depth = 0, std::size_t Extents = 0>
consteval dtype_refusal refusal_of();

template <std::size_t Depth, class... Members>
consteval dtype_refusal refusal_of_record(const description<Members...>& record) {
  if (Depth >= max_npy_nesting) return dtype_refusal::nesting;
  std::size_t end = 0;
  for (const member_place& member : record.places) {
    if (member.offset_bytes < end) return dtype_refusal::member_order;
    end = member.offset_bytes + member.size_bytes;
    for (const char letter : member.name) {
      if (letter < ' ' || letter > '~') return dtype_refusal::member_name;
    }
  }
  dtype_refusal refusal = dtype_refusal::none;
  static_cast<void>(
      (((refusal = refusal_of<std::remove_cv_t<Members>, Depth + 1>()) == dtype_refusal::none) &&
       ...));
  return refusal;
}

template <class T, std::size_t Depth, std::size_t Extents>
consteval dtype_refusal refusal_of() {
  constexpr dtype_form form = form_of<T>();
  if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_null_pointer_v<T> ||
                std::is_reference_v<T>) {
    return dtype_refusal::pointer;
  } else if constexpr (form == dtype_form::array) {
    if (array_count<T> == 0) return dtype_refusal::empty;
    if (Extents + 2 > max_npy_extents) return dtype_refusal::nesting;
    return refusal_of<typename array_element<T>::type, Depth, Extents + 1>();
  } else if constexpr (!std::is_trivially_copyable_v<T>) {
    return dtype_refusal::not_trivially_copyable;
  } else if constexpr (std::is_empty_v<T> || (array_type<T> && array_count<T> == 0)) {
    return dtype_refusal::empty;
  } else if constexpr (sizeof(T) > max_npy_element_bytes) {
    return dtype_refusal::size;
  } else if constexpr (form == dtype_form::record) {
    return refusal_of_record<Depth>(description_of<T>);
  } else if constexpr (form == dtype_form::enumeration) {
    if constexpr (requires { T{0}; }) {
      return refusal_of<std::underlying_type_t<T>>();
    } else {
      return dtype_refusal::open_enum;
    }
  } else {
    const bool known = form != dtype_form::scalar || scalar_of<T>.letter != 0;
    return known ? dtype_refusal::none : dtype_refusal::no_dtype;
  }
}

template <class T>
concept has_dtype = std::is_object_v<T> && !std::is_array_v<T> &&
                    std::same_as<T, std::remove_cv_t<T>> && refusal_of<T>() == dtype_refusal::none;

// --- the text and the check --------------------------------------------------------------------

inline void append_scalar(std::string& text, scalar_kind kind, std::size_t size_bytes) {
  text += '\'';
  text += size_bytes == 1 || kind.letter == 'S' || kind.letter == 'V' ? '|' : '<';
  text += kind.letter;
  text += std::to_string(size_bytes);
  if (!kind.unit.empty()) text.append("[").append(kind.unit).append("]");
  text += '\'';
}

inline void append_gap(std::string& text, std::size_t size_bytes) {
  text += "('', ";
  append_scalar(text, {'V'}, size_bytes);
  text += "), ";
}

template <class... Members>
void append_record(std::string& text, const description<Members...>& record,
                   std::size_t size_bytes);

/// Appends the dtype of T; where T is an array, that of its elements, and its extents to `extents`.
template <class T>
void append_dtype(std::string& text, std::vector<std::uint64_t>& extents) {
  constexpr dtype_form form = form_of<T>();
  if constexpr (form == dtype_form::array) {
    extents.push_back(array_count<T>);
    append_dtype<typename array_element<T>::type>(text, extents);
  } else if constexpr (form == dtype_form::record) {
    append_record(text, description_of<T>, sizeof(T));
  } else if constexpr (form == dtype_form::enumeration) {
    append_dtype<std::underlying_type_t<T>>(text, extents);
  } else if constexpr (form == dtype_form::scalar) {
    append_scalar(text, scalar_of<T>, sizeof(T));
  } else {
    append_scalar(text, {form == dtype_form::characters ? 'S' : 'V'}, sizeof(T));
  }
}

template <class Member>
void append_member(std::string& text, const member_place& member) {
  std::vector<std::uint64_t> extents;
  text.append("('").append(member.name).append("', ");
  append_dtype<std::remove_cv_t<Member>>(text, extents);
  const char* separator = ", (";
  for (const std::uint64_t extent : extents) {
    text.append(separator).append(std::to_string(extent));
    separator = ", ";
  }
  if (!extents.empty()) text += extents.size() == 1 ? ",)" : ")";
  text += "), ";
}

template <class... Members>
void append_record(std::string& text, const description<Members...>& record,
                   std::size_t size_bytes) {
  const member_place* member = record.places.data();
  std::size_t end = 0;
  const auto append = [&]<class Member>(type_tag<Member>) {
    if (member->offset_bytes > end) append_gap(text, member->offset_bytes - end);
    append_member<Member>(text, *member);
    end = member->offset_bytes + member->size_bytes;
    ++member;
  };
  text += '[';
  (append(type_tag<Members>()), ...);
  if (end < size_bytes) append_gap(text, size_bytes - end);
  text.replace(text.size() - 2, 2, "]");
}

/// Whether some bytes are no T: those of a bool that are neither 0 nor 1.
template <class T>
consteval bool holds_bool() {
  constexpr dtype_form form = form_of<T>();
  if constexpr (form == dtype_form::array) {
    return holds_bool<typename array_element<T>::type>();
  } else if constexpr (form == dtype_form::record) {
    return []<class... Members>(const description<Members...>&) {
      return (holds_bool<std::remove_cv_t<Members>>() || ...);
    }(description_of<T>);
  } else if constexpr (form == dtype_form::enumeration) {
    return std::same_as<std::underlying_type_t<T>, bool>;
  } else {
    return form == dtype_form::scalar && std::same_as<T, bool>;
  }
}

/// All bits that are set in a bool of the T at `at`, read as bytes: a bool of 2 may not be read.
template <class T>
unsigned char bits_of_bools(const std::byte* at) noexcept {
  constexpr dtype_form form = form_of<T>();
  unsigned char bits = 0;
  if constexpr (!holds_bool<T>()) {
    return bits;
  } else if constexpr (form == dtype_form::array) {
    using element = typename array_element<T>::type;
    for (std::size_t i = 0; i < array_count<T>; ++i) {
      bits |= bits_of_bools<element>(at + i * sizeof(element));
    }
  } else if constexpr (form == dtype_form::record) {
    [&]<class... Members>(const description<Members...>& record) {
      const member_place* member = record.places.data();
      ((bits |= bits_of_bools<std::remove_cv_t<Members>>(at + (member++)->offset_bytes)), ...);
    }(description_of<T>);
  } else {
    bits = std::to_integer<unsigned char>(*at);
  }
  return bits;
}

// Without a branch per element, so that optimisers make vector instructions of it.
template <class T>
bool all_valid(const std::byte* elements, std::size_t count) noexcept {
  unsigned char bits = 0;
  for (std::size_t i = 0; i < count; ++i) bits |= bits_of_bools<T>(elements + i * sizeof(T));
  return bits <= 1;
}

// --- what a container asks for -----------------------------------------------------------------

struct element_format {
  std::string dtype;                       ///< as in npy_array
  std::vector<std::uint64_t> row_extents;  ///< as in npy_array: those of std::array
  std::size_t size_bytes;                  ///< of T
  std::size_t alignment_bytes;
  /// Whether `count` elements' bytes are values of T; looks at bytes only. Null where all are.
  bool (*all_valid)(const std::byte* elements, std::size_t count) noexcept;
};

/// What a file of T says, and what has to be checked of one. Does not compile, with the reason in
/// words, where T has no place in a file.
template <class T>
element_format format_of() {
  using enum dtype_refusal;
  constexpr dtype_refusal refusal = refusal_of<T>();
  static_assert(refusal != pointer, "mapvec: T is or has a pointer, which means nothing in a file");
  static_assert(
      refusal != not_trivially_copyable,
      "mapvec: T, or a member of it, is not trivially copyable: its bytes in a file would "
      "not be its value");
  static_assert(refusal != empty, "mapvec: T is or has an empty struct or an array of no elements");
  static_assert(refusal != open_enum,
                "mapvec: an enum needs a fixed underlying type, as in `enum name : int`, because "
                "the file could hold values that are none of the enum's");
  static_assert(refusal != no_dtype,
                "mapvec: a file needs a dtype for T: describe the struct with MAPVEC_DESCRIBE, or "
                "set store_as_bytes<T>");
  static_assert(refusal != member_order,
                "mapvec: MAPVEC_DESCRIBE has to name the members in the order they are declared, "
                "each once");
  static_assert(refusal != member_name, "mapvec: described members need ASCII names");
  static_assert(refusal != nesting, "mapvec: structs or arrays are nested deeper than files allow");
  static_assert(refusal != size, "mapvec: one T is larger than NumPy's limit of 2 GiB");
  static_assert(has_dtype<T>, "mapvec: T is no type of elements");
  static_assert(alignof(T) <= max_npy_alignment_bytes,
                "mapvec: elements of a file are aligned to 4096 bytes at most, because the header "
                "in front of them would be longer than NumPy reads");

  element_format format{{}, {}, sizeof(T), alignof(T), nullptr};
  append_dtype<T>(format.dtype, format.row_extents);
  if constexpr (holds_bool<T>()) format.all_valid = &all_valid<T>;
  return format;
}

}  // namespace detail
}  // namespace mapvec::inline v0_1
