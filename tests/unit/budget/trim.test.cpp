// SPDX-License-Identifier: MIT
//
// Goal: trim() brings what is in memory of a vector down to its budget, and to nothing where there
// is none; the elements stay. Method: mincore().
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>

#include "budget_case.hpp"

namespace mapvec::test {
namespace {

class trimming : public budget_case {
 protected:
  void SetUp() override {
    budget_case::SetUp();
    words probe(unbounded());
    probe.resize(words_of_a_mebibyte);
    probe.evict(0, probe.size());
    if (probe.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  }
};

TEST_F(trimming, without_a_budget_drops_all) {
  words v(unbounded());
  for (int i = 0; i < 40; ++i) push_mebibyte(v);
  v.trim();
  EXPECT_LE(v.resident_bytes(), 4 * KiB) << "the page that is appended to next";
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
  push_mebibyte(v);
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(trimming, with_a_budget_drops_what_is_more) {
  words v(alone());
  for (int i = 0; i < 64; ++i) push_mebibyte(v);
  for (std::uint64_t& each : v) each += 1;  // brings all back, changed
  EXPECT_GT(v.resident_bytes(), budget_bytes);
  v.trim();
  EXPECT_LE(v.resident_bytes(), budget_bytes);
  EXPECT_NE(v.resident_bytes(), 0U);
  for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(std::as_const(v)[i], i + 1);
}

TEST_F(trimming, within_the_budget_costs_a_look) {
  words v(alone());
  for (int i = 0; i < 8; ++i) push_mebibyte(v);
  const call_log log;
  v.trim();
  EXPECT_EQ(log.count(), log.count(call::mincore)) << log.summary();
}

TEST_F(trimming, sees_what_others_hold) {
  const memory_budget budget(budget_bytes);
  words v(sharing(budget));
  words other(sharing(budget));
  for (int i = 0; i < 12; ++i) push_mebibyte(other);
  for (int i = 0; i < 4; ++i) push_mebibyte(v);
  v.trim();
  EXPECT_LE(v.resident_bytes() + other.resident_bytes(), budget_bytes);
}

TEST_F(trimming, of_a_file_keeps_what_is_not_committed) {
  auto v = file_words::create(directory_ / "a.npy", {.memory_budget_bytes = budget_bytes});
  for (int i = 0; i < 10; ++i) push_mebibyte(v);
  v.commit();
  for (int i = 0; i < 10; ++i) push_mebibyte(v);
  v.trim();
  v.truncate(15 * words_of_a_mebibyte);
  v.trim();
  push_mebibyte(v);
  v.commit();
  EXPECT_EQ(v.committed_size(), 16 * words_of_a_mebibyte);
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(trimming, of_nothing_is_nothing) {
  words none;
  none.trim();
  words small{1, 2, 3};  // in memory
  const call_log log;
  small.trim();
  EXPECT_EQ(log.count(), 0U) << log.summary();
  file_words closed = file_words::create(directory_ / "a.npy");
  closed.close();
  closed.trim();
}

TEST_F(trimming, that_fails_is_for_ever) {
  words v(unbounded());
  for (int i = 0; i < 4; ++i) push_mebibyte(v);
  {
    const fault broken(call::sync_file_range, 0, EIO, fault_lasts::once);
    EXPECT_THROW(v.trim(), error);
  }
  EXPECT_THROW(v.trim(), error);
  EXPECT_THROW(v.reserve(v.capacity() + 1), error);
}

}  // namespace
}  // namespace mapvec::test
