// SPDX-License-Identifier: MIT
//
// Goal: unique and unique_copy give what the standard library gives, to the byte, wherever the
// elements are; whatever fails, no element is lost that had to stay. Method: random cases and sizes
// around the boundaries of pages, blocks and chunks; the record of system calls; each call fails
// once; comparisons throw at their n-th call.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <mapvec/error.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/unique.hpp>

#include "set_case.hpp"
#include "support/captured_errors.hpp"
#include "support/child_process.hpp"
#include "support/file_of_numbers.hpp"

namespace mapvec::test {
namespace {

using dropping_equals = set_operations;

const options filed{.spill_threshold_bytes = 0};

template <class T>
std::vector<T> without_equals(std::vector<T> values) {
  const auto gone = std::ranges::unique(values, {}, key_of());
  values.erase(gone.begin(), gone.end());
  return values;
}

/// Runs of up to `longest` equal elements, of which half are alone.
std::vector<std::uint64_t> with_runs(std::size_t count, std::size_t longest) {
  std::mt19937_64 random(count);
  std::vector<std::uint64_t> values;
  for (std::uint64_t next = 0; values.size() < count; next += 1 + random() % 5) {
    const std::size_t run = random() % 2 == 0 ? 1 : 1 + random() % longest;
    values.insert(values.end(), std::min(run, count - values.size()), next);
  }
  return values;
}

enum class place : unsigned char { in_memory, cached, on_disk, half_on_disk, bounded };

template <class T>
mapvec::vector<T> placed(const std::vector<T>& values, place where) {
  if (where == place::in_memory) return held(values, {});
  mapvec::vector<T> v = held(values, where == place::bounded ? tiny_budget() : filed);
  if (where == place::on_disk) v.evict(0, v.size());
  if (where == place::half_on_disk) v.evict(v.size() / 3, v.size() / 3);
  return v;
}

template <class T>
void expect_as_standard(const std::vector<T>& values, place where) {
  const std::vector<T> expected = without_equals(values);
  mapvec::vector<T> out = held(std::vector<T>(2, element_of_key<T>(7, 7)), filed);
  mapvec::vector<T> v = placed(values, where);
  ASSERT_EQ(unique_copy(v, out, {}, key_of()), expected.size());
  ASSERT_TRUE(std::equal(out.begin() + 2, out.end(), expected.begin(), expected.end()));
  ASSERT_TRUE(std::ranges::equal(v, values));
  v = placed(values, where);
  const T* const data = v.data();
  ASSERT_EQ(mapvec::unique(v, {}, key_of()), values.size() - expected.size());
  ASSERT_TRUE(std::ranges::equal(v, expected));
  ASSERT_EQ(v.data(), data);
  v.evict(0, v.size());
  ASSERT_TRUE(std::ranges::equal(v, expected));
  v.push_back(element_of_key<T>(8, 8));
  ASSERT_EQ(v.back(), element_of_key<T>(8, 8));
}

template <class T>
void expect_random_unique(std::uint64_t number) {
  std::mt19937_64 random(number);
  const std::size_t unit = std::max<std::size_t>(tiny_block_bytes / sizeof(T), 2);
  const std::size_t size = random() % 8 != 0 ? random() % (1 + (1U << random() % 10))
                                             : unit * (1 + random() % 4) + random() % 3 - 1;
  const auto values = sorted_values<T>(random, size, std::uint64_t{1} << random() % 20);
  expect_as_standard(values, static_cast<place>(random() % 5));
}

TEST_F(dropping_equals, of_random_elements_leaves_what_the_standard_library_leaves) {
  using expectation = void (*)(std::uint64_t);
  const expectation kinds[] = {
      expect_random_unique<unsigned char>, expect_random_unique<std::int32_t>,
      expect_random_unique<std::uint64_t>, expect_random_unique<double>,
      expect_random_unique<record>,        expect_random_unique<three_bytes>,
      expect_random_unique<std::string>};
  for (std::uint64_t number = 0; number < 1'400; ++number) {
    SCOPED_TRACE(number);
    kinds[number % std::size(kinds)](number);
    if (HasFatalFailure()) return;
  }
}

TEST_F(dropping_equals, begins_and_ends_anywhere_in_pages_blocks_and_chunks) {
  constexpr std::size_t page = 4 * KiB / sizeof(std::uint64_t);
  constexpr std::size_t header = 128 / sizeof(std::uint64_t);
  constexpr std::size_t chunk = (512 * KiB / 6 - 8 * KiB) / sizeof(std::uint64_t);
  const std::size_t places[] = {1, page - header, page, 9 * page - header, chunk, 3 * chunk};
  for (const std::size_t first : places) {
    for (const std::size_t count : places) {
      for (const std::size_t more : {0, 1, 2}) {
        // So many stay before the first that goes; from there on every third goes.
        std::vector<std::uint64_t> values = every(1, first);
        for (std::size_t i = 0; i < count - 1 + more; ++i) {
          values.push_back(values.back() + (i % 3 == 0 ? 0 : 1));
        }
        for (const place where : {place::on_disk, place::bounded, place::half_on_disk}) {
          expect_as_standard(values, where);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST_F(dropping_equals, keeps_the_first_of_equals_under_any_equivalence) {
  const auto same_ten = [](std::uint64_t left, std::uint64_t right) {
    return left / 10 == right / 10;
  };
  std::vector<std::uint64_t> expected = with_runs(200'000, 3);
  for (const place where : {place::in_memory, place::on_disk}) {
    numbers v = placed(with_runs(200'000, 3), where);
    mapvec::unique(v, same_ten);
    numbers out;
    unique_copy(placed(with_runs(200'000, 3), where), out, same_ten);
    EXPECT_TRUE(std::ranges::equal(v, out));
    std::vector<std::uint64_t> kept = expected;
    kept.erase(std::ranges::unique(kept, same_ten).begin(), kept.end());
    EXPECT_TRUE(std::ranges::equal(v, kept));
  }
}

std::uint64_t moved_bytes(const call_log& log, call what) {
  std::uint64_t sum = 0;
  for (const call_record& each : log.records(what)) sum += static_cast<std::uint64_t>(each.result);
  return sum;
}

TEST_F(dropping_equals, reads_all_once_and_writes_what_has_moved_past_the_page_cache) {
  std::vector<std::uint64_t> values = with_runs(4 * MiB, 3);
  for (std::size_t i = 0; i < MiB; ++i) values[i] = i;  // these stay where they are
  for (std::size_t i = MiB; i < values.size(); ++i) values[i] += MiB;
  numbers v = placed(values, place::on_disk);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const call_log log;
  const std::size_t gone = mapvec::unique(v);
  const std::size_t moved = (values.size() - gone - MiB) * sizeof(std::uint64_t);
  const auto read = static_cast<double>(moved_bytes(log, call::pread));
  const auto written = static_cast<double>(moved_bytes(log, call::pwrite));
  std::printf("unique: %.4f bytes read per byte, %.4f written per byte moved\n",
              read / static_cast<double>(values.size() * sizeof(std::uint64_t)),
              written / static_cast<double>(moved));
  EXPECT_LE(read, 1.02 * static_cast<double>(values.size() * sizeof(std::uint64_t)));
  EXPECT_LE(written, 1.001 * static_cast<double>(moved) + 8 * KiB);
  EXPECT_LE(v.resident_bytes(), 256 * KiB);
}

TEST_F(dropping_equals, of_what_has_none_writes_nothing) {
  for (const place where : {place::cached, place::on_disk}) {
    numbers v = placed(every(2, 300'000), where);
    const call_log log;
    EXPECT_EQ(mapvec::unique(v), 0U);
    EXPECT_EQ(log.count(call::pwrite), 0U);
    EXPECT_EQ(v.size(), 300'000U);
  }
}

TEST_F(dropping_equals, of_what_is_in_memory_reads_and_writes_no_file) {
  numbers v = placed(with_runs(300'000, 3), place::cached);
  const call_log log;
  EXPECT_GT(mapvec::unique(v), 0U);
  EXPECT_EQ(log.count(call::pwrite) + log.count(call::pread) + log.count(call::open), 0U);
}

TEST_F(dropping_equals, of_none_or_one_does_nothing) {
  numbers none;
  EXPECT_EQ(mapvec::unique(none), 0U);
  numbers one(1, 5);
  EXPECT_EQ(mapvec::unique(one), 0U);
  numbers out;
  EXPECT_EQ(unique_copy(none, out), 0U);
  EXPECT_EQ(unique_copy(one, out), 1U);
  EXPECT_EQ(out, one);
}

// --- failures -----------------------------------------------------------------------------------

struct too_much {};

/// Those that stay of the first ones, behind them what was there: nothing that stays is lost.
::testing::AssertionResult is_part_of_the_way(const numbers& v,
                                              const std::vector<std::uint64_t>& values) {
  const std::vector<std::uint64_t> expected = without_equals(values);
  if (v.size() != values.size()) return ::testing::AssertionFailure() << v.size() << " elements";
  const auto [kept, unused] = std::ranges::mismatch(v, expected);
  const auto first = kept - v.begin();
  if (!std::equal(kept, v.end(), values.begin() + first)) {
    return ::testing::AssertionFailure() << "neither new nor old after " << first;
  }
  std::vector<std::uint64_t> all(v.begin(), v.end());
  std::ranges::sort(all);
  if (without_equals(all) != expected) return ::testing::AssertionFailure() << "something is lost";
  return ::testing::AssertionSuccess();
}

TEST_F(dropping_equals, loses_nothing_that_stays_when_comp_throws) {
  const std::vector<std::uint64_t> values = with_runs(100'000, 4);
  for (const place where : {place::in_memory, place::on_disk, place::bounded}) {
    std::size_t thrown = 0;
    for (std::size_t nth = 1; nth < 200'000; nth = 3 * nth + 1) {
      numbers v = placed(values, where);
      std::size_t calls = 0;
      try {
        mapvec::unique(v, [&](std::uint64_t left, std::uint64_t right) {
          if (++calls == nth) throw too_much();
          return left == right;
        });
        ASSERT_TRUE(std::ranges::equal(v, without_equals(values)));
        continue;
      } catch (const too_much&) {
        ++thrown;
      }
      ASSERT_TRUE(is_part_of_the_way(v, values)) << nth;
      numbers out(1, 3);
      calls = 0;
      EXPECT_THROW(unique_copy(v, out,
                               [&](std::uint64_t left, std::uint64_t right) {
                                 if (++calls == nth / 2 + 1) throw too_much();
                                 return left == right;
                               }),
                   too_much);
      ASSERT_EQ(out.size(), 1U);
      sort(v);
      mapvec::unique(v);
      ASSERT_TRUE(std::ranges::equal(v, without_equals(values)));
    }
    EXPECT_GT(thrown, 5U);
  }
}

TEST_F(dropping_equals, loses_nothing_that_stays_at_a_fault_of_each_system_call) {
  captured_errors errors;
  const std::vector<std::uint64_t> values = with_runs(60'000, 3);
  std::size_t failures = 0;
  std::size_t completions = 0;
  for (std::size_t nth = 0;; ++nth) {
    numbers v = held(values, tiny_budget());
    v.evict(0, v.size());
    std::size_t delivered = 0;
    bool has_thrown = false;
    {
      const fault injected(nth, nth / 7, fault_lasts::once);
      try {
        mapvec::unique(v);
        ++completions;
      } catch (const error& failure) {
        has_thrown = true;
        ++failures;
        EXPECT_EQ(failure.code().value(), injected.first_errno()) << injected.description();
      }
      delivered = injected.delivered();
    }
    reclaim_what_faults_left();
    for (int i = 0; i < 2; ++i) {  // in the mapping, and on the disk
      if (has_thrown) {
        ASSERT_TRUE(is_part_of_the_way(v, values)) << nth;
      } else {
        ASSERT_TRUE(std::ranges::equal(v, without_equals(values))) << nth;
      }
      v.evict(0, v.size());
    }
    if (delivered == 0) break;
  }
  EXPECT_GT(failures, 10U);
  EXPECT_GT(completions, 2U);
}

TEST_F(dropping_equals, that_cannot_write_what_it_owes_marks_the_vector_failed) {
  const std::vector<std::uint64_t> values = with_runs(60'000, 3);
  numbers v = held(values, tiny_budget());
  v.evict(0, v.size());
  {
    const fault broken(call::pwrite, 1, EIO, fault_lasts::for_ever);
    EXPECT_THROW(mapvec::unique(v), error);
  }
  EXPECT_THROW(mapvec::unique(v), error);
  EXPECT_THROW(v.reserve(v.capacity() + 1), error);
}

TEST_F(dropping_equals, on_file_systems_without_direct_access_goes_through_the_cache) {
  const std::vector<std::uint64_t> values = with_runs(60'000, 3);
  for (const call what : {call::open, call::pread, call::pwrite}) {
    numbers v = held(values, tiny_budget());
    v.evict(0, v.size());
    const fault refused(what, 0, EINVAL, fault_lasts::once);
    mapvec::unique(v);
    EXPECT_EQ(refused.delivered(), 1U);
    EXPECT_TRUE(std::ranges::equal(v, without_equals(values)));
  }
}

TEST_F(dropping_equals, in_a_forked_child_is_refused) {
  const scratch_directory directory;
  numbers v(3, 4);
  auto file = file_vector<std::uint64_t>::create(directory / "a.npy");
  file.append_range(v);
  file.commit();
  const auto child = [&] {
    require_refused("unique", [&] { mapvec::unique(v); });
    require_refused("unique of a file", [&] { mapvec::unique(file); });
    require_refused("unique_copy", [&] { unique_copy(file, v); });
    numbers own;
    require(unique_copy(file, own) == 1, "own vectors are the child's");
  };
  EXPECT_EQ(in_child(child), "exit 0");
}

// --- files with a name --------------------------------------------------------------------------

class dropping_equals_of_files : public dropping_equals, protected file_of_numbers {};

TEST_F(dropping_equals_of_files, replaces_the_file) {
  for (const std::size_t count : {2, 384, 60'000, 1'500'000}) {
    for (const options& settings : {options{}, tiny_budget()}) {
      const std::vector<std::uint64_t> values = with_runs(count, 3);
      const std::vector<std::uint64_t> expected = without_equals(values);
      auto v = made(values, settings);
      EXPECT_EQ(mapvec::unique(v), count - expected.size());
      EXPECT_TRUE(std::ranges::equal(v, expected));
      EXPECT_EQ(in_the_file(), expected);
      EXPECT_LE(v.disk_size_bytes(), expected.size() * sizeof(std::uint64_t) + 128 * KiB);
      v.push_back(1);
      v.close();
      EXPECT_EQ(in_the_file().size(), expected.size() + 1);
      std::remove(path_.c_str());
    }
  }
}

TEST_F(dropping_equals_of_files, without_equals_keeps_the_file) {
  auto v = made(every(3, 100'000));
  const std::uint64_t* const data = v.data();
  const call_log log;
  EXPECT_EQ(mapvec::unique(v), 0U);
  EXPECT_EQ(log.count(call::rename) + log.count(call::pwrite) + log.count(call::fallocate), 0U);
  EXPECT_EQ(v.data(), data);
}

TEST_F(dropping_equals_of_files, with_rows_is_refused) {
  auto v = made({1, 1, 1, 1}, {.row_width = 2});
  try {
    mapvec::unique(v);
    FAIL() << "of rows";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), EINVAL);
  }
  EXPECT_EQ(v.size(), 4U);
}

TEST_F(dropping_equals_of_files, that_are_closed_or_have_failed) {
  file_vector<std::uint64_t> none;
  EXPECT_EQ(mapvec::unique(none), 0U);
  auto v = made({1, 1});
  v.push_back(1);
  {
    const fault broken(call::fdatasync, 0, EIO, fault_lasts::once);
    EXPECT_THROW(v.commit(), error);
  }
  EXPECT_THROW(mapvec::unique(v), error);
  EXPECT_EQ(in_the_file().size(), 2U);
  v.abandon();
}

TEST_F(dropping_equals_of_files, that_comp_ends_are_unchanged) {
  const std::vector<std::uint64_t> values = with_runs(60'000, 3);
  auto v = made(values);
  for (const std::size_t nth : {1, 50, 40'000, 60'000}) {
    std::size_t calls = 0;
    EXPECT_THROW(mapvec::unique(v,
                                [&](std::uint64_t left, std::uint64_t right) {
                                  if (++calls == nth) throw too_much();
                                  return left == right;
                                }),
                 too_much);
    EXPECT_TRUE(std::ranges::equal(v, values));
    EXPECT_EQ(in_the_file(), values);
  }
}

TEST_F(dropping_equals_of_files, are_unchanged_at_a_fault_of_each_system_call) {
  const std::vector<std::uint64_t> values = with_runs(45'000, 3);
  const std::vector<std::uint64_t> expected = without_equals(values);
  expect_all_or_nothing(
      values, tiny_budget(), [](auto& v) { mapvec::unique(v); },
      [&](const auto& now) { return now == expected; });
}

TEST_F(dropping_equals_of_files, on_a_full_disk_are_unchanged) {
  const auto disk = private_mount::loop("ext4", 16 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  const std::vector<std::uint64_t> values = with_runs(MiB, 3);
  path_ = disk.path() + "/numbers.npy";
  auto v = made(values);
  try {
    mapvec::unique(v);
    FAIL() << "8 MiB twice on a disk of 16";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), ENOSPC);
  }
  EXPECT_TRUE(std::ranges::equal(v, values));
  EXPECT_EQ(in_the_file(), values);
}

}  // namespace
}  // namespace mapvec::test
