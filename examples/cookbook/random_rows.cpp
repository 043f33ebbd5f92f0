// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/gather.hpp>
#include <random>
#include <vector>

#include "expect.hpp"

int main() {
  auto created = mapvec::file_vector<std::uint64_t>::create("squares.npy");
  for (std::uint64_t i = 0; i < 500'000; ++i) created.push_back(i * i);
  created.close();

  const auto squares = mapvec::file_view<std::uint64_t>::open("squares.npy");
  std::mt19937 random(1);
  std::vector<std::size_t> wanted(10'000);
  for (std::size_t& index : wanted) index = random() % squares.size();

  // A loop of squares[index] would wait for one page after the other.
  std::vector<std::uint64_t> found(wanted.size());
  mapvec::gather(squares, wanted, found);

  std::size_t wrong = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) wrong += found[i] != wanted[i] * wanted[i];
  expect("found[i] is squares[wanted[i]]", wrong == 0);
}
