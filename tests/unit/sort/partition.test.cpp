// SPDX-License-Identifier: MIT
//
// Goal: partition and stable_partition give what the standard library gives, wherever the elements
// are, and whatever fails, the elements are a permutation of what they were. Method: random cases
// and sizes around the boundaries of pages, runs and blocks; every system call fails once;
// predicates throw at their n-th call; the record of system calls.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/partition.hpp>

#include "sort_case.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/file_of_numbers.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

class partitioning : public sorting {};

constexpr std::size_t value_count = 45'000;

bool is_odd(std::uint64_t value) { return value % 2 != 0; }

template <class T>
std::vector<T> random_elements(std::mt19937_64& random, std::size_t count) {
  std::vector<T> made(count);
  for (T& each : made) {
    const std::uint64_t bits = random();
    std::memcpy(static_cast<void*>(&each), &bits, std::min(sizeof bits, sizeof(T)));
  }
  return made;
}

template <class T>
unsigned first_byte(const T& element) {
  unsigned char byte = 0;
  std::memcpy(&byte, &element, 1);
  return byte;
}

template <class T>
std::size_t random_size(std::mt19937_64& random) {
  if (random() % 8 != 0) return random() % (1 + (std::size_t{1} << random() % 13));
  const detail::sort_plan plan(
      2 * little_memory / sizeof(T),
      {.element_bytes = sizeof(T), .scratch_bytes = sizeof(T) + 8, .heap_bytes = sizeof(T) / 2 + 1},
      little_memory, 1);
  const std::size_t units[] = {plan.run_elements, plan.block_elements, 4096 / sizeof(T) + 1,
                               little_memory / sizeof(T)};
  return units[random() % 4] * (1 + random() % 4) + random() % 3 - 1;
}

