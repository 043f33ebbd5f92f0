// SPDX-License-Identifier: MIT
//
// Goal: whatever fails in a set operation, `out` has the elements it had and nothing else is left.
// Method: every system call fails once; comparisons and copies throw at their n-th call; a small
// disk; a forked child.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <mapvec/error.hpp>

#include "set_case.hpp"
#include "support/captured_errors.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

struct enough : std::runtime_error {
  enough() : std::runtime_error("enough") {}
};

TEST_F(set_operations, whose_comp_throws_leave_out_as_it_was) {
  const numbers a = held(every(2, 50'000), {});
  const numbers b = held(every(3, 50'000), {});
  for_each_operation([&](auto operation, auto) {
    std::size_t thrown = 0;
    for (std::size_t nth = 1; nth < 1'000'000; nth *= 3) {
      numbers out(7, 9, {.spill_threshold_bytes = 0});
      std::size_t calls = 0;
      try {
        operation(a, b, out, [&](std::uint64_t left, std::uint64_t right) {
          if (++calls == nth) throw enough();
          return left < right;
        });
      } catch (const enough&) {
        ++thrown;
        ASSERT_EQ(out.size(), 7U);
        ASSERT_EQ(std::ranges::count(out, 9), 7);
      }
    }
    EXPECT_GT(thrown, 5U);
  });
}

/// Throws when it is copied for the n-th time.
struct fragile {
  static inline std::size_t copies_left = 0;
  static inline std::ptrdiff_t live = 0;

  explicit fragile(std::uint64_t of) : key(of) { ++live; }
  fragile(const fragile& other) : key(other.key) {
    if (copies_left == 0) throw enough();
    --copies_left;
    ++live;
  }
  fragile& operator=(const fragile&) = default;
  ~fragile() { --live; }

  std::uint64_t key;
};

TEST_F(set_operations, of_elements_whose_copy_throws_leave_out_as_it_was) {
  {
    mapvec::vector<fragile> a;
    mapvec::vector<fragile> b;
    for (std::uint64_t i = 0; i < 5'000; ++i) {
      a.emplace_back(2 * i);
      b.emplace_back(3 * i);
    }
    for_each_operation([&](auto operation, auto) {
      std::size_t thrown = 0;
      for (std::size_t nth = 0; nth < 20'000; nth = 2 * nth + 1) {
        mapvec::vector<fragile> out;
        out.emplace_back(7);
        fragile::copies_left = nth;
        try {
          operation(a, b, out, std::ranges::less(), &fragile::key, &fragile::key);
        } catch (const enough&) {
          ++thrown;
          ASSERT_EQ(out.size(), 1U);
          ASSERT_EQ(fragile::live, 10'001);
        }
      }
      EXPECT_GT(thrown, 5U);
    });
  }
  EXPECT_EQ(fragile::live, 0);
}

TEST_F(set_operations, leave_out_as_it_was_at_a_fault_of_each_system_call) {
  captured_errors errors;
  const auto values_a = every(2, 60'000);
  const auto values_b = every(3, 60'000);
  for_each_operation([&](auto operation, auto standard) {
    std::vector<std::uint64_t> expected(5, 1);
    standard(values_a, values_b, expected);
    std::size_t failures = 0;
    for (std::size_t nth = 0;; ++nth) {
      const numbers a = held(values_a, tiny_budget());
      const numbers b = held(values_b, tiny_budget());
      a.evict(0, a.size());
      b.evict(0, b.size());
      numbers out(5, 1, tiny_budget());
      std::size_t delivered = 0;
      bool has_thrown = false;
      {
        const fault injected(nth, nth / 7, fault_lasts::once);
        try {
          operation(a, b, out);
        } catch (const error& failure) {
          has_thrown = true;
          ++failures;
          EXPECT_EQ(failure.code().value(), injected.first_errno()) << injected.description();
        }
        delivered = injected.delivered();
      }
      reclaim_what_faults_left();
      ASSERT_EQ(out.size(), has_thrown ? 5U : expected.size());
      ASSERT_TRUE(std::equal(out.begin(), out.end(), expected.begin()));
      ASSERT_TRUE(std::ranges::equal(a, values_a) && std::ranges::equal(b, values_b));
      if (delivered == 0) break;
    }
    EXPECT_GT(failures, 10U);
  });
}

TEST_F(set_operations, on_a_full_disk_leave_out_as_it_was) {
  const auto disk = private_mount::loop("ext4", 16 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  const numbers a = held(every(2, 3 * MiB / 2), {});
  const numbers b = held(every(3, 3 * MiB / 2), {});
  numbers out({.builder = segment_builder::unnamed(disk.path()), .spill_threshold_bytes = 0});
  out.assign(3, 4);
  std::size_t calls = 0;
  const auto counting = [&](std::uint64_t left, std::uint64_t right) {
    ++calls;
    return left < right;
  };
  const auto expect_refused = [&](auto run) {
    calls = 0;
    try {
      run();
      FAIL() << "20 MiB or more on a disk of 16";
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), ENOSPC);
    }
    EXPECT_EQ(out.size(), 3U);
    EXPECT_EQ(std::ranges::count(out, 4), 3);
  };
  expect_refused([&] { merge(a, b, out, counting); });
  EXPECT_EQ(calls, 0U);  // it asks before it begins
  expect_refused([&] { set_union(a, b, out, counting); });
  EXPECT_GT(calls, 0U);
  EXPECT_EQ(set_intersection(held(every(2, 99), {}), b, out), 33U);
}

TEST_F(set_operations, read_inherited_vectors_in_a_forked_child_and_append_to_its_own) {
  const numbers a = held(every(2, 50'000), {.spill_threshold_bytes = 0});
  numbers out(3, 4);
  const auto child = [&] {
    require_refused("merge", [&] { merge(a, a, out); });
    require_refused("set_union", [&] { set_union(a, a, out); });
    require(out.size() == 3, "something was appended");
    numbers own;
    require(merge(a, a, own) == 100'000, "not all elements");
    require(includes(own, a), "the wrong elements");
  };
  EXPECT_EQ(in_child(child), "exit 0");
}

}  // namespace
}  // namespace mapvec::test
