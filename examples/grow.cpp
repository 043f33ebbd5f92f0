// SPDX-License-Identifier: MIT
//
// Appends the numbers of its standard input to a .npy file and commits each thousand of them.
// follow.py reads the file meanwhile: it sees what is committed, and nothing else.
#include <chrono>
#include <exception>
#include <iostream>
#include <mapvec/file_vector.hpp>

struct sample {
  std::chrono::sys_time<std::chrono::microseconds> time;  // datetime64[us]
  double value;
};
MAPVEC_DESCRIBE(sample, time, value);

int main(int argc, char** argv) try {
  auto samples = mapvec::file_vector<sample>::open_or_create(argc > 1 ? argv[1] : "samples.npy");
  for (double value = 0; std::cin >> value;) {
    const auto now = std::chrono::system_clock::now();
    samples.push_back({std::chrono::floor<std::chrono::microseconds>(now), value});
    if (samples.size() % 1000 == 0) samples.commit();
  }
  samples.close();  // commits the rest
} catch (const std::exception& failure) {
  std::cerr << "grow: " << failure.what() << '\n';
  return 1;
}
