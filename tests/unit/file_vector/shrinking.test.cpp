// SPDX-License-Identifier: MIT
//
// Goal: what removes elements at the end costs no system call, and an element is never written into
// a slot that the file still counts as another: the shorter count goes to the disk first. Method:
// the record of all system calls, and looks at the file while the disk is waited for.
#include <cerrno>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class file_vector_shrinking : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  ints five() const {
    auto v = ints::create(path());
    v.append_range(std::vector<int>{1, 2, 3, 4, 5});
    v.commit();
    return v;
  }

  /// True while the file holds the five elements of before, of which it counts `count`.
  bool file_still_has_five(std::size_t count) const {
    const std::string bytes = contents_of(path());
    if (count_in(bytes) != count || bytes.size() < 128 + 5 * sizeof(int)) return false;
    std::vector<int> elements(5);
    std::memcpy(elements.data(), bytes.data() + 128, 5 * sizeof(int));
    return elements == std::vector<int>{1, 2, 3, 4, 5};
  }
};

TEST_F(file_vector_shrinking, never_asks_the_kernel) {
  auto v = five();
  const call_log log;
  v.pop_back();
  EXPECT_EQ(*v.pop(), 4);
  v.truncate(2);
  v.resize(1);
  v.erase(v.end() - 1);
  v.clear();
  EXPECT_EQ(log.count(), 0U) << log.summary();
  EXPECT_EQ(v.committed_size(), 5U);
  EXPECT_TRUE(file_still_has_five(5));
}

