// SPDX-License-Identifier: MIT
//
// What is left when the kernel is out of the way: push_back into capacity whose pages are all
// there, the sum of all elements, and reads at random positions, in memory and after an untimed
// pass over every page.

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include <benchmark/benchmark.h>
#include <mapvec/vector.hpp>

namespace {

constexpr std::size_t push_bytes = std::size_t{16} << 20;
constexpr std::size_t read_bytes = std::size_t{256} << 20;

struct record {
  std::uint64_t hash;
  std::uint64_t place;
  std::uint64_t count;
};
static_assert(sizeof(record) == 24);

template <class T>
T make_element(std::uint64_t value) {
  return static_cast<T>(value);
}
template <>
record make_element<record>(std::uint64_t value) {
  return {value, value, value};
}

// Not inlined, so that no contender's size can live in a register across the whole benchmark.
template <class Vector>
[[gnu::noinline]] void fill(Vector& vector, std::size_t count) {
  using element = typename Vector::value_type;
  for (std::size_t i = 0; i < count; ++i) vector.push_back(make_element<element>(i));
}

template <class Vector>
void push_back_resident(benchmark::State& state) {
  constexpr std::size_t count = push_bytes / sizeof(typename Vector::value_type);
  Vector vector;
  vector.reserve(count);
  fill(vector, count);
  for (auto _ : state) {
    vector.clear();
    fill(vector, count);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

template <class Vector>
void scan(benchmark::State& state) {
  constexpr std::size_t count = read_bytes / sizeof(std::uint64_t);
  Vector vector;
  fill(vector, count);
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::accumulate(vector.begin(), vector.end(), std::uint64_t{0}));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

// The positions do not depend on the elements, so that the processor may have many reads under
// way: then the page-table walks of small pages are what differs.
template <class Vector>
void random_read(benchmark::State& state) {
  constexpr std::size_t count = read_bytes / sizeof(std::uint64_t);
  constexpr std::size_t reads = std::size_t{1} << 20;
  static_assert((count & (count - 1)) == 0);
  Vector vector;
  fill(vector, count);
  std::uint64_t random = 0x9e3779b97f4a7c15U;
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < reads; ++i) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      sum += vector[(random >> 32) & (count - 1)];
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(reads));
}

BENCHMARK(push_back_resident<mapvec::vector<std::uint8_t>>)
    ->Name("push_back_u8/mapvec")
    ->UseRealTime();
BENCHMARK(push_back_resident<std::vector<std::uint8_t>>)->Name("push_back_u8/std")->UseRealTime();
BENCHMARK(push_back_resident<mapvec::vector<std::uint64_t>>)
    ->Name("push_back_u64/mapvec")
    ->UseRealTime();
BENCHMARK(push_back_resident<std::vector<std::uint64_t>>)->Name("push_back_u64/std")->UseRealTime();
BENCHMARK(push_back_resident<mapvec::vector<record>>)->Name("push_back_24/mapvec")->UseRealTime();
BENCHMARK(push_back_resident<std::vector<record>>)->Name("push_back_24/std")->UseRealTime();
BENCHMARK(scan<mapvec::vector<std::uint64_t>>)->Name("scan/mapvec")->UseRealTime();
BENCHMARK(scan<std::vector<std::uint64_t>>)->Name("scan/std")->UseRealTime();
BENCHMARK(random_read<mapvec::vector<std::uint64_t>>)->Name("random_read/mapvec")->UseRealTime();
BENCHMARK(random_read<std::vector<std::uint64_t>>)->Name("random_read/std")->UseRealTime();

}  // namespace
