// SPDX-License-Identifier: MIT
//
// Goal: vectors that share a budget have no more in memory than that together, in one thread and in
// several, whoever is idle. Method: mincore() over all of them.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>

#include "budget_case.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

class shared_budget : public budget_case {
 protected:
  static std::size_t resident_bytes(const std::vector<words>& all) {
    std::size_t sum = 0;
    for (const words& each : all) sum += each.resident_bytes();
    return sum;
  }

  std::vector<words> vectors(std::size_t count, const memory_budget& budget) const {
    std::vector<words> made;
    for (std::size_t i = 0; i < count; ++i) made.emplace_back(sharing(budget));
    return made;
  }
};

TEST_F(shared_budget, bounds_vectors_that_are_appended_to_in_turn) {
  const memory_budget budget(budget_bytes);
  std::vector<words> all = vectors(3, budget);
  for (int i = 0; i < 32; ++i) {
    for (words& each : all) {
      push_mebibyte(each);
      ASSERT_LE(resident_bytes(all), budget_bytes);
      ASSERT_LE(budget.held_bytes(), budget_bytes);
    }
  }
  for (const words& each : all) EXPECT_EQ(wrong_elements(each), 0U);
}

TEST_F(shared_budget, takes_from_those_that_are_idle) {
  const memory_budget budget(budget_bytes);
  std::vector<words> all = vectors(8, budget);
  for (words& each : all) {
    for (int i = 0; i < 10; ++i) {
      push_mebibyte(each);
      ASSERT_LE(resident_bytes(all), budget_bytes);
    }
  }
  for (int i = 0; i < 80; ++i) push_mebibyte(all.back());
  EXPECT_GE(all.back().resident_bytes(), budget_bytes - 2 * MiB) << "the last one has all";
  EXPECT_LE(resident_bytes(all), budget_bytes);
  // Who comes back gets its part again.
  for (words& each : all) {
    for (int i = 0; i < 10; ++i) push_mebibyte(each);
    ASSERT_LE(resident_bytes(all), budget_bytes);
  }
  for (const words& each : all) EXPECT_EQ(wrong_elements(each), 0U);
}

TEST_F(shared_budget, bounds_more_vectors_than_it_has_pieces_for) {
  const memory_budget budget(budget_bytes);
  std::vector<words> all = vectors(40, budget);
  std::size_t most = 0;
  for (std::size_t i = 0; i < words_of_a_mebibyte * 2; ++i) {
    for (words& each : all) each.push_back(i);
    if (i % 4096 == 0) most = std::max(most, resident_bytes(all));
  }
  EXPECT_LE(most, budget_bytes);
  for (const words& each : all) EXPECT_EQ(wrong_elements(each), 0U);
}

TEST_F(shared_budget, goes_on_when_others_have_come_and_gone) {
  // Pieces get smaller and larger again, while some of each size are in memory.
  const memory_budget budget(512 * KiB);
  std::vector<words> all = vectors(1, budget);
  const auto push_each = [&](std::size_t kibibytes) {
    for (words& each : all) {
      for (std::size_t i = 0; i < kibibytes * KiB / 8; ++i) each.push_back(each.size());
    }
    ASSERT_LE(resident_bytes(all), budget.limit_bytes());
  };
  for (std::size_t round = 0; round < 40; ++round) {
    push_each(4 + 12 * (round % 7));
    if (round % 5 != 4) {
      all.emplace_back(sharing(budget));
    } else {
      all.resize(1);
    }
    push_each(4 + 28 * (round % 3));
  }
  for (const words& each : all) EXPECT_EQ(wrong_elements(each), 0U);
}

TEST_F(shared_budget, bounds_ranges_that_end_anywhere) {
  const memory_budget budget(budget_bytes);
  std::vector<words> all = vectors(12, budget);
  const std::vector<std::uint64_t> values(words_of_a_mebibyte + 1);
  for (words& each : all) {
    for (int i = 0; i < 4; ++i) each.append_range(values);
    ASSERT_LE(resident_bytes(all), budget_bytes);
  }
}

TEST_F(shared_budget, knows_what_was_evicted) {
  const memory_budget budget(budget_bytes);
  words v(sharing(budget));
  for (int i = 0; i < 12; ++i) push_mebibyte(v);
  v.evict(0, v.size());
  EXPECT_LE(budget.held_bytes(), 2 * MiB);
}

