// SPDX-License-Identifier: MIT
//
// What the cases of memory_resource share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <mapvec/memory_resource.hpp>
#include <mapvec/units.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {

class resource_case : public counts_resources {
 protected:
  options settings() const { return {.builder = segment_builder::unnamed(directory_.path())}; }

  scratch_directory directory_;
};

/// A block that is given back.
class block_of_memory {
 public:
  block_of_memory(memory_resource& memory, std::size_t size_bytes)
      : memory_(memory),
        data_(static_cast<char*>(memory.allocate(size_bytes))),
        size_bytes_(size_bytes) {}
  ~block_of_memory() { memory_.deallocate(data_, size_bytes_); }
  block_of_memory(const block_of_memory&) = delete;
  block_of_memory& operator=(const block_of_memory&) = delete;

  char* data() const { return data_; }
  std::size_t size_bytes() const { return size_bytes_; }
  void fill(char value) const { std::memset(data_, value, size_bytes_); }
  bool is_full_of(char value) const {
    return std::all_of(data_, data_ + size_bytes_, [&](char each) { return each == value; });
  }

 private:
  memory_resource& memory_;
  char* data_;
  std::size_t size_bytes_;
};

}  // namespace mapvec::test
