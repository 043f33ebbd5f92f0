// SPDX-License-Identifier: MIT
//
// Appends the numbers of its standard input to a .npy file and commits each thousand of them.
// follow.py reads the file meanwhile: it sees what is committed, and nothing else. What is no
// number ends the program with an error; the file then has what was committed before.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mapvec/file_vector.hpp>
#include <stdexcept>
#include <string>

struct sample {
  std::chrono::sys_time<std::chrono::microseconds> time;  // datetime64[us]
  double value;
};
MAPVEC_DESCRIBE(sample, time, value);

int main(int argc, char** argv) try {
  auto samples = mapvec::file_vector<sample>::open_or_create(argc > 1 ? argv[1] : "samples.npy");
  for (std::string word; std::cin >> word;) {
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    if (end != word.c_str() + word.size()) throw std::runtime_error("no number: " + word);
    const auto now = std::chrono::system_clock::now();
    samples.push_back({std::chrono::floor<std::chrono::microseconds>(now), value});
    if (samples.size() % 1000 == 0) samples.commit();
  }
  samples.close();  // commits the rest
} catch (const std::exception& failure) {
  std::cerr << "grow: " << failure.what() << '\n';
  return 1;
}
