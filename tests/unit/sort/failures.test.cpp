// SPDX-License-Identifier: MIT
//
// Goal: whatever fails in a sort, the elements are a permutation of what they were, temporary files
// and memory are gone, and the first error is thrown. Method: every system call of a sort fails
// once; comparisons, projections and observers throw at their n-th call; stops are requested.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <mapvec/file_vector.hpp>

#include "sort_case.hpp"
#include "support/captured_errors.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t value_count = 45'000;

TEST_F(sorting, survives_a_fault_at_each_system_call) {
  for (const filed_sort& each : {on_one_thread, on_two_threads}) {
    const sort_options how{.memory_bytes = each.memory_bytes, .threads = each.threads};
    if (each.threads > 1) expect_threads_and_file<std::uint64_t>(each.count, how);
    const fault_counts counts = expect_all_elements_at_each_fault(
        random_numbers(each.count), [&](auto& v, std::size_t /*nth*/) { sort(v, {}, {}, how); },
        [](const auto& v) { return std::ranges::is_sorted(v); });
    EXPECT_GT(counts.failures, 10U);
    EXPECT_GT(counts.completions, 3U);  // what can be done without
  }
}

TEST_F(sorting, that_cannot_put_the_elements_back_marks_the_vector_failed) {
  const std::vector<std::uint64_t> values = random_numbers(200'000);
  std::size_t lost = 0;
  std::size_t unharmed = 0;
  for (std::size_t nth = 0; nth < 400 && lost == 0; nth += 5) {
    vector<std::uint64_t> v = filed(values);
    const fault broken(call::pread, nth, EIO, fault_lasts::for_ever);
    try {
      sort(v, {}, {}, {.memory_bytes = little_memory, .threads = 1});
    } catch (const error&) {
      try {
        v.evict(0, 1'000);
        // Nothing had been overwritten.
        EXPECT_TRUE(same_bytes(contents(v), values));
        ++unharmed;
      } catch (const error& failure) {
        EXPECT_EQ(failure.code().value(), EIO);
        EXPECT_THROW(sort(v), error);
        ++lost;
      }
    }
  }
  EXPECT_EQ(lost, 1);
  EXPECT_GT(unharmed, 0);
}

struct odd_bytes {
  unsigned char key;
  unsigned char rest[4096];
};

/// Ends a sort when it has overwritten elements: by a comparison that throws, and by a write that
/// fails.
template <class T>
void expect_copied_back(const filed_sort& how) {
  std::vector<T> values(how.count);
  const std::vector<std::uint64_t> bits = random_numbers(how.count);
  for (std::size_t i = 0; i < how.count; ++i) {
    std::memcpy(static_cast<void*>(&values[i]), &bits[i], std::min(sizeof bits[i], sizeof(T)));
  }
  const detail::sort_plan plan(how.count, {.element_bytes = sizeof(T)}, how.memory_bytes,
                               how.threads);
  EXPECT_EQ(plan.threads, how.threads);
  std::atomic<bool> is_enough = false;
  double end = 2;
  const auto sort_to_the_end = [&](vector<T>& v) {
    is_enough = false;
    const auto by_key = [&](const T& left, const T& right) {
      if (is_enough) throw std::runtime_error("enough");
      return left.key < right.key;
    };
    sort(v, by_key, {},
         {.memory_bytes = how.memory_bytes, .threads = how.threads, .progress = [&](double done) {
            if (done > end) is_enough = true;
          }});
  };
  const auto expect_all = [&](const vector<T>& v) {
    const std::vector<T> left = contents(v);
    EXPECT_FALSE(same_bytes(left, values));  // else nothing had been overwritten
    EXPECT_TRUE(same_elements(left, values));
    v.evict(0, v.size());
    EXPECT_TRUE(same_bytes(contents(v), left));
  };
  for (const std::size_t nth : {plan.runs + 1, plan.runs + 4}) {
    vector<T> v = filed(values);
    const fault broken(call::pwrite, nth, EIO, fault_lasts::once);
    EXPECT_THROW(sort_to_the_end(v), error);
    expect_all(v);
  }
  for (const double when : {0.7, 0.95}) {
    end = when;
    vector<T> v = filed(values);
    EXPECT_THROW(sort_to_the_end(v), std::runtime_error);
    expect_all(v);
  }
}

TEST_F(sorting, puts_elements_of_any_size_back_when_the_second_pass_fails) {
  expect_copied_back<three_bytes>({130'000, little_memory, 1});
  expect_copied_back<three_bytes>({400'000, memory_of_threads, 2});
  expect_copied_back<record>({16'000, little_memory, 1});
  expect_copied_back<record>({58'000, memory_of_threads, 2});
  expect_copied_back<odd_bytes>({90, little_memory, 1});
  expect_copied_back<odd_bytes>({660, 2 * memory_of_threads, 2});
}

TEST_F(sorting, does_without_threads_that_cannot_be_had) {
  const std::string status = in_child_as_nobody([] {
    limit_resource(RLIMIT_NPROC, 0);
    std::vector<std::uint64_t> values = random_numbers(200'000);
    for (const std::size_t memory : {memory_of_threads, 64 * MiB}) {
      vector<std::uint64_t> v = filed(values);
      sort(v, {}, {}, {.memory_bytes = memory, .threads = 3, .progress = on_this_thread_alone()});
      require(std::ranges::is_sorted(v), "they are not in order");
      require(same_elements(contents(v), values), "an element is wrong");
    }
  });
  EXPECT_EQ(status, "exit 0");
}

TEST_F(sorting, on_file_systems_without_direct_access_goes_through_the_cache) {
  const std::vector<std::uint64_t> values = random_numbers(value_count);
  std::vector<std::uint64_t> expected = values;
  std::ranges::sort(expected);
  for (const call what : {call::pread, call::pwrite}) {
    for (const std::size_t nth : {0, 1, 5}) {
      vector<std::uint64_t> v = filed(values);
      v.evict(0, v.size());
      const fault refused(what, nth, EINVAL, fault_lasts::once);
      sort(v, {}, {}, {.memory_bytes = little_memory});
      EXPECT_EQ(refused.delivered(), 1);
      EXPECT_TRUE(same_bytes(contents(v), expected));
    }
  }
  const auto tmpfs = private_mount::tmpfs(16 * MiB);
  if (!tmpfs.is_mounted()) GTEST_SKIP() << tmpfs.why_not();
  vector<std::uint64_t> v(options{.builder = segment_builder::unnamed(tmpfs.path())});
  v.append_range(values);
  sort(v, {}, {},
       {.memory_bytes = little_memory, .temporary = segment_builder::unnamed(tmpfs.path())});
  EXPECT_TRUE(same_bytes(contents(v), expected));
}

TEST_F(sorting, with_short_transfers_is_complete) {
  const std::vector<std::uint64_t> values = random_numbers(value_count);
  vector<std::uint64_t> v = filed(values);
  v.evict(0, v.size());
  const short_writes limit(20 * KiB);
  sort(v, {}, {}, {.memory_bytes = little_memory});
  EXPECT_TRUE(std::ranges::is_sorted(v));
  EXPECT_TRUE(same_elements(contents(v), values));
}

TEST_F(sorting, on_a_full_disk_changes_nothing) {
  const auto disk = private_mount::loop("ext4", 16 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  const std::vector<std::uint64_t> values = random_numbers(2 * MiB);
  vector<std::uint64_t> v = filed(values);
  try {
    sort(v, {}, {},
         {.memory_bytes = little_memory, .temporary = segment_builder::unnamed(disk.path())});
    FAIL() << "16 MiB of elements cannot be on a disk of 16 MiB";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), ENOSPC);
  }
  EXPECT_TRUE(same_bytes(contents(v), values));
  EXPECT_THROW(
      sort(v, {}, {},
           {.memory_bytes = little_memory, .temporary = segment_builder::named(disk.path())}),
      error);
  EXPECT_EQ(names_in(disk.path()), std::vector<std::string>{"lost+found"});
}

TEST_F(sorting, of_a_vector_that_has_failed_is_refused) {
  const std::vector<std::uint64_t> values = random_numbers(value_count);
  vector<std::uint64_t> v = filed(values);
  {
    const fault broken(call::sync_file_range, 0, EIO, fault_lasts::once);
    EXPECT_THROW(v.evict(0, v.size()), error);
  }
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    EXPECT_THROW(sort(v, {}, {}, {.memory_bytes = memory}), error);
  }
  EXPECT_TRUE(same_bytes(contents(v), values));
}

TEST_F(sorting, in_a_forked_child_is_refused) {
  const std::vector<std::uint64_t> values = random_numbers(value_count);
  const scratch_directory directory;
  vector<std::uint64_t> v = filed(values);
  auto lasting = file_vector<std::uint64_t>::create(directory / "numbers.npy");
  lasting.append_range(values);
  lasting.commit();
  EXPECT_EQ(in_child([&] {
              require_refused("sort", [&] { sort(v); });
              require_refused("stable_sort", [&] { stable_sort(v); });
              require_refused("sort of a file", [&] { sort(lasting); });
            }),
            "exit 0");
  EXPECT_TRUE(same_bytes(contents(v), values));
}

/// Throws at the n-th call.
template <class Sort>
void expect_permutations(Sort sort_with, std::size_t calls_of_all) {
  expect_threads_and_file<std::uint64_t>(on_two_threads.count,
                                         {.memory_bytes = memory_of_threads, .threads = 2});
  for (const std::size_t memory : {memory_of_threads, 8 * MiB}) {
    const std::vector<std::uint64_t> values =
        random_numbers(memory == memory_of_threads ? on_two_threads.count : value_count);
    std::size_t thrown = 0;
    for (std::size_t nth = 1; nth < calls_of_all; nth += nth + 1) {
      vector<std::uint64_t> v = filed(values);
      std::atomic<std::size_t> calls = 0;
      const auto count_call = [&] {
        if (++calls == nth) throw std::runtime_error("enough");
      };
      try {
        sort_with(v, count_call, memory);
        ASSERT_TRUE(std::ranges::is_sorted(v));
      } catch (const std::runtime_error& failure) {
        EXPECT_STREQ(failure.what(), "enough");
        ++thrown;
      }
      ASSERT_TRUE(same_elements(contents(v), values)) << nth;
    }
    EXPECT_GT(thrown, 2);
  }
}

TEST_F(sorting, keeps_all_elements_when_comparing_throws) {
  const auto with = [](auto sort_with) {
    expect_permutations(
        [&](vector<std::uint64_t>& v, const auto& count_call, std::size_t memory) {
          const auto comp = [&](std::uint64_t left, std::uint64_t right) {
            count_call();
            return left < right;
          };
          sort_with(v, comp, sort_options{.memory_bytes = memory, .threads = 2});
        },
        1'000'000);
  };
  with([](auto& v, auto comp, const sort_options& how) { sort(v, comp, {}, how); });
  with([](auto& v, auto comp, const sort_options& how) { stable_sort(v, comp, {}, how); });
}

TEST_F(sorting, keeps_all_elements_when_a_projection_throws) {
  expect_permutations(
      [&](vector<std::uint64_t>& v, const auto& count_call, std::size_t memory) {
        const auto key = [&](std::uint64_t each) {
          count_call();
          return each;
        };
        sort(v, {}, key, {.memory_bytes = memory, .threads = 2});
      },
      1'000'000);
}

TEST_F(sorting, ends_when_progress_throws_and_reports_it_up_to_one) {
  std::vector<double> seen;
  for (const std::size_t memory : {memory_of_threads, 8 * MiB}) {
    vector<std::uint64_t> v = filed(random_numbers(on_two_threads.count));
    seen.clear();
    sort(v, {}, {}, {.memory_bytes = memory, .threads = 2, .progress = [&](double done) {
                       seen.push_back(done);
                     }});
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_DOUBLE_EQ(seen.back(), 1.0);
  }
  expect_permutations(
      [&](vector<std::uint64_t>& v, const auto& count_call, std::size_t memory) {
        sort(v, {}, {},
             {.memory_bytes = memory, .threads = 3, .progress = [&](double) { count_call(); }});
      },
      100);
}

TEST_F(sorting, ends_when_a_stop_is_requested) {
  const std::vector<std::uint64_t> values = random_numbers(on_two_threads.count);
  for (const double when : {-1.0, 0.2, 0.6}) {
    vector<std::uint64_t> v = filed(values);
    std::stop_source source;
    if (when < 0) source.request_stop();
    try {
      sort(v, {}, {},
           {.memory_bytes = memory_of_threads,
            .threads = 2,
            .progress =
                [&](double done) {
                  if (done > when) source.request_stop();
                },
            .stop_token = source.get_token()});
      FAIL() << "not stopped at " << when;
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), ECANCELED);
    }
    EXPECT_TRUE(same_elements(contents(v), values));
  }
}

TEST_F(sorting, of_elements_that_are_not_their_bytes_beyond_memory_is_refused) {
  vector<std::string> v;
  for (const std::uint64_t each : random_numbers(10'000)) v.push_back(std::to_string(each));
  const std::string first = v.front();
  for (const bool stable : {false, true}) {
    try {
      const sort_options how{.memory_bytes = 10'000};
      if (stable) {
        stable_sort(v, {}, {}, how);
      } else {
        sort(v, {}, {}, how);
      }
      FAIL() << "320 KB in 10";
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), ENOMEM);
    }
  }
  EXPECT_EQ(v.front(), first);
}

}  // namespace
}  // namespace mapvec::test
