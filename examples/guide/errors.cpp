// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdio>
#include <mapvec/error.hpp>
#include <mapvec/vector.hpp>
#include <system_error>

int main() {
  // Leaving all of the disk free to others, it is full at once.
  mapvec::vector<int> numbers(mapvec::options{.free_disk_percent = 100});
  try {
    for (int i = 0;; ++i) numbers.push_back(i);
  } catch (const mapvec::error& refused) {
    std::puts(refused.what());  // what was being done, where, and why not
    if (refused.code() != std::errc::no_space_on_device) return 1;
  }
  // What was there is there, and the vector can be used on.
  const std::size_t size = numbers.size();
  if (size == 0 || numbers.back() != static_cast<int>(size) - 1) return 1;
  numbers.truncate(10);
  numbers.push_back(42);
  return numbers.size() == 11 && numbers.back() == 42 ? 0 : 1;
}
