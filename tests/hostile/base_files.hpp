// SPDX-License-Identifier: MIT
//
// Good files that the tests of hostile ones change: their headers are put together here, by hand,
// not by the library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mapvec/dtype.hpp>
#include <mapvec/options.hpp>

namespace mapvec::test {

/// Gaps, and a bool: not all of its bit patterns are values.
struct measurement {
  std::int32_t id;
  double value;
  bool valid;
  std::uint16_t code;
  char tag[3];
};
MAPVEC_DESCRIBE(measurement, id, value, valid, code, tag);

inline constexpr std::string_view measurement_dtype =
    "[('id', '<i4'), ('', '|V4'), ('value', '<f8'), ('valid', '|b1'), ('', '|V1'), "
    "('code', '<u2'), ('tag', '|S3'), ('', '|V1')]";

struct header_parts {
  std::string_view dtype = "'<f8'";
  std::string_view shape = "(10,)";
  std::string_view fortran_order = "False";
  int major = 1;
  std::size_t multiple_bytes = 64;           // of which the size is made; NumPy before 1.14 took 16
  std::size_t room_digits = 21;              // for the first extent; NumPy before 1.23 left none
  std::optional<std::uint64_t> length = {};  // in place of the true one
};

/// A header as np.save writes it.
inline std::string header_of(const header_parts& parts) {
  std::string dict = "{'descr': ";
  dict.append(parts.dtype).append(", 'fortran_order': ").append(parts.fortran_order);
  dict.append(", 'shape': ").append(parts.shape).append(", }");
  const std::size_t digits = parts.shape.find_first_of(",)") - 1;
  if (digits < parts.room_digits) dict.append(parts.room_digits - digits, ' ');
  const std::size_t length_bytes = parts.major == 1 ? 2 : 4;
  const std::size_t before_bytes = 8 + length_bytes;
  while ((before_bytes + dict.size() + 1) % parts.multiple_bytes != 0) dict += ' ';
  dict += '\n';
  std::string bytes("\x93NUMPY", 6);
  bytes += static_cast<char>(parts.major);
  bytes += '\0';
  std::uint64_t length = parts.length.value_or(dict.size());
  for (std::size_t i = 0; i < length_bytes; ++i, length >>= 8) {
    bytes += static_cast<char>(length & 0xFF);
  }
  return bytes + dict;
}

/// Bytes that differ from their neighbours, but 0 or 1 where a bool may stand.
inline std::string numbered_bytes(std::size_t count, bool bools = false) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    bytes += static_cast<char>(bools ? i * i % 3 % 2 : i * 37 + 11);
  }
  return bytes;
}

inline std::string measurements(std::size_t count) {
  std::string bytes = numbered_bytes(count * sizeof(measurement));
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i * sizeof(measurement) + offsetof(measurement, valid)] = static_cast<char>(i % 2);
  }
  return bytes;
}

}  // namespace mapvec::test
