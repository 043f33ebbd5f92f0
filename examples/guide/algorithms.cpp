// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <mapvec/gather.hpp>
#include <mapvec/search.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/vector.hpp>
#include <vector>

int main() {
  mapvec::vector<std::uint64_t> keys;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) keys.push_back(i * 7919 % 1'000'003);

  mapvec::sort(keys, {}, {}, {.memory_bytes = 4 * mapvec::MiB});  // 8 MB of keys, in two passes

  const std::vector<std::uint64_t> wanted = {keys[3], keys[999'999], keys[500'000]};
  std::vector<std::size_t> places(wanted.size());
  mapvec::lower_bound(keys, wanted, places);  // all of them at once

  std::vector<std::uint64_t> found(wanted.size());
  mapvec::gather(keys, places, found);  // found[i] = keys[places[i]], in the disk's best order
  return places[0] == 3 && places[1] == 999'999 && found == wanted ? 0 : 1;
}
