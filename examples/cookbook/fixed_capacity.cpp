// SPDX-License-Identifier: MIT
#include <filesystem>
#include <mapvec/segment.hpp>

#include "expect.hpp"

struct event {
  int second;
  int kind;
};

int main() {
  {
    auto events = mapvec::segment<event>::create("events.bin", 1000);
    while (events.try_push_back({static_cast<int>(events.size()), 1}) != nullptr) continue;
    expect("a full segment takes no more, and says so", events.size() == 1000);
    events.truncate_front(500);
    expect("the others move up", events.size() == 500 && events[0].second == 500);
  }
  const auto again = mapvec::segment<event>::open("events.bin");
  expect("the file is the elements and nothing else",
         std::filesystem::file_size("events.bin") == 1000 * sizeof(event));
  expect("all of the capacity is there again; what was used, the program has to know",
         again.size() == 1000 && again[0].second == 500);
}
