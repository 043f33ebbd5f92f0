// SPDX-License-Identifier: MIT
//
// Counts, not clocks: what 1,000 vectors of one element keep in memory, and how much of a vector of
// 256 MiB the processor sees as 2 MiB pages. The kernel's own accounts in /proc are the witness.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <mapvec/vector.hpp>

#include "peers/remap_doubling_vector.hpp"

namespace {

constexpr double bytes_per_kilobyte = 1024;

/// The number behind `key` in a file of "Key:   123 kB" lines, in bytes; 0 where there is none.
double read_bytes(const char* path, std::string_view key) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key)) return std::stod(line.substr(key.size())) * bytes_per_kilobyte;
  }
  return 0;
}

/// True if `line` opens a mapping in smaps; then [first, last) are its addresses.
bool parse_addresses(const std::string& line, std::uintptr_t& first, std::uintptr_t& last) {
  const char* end = line.data() + line.size();
  const auto left = std::from_chars(line.data(), end, first, 16);
  if (left.ec != std::errc() || left.ptr == end || *left.ptr != '-') return false;
  return std::from_chars(left.ptr + 1, end, last, 16).ec == std::errc();
}

/// Bytes that huge entries of the page table map, in all mappings that touch the range.
double huge_mapped_bytes(const void* address, std::size_t size_bytes) {
  constexpr std::string_view key = "FilePmdMapped:";
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::uintptr_t first = 0;
  std::uintptr_t last = 0;
  double result = 0;
  std::ifstream in("/proc/self/smaps");
  for (std::string line; std::getline(in, line);) {
    if (parse_addresses(line, first, last) || !line.starts_with(key)) continue;
    if (last <= wanted || first >= wanted + size_bytes) continue;
    result += std::stod(line.substr(key.size())) * bytes_per_kilobyte;
  }
  return result;
}

template <class Vector>
void thousand_vectors(benchmark::State& state) {
  constexpr std::size_t count = 1000;
  for (auto _ : state) {
    std::vector<Vector> vectors(count);
    const double resident = read_bytes("/proc/self/smaps_rollup", "Rss:");
    const double tables = read_bytes("/proc/self/status", "VmPTE:");
    for (Vector& vector : vectors) vector.push_back(1);
    state.counters["resident_bytes"] =
        (read_bytes("/proc/self/smaps_rollup", "Rss:") - resident) / count;
    state.counters["page_table_bytes"] =
        (read_bytes("/proc/self/status", "VmPTE:") - tables) / count;
  }
}

template <class Vector>
void huge_share(benchmark::State& state) {
  constexpr std::size_t size_bytes = std::size_t{256} << 20;
  for (auto _ : state) {
    Vector vector;
    for (std::uint64_t i = 0; i < size_bytes / sizeof(i); ++i) vector.push_back(i);
    state.counters["huge_percent"] =
        100 * huge_mapped_bytes(vector.data(), size_bytes) / size_bytes;
  }
}

BENCHMARK(thousand_vectors<mapvec::vector<std::uint64_t>>)->Name("thousand/mapvec")->Iterations(1);
BENCHMARK(thousand_vectors<std::vector<std::uint64_t>>)->Name("thousand/std")->Iterations(1);
BENCHMARK(huge_share<mapvec::vector<std::uint64_t>>)->Name("huge_share/mapvec")->Iterations(1);
BENCHMARK(huge_share<peers::remap_doubling_vector<std::uint64_t>>)
    ->Name("huge_share/remap")
    ->Iterations(1);

}  // namespace
