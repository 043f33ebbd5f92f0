// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <mapvec/vector.hpp>

int main() {
  mapvec::vector<std::uint64_t> squares;
  squares.push_back(0);
  const std::uint64_t* first = squares.data();
  for (std::uint64_t i = 1; i < 1'000'000; ++i) squares.push_back(i * i);
  // By now they have moved from memory into a file, and they are where they were.
  if (squares.data() != first) return 1;

  squares.insert(squares.begin(), 7);
  squares.erase(squares.begin() + 1, squares.begin() + 3);
  return squares[0] == 7 && squares[1] == 4 && squares.size() == 999'999 &&
                 std::ranges::is_sorted(squares.begin() + 1, squares.end())
             ? 0
             : 1;
}
