// SPDX-License-Identifier: MIT
//
// Headers of .npy files as bytes, and what the parser says of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <mapvec/error.hpp>
#include <mapvec/npy_header.hpp>

namespace mapvec_test {

/// The beginning of a file of version `major`.0 around `dict`, whatever that is.
inline std::string npy_bytes(std::string_view dict, int major = 1) {
  std::string bytes("\x93NUMPY", 6);
  bytes += static_cast<char>(major);
  bytes += '\0';
  std::size_t length = dict.size();
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i, length >>= 8) {
    bytes += static_cast<char>(length & 0xFF);
  }
  return bytes.append(dict);
}

/// As np.save orders it, without padding.
inline std::string npy_dict(std::string_view descr, std::string_view shape = "(10,)") {
  return "{'descr': " + std::string(descr) +
         ", 'fortran_order': False, 'shape': " + std::string(shape) + ", }\n";
}

inline mapvec::detail::npy_header parse(std::string_view bytes) {
  return mapvec::detail::npy_header::parse(bytes, "/some/file.npy");
}

/// What the refusal of `bytes` says; empty if they are accepted.
inline std::string refusal(std::string_view bytes) {
  try {
    parse(bytes);
  } catch (const mapvec::format_error& thrown) {
    return thrown.what();
  }
  return {};
}

}  // namespace mapvec_test
