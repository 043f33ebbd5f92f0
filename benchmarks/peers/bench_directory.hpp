// SPDX-License-Identifier: MIT
//
// Where every contender puts its files: the directory the library itself would take, so that all
// of them are on one file system.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace peers {

inline std::string bench_directory() {
  const char* directory = std::getenv("MAPVEC_DIR");
  return directory != nullptr ? directory : "/var/tmp";
}

/// Throws std::system_error with errno if `succeeded` is false.
inline void require(bool succeeded, const char* verb) {
  if (!succeeded) throw std::system_error(errno, std::generic_category(), verb);
}

}  // namespace peers
