// SPDX-License-Identifier: MIT
#include <cstdint>
#include <filesystem>
#include <mapvec/file_vector.hpp>

int main() {
  std::filesystem::remove("numbers.npy");
  {
    auto numbers = mapvec::file_vector<std::uint64_t>::create("numbers.npy");
    for (std::uint64_t i = 0; i < 1'000'000; ++i) numbers.push_back(i * 7919 % 100'003);
    numbers.close();  // commits, and cuts the file to its size
  }
  const auto numbers = mapvec::file_vector<std::uint64_t>::open("numbers.npy");
  return numbers.size() == 1'000'000 && numbers[1] == 7919 ? 0 : 1;
}
