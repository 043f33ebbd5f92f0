// SPDX-License-Identifier: MIT
#include <functional>
#include <mapvec/top_n.hpp>
#include <mapvec/vector.hpp>
#include <vector>

#include "expect.hpp"

struct player {
  int number;
  int points;
};

int main() {
  mapvec::vector<player> players;
  for (int i = 0; i < 100'000; ++i) players.push_back({i, i * 7919 % 100'003});

  // In one pass, without sorting the others. The first argument that is compared comes first.
  const std::vector<player> best = mapvec::top_n(players, 10, std::greater<>(), &player::points);
  expect("ten, the best one first", best.size() == 10 && best[0].points == 100'002);

  const auto worst = mapvec::top_n(players, 3, std::less<>(), &player::points);
  expect("the other end as well", worst.size() == 3 && worst[0].points == 0);
}
