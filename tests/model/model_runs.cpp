// SPDX-License-Identifier: MIT
#include "model/model_runs.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <type_traits>

namespace mapvec_test {
namespace {

std::uint64_t seed() {
  if (const char* const chosen = std::getenv("MAPVEC_SEED")) return std::stoull(chosen);
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

void print(const model_counts& counts) {
  std::cout << counts.operations << " operations, " << counts.spills << " spills, "
            << counts.growths << " growths, " << counts.shrinks << " shrinks, "
            << counts.comparisons << " comparisons, " << counts.failures << " failures, "
            << counts.reopens << " reopens, " << counts.settlings << " settlings\nmix:";
  for (const auto& [name, times] : counts.mix) std::cout << ' ' << name << ' ' << times << ';';
  std::cout << '\n';
}

template <class Vector>
void expect_holds(run_length length) {
  using T = typename Vector::value_type;
  const std::uint64_t chosen = seed();
  std::cout << "MAPVEC_SEED=" << chosen << '\n';
  vector_model<T, random_choices, Vector> model(random_choices(chosen, length.operations));
  const model_counts* counts = nullptr;
  try {
    counts = &model.run();
  } catch (const model_mismatch& found) {
    FAIL() << found.what() << "; again with MAPVEC_SEED=" << chosen;
  }
  print(*counts);
  constexpr bool is_persistent = std::is_same_v<Vector, mapvec::file_vector<T>>;
  EXPECT_EQ(counts->operations, length.operations);
  EXPECT_GE(counts->spills, is_persistent ? 0 : length.rare_events);
  EXPECT_GE(counts->reopens, is_persistent ? length.rare_events : 0);
  EXPECT_GE(counts->settlings, is_persistent ? length.rare_events : 0);
  EXPECT_GE(counts->growths, length.rare_events);
  EXPECT_GE(counts->shrinks, length.rare_events);
  EXPECT_GE(counts->comparisons, length.operations / 64);
  EXPECT_GE(counts->failures, has_a_fuse<T> ? length.rare_events : 0);
  for (const auto& [name, times] : counts->mix) EXPECT_GT(times, 0u) << name << " never ran";
}

}  // namespace

template <class T>
void expect_model_holds(run_length length) {
  expect_holds<mapvec::vector<T>>(length);
}

template <class T>
void expect_file_model_holds(run_length length) {
  expect_holds<mapvec::file_vector<T>>(length);
}

template void expect_model_holds<int>(run_length);
template void expect_model_holds<std::string>(run_length);
template void expect_model_holds<move_only>(run_length);
template void expect_model_holds<over_aligned<256>>(run_length);
template void expect_model_holds<throwing>(run_length);
template void expect_file_model_holds<int>(run_length);
template void expect_file_model_holds<three_bytes>(run_length);
template void expect_file_model_holds<over_aligned<256>>(run_length);

}  // namespace mapvec_test
