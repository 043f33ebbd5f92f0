// SPDX-License-Identifier: MIT
//
// Goal: write() overwrites existing elements through the file, seen by every pointer at once, and
// the next commit makes it durable. Method: against stores, and against the record of calls.
#include <cerrno>
#include <cstddef>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class writing_elements : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  ints thousand() const {
    auto v = ints::create(path());
    v.resize(1'000);
    std::iota(v.begin(), v.end(), 0);
    return v;
  }
};

TEST_F(writing_elements, is_seen_through_pointers_and_by_readers) {
  auto v = thousand();
  v.commit();
  const auto reader = file_view<int>::open(path());
  const int* const kept = v.data() + 500;
  v.write(500, std::vector<int>{-1, -2, -3});
  EXPECT_EQ(kept[0], -1);
  EXPECT_EQ(v[502], -3);
  EXPECT_EQ(v[503], 503);
  EXPECT_EQ(reader[501], -2);
  v.close();
  EXPECT_EQ(stored_elements<int>(path())[502], -3);
}

TEST_F(writing_elements, is_one_call_for_exactly_these_bytes) {
  auto v = thousand();
  const call_log log;
  v.write(3, std::vector<int>{7, 8});
  const std::vector<call_record> writes = log.records(call::pwrite);
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].offset, 128 + 3 * sizeof(int));
  EXPECT_EQ(writes[0].size_bytes, 2 * sizeof(int));
  // The other one asks whether it would be SIGXFSZ.
  EXPECT_EQ(log.count(), 1U + log.count(call::resource_limit)) << log.summary();
}

TEST_F(writing_elements, needs_elements_that_exist) {
  auto v = thousand();
  const std::vector<int> two{1, 2};
  constexpr std::size_t huge = static_cast<std::size_t>(-1);
  for (const std::size_t position : {std::size_t{999}, std::size_t{1'000}, huge - 1, huge}) {
    EXPECT_THROW(v.write(position, two), std::out_of_range) << position;
  }
  EXPECT_THROW(v.write(1'001, {}), std::out_of_range);
  v.write(1'000, {});
  v.write(998, two);
  EXPECT_EQ(v.size(), 1'000U);
  EXPECT_EQ(v.back(), 2);
}

TEST_F(writing_elements, takes_elements_of_the_vector_itself) {
  auto v = thousand();
  v.write(600, std::span<const int>(v.data(), 100));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(v[static_cast<std::size_t>(600 + i)], i);
  v.resize(1'000'000, 5);
  v.write(500'000, std::span<const int>(v.data(), 300'000));
  EXPECT_TRUE(std::equal(v.begin(), v.begin() + 300'000, v.begin() + 500'000));
}

/// As memmove: what is read are the elements before the call, wherever they lie.
TEST_F(writing_elements, takes_elements_that_overlap_those_it_overwrites) {
  constexpr std::size_t count = 50'000;
  auto v = ints::create(path());
  v.resize(2 * count);
  for (const std::size_t shift : {std::size_t{1}, std::size_t{700}, count / 2}) {
    std::iota(v.begin(), v.end(), 0);
    v.write(shift, std::span<const int>(v.data(), count));
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(v[shift + i], static_cast<int>(i)) << shift;
    std::iota(v.begin(), v.end(), 0);
    v.write(0, std::span<const int>(v.data() + shift, count));
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(v[i], static_cast<int>(shift + i)) << shift;
  }
}

TEST_F(writing_elements, beyond_a_file_size_limit_that_was_lowered_is_no_signal) {
  const auto write_beyond = [&] {
    auto v = thousand();
    limit_resource(RLIMIT_FSIZE, 512);
    v.write(900, std::vector<int>{7, 8});
    require(v[900] == 7 && v[901] == 8, "not written");
    v.abandon();
  };
  EXPECT_EQ(in_child(write_beyond), "exit 0");
}

TEST_F(writing_elements, continues_where_the_kernel_stopped) {
  auto v = thousand();
  const std::vector<int> many(500, 9);
  {
    const short_writes limit(100);
    v.write(100, many);
  }
  std::vector<int> expected(1'000);
  std::iota(expected.begin(), expected.end(), 0);
  std::fill_n(expected.begin() + 100, 500, 9);
  expect_elements(v, expected);
}

TEST_F(writing_elements, that_is_refused_throws_and_can_be_repeated) {
  auto v = thousand();
  v.commit();
  {
    const fault failing(call::pwrite, 0, ENOSPC, fault_lasts::once);
    EXPECT_EQ(errno_of([&] { v.write(0, std::vector<int>{1}); }), ENOSPC);
  }
  v.write(0, std::vector<int>{1});
  v.commit();
  EXPECT_EQ(stored_elements<int>(path())[0], 1);
}

TEST_F(writing_elements, of_what_was_not_committed_goes_with_it) {
  auto v = thousand();
  v.commit();
  v.resize(2'000, 1);
  v.write(1'500, std::vector<int>{7});
  v.abandon();
  EXPECT_EQ(stored_elements<int>(path()).size(), 1'000U);
}

}  // namespace
}  // namespace mapvec::test
