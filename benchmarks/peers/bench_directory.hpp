// SPDX-License-Identifier: MIT
//
// Where every contender puts its files: the directory the library itself would take, so that all
// of them are on one file system. And how the ones written by hand make them and let them grow.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

namespace peers {

inline std::string bench_directory() {
  const char* directory = std::getenv("MAPVEC_DIR");
  return directory != nullptr ? directory : "/var/tmp";
}

/// Throws std::system_error with errno if `succeeded` is false.
inline void require(bool succeeded, const char* verb) {
  if (!succeeded) throw std::system_error(errno, std::generic_category(), verb);
}

/// Closes what it was made of.
class owned_file {
 public:
  explicit owned_file(int fd) : fd_(fd) { require(fd >= 0, "open"); }
  owned_file(const owned_file&) = delete;
  owned_file& operator=(const owned_file&) = delete;
  ~owned_file() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// A descriptor of a file that has no name any more.
inline int unnamed_file() {
  std::string path = bench_directory() + "/peer-XXXXXX";
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  require(fd >= 0, "create a file");
  ::unlink(path.c_str());
  return fd;
}

/// How a file gets longer. `sparse` leaves a hole, and a full disk is found out by a signal or an
/// error later; `fallocate` has the blocks promised first, as mapvec does.
enum class allocation { sparse, fallocate };

/// By how much mapvec grows a file of `size_bytes`; who is compared with it allocates likewise.
inline std::size_t allocation_step(std::size_t size_bytes) {
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  if (size_bytes < 64 * mebibyte) return std::max(size_bytes, mebibyte);
  return std::clamp(size_bytes / 8, 64 * mebibyte, 1024 * mebibyte);
}

/// Makes [old_bytes, new_bytes) part of the file.
inline void extend(int fd, allocation how, std::size_t old_bytes, std::size_t new_bytes) {
  const int failed = how == allocation::sparse
                         ? ::ftruncate(fd, static_cast<off_t>(new_bytes))
                         : ::fallocate(fd, 0, static_cast<off_t>(old_bytes),
                                       static_cast<off_t>(new_bytes - old_bytes));
  require(failed == 0, "extend");
}

/// How much will be appended: for peers that have to know it when they are made.
struct expected_size {
  std::size_t bytes;
};

}  // namespace peers
