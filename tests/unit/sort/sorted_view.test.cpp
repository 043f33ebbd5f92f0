// SPDX-License-Identifier: MIT
//
// sorted_view: what comes out is what the standard library's sorts make of a copy, whichever way it
// takes, and the vector is as it was. Little memory sends a MiB through a temporary file.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <mapvec/file_view.hpp>
#include <mapvec/sorted_view.hpp>

#include "sort_case.hpp"
#include "support/captured_errors.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

class sorted_views : public counts_resources {};

/// All elements of the range, whose blocks have to lie one behind the other.
template <class Range>
auto all_of(Range range) {
  std::vector<std::remove_cv_t<typename std::ranges::range_value_t<Range>::element_type>> all;
  for (const auto& block : range) {
    EXPECT_EQ(block.position(), all.size());
    EXPECT_FALSE(block.empty());
    all.insert(all.end(), block.begin(), block.end());
  }
  return all;
}

template <class T>
std::vector<T> sorted(std::vector<T> values) {
  std::ranges::sort(values);
  return values;
}

std::vector<record> records(std::size_t count, std::uint64_t keys) {
  std::vector<record> made(count);
  std::mt19937_64 random(3);
  for (std::size_t i = 0; i < count; ++i) made[i] = {random() % keys, i, ~i};
  return made;
}

TEST_F(sorted_views, brings_nothing_into_memory_by_looking_at_what_is_there) {
  std::vector<std::uint64_t> values = sorted(random_numbers(4 * MiB));
  for (const bool is_sorted : {true, false}) {
    SCOPED_TRACE(is_sorted);
    if (!is_sorted) std::ranges::reverse(values.begin() + 64, values.end());
    const vector<std::uint64_t> v = filed(values);
    v.evict(0, v.size());
    EXPECT_EQ(v[0], values[0]);  // and what the kernel reads with it, some of it not at once
    std::uint64_t last = 0;
    // One thread: nobody reads past the cache what the kernel is going to read into it.
    for (const auto& block :
         sorted_view(v, {}, {}, {.memory_bytes = little_memory, .threads = 1})) {
      EXPECT_LE(last, block.front());
      last = block.back();
    }
    EXPECT_LT(v.resident_bytes(), v.size() * sizeof(std::uint64_t) / 2);
  }
}

