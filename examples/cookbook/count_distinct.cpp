// SPDX-License-Identifier: MIT
#include <algorithm>
#include <compare>
#include <mapvec/sort.hpp>
#include <mapvec/sorted_view.hpp>
#include <mapvec/unique.hpp>
#include <mapvec/vector.hpp>
#include <ranges>
#include <string>

#include "expect.hpp"

struct word {  // past memory, elements are bytes: text of a fixed length
  char text[16];
  explicit word(const std::string& from) : text() { from.copy(text, sizeof text); }
  auto operator<=>(const word&) const = default;
};

int main() {
  mapvec::vector<word> words;
  for (int i = 0; i < 50'000; ++i) words.push_back(word("word" + std::to_string(i % 777)));
  for (int i = 0; i < 9'000; ++i) words.push_back(word("often"));

  // How often each occurs: in order once, without changing the vector.
  std::size_t most = 0;
  std::size_t run = 0;
  word current("");
  for (const word& each : mapvec::sorted_view(words) | std::views::join) {
    run = each == current ? run + 1 : 1;
    most = std::max(most, run);
    current = each;
  }
  expect("one word occurs 9000 times", most == 9000);

  // Which ones there are.
  mapvec::sort(words);
  const std::size_t dropped = mapvec::unique(words);
  expect("778 are distinct", words.size() == 778 && dropped == 59'000 - 778);
}
