// SPDX-License-Identifier: MIT
//
// How passes over files past the memory limit are timed, for us and for the peers alike.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "harness.hpp"
#include "peers/bench_directory.hpp"

namespace bench {

/// Drops the pages of a file from the page cache; nobody may have it mapped.
inline void drop(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  peers::require(fd >= 0, "open the file to drop");
  const int failed = ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
  if (failed != 0) throw std::runtime_error("cannot drop the file from the page cache");
}

/// `pass(asked)` opens the file and returns its counters; the first time is not counted.
template <class Pass>
counters cold_pass(const job& asked, const Pass& pass) {
  job warm_up = asked;
  warm_up.bytes = asked.warm_up_bytes();
  drop(asked.path);
  pass(warm_up);
  drop(asked.path);
  return pass(asked);
}

/// How many pages the values at `addresses` lie in.
inline std::size_t distinct_pages(std::vector<std::uintptr_t> addresses) {
  constexpr std::uintptr_t page_bytes = 4096;
  for (std::uintptr_t& address : addresses) address /= page_bytes;
  std::sort(addresses.begin(), addresses.end());
  const auto last = std::unique(addresses.begin(), addresses.end());
  return static_cast<std::size_t>(last - addresses.begin());
}

inline counters scan_counters(const stopwatch& watch, std::size_t bytes) {
  const double seconds = watch.seconds();
  const double gibibytes = static_cast<double>(bytes) / (std::size_t{1} << 30);
  return {{"seconds", seconds},
          {"processor_seconds_per_gibibyte", watch.processor_seconds() / gibibytes}};
}

/// Reads `asked.reads` random elements; `address_of(i)` tells where element i is in memory.
template <class AddressOf>
counters read_random(const job& asked, const AddressOf& address_of) {
  std::vector<std::uintptr_t> addresses(asked.reads);
  random_positions next(asked.count());
  const stopwatch watch;
  number sum = 0;
  for (std::uintptr_t& address : addresses) {
    const void* const element = address_of(next());
    number value = 0;
    std::memcpy(&value, element, sizeof(value));
    sum += value;
    address = reinterpret_cast<std::uintptr_t>(element);
  }
  keep(sum);
  const double seconds = watch.seconds();
  const auto pages = static_cast<double>(distinct_pages(std::move(addresses)));
  return {{"seconds", seconds}, {"nanoseconds", seconds * 1e9 / pages}, {"pages", pages}};
}

}  // namespace bench
