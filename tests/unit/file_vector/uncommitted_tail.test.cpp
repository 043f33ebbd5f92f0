// SPDX-License-Identifier: MIT
//
// Goal: what a killed program had appended but not committed is no element of the file: opening
// tells how much there is and touches nothing; the first write drops it, unless a reader may still
// look at it. Bytes that are not ours are refused. Method: a copy of the file while its vector is
// open is what a kill leaves behind.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/stats.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class file_vector_tail : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  static std::vector<int> counted(std::size_t count) {
    std::vector<int> elements(count);
    std::iota(elements.begin(), elements.end(), 1);
    return elements;
  }

  /// As a kill leaves it: 1,000 committed elements, 4,000 more, and spare capacity.
  std::string killed_file() const {
    auto v = ints::create(path("live.npy"));
    v.append_range(counted(1'000));
    v.commit();
    v.resize(5'000, -1);
    v.reserve(20'000);
    std::filesystem::copy_file(path("live.npy"), path());
    EXPECT_GE(file_bytes(path()), 128 + 20'000 * sizeof(int));
    return path();
  }

  static constexpr std::uint64_t committed_end = 128 + 1'000 * sizeof(int);
};

TEST_F(file_vector_tail, is_counted_by_opening_and_nothing_else_happens_to_it) {
  const std::string name = killed_file();
  const std::string before = contents_of(name);
  const std::uint64_t uncommitted = stats().uncommitted_bytes;
  {
    const auto v = ints::open(name);
    EXPECT_EQ(stats().uncommitted_bytes - uncommitted, before.size() - committed_end);
    EXPECT_EQ(v.committed_size(), 1'000U);
    EXPECT_EQ(v.capacity(), 1'000U) << "the tail is no room yet";
    expect_elements(v, counted(1'000));
    EXPECT_TRUE(contents_of(name) == before);
  }
  EXPECT_TRUE(contents_of(name) == before) << "closing without a write";
  EXPECT_EQ(file_view<int>::open(name).size(), 1'000U);
}

TEST_F(file_vector_tail, of_a_closed_file_is_nothing) {
  make_file(counted(10));
  const std::uint64_t uncommitted = stats().uncommitted_bytes;
  const auto v = ints::open(path());
  EXPECT_EQ(stats().uncommitted_bytes, uncommitted);
}

TEST_F(file_vector_tail, stays_while_only_elements_are_changed) {
  const std::string name = killed_file();
  const std::uint64_t before = file_bytes(name);
  auto v = ints::open(name);
  v[0] = 7;
  v.write(1, std::vector<int>{8});
  v.commit();
  v.abandon();
  EXPECT_EQ(file_bytes(name), before);
  EXPECT_EQ(stored_elements<int>(name).at(1), 8);
}

TEST_F(file_vector_tail, is_dropped_by_the_first_write) {
  const std::string name = killed_file();
  auto v = ints::open(name);
  const call_log log;
  v.push_back(7);
  EXPECT_TRUE(changes_in(log).starts_with("pwrite fdatasync fsync ftruncate fallocate"))
      << changes_in(log);
  EXPECT_EQ(log.records(call::ftruncate).at(0).size_bytes, committed_end);
  v.resize_for_overwrite(1'500);
  EXPECT_EQ(v[1'000], 7);
  for (std::size_t i = 1'001; i < 1'500; ++i) ASSERT_EQ(v[i], 0) << "a dropped element came back";
  v.close();
  EXPECT_EQ(file_bytes(name), 128 + 1'500 * sizeof(int));
}

TEST_F(file_vector_tail, is_dropped_before_anything_is_allocated_or_removed) {
  for (int way = 0; way < 3; ++way) {
    const std::string name = killed_file();
    auto v = ints::open(name);
    if (way == 0) v.reserve(1'001);
    if (way == 1) v.shrink_to_fit();
    if (way == 2) {
      v.truncate(900);
      v.commit();
    }
    v.close();
    EXPECT_EQ(file_bytes(name), way == 2 ? 128 + 900 * sizeof(int) : committed_end) << way;
    std::filesystem::remove(name);
    std::filesystem::remove(path("live.npy"));
  }
}

TEST_F(file_vector_tail, is_not_cut_while_a_reader_may_look_at_it) {
  const std::string name = killed_file();
  const std::uint64_t before = file_bytes(name);
  auto reader = file_view<int>::open(name);
  auto v = ints::open(name);
  {
    const call_log log;
    v.push_back(7);
    EXPECT_EQ(log.count(call::ftruncate), 0U);
  }
  EXPECT_EQ(file_bytes(name), before);
  EXPECT_GE(v.capacity(), 20'000U) << "it has become room";
  v.resize(1'010, 8);
  v.commit();
  EXPECT_EQ(reader.refresh(), 1'010U);
  EXPECT_EQ(reader[1'000] + reader[1'009], 7 + 8);
  v.close();
  EXPECT_EQ(file_bytes(name), before) << "bytes that wait for the next open";
  EXPECT_EQ(reader.back(), 8);
  reader = {};
  auto again = ints::open(name);
  EXPECT_EQ(again.size(), 1'010U);
  again.push_back(9);
  again.close();
  EXPECT_EQ(file_bytes(name), 128 + 1'011 * sizeof(int));
}

/// What becomes room is written through the mapping, where a full disk would be a signal.
TEST_F(file_vector_tail, that_stays_has_no_holes_afterwards) {
  make_file(counted(1'000));
  std::filesystem::resize_file(path(), 2 * MiB);
  EXPECT_LT(status_of(path()).st_blocks * 512, static_cast<blkcnt_t>(MiB));
  const auto reader = file_view<int>::open(path());
  auto v = ints::open(path());
  v.push_back(1'001);
  EXPECT_EQ(file_bytes(path()), 2 * MiB);
  EXPECT_GE(status_of(path()).st_blocks * 512, static_cast<blkcnt_t>(2 * MiB));
  EXPECT_GE(v.capacity(), (2 * MiB - 128) / sizeof(int));
}

TEST_F(file_vector_tail, of_another_array_is_refused_unless_it_may_be_dropped) {
  make_file(counted(3));
  const std::string one = contents_of(path());
  write_contents(path(), one + one);
  EXPECT_THROW(ints::open(path()), format_error);
  EXPECT_EQ(file_view<int>::open(path()).size(), 3U) << "a reader may ignore it, as NumPy does";
  EXPECT_TRUE(contents_of(path()) == one + one);
  auto v = ints::open(path(), {.discard_tail = true});
  v.push_back(4);
  v.close();
  expect_elements(stored_elements<int>(path()), counted(4));
  EXPECT_EQ(file_bytes(path()), one.size() + sizeof(int));
}

TEST_F(file_vector_tail, of_a_file_that_we_did_not_write_is_refused) {
  make_file(counted(3));
  std::string foreign = contents_of(path());
  // Two blanks at the end of the dictionary changed places with the closing brace: NumPy's form.
  const std::size_t digits = foreign.find('(') + 1;
  const std::size_t last_digit = foreign.find(',', digits) - 1;
  const std::string blanks(last_digit - digits, ' ');
  foreign.erase(digits, blanks.size());
  foreign.insert(foreign.find('}') + 1, blanks);
  write_contents(path(), foreign);
  EXPECT_EQ(ints::open(path()).size(), 3U);
  write_contents(path(), foreign + "tail");
  try {
    ints::open(path());
    FAIL() << "no exception";
  } catch (const format_error& refused) {
    EXPECT_NE(refused.stored().find("4 bytes"), std::string::npos) << refused.what();
    EXPECT_NE(refused.asked().find("discard_tail"), std::string::npos) << refused.what();
  }
  auto v = ints::open(path(), {.discard_tail = true});
  EXPECT_TRUE(contents_of(path()) == foreign + "tail") << "not before the first write";
  v.push_back(4);
  v.close();
  expect_elements(stored_elements<int>(path()), counted(4));
}

}  // namespace
}  // namespace mapvec::test
