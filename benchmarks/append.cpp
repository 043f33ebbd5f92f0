// SPDX-License-Identifier: MIT
//
// Appending 256 MiB of u64 one by one to a vector that has never grown. One untimed pass of equal
// size goes first, so that no contender pays for memory the machine hands out for the first time.
// The destruction is timed on its own: it is not appending, but somebody pays it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <benchmark/benchmark.h>
#include <mapvec/vector.hpp>

#include "peers/pwrite_loop.hpp"
#include "peers/remap_doubling_vector.hpp"

namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::size_t size_bytes = std::size_t{256} << 20;
constexpr std::size_t element_count = size_bytes / sizeof(std::uint64_t);

double seconds_between(clock_type::time_point from, clock_type::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

template <class Vector>
[[gnu::noinline]] void fill(Vector& vector) {
  for (std::uint64_t i = 0; i < element_count; ++i) vector.push_back(i);
}
[[gnu::noinline]] void fill(peers::pwrite_loop<>& loop) { loop.write(size_bytes); }

struct pass_seconds {
  double append = 0;
  double destroy = 0;
};

template <class Vector>
pass_seconds timed_pass() {
  const auto start = clock_type::now();
  std::optional<Vector> vector(std::in_place);
  fill(*vector);
  benchmark::ClobberMemory();
  const auto filled = clock_type::now();
  vector.reset();
  return {seconds_between(start, filled), seconds_between(filled, clock_type::now())};
}

template <class Vector>
void append(benchmark::State& state) {
  for (auto _ : state) {
    timed_pass<Vector>();
    const pass_seconds seconds = timed_pass<Vector>();
    state.SetIterationTime(seconds.append);
    state.counters["destroy_milliseconds"] = seconds.destroy * 1e3;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(element_count));
}

BENCHMARK(append<mapvec::vector<std::uint64_t>>)
    ->Name("append/mapvec")
    ->Iterations(1)
    ->UseManualTime();
BENCHMARK(append<peers::remap_doubling_vector<std::uint64_t>>)
    ->Name("append/remap")
    ->Iterations(1)
    ->UseManualTime();
BENCHMARK(append<std::vector<std::uint64_t>>)->Name("append/std")->Iterations(1)->UseManualTime();
BENCHMARK(append<peers::pwrite_loop<>>)->Name("append/pwrite")->Iterations(1)->UseManualTime();

}  // namespace
