// SPDX-License-Identifier: MIT
//
// Goal: a write-back that fails for the sake of a budget is never forgotten, whoever had it made,
// and is nobody else's failure. Method: sync_file_range fails once; the kernel would then say that
// all is well.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/stats.hpp>

#include "budget_case.hpp"

namespace mapvec::test {
namespace {

class failing_budget : public budget_case {
 protected:
  /// Fails the first sync_file_range of one file that waits, or that only starts to write.
  class fails_for final : public observer {
   public:
    explicit fails_for(bool waiting) : waiting_(waiting) { start(); }
    ~fails_for() { stop(); }
    std::optional<int> before(const call_record& record) override {
      constexpr int waits = 1 | 4;  // SYNC_FILE_RANGE_WAIT_BEFORE and _AFTER
      if (record.what != call::sync_file_range || delivered_ != 0) return std::nullopt;
      if (((record.flags & waits) != 0) != waiting_) return std::nullopt;
      ++delivered_;
      return EIO;
    }
    std::size_t delivered() const { return delivered_; }

   private:
    bool waiting_;
    std::size_t delivered_ = 0;
  };

  static void push_many(words& v) {
    for (int i = 0; i < 64; ++i) push_mebibyte(v);
  }

  /// Appends to another vector during the first of these calls, which has a write-back fail and
  /// the kernel's error consumed: the call itself returns 0 then.
  class meanwhile final : public observer {
   public:
    meanwhile(call when, words& other) : when_(when), other_(&other) { start(); }
    ~meanwhile() { stop(); }
    std::optional<int> before(const call_record& record) override {
      if (record.what != when_ || other_ == nullptr) return std::nullopt;
      words& other = *std::exchange(other_, nullptr);
      const fails_for broken(true);
      push_many(other);
      return std::nullopt;
    }

   private:
    call when_;
    words* other_;
  };
};

TEST_F(failing_budget, stops_the_vector_for_ever) {
  for (const bool waiting : {false, true}) {
    words v(alone());
    const std::uint64_t failures = stats().sync_failures;
    {
      const fails_for broken(waiting);
      EXPECT_THROW(push_many(v), error);
      EXPECT_EQ(broken.delivered(), 1U);
    }
    EXPECT_EQ(stats().sync_failures, failures + 1);
    const std::size_t size = v.size();
    EXPECT_THROW(v.reserve(v.capacity() + 1), error);
    EXPECT_THROW(v.trim(), error);
    EXPECT_THROW(v.resize(v.capacity() + 1), error);
    EXPECT_EQ(v.size(), size);
    EXPECT_EQ(wrong_elements(std::as_const(v)), 0U) << "nothing was dropped";
  }
}

TEST_F(failing_budget, of_a_range_leaves_the_vector_as_it_was) {
  words v(alone());
  push_mebibyte(v);
  const std::vector<std::uint64_t> values(64 * words_of_a_mebibyte);
  const fails_for broken(true);
  EXPECT_THROW(v.append_range(values), error);
  EXPECT_EQ(v.size(), words_of_a_mebibyte);
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(failing_budget, which_another_vector_had_written_back_is_its_own_failure) {
  const memory_budget budget(budget_bytes);
  file_words victim = file_words::create(directory_ / "a.npy", {.budget = budget});
  for (int i = 0; i < 12; ++i) push_mebibyte(victim);
  words other(sharing(budget));
  {
    const fails_for broken(true);
    push_many(other);  // makes room at the cost of the victim, which has most
    EXPECT_EQ(broken.delivered(), 1U);
  }
  push_many(other);
  EXPECT_EQ(wrong_elements(std::as_const(other)), 0U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_THROW(victim.commit(), error) << "the kernel would say that all is well";
  }
  EXPECT_EQ(victim.committed_size(), 0U);
  victim.abandon();
}

TEST_F(failing_budget, that_the_owner_found_keeps_others_from_dropping_the_only_copy) {
  const memory_budget budget(budget_bytes);
  words victim(sharing(budget));
  for (int i = 0; i < 12; ++i) push_mebibyte(victim);
  {
    const fails_for broken(true);
    EXPECT_THROW(victim.evict(0, victim.size()), error);
  }
  const std::size_t resident = victim.resident_bytes();
  words other(sharing(budget));
  push_many(other);
  EXPECT_EQ(victim.resident_bytes(), resident);
  EXPECT_EQ(wrong_elements(std::as_const(victim)), 0U);
}

TEST_F(failing_budget, found_while_it_is_persisted_stops_that) {
  const memory_budget budget(budget_bytes);
  words other(sharing(budget));
  words victim(sharing(budget));
  for (int i = 0; i < 12; ++i) push_mebibyte(victim);
  {
    const meanwhile during(call::fsync, other);
    EXPECT_THROW(persist(std::move(victim), directory_ / "a.npy", {.budget = budget}), error);
  }
  EXPECT_EQ(names_in(directory_.path()).size(), 0U);
}

TEST_F(failing_budget, of_a_full_disk_in_a_range_counts_on) {
  words v(alone());
  push_mebibyte(v);
  const std::vector<std::uint64_t> values(20 * words_of_a_mebibyte);
  {
    const fault full(call::pwrite, 6, ENOSPC, fault_lasts::once);
    EXPECT_THROW(v.append_range(values), error);
    EXPECT_EQ(full.delivered(), 1U);
  }
  for (int i = 0; i < 30; ++i) {
    push_mebibyte(v);
    ASSERT_LE(v.resident_bytes(), budget_bytes);
  }
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(failing_budget, found_while_a_commit_waits_stops_that_commit) {
  const memory_budget budget(budget_bytes);
  file_words victim = file_words::create(directory_ / "a.npy", {.budget = budget});
  for (int i = 0; i < 12; ++i) push_mebibyte(victim);
  words other(sharing(budget));
  {
    const meanwhile during(call::fdatasync, other);
    EXPECT_THROW(victim.commit(), error);
  }
  EXPECT_EQ(victim.committed_size(), 0U);
  victim.abandon();
}

}  // namespace
}  // namespace mapvec::test
