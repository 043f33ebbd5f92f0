// SPDX-License-Identifier: MIT
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <mapvec/file_vector.hpp>
#include <string>

#include "expect.hpp"

struct entry {
  std::int64_t time;
  std::int64_t account;
  std::int64_t cents;
};
MAPVEC_DESCRIBE(entry, time, account, cents);

void write_and_die() {
  auto log = mapvec::file_vector<entry>::open_or_create("log.npy");
  for (std::int64_t i = 0; i < 10; ++i) {
    log.push_back({i, 7, 100 * i});
    log.commit();  // from here on it survives kill -9 and power loss
  }
  log.push_back({10, 7, 1000});  // nobody was told yet that this is booked
  std::raise(SIGKILL);
}

int main(int count, char** arguments) {
  if (count > 1) write_and_die();
  const std::string itself = arguments[0];
  const int result = std::system(("'" + itself + "' die").c_str());
  expect("the other process was killed", result != 0);

  const auto log = mapvec::file_vector<entry>::open("log.npy");
  expect("what was committed is there", log.size() >= 10 && log[9].cents == 900);
}
