// SPDX-License-Identifier: MIT
//
// Goal: at any size a vector takes one descriptor and at most two mappings, and no operation
// changes the flags of its mapping: not the one that keeps it out of core dumps, nor one that only
// an append window should have. Method: /proc/self/fd and /proc/self/smaps.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

using words = mapvec::vector<std::uint64_t>;

class mappings_of_a_vector : public counts_resources {
 protected:
  struct operation {
    const char* name;
    std::function<void(words&)> run;
  };

  static std::vector<operation> operations() {
    return {
        {"push_back over windows",
         [](words& v) {
           while (v.size() < 3 * MiB) v.push_back(v.size());
         }},
        {"reserve", [](words& v) { v.reserve(5 * MiB); }},
        {"resize", [](words& v) { v.resize(4 * MiB, 3); }},
        {"shrink_to_fit", [](words& v) { v.shrink_to_fit(); }},
        {"prefetch", [](words& v) { v.prefetch(); }},
        {"evict", [](words& v) { v.evict(0, v.size()); }},
        {"prefault", [](words& v) { v.prefault(0, 1'000); }},
        {"erase", [](words& v) { v.truncate_front(10); }},
        {"insert", [](words& v) { v.insert(v.begin(), 100, 5); }},
        {"advise there and back",
         [](words& v) {
           v.advise(access::random);
           v.advise(access::normal);
         }},
        {"copy",
         [](words& v) {
           const words copy(v);
           v.push_back(copy.back());
         }},
        {"move",
         [](words& v) {
           words moved(std::move(v));
           v = std::move(moved);
         }},
        {"resident_bytes", [](words& v) { EXPECT_GT(v.resident_bytes(), 0U); }},
        {"clear", [](words& v) { v.clear(); }},
        {"shrink to nothing", [](words& v) { v.shrink_to_fit(); }},
        {"push_back", [](words& v) { v.push_back(1); }},
    };
  }

  options in_file() const {
    return {.builder = segment_builder::unnamed(directory_.path()), .spill_threshold_bytes = 0};
  }

  /// Permissions and flags of each mapping of the vector.
  static std::string flags_of(const words& v) {
    std::string result;
    for (const mapping& each : mappings_between(v.data(), v.reservation_bytes() - 128)) {
      result += each.permissions + each.flags + '\n';
    }
    return result;
  }

  static void expect_the_flags_stay(words& v, const std::vector<operation>& all) {
    const std::string before = flags_of(v);
    for (const operation& each : all) {
      each.run(v);
      EXPECT_EQ(flags_of(v), before) << "after " << each.name;
    }
  }

  static void expect_left_out_of_core_dumps(const words& v) {
    for (const mapping& each : mappings_between(v.data(), v.reservation_bytes() - 128)) {
      EXPECT_TRUE(each.has_flag("dd")) << each.flags;
    }
  }

  scratch_directory directory_;
};

TEST_F(mappings_of_a_vector, never_change_their_flags) {
  words v(in_file());
  v.push_back(0);
  EXPECT_EQ(mappings_between(v.data(), v.reservation_bytes() - 128).size(), 1U);
  expect_left_out_of_core_dumps(v);
  EXPECT_FALSE(mapping_at(v.data()).has_flag("hg"));
  expect_the_flags_stay(v, operations());
}

TEST_F(mappings_of_a_vector, never_change_their_flags_while_in_memory) {
  words v;
  v.push_back(0);
  expect_left_out_of_core_dumps(v);
  const std::vector<operation> small = {
      {"push_back",
       [](words& each) {
         while (each.size() < 50'000) each.push_back(1);
       }},
      {"reserve", [](words& each) { each.reserve(100'000); }},
      {"prefetch", [](words& each) { each.prefetch(); }},
      {"evict", [](words& each) { each.evict(0, 10'000); }},
      {"shrink_to_fit", [](words& each) { each.shrink_to_fit(); }},
      {"clear", [](words& each) { each.clear(); }},
      {"shrink to nothing", [](words& each) { each.shrink_to_fit(); }},
      {"push_back again", [](words& each) { each.push_back(1); }},
  };
  expect_the_flags_stay(v, small);
}

TEST_F(mappings_of_a_vector, are_the_same_whether_it_spilled_or_started_with_a_file) {
  words started(in_file());
  started.push_back(0);
  words spilled(options{.builder = segment_builder::unnamed(directory_.path())});
  while (spilled.disk_size_bytes() == 0) spilled.push_back(spilled.size());
  EXPECT_EQ(flags_of(spilled), flags_of(started));
  expect_the_flags_stay(spilled, operations());
}

TEST_F(mappings_of_a_vector, keep_the_advice_over_the_spill) {
  words v(options{.builder = segment_builder::unnamed(directory_.path())});
  v.push_back(0);
  v.advise(access::random);
  while (v.disk_size_bytes() == 0) v.push_back(v.size());
  EXPECT_TRUE(mapping_at(v.data()).has_flag("rr"));
}

TEST_F(mappings_of_a_vector, are_two_at_most_with_one_descriptor_at_any_size) {
  const std::set<int> before = open_descriptors();
  words v(options{.builder = segment_builder::unnamed(directory_.path())});
  std::size_t sizes = 0;
  for (std::size_t size = 1; size <= 64 * MiB; size *= 2) {
    v.resize_for_overwrite(size);
    EXPECT_LE(mappings_between(v.data(), v.reservation_bytes() - 128).size(), 2U) << size;
    EXPECT_LE(descriptors_opened_since(before).size(), 1U) << size;
    ++sizes;
  }
  EXPECT_EQ(descriptors_opened_since(before).size(), 1U);
  std::printf("%zu sizes to %zu bytes, one descriptor, at most two mappings\n", sizes,
              v.size() * sizeof(std::uint64_t));
}

}  // namespace
}  // namespace mapvec::test
