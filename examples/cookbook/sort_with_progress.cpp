// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <functional>
#include <iostream>
#include <mapvec/error.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/vector.hpp>
#include <random>
#include <stop_token>

#include "expect.hpp"

int main() {
  mapvec::vector<unsigned> values;
  std::mt19937 random(3);
  for (int i = 0; i < 2'000'000; ++i) values.push_back(static_cast<unsigned>(random()));

  double done = 0;
  const auto show = [&](double fraction) {  // called now and then, by one thread at a time
    std::cout << "\rsorted " << static_cast<int>(fraction * 100) << " %" << std::flush;
    done = fraction;
  };
  mapvec::sort(values, std::less<>(), {}, {.progress = show});
  expect("progress ends at 1", done == 1 && std::ranges::is_sorted(values));

  std::stop_source user;
  user.request_stop();  // any thread may, at any time
  bool was_stopped = false;
  try {
    mapvec::sort(values, std::greater<>(), {}, {.stop_token = user.get_token()});
  } catch (const mapvec::error& failure) {
    was_stopped = failure.code().value() == ECANCELED;
  }
  expect("a stop is an exception, and no element is lost",
         was_stopped && values.size() == 2'000'000);
}
