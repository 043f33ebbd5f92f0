// SPDX-License-Identifier: MIT
//
// The workloads for LMDB, a value of 8 bytes under each index.

#include <cstddef>
#include <cstring>
#include <optional>

#include "past_passes.hpp"
#include "peers/lmdb_numbers.hpp"
#include "workloads.hpp"

namespace {

using peers::lmdb_numbers;

/// The last transaction is committed, too: before that, nothing can be read.
struct push_and_commit {
  void operator()(lmdb_numbers& numbers, std::size_t bytes) const {
    bench::push_each{}(numbers, bytes);
    numbers.commit();
  }
};

bench::counters push_back(const bench::job& asked) {
  return bench::append<lmdb_numbers>(asked, push_and_commit{}, bench::ends::in_memory);
}

bench::counters read(const bench::job& asked) {
  lmdb_numbers numbers(peers::expected_size{asked.bytes});
  push_and_commit{}(numbers, asked.bytes);
  const double random = bench::read_random_repeatedly(asked, [&](std::size_t index) {
    bench::number value = 0;
    std::memcpy(&value, numbers.find(index), sizeof(value));
    return value;
  });
  return {{"random_nanoseconds", random}};
}

bench::counters make(const bench::job& asked) {
  lmdb_numbers numbers(peers::expected_size{asked.bytes}, asked.path);
  push_and_commit{}(numbers, asked.bytes);
  bench::wait_for_disk();
  return {};
}

bench::counters random_past(const bench::job& asked) {
  return bench::cold_pass(asked, [](const bench::job& now) {
    const lmdb_numbers numbers(now.path);
    return bench::read_random(now, [&](std::size_t index) { return numbers.find(index); });
  });
}

}  // namespace

int main(int count, char** arguments) {
  return bench::run(count, arguments,
                    {{"push_back/lmdb", push_back},
                     {"read/lmdb", read},
                     {"make/lmdb", make},
                     {"random_past/lmdb", random_past}});
}
