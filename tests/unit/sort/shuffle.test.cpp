// SPDX-License-Identifier: MIT
//
// Goal: shuffle makes each order as likely as the others, in memory and past it, depends on nothing
// but what it says, and whatever fails, the elements are a permutation of what they were. Method:
// counts of where elements come to be in many shuffles, against their chi-square limits, all from
// fixed seeds; plans for all kinds of sizes; every system call fails once; generators throw at
// their n-th call.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/shuffle.hpp>

#include "bucket_shuffle.hpp"
#include "sort_case.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/file_of_numbers.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

class shuffling : public sorting {};

constexpr std::size_t value_count = 45'000;

template <class T = std::uint64_t>
std::vector<T> in_order(std::size_t count) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(&values[i], &i, std::min(sizeof i, sizeof(T)));
  return values;
}

/// True if these are in_order(), in any order.
bool are_all_there(std::vector<std::uint64_t> values, std::size_t count) {
  std::ranges::sort(values);
  return values == in_order(count);
}

// --- the plan -----------------------------------------------------------------------------------

TEST(shuffle_plans, keep_within_the_memory) {
  for (const std::size_t memory : {256 * KiB, 16 * MiB, 4 * GiB}) {
    for (const std::size_t element : {1, 8, 24, 4097, 1'000'000}) {
      for (const std::size_t count : {2, 129, 100'000, 100'000'000}) {
        const detail::bucket_plan plan(count, element, memory);
        EXPECT_LE(plan.buffer_bytes(), plan.memory_bytes / 2 + 2 * detail::direct_bytes);
        EXPECT_LE(plan.needed_bytes(), plan.memory_bytes);
        if (element <= 24 && plan.buckets <= 8) {
          EXPECT_EQ(plan.memory_bytes, memory);
        }
        EXPECT_GT(plan.buckets * plan.bucket_elements, count - 1);
        EXPECT_LT((plan.buckets - 1) * plan.bucket_elements, count);
        EXPECT_LE(plan.temporary_bytes(),
                  count * element + plan.buckets * (element + detail::direct_bytes));
        EXPECT_EQ(plan.collected_bytes % detail::direct_bytes, 0U);
        EXPECT_GT(plan.collected_bytes, 0U);
      }
    }
  }
  EXPECT_LE(detail::bucket_plan(GiB / 8, 8, 1).memory_bytes, 10 * MiB);
  EXPECT_LE(detail::bucket_plan(TiB / 8, 8, 1).memory_bytes, 320 * MiB);
}

// --- types --------------------------------------------------------------------------------------

struct constant {
  const int value;
};

template <class Vector>
concept can_be_shuffled = requires(Vector& v, std::mt19937& random) { shuffle(v, random); };

static_assert(can_be_shuffled<vector<int>> && can_be_shuffled<file_vector<int>>);
static_assert(!can_be_shuffled<vector<constant>> && !can_be_shuffled<file_vector<constant>>);

// --- permutations -------------------------------------------------------------------------------

template <class T>
void expect_permutation(std::size_t count, std::size_t memory, bool on_disk) {
  const std::vector<T> values = in_order<T>(count);
  std::mt19937_64 random(count);
  vector<T> v = filed(values);
  if (on_disk) v.evict(0, v.size());
  const T* const data = v.data();
  shuffle(v, random, {.memory_bytes = memory});
  const std::vector<T> shuffled = contents(v);
  ASSERT_TRUE(same_elements(shuffled, values)) << count << ' ' << memory;
  ASSERT_TRUE(count < 100 || !same_bytes(shuffled, values));
  ASSERT_EQ(v.data(), data);
  // What is shown is what is in the file.
  v.evict(0, v.size());
  ASSERT_TRUE(same_bytes(contents(v), shuffled));
}

template <class T>
void expect_permutations_of_all_sizes() {
  const std::size_t most = little_memory / sizeof(T);
  const std::size_t page = 4096 / sizeof(T) + 1;
  for (const std::size_t unit : {page, most, 2 * most}) {
    for (const std::size_t count : {unit - 1, unit, unit + 1}) {
      for (const std::size_t memory : {little_memory, little_memory + 12'345}) {
        expect_permutation<T>(count, memory, count % 2 == 0);
      }
    }
  }
}

TEST_F(shuffling, gives_a_permutation_of_any_elements) {
  expect_permutations_of_all_sizes<unsigned char>();
  expect_permutations_of_all_sizes<std::uint64_t>();
  expect_permutations_of_all_sizes<three_bytes>();
  expect_permutations_of_all_sizes<record>();
  expect_permutations_of_all_sizes<wide<4100>>();
}

TEST_F(shuffling, through_many_buckets_gives_a_permutation) {
  for (const std::size_t count : {7, 8, 9, 100}) {
    expect_permutation<record>(count * (little_memory / 2 / sizeof(record)), little_memory, true);
  }
}

TEST_F(shuffling, gives_a_permutation_of_elements_larger_than_the_memory) {
  expect_permutation<wide<MiB>>(5, little_memory, false);
}

TEST_F(shuffling, of_elements_with_a_life_of_their_own) {
  std::vector<std::string> values;
  for (const std::uint64_t each : random_numbers(5'000)) values.push_back(std::to_string(each));
  vector<std::string> v;
  v.append_range(values);
  std::mt19937_64 random(1);
  try {
    shuffle(v, random, {.memory_bytes = 10'000});
    FAIL() << "160 KB in 10";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), ENOMEM);
  }
  EXPECT_EQ(contents(v), values);
  shuffle(v, random);
  std::vector<std::string> shuffled = contents(v);
  EXPECT_NE(shuffled, values);
  std::ranges::sort(shuffled);
  std::ranges::sort(values);
  EXPECT_EQ(shuffled, values);
}

TEST_F(shuffling, of_nothing_and_of_one_element_draws_nothing) {
  std::mt19937_64 random(1);
  vector<std::uint64_t> v;
  shuffle(v, random);
  v.push_back(7);
  shuffle(v, random);
  file_vector<std::uint64_t> none;
  shuffle(none, random);
  EXPECT_EQ(random, std::mt19937_64(1));
  EXPECT_EQ(v.front(), 7U);
}

// --- how likely ---------------------------------------------------------------------------------

/// How far counts are from what is expected of each, in standard deviations of chi-square.
double deviation(const std::vector<std::size_t>& counts, double expected, double freedom) {
  double chi_square = 0;
  for (const std::size_t each : counts) {
    const double difference = static_cast<double>(each) - expected;
    chi_square += difference * difference / expected;
  }
  return (chi_square - freedom) / std::sqrt(2 * freedom);
}

/// Where elements from each 16th of the vector come to be, by 16ths; and how often neighbours are
/// in the order they had.
void expect_all_places_as_likely(std::size_t count, std::size_t memory) {
  constexpr std::size_t parts = 16;
  constexpr std::size_t shuffles = 20;
  std::mt19937_64 random(count + memory);
  std::vector<std::size_t> moved(parts * parts);
  std::size_t ascents = 0;
  for (std::size_t i = 0; i < shuffles; ++i) {
    vector<std::uint64_t> v = filed(in_order(count));
    shuffle(v, random, {.memory_bytes = memory});
    for (std::size_t to = 0; to < count; ++to) {
      ++moved[v[to] * parts / count * parts + to * parts / count];
      if (to != 0 && v[to - 1] < v[to]) ++ascents;
    }
  }
  const double all = static_cast<double>(shuffles * count);
  // Rows and columns of the table have the sums they must have.
  constexpr double freedom = (parts - 1) * (parts - 1);
  EXPECT_LT(std::abs(deviation(moved, all / (parts * parts), freedom)), 4) << count;
  // Of ascents in a random order the variance is (count + 1) / 12.
  EXPECT_LT(std::abs(static_cast<double>(ascents) - all / 2), 4 * std::sqrt(all / 12)) << count;
}

TEST_F(shuffling, brings_elements_anywhere_with_the_same_likelihood) {
  expect_all_places_as_likely(16 * 2'000, 8 * MiB);          // in memory
  expect_all_places_as_likely(16 * 2'100, little_memory);    // 3 buckets
  expect_all_places_as_likely(16 * 6'000, little_memory);    // 6
  expect_all_places_as_likely(16 * 2'100, 260 * KiB + 123);  // not the same size
}

/// Of five elements, in three buckets.
TEST_F(shuffling, makes_each_order_as_likely_as_the_others) {
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    using large = wide<60'000>;
    std::mt19937_64 random(memory);
    std::map<std::vector<std::uint32_t>, std::size_t> found;
    constexpr std::size_t shuffles = 960;
    vector<large> v = filed(std::vector<large>(5));
    for (std::size_t i = 0; i < shuffles; ++i) {
      for (std::uint32_t j = 0; j < 5; ++j) v[j].key = j;
      shuffle(v, random, {.memory_bytes = memory});
      std::vector<std::uint32_t> order;
      for (const large& each : v) order.push_back(each.key);
      ++found[order];
    }
    std::vector<std::size_t> counts;
    for (const auto& each : found) counts.push_back(each.second);
    counts.resize(120);  // what never came
    EXPECT_LT(std::abs(deviation(counts, shuffles / 120.0, 119)), 4);
  }
}

TEST_F(shuffling, depends_on_the_numbers_drawn_and_the_memory_alone) {
  const std::vector<std::uint64_t> values = in_order(value_count);
  const auto shuffled = [&](std::uint64_t seed, const sort_options& how, bool on_disk) {
    vector<std::uint64_t> v = filed(values);
    if (on_disk) v.evict(0, v.size());
    shuffle(v, std::mt19937_64(seed), how);
    return contents(v);
  };
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    const auto first = shuffled(1, {.memory_bytes = memory, .threads = 1}, false);
    EXPECT_EQ(first, shuffled(1, {.memory_bytes = memory, .threads = 4}, true));
    EXPECT_NE(first, shuffled(2, {.memory_bytes = memory}, false));
    const scratch_directory directory;
    auto v = file_vector<std::uint64_t>::create(directory / "numbers.npy");
    v.append_range(values);
    shuffle(v, std::mt19937_64(1), {.memory_bytes = memory});
    EXPECT_TRUE(std::ranges::equal(v, first));
  }
}

/// Its numbers are few, and not from 0 on.
struct dice {
  using result_type = unsigned;
  static constexpr unsigned min() { return 1; }
  static constexpr unsigned max() { return 6; }
  unsigned operator()() {
    ++calls;
    threads.insert(std::this_thread::get_id());
    return 1 + static_cast<unsigned>(random() % 6);
  }
  std::mt19937_64 random{1};
  std::size_t calls = 0;
  std::set<std::thread::id> threads{};
};

TEST_F(shuffling, takes_any_generator_as_it_is_on_this_thread) {
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    vector<std::uint64_t> v = filed(in_order(value_count));
    dice generator;
    shuffle(v, generator, {.memory_bytes = memory, .threads = 4});
    EXPECT_GE(generator.calls, value_count - 1);
    EXPECT_EQ(generator.threads, std::set{std::this_thread::get_id()});
    EXPECT_TRUE(are_all_there(contents(v), value_count));
  }
}

// --- memory and disk ----------------------------------------------------------------------------

TEST_F(shuffling, takes_its_memory_from_the_budget) {
  options settings;
  settings.budget = memory_budget(4 * MiB);
  vector<std::uint64_t> v(settings);
  v.append_range(in_order(MiB));
  std::size_t most_held = 0;
  const call_log log;
  shuffle(v, std::mt19937_64(1), {.progress = [&](double) {
            most_held = std::max(most_held, settings.budget.held_bytes());
          }});
  EXPECT_GE(most_held, 4 * MiB);
  std::size_t mapped_bytes = 0;
  for (const call_record& each : log.records(call::mprotect)) mapped_bytes += each.size_bytes;
  EXPECT_LE(mapped_bytes, 4 * MiB + 64 * KiB);
  EXPECT_LT(settings.budget.held_bytes(), 4 * MiB + 1);
}

/// One is more than what is for reading ahead.
TEST_F(shuffling, takes_the_memory_for_large_elements_from_the_budget) {
  options settings = in_file();
  settings.budget = memory_budget(64 * MiB);
  vector<wide<MiB>> v(settings);
  v.append_range(std::vector<wide<MiB>>(24));
  v.evict(0, v.size());
  const std::size_t held_before = settings.budget.held_bytes();
  std::size_t most_held = 0;
  std::size_t most_mapped = 0;
  const call_log log;
  const auto look = [&](double done) {
    most_held = std::max(most_held, settings.budget.held_bytes() - held_before);
    if (done > 0.5) return;
    most_mapped = 0;
    for (const call_record& each : log.records(call::mprotect)) most_mapped += each.size_bytes;
  };
  shuffle(v, std::mt19937_64(1), {.memory_bytes = 4 * MiB, .progress = look});
  EXPECT_GT(most_mapped, 5 * MiB);
  EXPECT_LE(most_mapped, most_held + 16 * KiB);
}

TEST_F(shuffling, allocates_its_file_before_an_element_moves_and_moves_all_twice) {
  constexpr std::size_t count = 200'000;
  vector<std::uint64_t> v = filed(in_order(count));
  v.evict(0, v.size());
  const call_log log;
  shuffle(v, std::mt19937_64(1), {.memory_bytes = little_memory});
  const auto records = log.records();
  const auto allocation = std::ranges::find(records, call::fallocate, &call_record::what);
  const auto first_write = std::ranges::find(records, call::pwrite, &call_record::what);
  ASSERT_NE(allocation, records.end());
  EXPECT_LT(allocation, first_write);
  EXPECT_EQ(log.count(call::fallocate), 1U);
  EXPECT_LE(allocation->size_bytes, count * 8 + 20 * 4 * KiB);
  for (const call what : {call::pread, call::pwrite}) {
    std::size_t moved_bytes = 0;
    for (const call_record& each : log.records(what)) moved_bytes += each.size_bytes;
    EXPECT_GE(moved_bytes, 2 * count * 8) << name_of(what);
    // Blocks that are read begin and end within pages, which are small here.
    const std::size_t more_bytes = what == call::pread ? count * 8 / 2 : 20 * 4 * KiB;
    EXPECT_LE(moved_bytes, 2 * count * 8 + more_bytes) << name_of(what);
  }
}

TEST_F(shuffling, on_a_full_disk_changes_nothing) {
  const auto disk = private_mount::loop("ext4", 16 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  const std::vector<std::uint64_t> values = in_order(2 * MiB);
  vector<std::uint64_t> v = filed(values);
  std::mt19937_64 random(1);
  try {
    shuffle(v, random,
            {.memory_bytes = little_memory, .temporary = segment_builder::unnamed(disk.path())});
    FAIL() << "16 MiB of elements cannot be on a disk of 16 MiB";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), ENOSPC);
  }
  EXPECT_TRUE(same_bytes(contents(v), values));
  EXPECT_EQ(random, std::mt19937_64(1));
}

TEST_F(shuffling, does_without_threads_that_cannot_be_had) {
  const std::string status = in_child_as_nobody([] {
    limit_resource(RLIMIT_NPROC, 0);
    const std::vector<std::uint64_t> values = in_order(200'000);
    for (const std::size_t memory : {little_memory, 64 * MiB}) {
      vector<std::uint64_t> v = filed(values);
      v.evict(0, v.size());
      shuffle(v, std::mt19937_64(1), {.memory_bytes = memory, .progress = on_this_thread_alone()});
      require(are_all_there(contents(v), values.size()), "an element is wrong");
    }
  });
  EXPECT_EQ(status, "exit 0");
}

TEST_F(shuffling, without_direct_access_or_with_short_transfers_is_complete) {
  const std::vector<std::uint64_t> values = in_order(value_count);
  for (const call what : {call::pread, call::pwrite}) {
    for (const std::size_t nth : {0, 1, 5}) {
      vector<std::uint64_t> v = filed(values);
      v.evict(0, v.size());
      const fault refused(what, nth, EINVAL, fault_lasts::once);
      shuffle(v, std::mt19937_64(1), {.memory_bytes = little_memory});
      EXPECT_EQ(refused.delivered(), 1U);
      EXPECT_TRUE(are_all_there(contents(v), values.size()));
    }
  }
  vector<std::uint64_t> v = filed(values);
  v.evict(0, v.size());
  const short_writes limit(20 * KiB);
  shuffle(v, std::mt19937_64(1), {.memory_bytes = little_memory});
  EXPECT_TRUE(are_all_there(contents(v), values.size()));
}

// --- failures -----------------------------------------------------------------------------------

TEST_F(shuffling, survives_a_fault_at_each_system_call) {
  const fault_counts counts = expect_all_elements_at_each_fault(
      in_order(value_count),
      [](auto& v, std::size_t nth) {
        shuffle(v, std::mt19937_64(nth), {.memory_bytes = little_memory});
      },
      [](const auto&) { return true; });
  EXPECT_GT(counts.failures, 10U);
  EXPECT_GT(counts.completions, 3U);  // what can be done without
}

TEST_F(shuffling, that_cannot_put_the_elements_back_marks_the_vector_failed) {
  const std::vector<std::uint64_t> values = in_order(200'000);
  std::size_t lost = 0;
  std::size_t unharmed = 0;
  for (std::size_t nth = 0; nth < 400 && lost == 0; ++nth) {
    vector<std::uint64_t> v = filed(values);
    const fault broken(call::pread, nth, EIO, fault_lasts::for_ever);
    try {
      shuffle(v, std::mt19937_64(1), {.memory_bytes = little_memory});
    } catch (const error&) {
      try {
        v.evict(0, 1'000);
        // Nothing had been overwritten.
        EXPECT_TRUE(same_bytes(contents(v), values));
        ++unharmed;
      } catch (const error& failure) {
        EXPECT_EQ(failure.code().value(), EIO);
        EXPECT_FALSE(same_bytes(contents(v), values));
        EXPECT_THROW(shuffle(v, std::mt19937_64(1)), error);
        ++lost;
      }
    }
  }
  EXPECT_EQ(lost, 1U);
  EXPECT_GT(unharmed, 0U);
}

/// Throws at its n-th call.
struct ending_generator {
  using result_type = std::uint64_t;
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }
  std::uint64_t operator()() {
    if (--calls_left == 0) throw std::runtime_error("enough");
    return random();
  }
  std::size_t calls_left;
  std::mt19937_64 random{1};
};

TEST_F(shuffling, keeps_all_elements_when_the_generator_throws) {
  const std::vector<std::uint64_t> values = in_order(value_count);
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    const std::size_t draws = memory == little_memory ? 2 * value_count - 3 : value_count - 1;
    for (const std::size_t nth :
         {std::size_t{1}, std::size_t{2}, draws / 3, draws / 2 + 2, draws / 4 * 3, draws}) {
      vector<std::uint64_t> v = filed(values);
      EXPECT_THROW(shuffle(v, ending_generator{.calls_left = nth}, {.memory_bytes = memory}),
                   std::runtime_error)
          << nth;
      ASSERT_TRUE(are_all_there(contents(v), values.size())) << nth;
      v.evict(0, v.size());
      ASSERT_TRUE(are_all_there(contents(v), values.size())) << nth;
    }
  }
}

TEST_F(shuffling, ends_when_a_stop_is_requested_or_progress_throws) {
  const std::vector<std::uint64_t> values = in_order(200'000);
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    for (const double when : {-1.0, 0.2, 0.6, 0.9}) {
      vector<std::uint64_t> v = filed(values);
      std::stop_source source;
      if (when < 0) source.request_stop();
      const auto stop = [&](double done) {
        if (done > when) source.request_stop();
      };
      const sort_options how{
          .memory_bytes = memory, .progress = stop, .stop_token = source.get_token()};
      try {
        shuffle(v, std::mt19937_64(1), how);
        EXPECT_GT(when, 0.6);  // asked before the last report
      } catch (const error& failure) {
        EXPECT_EQ(failure.code().value(), ECANCELED);
      }
      EXPECT_TRUE(are_all_there(contents(v), values.size()));
      v = filed(values);
      const auto end = [&](double done) {
        if (done > when) throw std::runtime_error("enough");
      };
      EXPECT_THROW(shuffle(v, std::mt19937_64(1), {.memory_bytes = memory, .progress = end}),
                   std::runtime_error);
      EXPECT_TRUE(are_all_there(contents(v), values.size()));
    }
  }
}

TEST_F(shuffling, reports_progress_up_to_one) {
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    vector<std::uint64_t> v = filed(in_order(200'000));
    std::vector<double> seen;
    shuffle(v, std::mt19937_64(1),
            {.memory_bytes = memory, .progress = [&](double done) { seen.push_back(done); }});
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_DOUBLE_EQ(seen.back(), 1.0);
  }
}

TEST_F(shuffling, of_a_vector_that_has_failed_or_in_a_forked_child_is_refused) {
  const std::vector<std::uint64_t> values = in_order(value_count);
  vector<std::uint64_t> v = filed(values);
  EXPECT_EQ(in_child([&] { require_refused("shuffle", [&] { shuffle(v, std::mt19937_64(1)); }); }),
            "exit 0");
  {
    const fault broken(call::sync_file_range, 0, EIO, fault_lasts::once);
    EXPECT_THROW(v.evict(0, v.size()), error);
  }
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    EXPECT_THROW(shuffle(v, std::mt19937_64(1), {.memory_bytes = memory}), error);
  }
  EXPECT_TRUE(same_bytes(contents(v), values));
}

// --- files with a name --------------------------------------------------------------------------

class shuffling_files : public shuffling, protected file_of_numbers {
 protected:
  const std::vector<std::uint64_t> values_ = in_order(value_count);
};

TEST_F(shuffling_files, replaces_the_file_when_it_is_complete) {
  for (const std::size_t memory : {little_memory, 8 * MiB}) {
    auto v = made(values_);
    bool is_the_old = true;
    shuffle(v, std::mt19937_64(1), {.memory_bytes = memory, .progress = [&](double) {
                                      is_the_old = is_the_old && in_the_file() == values_;
                                    }});
    EXPECT_TRUE(is_the_old);
    EXPECT_TRUE(std::ranges::equal(v, in_the_file()));
    EXPECT_NE(in_the_file(), values_);
    EXPECT_TRUE(are_all_there(in_the_file(), value_count));
    EXPECT_EQ(names_in(directory_.path()).size(), 1U);
    v.push_back(1);
    v.close();
    EXPECT_EQ(in_the_file().size(), value_count + 1);
    std::remove(path_.c_str());
  }
}

TEST_F(shuffling_files, keeps_rows_of_which_none_may_be_incomplete) {
  auto v = made(values_, {.row_width = 3});
  shuffle(v, std::mt19937_64(1), {.memory_bytes = little_memory});
  EXPECT_EQ(v.row_width(), 3U);
  const std::vector<std::uint64_t> left(v.begin(), v.end());
  EXPECT_TRUE(are_all_there(left, value_count));
  v.push_back(1);
  try {
    shuffle(v, std::mt19937_64(1));
    FAIL() << "with an incomplete row";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), EINVAL);
  }
  v.pop_back();
  EXPECT_TRUE(std::ranges::equal(v, left));
}

TEST_F(shuffling_files, leaves_the_file_alone_at_a_fault_of_each_system_call) {
  expect_all_or_nothing(
      values_, {}, [](auto& v) { shuffle(v, std::mt19937_64(1), {.memory_bytes = little_memory}); },
      [](const auto& now) { return are_all_there(now, value_count); });
}

}  // namespace
}  // namespace mapvec::test
