// SPDX-License-Identifier: MIT
#include <cstdint>
#include <limits>
#include <stxxl/io>
#include <stxxl/sort>
#include <stxxl/vector>

struct ascending {
  bool operator()(std::uint64_t a, std::uint64_t b) const { return a < b; }
  static std::uint64_t min_value() { return 0; }
  static std::uint64_t max_value() { return std::numeric_limits<std::uint64_t>::max(); }
};

int main() {
  stxxl::disk_config disk("numbers.stxxl", std::uint64_t{64} << 20, "syscall unlink_on_open");
  stxxl::config::get_instance()->add_disk(disk);
  stxxl::VECTOR_GENERATOR<std::uint64_t>::result numbers;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) numbers.push_back(i * 7919 % 100'003);

  stxxl::sort(numbers.begin(), numbers.end(), ascending(), std::size_t{64} << 20);

  std::uint64_t sum = 0;
  decltype(numbers)::bufreader_type reader(numbers);
  for (; !reader.empty(); ++reader) sum += *reader;
  const auto& sorted = numbers;  // a const access does not make a block dirty
  return sorted[0] == 0 && sorted[999'999] == 100'002 && sum == 50'000'882'206 ? 0 : 1;
}
