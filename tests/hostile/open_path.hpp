// SPDX-License-Identifier: MIT
//
// Opening files of any bytes, for fuzzing and for the replay of what fuzzing found. Whatever the
// bytes are, for each of several types: views and writers refuse them with format_error or agree
// on the elements, opening changes nothing, and what a writer appends and commits is there with
// all that was before. Throws std::logic_error otherwise.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "hostile/base_files.hpp"

namespace mapvec::test {

/// One file in memory, rewritten for each input.
class reused_file {
 public:
  reused_file() : fd_(::mkostemp(path_.data(), O_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "create " + path_);
  }
  ~reused_file() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  reused_file(const reused_file&) = delete;
  reused_file& operator=(const reused_file&) = delete;

  const std::string& path() const { return path_; }

  void write(std::span<const std::uint8_t> bytes) {
    if (::ftruncate(fd_, 0) != 0 ||
        ::pwrite(fd_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
      throw std::system_error(errno, std::generic_category(), "write to " + path_);
    }
  }
  bool holds(std::span<const std::uint8_t> bytes) const {
    std::vector<std::uint8_t> present(bytes.size() + 1);
    const ssize_t size = ::pread(fd_, present.data(), present.size(), 0);
    return size == static_cast<ssize_t>(bytes.size()) &&
           std::memcmp(present.data(), bytes.data(), bytes.size()) == 0;
  }

 private:
  std::string path_ = "/dev/shm/mapvec-test-XXXXXX";
  int fd_;
};

inline void demand(bool condition, const char* promise) {
  if (!condition) throw std::logic_error(promise);
}

/// A copy of all elements' bytes, each of which is read; nothing where the file is refused.
template <template <class> class Container, class T>
std::optional<std::string> bytes_of(const std::string& path, const options& settings,
                                    std::size_t& row_width) {
  try {
    const auto opened = Container<T>::open(path, settings);
    row_width = opened.row_width();
    return std::string(reinterpret_cast<const char*>(opened.data()), opened.size() * sizeof(T));
  } catch (const format_error&) {
    return std::nullopt;
  }
}

template <class T>
void append_rows(const std::string& path, const options& settings, std::size_t elements) {
  auto opened = file_vector<T>::open(path, settings);
  const std::size_t before = opened.size();
  opened.resize(before + elements);
  opened.commit();
  demand(opened.committed_size() == before + elements, "what is committed is counted");
  auto view = file_view<T>::open(path, settings);
  demand(view.size() == before + elements, "a view sees what is committed");
  opened.push_back(T());
  demand(view.refresh() == before + elements, "a view does not see what is not");
  opened.pop_back();
}

/// What one type makes of the file. The writer, which refuses all that the view refuses, is tried
/// there only if `always`.
template <class T>
void open_as(reused_file& file, std::span<const std::uint8_t> bytes, const options& settings,
             bool always) {
  std::size_t width = 0;
  const auto viewed = bytes_of<file_view, T>(file.path(), settings, width);
  demand(!viewed || viewed->size() <= bytes.size(), "elements lie in the file");
  if (!viewed && !always) return;
  const auto opened = bytes_of<file_vector, T>(file.path(), settings, width);
  demand(file.holds(bytes), "opening changes nothing");
  demand(!opened || opened == viewed, "a writer opens what a view opens");
  constexpr std::size_t widest = 1000;  // some headers tell of rows that fill the address space
  if (!opened || width > widest) return;
  append_rows<T>(file.path(), settings, 2 * width);
  const auto after = bytes_of<file_view, T>(file.path(), settings, width);
  demand(after && after->size() == opened->size() + 2 * width * sizeof(T), "it has grown");
  demand(after->starts_with(*opened), "the elements of before are as they were");
  file.write(bytes);
}

inline void run_open_path_on_bytes(std::span<const std::uint8_t> bytes) {
  static reused_file file;
  static const options plain;
  static const options pairs{.row_width = 2};
  static const options any_rows{.row_width = any_row_width, .discard_tail = true};
  file.write(bytes);
  const std::size_t turn = bytes.size() % 7;
  open_as<double>(file, bytes, plain, turn == 0);
  open_as<bool>(file, bytes, any_rows, turn == 1);
  open_as<unsigned char>(file, bytes, any_rows, turn == 2);
  open_as<float>(file, bytes, any_rows, turn == 3);
  open_as<std::array<float, 3>>(file, bytes, plain, turn == 4);
  open_as<std::array<char, 4>>(file, bytes, pairs, turn == 5);
  open_as<measurement>(file, bytes, plain, turn == 6);
  demand(file.holds(bytes), "opening changes nothing");
}

}  // namespace mapvec::test