TEST_F(shared_budget, forgets_a_file_that_could_not_get_its_name) {
  const memory_budget budget(budget_bytes);
  {
    const fault taken(call::link_descriptor, 0, EACCES, fault_lasts::once);
    EXPECT_THROW(file_words::create(directory_ / "a.npy", {.budget = budget}), error);
    EXPECT_EQ(taken.delivered(), 1U);
  }
  EXPECT_EQ(budget.held_bytes(), 0U);
  words v(sharing(budget));  // would drop what is mapped there by now
  for (int i = 0; i < 32; ++i) push_mebibyte(v);
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(shared_budget, is_not_shared_with_a_forked_child) {
  const memory_budget budget(budget_bytes);
  words v(sharing(budget));
  std::atomic<bool> ends = false;
  // Holds the lock at the moment of some of the forks.
  std::thread busy([&] {
    words other(sharing(budget));
    while (!ends) {
      push_mebibyte(other);
      if (other.size() > 64 * words_of_a_mebibyte) other.clear();
    }
  });
  for (int i = 0; i < 20; ++i) push_mebibyte(v);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(in_child([&] {
                {
                  const words gone = std::move(v);
                }
                require(budget.held_bytes() == 0, "a child holds nothing");
              }),
              "exit 0");
  }
  ends = true;
  busy.join();
  EXPECT_EQ(in_child([&] {
              words own(sharing(budget));
              for (int i = 0; i < 32; ++i) push_mebibyte(own);
              require(own.resident_bytes() <= budget_bytes, "a child is bounded, too");
              require(wrong_elements(std::as_const(own)) == 0, "a child has its elements");
            }),
            "exit 0");
  EXPECT_EQ(wrong_elements(std::as_const(v)), 0U);
}

TEST_F(shared_budget, is_given_back) {
  const memory_budget budget(budget_bytes);
  EXPECT_EQ(budget.held_bytes(), 0U);
  {
    std::vector<words> all = vectors(2, budget);
    for (words& each : all) push_mebibyte(each);
    EXPECT_GE(budget.held_bytes(), 2 * MiB);
    all.pop_back();
    EXPECT_LE(budget.held_bytes(), 4 * MiB);
    words moved = std::move(all.front());
    all.front() = words(sharing(budget));
    EXPECT_GE(budget.held_bytes(), MiB);
  }
  EXPECT_EQ(budget.held_bytes(), 0U);
}

TEST_F(shared_budget, goes_with_a_copy) {
  const memory_budget budget(budget_bytes);
  words v(sharing(budget));
  for (int i = 0; i < 32; ++i) push_mebibyte(v);
  const words copy = v;
  EXPECT_LE(copy.resident_bytes(), budget_bytes);
  EXPECT_LE(budget.held_bytes(), budget_bytes);
  v.trim();  // it was read
  EXPECT_LE(v.resident_bytes() + copy.resident_bytes(), budget_bytes);
  EXPECT_EQ(wrong_elements(copy), 0U);
}

TEST_F(shared_budget, is_a_handle) {
  const memory_budget budget(budget_bytes);
  const memory_budget copy = budget;
  EXPECT_EQ(budget, copy);
  EXPECT_NE(budget, memory_budget(budget_bytes));
  EXPECT_EQ(memory_budget(), memory_budget());
  EXPECT_TRUE(budget.is_limited());
  EXPECT_FALSE(memory_budget().is_limited());
  EXPECT_EQ(copy.limit_bytes(), budget_bytes);
  EXPECT_EQ(memory_budget(1).limit_bytes(), 512 * KiB);
  EXPECT_EQ(memory_budget().held_bytes(), 0U);
}

TEST_F(shared_budget, goes_before_a_budget_of_ones_own) {
  const memory_budget budget(budget_bytes);
  words v({.builder = builder(), .memory_budget_bytes = 1, .budget = budget});
  push_mebibyte(v);
  EXPECT_GE(budget.held_bytes(), MiB);
}

TEST_F(shared_budget, bounds_vectors_of_several_threads) {
  const memory_budget budget(budget_bytes);
  constexpr std::size_t threads = 4;
  std::vector<words> all = vectors(threads, budget);
  std::vector<std::thread> running;
  std::atomic<std::size_t> most = 0;
  for (words& each : all) {
    running.emplace_back([&] {
      for (int i = 0; i < 24; ++i) {
        push_mebibyte(each);
        if (i % 5 == 4) each.truncate(each.size() - 3 * words_of_a_mebibyte);
        if (i % 7 == 6) each.trim();
        const std::size_t now = budget.held_bytes();
        for (std::size_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
      }
    });
  }
  for (std::thread& each : running) each.join();
  EXPECT_LE(most.load(), budget_bytes);
  EXPECT_LE(resident_bytes(all), budget_bytes);
  for (const words& each : all) EXPECT_EQ(wrong_elements(each), 0U);
}

}  // namespace
}  // namespace mapvec::test
