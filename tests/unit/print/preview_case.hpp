// SPDX-License-Identifier: MIT
//
// What the tests of printing share: numbers in a vector, and memory that nobody may read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>

#include <sys/mman.h>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/directories.hpp"

namespace mapvec::test {

constexpr const char* eight_of_a_million = "[0, 1, 2, 3, 4, 5, 6, 7, ... 1000000 elements]";

/// 0, 1, 2, … in a file, or in memory where they are few.
template <class T = int>
vector<T> numbers(std::size_t count) {
  vector<T> made(count);
  std::iota(made.begin(), made.end(), T{0});
  return made;
}

/// As long as it lives, to touch an element behind the first page is a SIGSEGV.
class only_the_first_page {
 public:
  template <class Elements>
  explicit only_the_first_page(const Elements& elements) {
    constexpr std::uintptr_t page = 4096;
    const auto first = reinterpret_cast<std::uintptr_t>(elements.data());
    const auto last = reinterpret_cast<std::uintptr_t>(elements.data() + elements.size());
    start_ = reinterpret_cast<void*>(first / page * page + page);
    size_bytes_ = last - reinterpret_cast<std::uintptr_t>(start_);
    EXPECT_GT(last, first + page);
    EXPECT_EQ(::mprotect(start_, size_bytes_, PROT_NONE), 0);
  }
  ~only_the_first_page() { EXPECT_EQ(::mprotect(start_, size_bytes_, PROT_READ | PROT_WRITE), 0); }
  only_the_first_page(const only_the_first_page&) = delete;
  only_the_first_page& operator=(const only_the_first_page&) = delete;

 private:
  void* start_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace mapvec::test
