// SPDX-License-Identifier: MIT
#include <iostream>
#include <mapvec/explain.hpp>
#include <mapvec/stats.hpp>
#include <mapvec/vector.hpp>

#include "expect.hpp"

int main() {
  const auto before = mapvec::stats();
  {
    mapvec::vector<char> small(1000, 'x');
    expect("a small vector has no file", small.disk_size_bytes() == 0);

    mapvec::vector<char> large(20'000'000, 'x');
    expect("a large one takes its elements' size of disk, and some ahead of them",
           large.disk_size_bytes() >= 20'000'000 && large.disk_size_bytes() < 40'000'000);
    large.evict(0, large.size());  // written back; whoever needs them reads them again
    expect("what is evicted takes no memory until somebody needs it",
           large.resident_bytes() < 4'000'000 && large[19'999'999] == 'x');

    std::cout << mapvec::explain(large) << mapvec::stats() << '\n';
    expect("the process has two more",
           mapvec::stats().active_segments == before.active_segments + 2);
  }
  expect("nothing stays behind", mapvec::stats().mapped_bytes == before.mapped_bytes);
}
