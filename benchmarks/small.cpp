// SPDX-License-Identifier: MIT
//
// The life of a vector of one element: created, one element stored, destroyed.

#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>
#include <mapvec/vector.hpp>

#include "peers/named_page.hpp"

namespace {

template <class Vector>
void small_life(benchmark::State& state) {
  for (auto _ : state) {
    Vector vector;
    vector.push_back(1);
    benchmark::DoNotOptimize(vector.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

void named_page_life(benchmark::State& state) {
  std::uint64_t serial = 0;
  for (auto _ : state) {
    peers::named_page page(++serial);
    *page.data() = 1;
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(small_life<mapvec::vector<std::uint64_t>>)->Name("small/mapvec")->UseRealTime();
BENCHMARK(small_life<std::vector<std::uint64_t>>)->Name("small/std")->UseRealTime();
BENCHMARK(named_page_life)->Name("small/named_file")->UseRealTime();

}  // namespace