TEST_F(sorted_views, gives_numbers_in_order_and_changes_nothing) {
  for (const std::size_t count : {0, 1, 2, 1000, 100'000, 262'144, 500'003, 1'000'003}) {
    const std::vector<std::uint64_t> values = random_numbers(count, count);
    const vector<std::uint64_t> v = filed(values);
    for (const std::size_t threads : {1, 3}) {
      const sort_options how{.memory_bytes = threads == 1 ? little_memory : memory_of_threads,
                             .threads = threads};
      // With so much more, so little memory is enough for one only.
      const bool has_threads = threads > 1 && count > 200'000 && count < 1'000'000;
      if (has_threads) expect_threads_and_file(count, {.element_bytes = 8}, how);
      EXPECT_EQ(all_of(sorted_view(v, {}, {}, how)), sorted(values)) << count;
      EXPECT_EQ(contents(v), values);
    }
  }
}

TEST_F(sorted_views, needs_no_file_for_what_fits_into_memory) {
  const std::vector<std::uint64_t> values = random_numbers(100'000);
  const vector<std::uint64_t> v = filed(values);
  const std::size_t files_before = open_descriptors().size();
  auto range = sorted_view(v, {}, {}, {.memory_bytes = 64 * MiB});
  auto first = range.begin();
  EXPECT_EQ(open_descriptors().size(), files_before);
  EXPECT_EQ(first->front(), sorted(values).front());
}

TEST_F(sorted_views, reads_sorted_elements_where_they_are) {
  const std::vector<std::uint64_t> values = sorted(random_numbers(400'000));
  const vector<std::uint64_t> v = filed(values);
  const call_log log;
  EXPECT_EQ(all_of(sorted_view(v, {}, {}, {.memory_bytes = little_memory})), values);
  EXPECT_EQ(log.count(call::pwrite), 0U);
  EXPECT_EQ(log.count(call::fallocate), 0U);
}

TEST_F(sorted_views, keeps_equal_elements_in_order_where_that_is_asked_for) {
  const std::vector<record> values = records(120'000, 500);
  const vector<record> v = filed(values);
  std::vector<record> expected = values;
  std::ranges::stable_sort(expected, std::greater<>(), &record::key);
  const sort_options how{.memory_bytes = memory_of_threads, .threads = 2};
  expect_threads_and_file<record>(values.size(), how);
  EXPECT_TRUE(
      same_bytes(all_of(stable_sorted_view(v, std::greater<>(), &record::key, how)), expected));
  const auto by_tens = [](const record& a, const record& b) { return a.key / 10 < b.key / 10; };
  expected = values;
  std::ranges::stable_sort(expected, by_tens);
  EXPECT_TRUE(same_bytes(all_of(stable_sorted_view(v, by_tens, {}, how)), expected));
}

TEST_F(sorted_views, read_files_and_views_of_them) {
  const scratch_directory directory;
  const std::vector<std::uint64_t> values = random_numbers(200'000);
  auto file = file_vector<std::uint64_t>::create(directory.path() + "/f.npy");
  file.append_range(values);
  const sort_options how{.memory_bytes = little_memory};
  EXPECT_EQ(all_of(sorted_view(std::as_const(file), {}, {}, how)), sorted(values));
  file.commit();
  const auto view = file_view<std::uint64_t>::open(directory.path() + "/f.npy");
  EXPECT_EQ(all_of(sorted_view(view, {}, {}, how)), sorted(values));
}

TEST_F(sorted_views, joins_into_elements) {
  const std::vector<std::uint64_t> values = random_numbers(200'000);
  const vector<std::uint64_t> v = filed(values);
  auto range = sorted_view(v, {}, {}, {.memory_bytes = little_memory});
  std::vector<std::uint64_t> all;
  for (const std::uint64_t each : range | std::views::join) all.push_back(each);
  EXPECT_EQ(all, sorted(values));
}

/// The counts of descriptors, mappings and threads at the end of each case are what is tested.
TEST_F(sorted_views, may_be_left_at_any_time) {
  const vector<std::uint64_t> v = filed(random_numbers(400'000));
  for (const std::size_t blocks : {0, 1, 2, 5, 20}) {
    const sort_options how{.memory_bytes = memory_of_threads, .threads = 2};
    expect_threads_and_file(v.size(), {.element_bytes = 8}, how);
    auto range = sorted_view(v, {}, {}, how);
    std::size_t seen = 0;
    for (const auto& block : range) {
      if (seen++ == blocks) break;
      EXPECT_TRUE(std::ranges::is_sorted(block));
    }
  }
}

TEST_F(sorted_views, throw_what_comparing_throws_and_end) {
  const vector<std::uint64_t> v = filed(random_numbers(300'000));
  for (const int calls : {0, 1000, 2'000'000, 6'000'000}) {
    std::atomic<int> left = calls;
    const auto less = [&](std::uint64_t a, std::uint64_t b) {
      if (left-- == 0) throw std::domain_error("enough");
      return a < b;
    };
    const sort_options how{.memory_bytes = memory_of_threads, .threads = 2};
    expect_threads_and_file(v.size(), {.element_bytes = 8}, how);
    EXPECT_THROW(all_of(sorted_view(v, less, {}, how)), std::domain_error) << calls;
  }
}

/// Whichever thread compares, and whether it does so to find out, to sort or to merge.
TEST_F(sorted_views, that_have_thrown_throw_the_same_again) {
  const vector<std::uint64_t> v = filed(random_numbers(300'000));
  std::size_t at_begin = 0;
  std::size_t at_a_step = 0;
  for (const std::size_t memory : {little_memory, GiB}) {
    for (int calls = 0; calls < 12'000'000; calls = calls * 3 / 2 + 1) {
      std::atomic<int> left = calls;
      const auto less = [&](std::uint64_t a, std::uint64_t b) {
        if (left-- == 0) throw std::domain_error("enough");
        return a < b;
      };
      auto range = sorted_view(v, less, {}, {.memory_bytes = memory, .threads = 3});
      bool has_begun = false;
      try {
        auto next = range.begin();
        has_begun = true;
        try {
          while (next != range.end()) ++next;
        } catch (const std::domain_error&) {
          ++at_a_step;
          EXPECT_THROW(++next, std::domain_error);
          EXPECT_THROW(++next, std::domain_error);
        }
      } catch (const std::domain_error&) {
        ++at_begin;
        EXPECT_FALSE(has_begun);
        EXPECT_THROW(range.begin(), std::domain_error);
      }
    }
  }
  EXPECT_GT(at_begin, 10U);
  EXPECT_GT(at_a_step, 0U);
}

TEST_F(sorted_views, end_when_a_stop_is_requested) {
  const vector<std::uint64_t> v = filed(random_numbers(300'000));
  for (const double share : {0.1, 0.6, 0.9}) {
    std::stop_source source;
    const sort_options how{.memory_bytes = memory_of_threads,
                           .threads = 2,
                           .progress =
                               [&](double done) {
                                 if (done > share) source.request_stop();
                               },
                           .stop_token = source.get_token()};
    try {
      all_of(sorted_view(v, {}, {}, how));
      ADD_FAILURE() << "a stop at " << share << " was not noticed";
    } catch (const error& stopped) {
      EXPECT_EQ(stopped.code().value(), ECANCELED);
    }
  }
}

TEST_F(sorted_views, do_without_threads_that_cannot_be_had) {
  const std::string status = in_child_as_nobody([] {
    limit_resource(RLIMIT_NPROC, 0);
    const std::vector<std::uint64_t> values = random_numbers(200'000);
    const vector<std::uint64_t> v = filed(values);
    std::vector<std::uint64_t> all;
    const sort_options how{
        .memory_bytes = memory_of_threads, .threads = 3, .progress = on_this_thread_alone()};
    for (const auto& block : sorted_view(v, {}, {}, how)) {
      all.insert(all.end(), block.begin(), block.end());
    }
    require(all == sorted(values), "an element is wrong");
  });
  EXPECT_EQ(status, "exit 0");
}

/// Of each system call.
void expect_faults_reported(const filed_sort& sort) {
  const sort_options how{.memory_bytes = sort.memory_bytes, .threads = sort.threads};
  if (sort.threads > 1) expect_threads_and_file<std::uint64_t>(sort.count, how);
  const std::vector<std::uint64_t> values = random_numbers(sort.count);
  const std::vector<std::uint64_t> expected = sorted(values);
  const vector<std::uint64_t> v = filed(values);
  captured_errors errors;
  std::size_t failures = 0;
  for (std::size_t nth = 0;; ++nth) {
    v.evict(0, v.size());
    std::size_t delivered = 0;
    {
      const fault injected(nth, nth / 7, fault_lasts::once);
      try {
        EXPECT_EQ(all_of(sorted_view(v, {}, {}, how)), expected) << injected.description();
      } catch (const error& failure) {
        EXPECT_EQ(failure.code().value(), injected.first_errno()) << injected.description();
        ++failures;
      }
      delivered = injected.delivered();
    }
    reclaim_what_faults_left();
    ASSERT_TRUE(same_bytes(contents(v), values)) << nth;
    if (delivered == 0) break;
  }
  EXPECT_GT(failures, 10U);
}

TEST_F(sorted_views, report_a_fault_at_each_system_call) {
  for (const filed_sort& each : {on_one_thread, on_two_threads}) {
    SCOPED_TRACE(each.threads);
    expect_faults_reported(each);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace mapvec::test
