// SPDX-License-Identifier: MIT
//
// Goal: reservations leave room for other vectors and for malloc, also under a limit.
// Method: children with RLIMIT_AS.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class address_space : public counts_resources {
 protected:
  struct deallocate {
    void operator()(void* memory) const { std::free(memory); }
  };
  using allocation = std::unique_ptr<void, deallocate>;

  scratch_directory directory_;
};

TEST_F(address_space, of_4_gib_holds_16_vectors_and_malloc_of_1_gib) {
  const auto use_it_up = [&] {
    limit_resource(RLIMIT_AS, 4 * GiB);
    const options settings{.builder = segment_builder::unnamed(directory_.path())};
    std::vector<mapvec::vector<std::uint64_t>> all;
    std::size_t smallest = SIZE_MAX;
    for (int i = 0; i < 16; ++i) {
      all.emplace_back(settings);
      all.back().resize(i % 2 == 0 ? 10 : 300'000, 7);
      smallest = std::min(smallest, all.back().reservation_bytes());
    }
    const allocation memory(std::malloc(1 * GiB));
    require(memory != nullptr, "malloc failed");
    // A share of what there is, not just what a vector gets when nothing larger can be had.
    require(smallest >= 16 * MiB, "a reservation is too small to be of use");
    for (const auto& each : all) require(each.back() == 7, "an element is wrong");
    std::printf("16 vectors of %zu MiB or more, and malloc of 1 GiB, in 4 GiB\n", smallest / MiB);
    std::fflush(stdout);
  };
  EXPECT_EQ(in_child(use_it_up), "exit 0");
}

TEST_F(address_space, of_any_limit_gives_a_vector_or_an_exception) {
  for (std::size_t limit = 64 * MiB; limit <= 64 * GiB; limit *= 4) {
    const auto append = [&] {
      limit_resource(RLIMIT_AS, limit);
      mapvec::vector<std::uint64_t> v(
          options{.builder = segment_builder::unnamed(directory_.path())});
      try {
        for (std::uint64_t i = 0; i < 1'000'000; ++i) v.push_back(i);
      } catch (const error&) {
      } catch (const std::length_error&) {
      }
      require(!v.empty(), "not even one element");
      for (std::uint64_t i = 0; i < v.size(); ++i) require(v[i] == i, "an element is wrong");
    };
    EXPECT_EQ(in_child(append), "exit 0") << limit;
  }
}

TEST_F(address_space, past_the_reservation_is_a_length_error_that_names_the_option) {
  mapvec::vector<std::uint64_t> v(options{.builder = segment_builder::unnamed(directory_.path()),
                                          .reservation_bytes = 4 * MiB});
  v.assign(1'000, 5);
  try {
    while (v.size() <= 4 * MiB) v.push_back(5);
    ADD_FAILURE() << "no exception";
  } catch (const std::length_error& failure) {
    EXPECT_NE(std::string(failure.what()).find("reservation_bytes"), std::string::npos);
  }
  EXPECT_EQ(v.size(), v.max_size());
  EXPECT_EQ(v.back(), 5U);
}

}  // namespace
}  // namespace mapvec::test
