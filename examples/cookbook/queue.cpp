// SPDX-License-Identifier: MIT
#include <cstdint>
#include <mapvec/file_vector.hpp>

#include "expect.hpp"

struct job {
  std::int64_t number;
};
MAPVEC_DESCRIBE(job, number);

int main() {
  {
    auto waiting = mapvec::file_vector<job>::create("jobs.npy");
    for (std::int64_t i = 0; i < 1000; ++i) waiting.push_back({i});
    waiting.commit();

    // The others move up, so take many at a time, and let `done` count those between two times.
    std::int64_t sum = 0;
    std::size_t done = 0;
    for (; done < 600; ++done) sum += waiting[done].number;
    waiting.truncate_front(done);
    waiting.commit();
    expect("the first 600 are done", sum == 599 * 600 / 2);
  }
  const auto waiting = mapvec::file_vector<job>::open("jobs.npy");
  expect("the others still wait", waiting.size() == 400 && waiting[0].number == 600);
}
