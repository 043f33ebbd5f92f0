// SPDX-License-Identifier: MIT
#include <sys/resource.h>

#include <cerrno>
#include <iostream>
#include <mapvec/error.hpp>
#include <mapvec/vector.hpp>

#include "expect.hpp"

// A disk with little room, for this process: no file may be larger.
void allow_files_of(rlim_t most_bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = most_bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

int main() {
  mapvec::vector<int> numbers(1'000'000, 7);
  allow_files_of(4'500'000);
  bool was_full = false;
  try {
    numbers.resize(9'000'000);
  } catch (const mapvec::error& failure) {
    std::cout << failure.what() << '\n';         // what was to be done, where, and why it failed
    was_full = failure.code().value() == EFBIG;  // ENOSPC where the disk itself is full
  }
  expect("a full disk is an exception", was_full);
  expect("the vector is as it was", numbers == mapvec::vector<int>(1'000'000, 7));

  allow_files_of(RLIM_INFINITY);
  numbers.resize(9'000'000);
  expect("with room again, the same vector grows on", numbers.size() == 9'000'000);
}