template <class T>
void expect_partitioned(std::uint64_t number) {
  std::mt19937_64 random(number);
  const std::vector<T> values = random_elements<T>(random, random_size<T>(random));
  const unsigned limit = random() % 2 != 0 ? 128 : static_cast<unsigned>(random() % 258);
  const auto is_small = [limit](unsigned byte) { return byte < limit; };
  std::vector<T> expected = values;
  const auto others = std::ranges::stable_partition(expected, is_small, first_byte<T>);
  const std::size_t count = values.size() - others.size();
  const std::size_t memory[] = {little_memory, little_memory + 12'345, MiB, 64 * MiB};
  const sort_options how{.memory_bytes = memory[random() % 4], .threads = 1 + random() % 4};
  vector<T> v(random() % 2 != 0 ? in_file() : options{});
  v.append_range(values);
  if (random() % 2 != 0) v.evict(0, v.size());
  const T* const data = v.data();
  ASSERT_EQ(stable_partition(v, is_small, first_byte<T>, how), count);
  ASSERT_TRUE(same_bytes(contents(v), expected));
  ASSERT_EQ(v.data(), data);
  v.clear();
  v.append_range(values);
  if (random() % 2 != 0) v.evict(0, v.size());
  ASSERT_EQ(partition(v, is_small, first_byte<T>, how), count);
  ASSERT_TRUE(std::ranges::is_partitioned(v, is_small, first_byte<T>));
  ASSERT_TRUE(same_elements(contents(v), values));
  ASSERT_EQ(v.data(), data);
}

TEST_F(partitioning, of_random_elements_gives_what_the_standard_library_gives) {
  for (std::uint64_t number = 0; number < 200; ++number) {
    SCOPED_TRACE(number);
    expect_partitioned<unsigned char>(number);
    expect_partitioned<std::uint64_t>(number);
    expect_partitioned<three_bytes>(number);
    expect_partitioned<record>(number);
    expect_partitioned<wide<4100>>(number);
    if (HasFatalFailure()) return;
  }
}

TEST_F(partitioning, of_elements_with_a_life_of_their_own) {
  std::vector<std::string> values;
  for (const std::uint64_t each : random_numbers(5'000)) values.push_back(std::to_string(each));
  const auto is_short = [](std::size_t size) { return size < 20; };
  std::vector<std::string> expected = values;
  std::ranges::stable_partition(expected, is_short, &std::string::size);
  const auto count =
      static_cast<std::size_t>(std::ranges::count_if(values, is_short, &std::string::size));
  vector<std::string> v;
  v.append_range(values);
  EXPECT_EQ(stable_partition(v, is_short, &std::string::size), count);
  EXPECT_EQ(contents(v), expected);
  v.clear();
  v.append_range(values);
  // In place, whatever memory there is.
  EXPECT_EQ(partition(v, is_short, &std::string::size, {.memory_bytes = 10'000}), count);
  EXPECT_TRUE(std::ranges::is_partitioned(v, is_short, &std::string::size));
  EXPECT_THROW(stable_partition(v, is_short, &std::string::size, {.memory_bytes = 10'000}), error);
}

TEST_F(partitioning, of_what_is_partitioned_writes_nothing) {
  std::vector<std::uint64_t> values = random_numbers(value_count);
  std::ranges::stable_partition(values, is_odd);
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    vector<std::uint64_t> v = filed(values);
    const call_log log;
    EXPECT_TRUE(is_odd(v[partition(v, is_odd, {}, {.memory_bytes = memory}) - 1]));
    EXPECT_TRUE(is_odd(v[stable_partition(v, is_odd, {}, {.memory_bytes = memory}) - 1]));
    EXPECT_EQ(log.count(call::pwrite) + log.count(call::fallocate), 0U);
    EXPECT_TRUE(same_bytes(contents(v), values));
  }
}

TEST_F(partitioning, in_memory_calls_pred_once_for_each_element_on_this_thread) {
  vector<std::uint64_t> v = filed(random_numbers(value_count));
  std::size_t calls = 0;
  std::set<std::thread::id> threads;
  partition(v,
            [&](std::uint64_t each) {
              ++calls;
              threads.insert(std::this_thread::get_id());
              return is_odd(each);
            },
            {}, {.memory_bytes = value_count * 8, .threads = 4});
  EXPECT_EQ(calls, value_count);
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
}

TEST_F(partitioning, takes_its_memory_from_the_budget) {
  options settings;
  settings.budget = memory_budget(4 * MiB);
  vector<std::uint64_t> v(settings);
  v.append_range(random_numbers(2 * MiB));
  const auto odd = static_cast<std::size_t>(std::ranges::count_if(v, is_odd));
  v.trim();
  std::size_t most_held = 0;
  const call_log log;
  EXPECT_EQ(partition(v, is_odd, {},
                      {.threads = 2,
                       .progress =
                           [&](double) {
                             most_held = std::max(most_held, settings.budget.held_bytes());
                           }}),
            odd);
  EXPECT_GE(most_held, 4 * MiB);
  std::size_t mapped_bytes = 0;
  for (const call_record& each : log.records(call::mprotect)) mapped_bytes += each.size_bytes;
  EXPECT_LE(mapped_bytes, 4 * MiB);
  EXPECT_TRUE(std::ranges::is_partitioned(v, is_odd));
}

TEST_F(partitioning, survives_a_fault_at_each_system_call) {
  const fault_counts counts = expect_all_elements_at_each_fault(
      random_numbers(value_count),
      [](auto& v, std::size_t nth) {
        partition(v, is_odd, {}, {.memory_bytes = little_memory, .threads = 1 + nth % 2});
      },
      [](const auto& v) { return std::ranges::is_partitioned(v, is_odd); });
  EXPECT_GT(counts.failures, 10U);
}

TEST_F(partitioning, keeps_all_elements_when_the_predicate_throws) {
  const std::vector<std::uint64_t> values = random_numbers(value_count);
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    for (const bool stable : {false, true}) {
      std::size_t thrown = 0;
      for (std::size_t nth = 1; nth < 1'000'000; nth += nth + 1) {
        vector<std::uint64_t> v = filed(values);
        std::atomic<std::size_t> calls = 0;
        const auto pred = [&](std::uint64_t each) {
          if (++calls == nth) throw std::runtime_error("enough");
          return is_odd(each);
        };
        const sort_options how{.memory_bytes = memory, .threads = 2};
        try {
          stable ? stable_partition(v, pred, {}, how) : partition(v, pred, {}, how);
          ASSERT_TRUE(std::ranges::is_partitioned(v, is_odd));
        } catch (const std::runtime_error&) {
          ++thrown;
        }
        ASSERT_TRUE(same_elements(contents(v), values)) << nth;
      }
      EXPECT_GT(thrown, 2U);
    }
  }
}

TEST_F(partitioning, ends_when_a_stop_is_requested) {
  const std::vector<std::uint64_t> values = random_numbers(value_count);
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    vector<std::uint64_t> v = filed(values);
    std::stop_source source;
    source.request_stop();
    try {
      partition(v, is_odd, {}, {.memory_bytes = memory, .stop_token = source.get_token()});
      FAIL() << "not stopped";
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), ECANCELED);
    }
    EXPECT_TRUE(same_bytes(contents(v), values));
  }
}

TEST_F(partitioning, reports_progress_up_to_one) {
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    vector<std::uint64_t> v = filed(random_numbers(value_count));
    double last = 0;
    partition(v, is_odd, {}, {.memory_bytes = memory, .progress = [&](double done) {
                                EXPECT_LE(last, done);
                                last = done;
                              }});
    EXPECT_DOUBLE_EQ(last, 1.0);
  }
}

TEST_F(partitioning, on_a_full_disk_changes_nothing) {
  const auto disk = private_mount::loop("ext4", 16 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  const std::vector<std::uint64_t> values = random_numbers(2 * MiB);
  vector<std::uint64_t> v = filed(values);
  try {
    partition(v, is_odd, {},
              {.memory_bytes = little_memory, .temporary = segment_builder::unnamed(disk.path())});
    FAIL() << "16 MiB of elements cannot be on a disk of 16 MiB";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), ENOSPC);
  }
  EXPECT_TRUE(same_bytes(contents(v), values));
}

TEST_F(partitioning, does_without_threads_that_cannot_be_had) {
  const std::string status = in_child_as_nobody([] {
    limit_resource(RLIMIT_NPROC, 0);
    const std::vector<std::uint64_t> values = random_numbers(200'000);
    for (const std::size_t memory : {little_memory, 64 * MiB}) {
      vector<std::uint64_t> v = filed(values);
      partition(v, is_odd, {},
                {.memory_bytes = memory, .threads = 3, .progress = on_this_thread_alone()});
      require(std::ranges::is_partitioned(v, is_odd), "they are not partitioned");
      require(same_elements(contents(v), values), "an element is wrong");
    }
  });
  EXPECT_EQ(status, "exit 0");
}

TEST_F(partitioning, of_a_vector_that_has_failed_or_in_a_forked_child_is_refused) {
  const std::vector<std::uint64_t> values = random_numbers(value_count);
  vector<std::uint64_t> v = filed(values);
  EXPECT_EQ(in_child([&] {
              require_refused("partition", [&] { partition(v, is_odd); });
              require_refused("stable_partition", [&] { stable_partition(v, is_odd); });
            }),
            "exit 0");
  {
    const fault broken(call::sync_file_range, 0, EIO, fault_lasts::once);
    EXPECT_THROW(v.evict(0, v.size()), error);
  }
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    EXPECT_THROW(partition(v, is_odd, {}, {.memory_bytes = memory}), error);
    EXPECT_THROW(stable_partition(v, is_odd, {}, {.memory_bytes = memory}), error);
  }
  EXPECT_TRUE(same_bytes(contents(v), values));
}

TEST_F(partitioning, of_nothing) {
  vector<std::uint64_t> v;
  EXPECT_EQ(partition(v, is_odd), 0U);
  EXPECT_EQ(stable_partition(v, is_odd), 0U);
  file_vector<std::uint64_t> none;
  EXPECT_EQ(partition(none, is_odd), 0U);
  EXPECT_EQ(stable_partition(none, is_odd), 0U);
}

class partitioning_files : public partitioning, protected file_of_numbers {};

TEST_F(partitioning_files, replaces_the_file_or_leaves_it_alone) {
  const std::vector<std::uint64_t> values = random_numbers(value_count);
  std::vector<std::uint64_t> expected = values;
  const auto even = std::ranges::stable_partition(expected, is_odd);
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    for (const std::size_t nth : {0, 1, 3'000, 40'000}) {
      auto v = made(values);
      std::atomic<std::size_t> calls = 0;
      const auto pred = [&](std::uint64_t each) {
        if (++calls == nth) throw std::runtime_error("enough");
        return is_odd(each);
      };
      const sort_options how{.memory_bytes = memory, .threads = 2};
      if (nth == 0) {
        EXPECT_EQ(partition(v, pred, {}, how), values.size() - even.size());
      } else {
        EXPECT_THROW(partition(v, pred, {}, how), std::runtime_error);
      }
      EXPECT_EQ(in_the_file(), nth == 0 ? expected : values);
      EXPECT_TRUE(std::ranges::equal(v, in_the_file()));
      v.close();
      std::remove(path_.c_str());
    }
  }
}

}  // namespace
}  // namespace mapvec::test
