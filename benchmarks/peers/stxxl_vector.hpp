// SPDX-License-Identifier: MIT
//
// stxxl::vector with its default blocks and its default cache of 64 MiB, on one disk that is a
// file. With direct I/O, its default, past the memory limit; through the page cache where the
// others are measured there. The library wants -fopenmp, and NDEBUG as its package was built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <unistd.h>
#include <stxxl/io>
#include <stxxl/vector>

#include "bench_directory.hpp"

namespace peers {

enum class input_output { page_cache, direct };

/// Must come before the first vector; the configuration cannot be changed afterwards. The disk has
/// room enough from the start, because growing it writes a line for every block. A second vector
/// gets the blocks of the first, which is in stxxl's favour: they are allocated already.
inline void configure_stxxl(input_output how, std::size_t bytes) {
  ::setenv("STXXLLOGFILE", "/dev/null", 1);
  ::setenv("STXXLERRLOGFILE", "/dev/null", 1);
  stxxl::disk_config disk(bench_directory() + "/stxxl-" + std::to_string(::getpid()),
                          bytes + (std::size_t{64} << 20), "syscall unlink_on_open");
  disk.direct =
      how == input_output::direct ? stxxl::disk_config::DIRECT_ON : stxxl::disk_config::DIRECT_OFF;
  stxxl::config::get_instance()->add_disk(disk);
}

template <class T>
using stxxl_vector = typename stxxl::VECTOR_GENERATOR<T>::result;

/// Appends through stxxl's buffered writer, its fastest way: blocks are written while the next are
/// filled.
template <class T>
class stxxl_writer {
 public:
  void push_back(const T& value) { writer_ << value; }
  void finish() { writer_.finish(); }

 private:
  stxxl_vector<T> vector_;
  typename stxxl_vector<T>::bufwriter_type writer_{vector_};
};

/// A file of plain elements as a stxxl::vector, read through its buffered reader.
template <class T>
class stxxl_file {
 public:
  explicit stxxl_file(const std::string& path)
      : file_(path, stxxl::file::RDONLY | stxxl::file::DIRECT), vector_(&file_) {}

  template <class Visit>
  void visit_first(std::uint64_t count, const Visit& visit) {
    using reader = typename stxxl_vector<T>::bufreader_type;
    for (reader read(vector_.cbegin(), vector_.cbegin() + count); !read.empty(); ++read) {
      visit(*read);
    }
  }

 private:
  stxxl::syscall_file file_;
  stxxl_vector<T> vector_;
};

}  // namespace peers
