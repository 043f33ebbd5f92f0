// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <mapvec/memory_resource.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/vector.hpp>
#include <memory_resource>
#include <random>
#include <unordered_map>

#include "expect.hpp"

int main() {
  mapvec::vector<std::uint64_t> keys;
  std::mt19937_64 random(5);
  for (int i = 0; i < 200'000; ++i) keys.push_back(random());

  mapvec::memory_resource memory;
  memory.advise(mapvec::access::random);  // of the disk, read what is asked for, not around it
  std::pmr::unordered_map<std::uint64_t, int> counts(&memory);
  counts.reserve(keys.size());  // or it goes through all nodes again whenever it grows

  // Neighbours in the map are then made one after the other.
  mapvec::sort(keys, {}, [&](std::uint64_t key) { return counts.bucket(key); });
  for (const std::uint64_t key : keys) ++counts[key];

  std::size_t pages = 0;
  std::uintptr_t last_page = 0;
  for (const auto& node : counts) {
    const std::uintptr_t page = reinterpret_cast<std::uintptr_t>(&node) / 4096;
    pages += page != last_page ? 1 : 0;
    last_page = page;
  }
  expect("all are in the map", counts.size() == keys.size());
  expect("and each page is needed about once, not for each of its nodes", pages < 2'000);
}
