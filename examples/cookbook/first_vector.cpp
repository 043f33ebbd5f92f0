// SPDX-License-Identifier: MIT
#include <mapvec/vector.hpp>
#include <string>

#include "expect.hpp"

int main() {
  mapvec::vector<std::string> words = {"once", "upon", "a", "time"};
  const std::string* first = &words.front();
  for (int i = 0; i < 100'000; ++i) words.push_back("word " + std::to_string(i));

  expect("it holds what was put in", words.size() == 100'004 && words.back() == "word 99999");
  expect("elements have not moved while it grew", first == words.data() && *first == "once");
  const auto last = words.pop();
  expect("pop takes the last one out", last == "word 99999" && words.size() == 100'003);
}
