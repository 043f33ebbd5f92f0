// SPDX-License-Identifier: MIT
#include <cstddef>
#include <map>
#include <mapvec/allocator.hpp>
#include <mapvec/memory_resource.hpp>
#include <memory_resource>
#include <string>
#include <vector>

#include "expect.hpp"

int main() {
  mapvec::memory_resource memory;  // no file yet

  // Containers of std::pmr hand it on to their elements.
  std::pmr::map<std::pmr::string, std::pmr::vector<int>> lines(&memory);
  for (int line = 0; line < 10'000; ++line) {
    lines["a word that is too long to be inside of the string"].push_back(line);
    if (line % 3 == 0) lines["and another one, in every third line"].push_back(line);
  }
  const auto& [word, numbers] = *lines.begin();
  expect(
      "the words and their vectors are in the file, as the nodes are",
      word.get_allocator().resource() == &memory && numbers.get_allocator().resource() == &memory);

  // All others take an allocator.
  const std::size_t before = memory.used_bytes();
  {
    const std::vector<double, mapvec::allocator<double>> samples(1'000'000, 0.5,
                                                                 mapvec::allocator<double>(memory));
    expect("a large block is a range of the file", memory.used_bytes() >= before + 8'000'000);
  }
  expect("and free again for others, with its disk space, when it is freed",
         memory.used_bytes() == before);
}
