// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <numeric>
#include <thread>

#include "expect.hpp"

constexpr std::int64_t last = 5000;

// As well in another program: the writer and the reader share nothing but the name.
std::int64_t sum_while_it_grows() {
  auto view = mapvec::file_view<std::int64_t>::open("ticks.npy");
  std::int64_t sum = 0;
  for (std::size_t seen = 0; seen < last;) {
    const std::size_t size = view.refresh();  // what is committed by now; elements stay in place
    sum = std::accumulate(view.begin() + seen, view.begin() + size, sum);
    seen = size;
    std::this_thread::yield();
  }
  return sum;
}

int main() {
  auto ticks = mapvec::file_vector<std::int64_t>::create("ticks.npy");
  std::int64_t sum = 0;
  std::thread reader([&] { sum = sum_while_it_grows(); });
  for (std::int64_t i = 1; i <= last; ++i) {
    ticks.push_back(i);
    if (i % 500 == 0) ticks.commit();
  }
  reader.join();
  expect("the reader has seen each once", sum == last * (last + 1) / 2);
}