/// Every way to construct elements into slots that the file counts, from two elements on.
TEST_F(file_vector_shrinking, stores_the_shorter_count_before_anything_else_takes_the_place) {
  const std::vector<int> three{7, 8, 9};
  const std::vector<std::function<void(ints&)>> ways = {
      [](ints& v) { v.push_back(7); },
      [](ints& v) { v.emplace_back(7); },
      [](ints& v) { v.resize(3, 7); },
      [](ints& v) { v.resize_for_overwrite(3); },
      [&](ints& v) { v.append_range(three); },
      [&](ints& v) { v.insert(v.end(), three.begin(), three.end()); },
      [](ints& v) { v.insert(v.begin(), 7); },
      [](ints& v) { v.insert(v.begin(), 3, 7); },
      [](ints& v) { v.emplace(v.begin() + 1, 7); },
      [&](ints& v) { v.assign(three.begin(), three.end()); },
      [](ints& v) { v.assign(3, 7); },
      [](ints& v) { v.try_push_back(7); },
      [](ints& v) { v.push_back(v[0]); },
  };
  for (std::size_t i = 0; i < ways.size(); ++i) {
    auto v = five();
    v.truncate(2);
    std::size_t waits = 0;
    {
      const call_log log;
      ways[i](v);
      EXPECT_EQ(changes_in(log), "pwrite fdatasync") << "way " << i;
      for (const call_record& each : log.records(call::pwrite)) {
        EXPECT_EQ(each.size_bytes, 16U);
        EXPECT_EQ(each.offset % 16, 0U);
        ++waits;
      }
    }
    EXPECT_EQ(waits, 1U);
    EXPECT_EQ(stored_count(path()), 2U);
    EXPECT_EQ(v.committed_size(), 2U);
    const call_log log;
    v.push_back(1);
    EXPECT_EQ(log.count(), 0U) << "it was settled: " << log.summary();
    const std::vector<int> expected(v.begin(), v.end());
    v.close();
    expect_elements(stored_elements<int>(path()), expected);
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

/// Sees the file at the moment when the disk is waited for.
class at_each_wait final : public observer {
 public:
  explicit at_each_wait(std::function<void()> look) : look_(std::move(look)) { start(); }
  ~at_each_wait() { stop(); }
  std::optional<int> before(const call_record& record) override {
    if (record.what == call::fdatasync) {
      look_();
      ++seen_;
    }
    return std::nullopt;
  }
  std::size_t seen() const { return seen_; }

 private:
  std::function<void()> look_;
  std::size_t seen_ = 0;
};

TEST_F(file_vector_shrinking, leaves_the_old_elements_until_the_shorter_count_is_durable) {
  auto v = five();
  v.pop_back();
  v.pop_back();
  const at_each_wait waits([&] { EXPECT_TRUE(file_still_has_five(3)); });
  v.push_back(9);
  EXPECT_EQ(waits.seen(), 1U);
  EXPECT_EQ(stored_count(path()), 3U);
}

TEST_F(file_vector_shrinking, to_nothing_and_growing_again_works) {
  auto v = five();
  for (int round = 0; round < 3; ++round) {
    v.clear();
    v.assign({round, round + 1});
    v.commit();
    expect_elements(stored_elements<int>(path()), {round, round + 1});
  }
}

TEST_F(file_vector_shrinking, is_made_durable_by_the_next_commit) {
  auto v = five();
  v.truncate(3);
  const call_log log;
  v.commit();
  EXPECT_EQ(changes_in(log), "fdatasync pwrite fdatasync");
  EXPECT_EQ(v.committed_size(), 3U);
  expect_elements(file_view<int>::open(path()), {1, 2, 3});
}

TEST_F(file_vector_shrinking, of_the_file_stores_the_count_before_the_cut) {
  auto v = five();
  v.truncate(2);
  const call_log log;
  v.shrink_to_fit();
  EXPECT_EQ(changes_in(log), "pwrite fdatasync ftruncate");
  EXPECT_EQ(v.capacity(), 2U);
  EXPECT_EQ(v.committed_size(), 2U);
  EXPECT_EQ(file_bytes(path()), 128 + 2 * sizeof(int));
  expect_elements(stored_elements<int>(path()), {1, 2});
}

TEST_F(file_vector_shrinking, of_the_file_above_the_count_only_cuts) {
  auto v = five();
  v.push_back(6);
  const call_log log;
  v.shrink_to_fit();
  EXPECT_EQ(changes_in(log), "ftruncate");
  EXPECT_EQ(file_bytes(path()), 128 + 6 * sizeof(int));
  EXPECT_EQ(v.committed_size(), 5U);
  v.push_back(7);
  v.close();
  expect_elements(stored_elements<int>(path()), {1, 2, 3, 4, 5, 6, 7});
}

TEST_F(file_vector_shrinking, before_a_growth_stores_the_count_before_the_allocation) {
  auto v = five();
  v.truncate(1);
  const call_log log;
  v.reserve(1'000'000);
  EXPECT_EQ(changes_in(log), "pwrite fdatasync fallocate");
  EXPECT_EQ(v.committed_size(), 1U);
}

TEST_F(file_vector_shrinking, below_the_commit_lasts_once_the_vector_has_grown_again) {
  for (const bool grows : {false, true}) {
    auto v = five();
    v.truncate(2);
    if (grows) v.append_range(std::vector<int>{7, 8, 9, 10});
    v.truncate(1);
    v.abandon();
    const std::vector<int> kept = grows ? std::vector<int>{1, 2} : std::vector<int>{1, 2, 3, 4, 5};
    expect_elements(stored_elements<int>(path()), kept);
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(file_vector_shrinking, that_cannot_be_stored_refuses_the_append_and_changes_nothing) {
  for (const call what : {call::pwrite, call::fdatasync}) {
    auto v = five();
    v.truncate(2);
    {
      const fault failing(what, 0, EIO, fault_lasts::once);
      EXPECT_EQ(errno_of([&] { v.push_back(9); }), EIO);
      EXPECT_EQ(failing.delivered(), 1U);
    }
    expect_elements(std::as_const(v), {1, 2});
    EXPECT_TRUE(file_still_has_five(5)) << "the commit of before";
    EXPECT_EQ(v.committed_size(), 5U);
    v.abandon();
    expect_elements(stored_elements<int>(path()), {1, 2, 3, 4, 5});
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

/// When what follows the stored count fails, what is durable is told all the same.
TEST_F(file_vector_shrinking, tells_the_stored_count_although_the_rest_failed) {
  {
    auto v = five();
    v.truncate(2);
    const fault failing(call::ftruncate, 0, EIO, fault_lasts::once);
    EXPECT_EQ(errno_of([&] { v.shrink_to_fit(); }), EIO);
    EXPECT_EQ(stored_count(path()), 2U);
    EXPECT_EQ(v.committed_size(), 2U);
  }
  EXPECT_EQ(::unlink(path().c_str()), 0);
  auto v = five();
  v.truncate(2);
  const fault failing(call::fallocate, 0, ENOSPC, fault_lasts::for_ever);
  EXPECT_EQ(errno_of([&] { v.reserve(1'000'000); }), ENOSPC);
  EXPECT_EQ(stored_count(path()), 2U);
  EXPECT_EQ(v.committed_size(), 2U);
}

}  // namespace
}  // namespace mapvec::test
