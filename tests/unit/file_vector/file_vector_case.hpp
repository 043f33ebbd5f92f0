// SPDX-License-Identifier: MIT
//
// What the cases of persistent vectors share: a directory each, a file as the disk has it, read
// without the library, and a look at what they leave behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {

inline bool exists(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

inline struct stat status_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status;
}

inline std::uint64_t file_bytes(const std::string& path) {
  return static_cast<std::uint64_t>(status_of(path).st_size);
}

inline unsigned mode_of(const std::string& path) { return status_of(path).st_mode & 07777; }

/// The bytes in front of the elements: a .npy file of version 1.0 says at byte 8 how many follow
/// the first 10.
inline std::size_t header_bytes_in(const std::string& bytes) {
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  return bytes.size() < 10 ? 0
                           : 10 + static_cast<unsigned char>(bytes[8]) +
                                 256U * static_cast<unsigned char>(bytes[9]);
}

/// The first extent of the shape that the header tells.
inline std::uint64_t count_in(const std::string& bytes) {
  const std::string key = "'shape': (";
  const std::size_t at = bytes.find(key);
  EXPECT_NE(at, std::string::npos);
  return at == std::string::npos ? 0 : std::stoull(bytes.substr(at + key.size()));
}

inline std::uint64_t stored_count(const std::string& path) { return count_in(contents_of(path)); }

/// The elements that a reader of the file finds; of files of shape (N,).
template <class T>
std::vector<T> stored_elements(const std::string& path) {
  const std::string bytes = contents_of(path);
  const std::size_t first = header_bytes_in(bytes);
  std::vector<T> elements(count_in(bytes));
  EXPECT_LE(first + elements.size() * sizeof(T), bytes.size()) << "counts more than there is";
  if (first + elements.size() * sizeof(T) > bytes.size()) return {};
  if (!elements.empty()) {
    std::memcpy(elements.data(), bytes.data() + first, elements.size() * sizeof(T));
  }
  return elements;
}

/// Runs `operation` and returns the errno of the `error` it throws; 0 if it throws none.
template <class Operation>
int errno_of(Operation operation) {
  try {
    operation();
  } catch (const error& failure) {
    EXPECT_NE(failure.code().value(), 0);
    EXPECT_NE(failure.verb(), "");
    return failure.code().value();
  }
  return 0;
}

/// The calls of `log` that wait for the disk or change a file, in order: "fdatasync pwrite".
inline std::string changes_in(const call_log& log) {
  std::string text;
  for (const call_record& each : log.records()) {
    switch (each.what) {
      case call::fdatasync:
      case call::fsync:
      case call::pwrite:
      case call::fallocate:
      case call::ftruncate:
      case call::link_descriptor:
      case call::link:
      case call::rename:
      case call::unlink:
        text.append(text.empty() ? "" : " ").append(name_of(each.what));
        break;
      default:
        break;
    }
  }
  return text;
}

/// One directory for each case; afterwards nothing is open, mapped or hidden in it.
class file_vector_case : public counts_resources {
 protected:
  void TearDown() override {
    for (const std::string& name : names_in(directory_.path())) {
      EXPECT_FALSE(name.starts_with(".mapvec-")) << name << " was left behind";
    }
    counts_resources::TearDown();
  }

  const std::string& directory() const { return directory_.path(); }
  std::string path(const std::string& name = "a.npy") const { return directory_ / name; }

  /// A closed file of `elements`.
  template <class T>
  std::string make_file(const std::vector<T>& elements, const std::string& name = "a.npy") const {
    auto made = file_vector<T>::create(path(name));
    made.append_range(elements);
    made.close();
    return path(name);
  }

  /// A temporary vector whose elements are in a file of this file system.
  options in_file() const {
    return {.builder = segment_builder::unnamed(directory()), .spill_threshold_bytes = 0};
  }

 private:
  scratch_directory directory_;
};

}  // namespace mapvec::test
