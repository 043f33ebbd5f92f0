// SPDX-License-Identifier: MIT
//
// Goal: what sorts take of a memory budget that others share: nothing where nothing is to be
// sorted, what they use else, and no more of a file_vector than what they were given. Method: the
// budget's account, and what is in memory while a sort reports its progress.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include <mapvec/shuffle.hpp>
#include <mapvec/sorted_view.hpp>

#include "sort_case.hpp"
#include "support/directories.hpp"

namespace mapvec::test {
namespace {

using numbers = vector<std::uint64_t>;

constexpr std::size_t limit_bytes = 16 * MiB;

options sharing(const memory_budget& budget) {
  options settings = in_file();
  settings.budget = budget;
  return settings;
}

numbers ascending(const memory_budget& budget, std::size_t count) {
  numbers v(sharing(budget));
  for (std::size_t i = 0; i < count; ++i) v.push_back(i);
  return v;
}

TEST_F(sorting, of_nothing_leaves_others_their_memory) {
  const memory_budget budget(limit_bytes);
  numbers one(sharing(budget));
  one.push_back(1);
  numbers sorted = ascending(budget, 10'000);
  const numbers other = ascending(budget, limit_bytes / 2 / sizeof(std::uint64_t));
  const std::size_t resident_bytes = other.resident_bytes();
  ASSERT_GT(resident_bytes, limit_bytes / 4);
  std::mt19937_64 random(1);
  sort(one);
  sort(sorted);
  stable_sort(sorted);
  shuffle(one, random);
  EXPECT_EQ(other.resident_bytes(), resident_bytes);
  shuffle(sorted, random);  // 80 KB
  sort(sorted);
  EXPECT_EQ(other.resident_bytes(), resident_bytes);
  EXPECT_LE(budget.held_bytes(), limit_bytes);
}

TEST_F(sorting, that_needs_more_than_the_budget_says_so) {
  const memory_budget budget(512 * KiB);
  numbers v(sharing(budget));
  v.append_range(random_numbers(12 * MiB));
  const std::size_t memory_bytes =
      detail::sort_plan(v.size(), {.element_bytes = 8}, budget.limit_bytes(), 1).memory_bytes;
  ASSERT_GT(memory_bytes, budget.limit_bytes());
  std::size_t most_held = 0;
  sort(v, {}, {}, {.threads = 1, .progress = [&](double) {
                     most_held = std::max(most_held, budget.held_bytes());
                   }});
  EXPECT_GE(most_held, memory_bytes);
  EXPECT_LE(budget.held_bytes(), budget.limit_bytes());
}

TEST_F(sorting, two_views_at_once_keep_within_the_budget_they_share) {
  const memory_budget budget(limit_bytes);
  numbers left(sharing(budget));
  numbers right(sharing(budget));
  left.append_range(random_numbers(4 * MiB, 1));
  right.append_range(random_numbers(4 * MiB, 2));
  auto lefts = sorted_view(left);
  auto rights = sorted_view(right);
  auto of_left = lefts.begin();
  auto of_right = rights.begin();
  EXPECT_LE(budget.held_bytes(), limit_bytes);
  std::size_t count = 0;
  for (; of_left != lefts.end(); ++of_left) count += (*of_left).size();
  for (; of_right != rights.end(); ++of_right) count += (*of_right).size();
  EXPECT_EQ(count, left.size() + right.size());
}

/// The most of the old file that is in memory while the new one is made of what fits there.
template <class Change>
std::size_t most_resident_bytes_of(Change change) {
  const scratch_directory directory;
  auto v = file_vector<std::uint64_t>::create(directory / "numbers.npy");
  v.append_range(random_numbers(4 * MiB));
  v.commit();
  v.evict(0, v.size());
  std::size_t most = 0;
  const sort_options how{.memory_bytes = GiB, .threads = 2, .progress = [&](double done) {
                           if (done < 1) most = std::max(most, v.resident_bytes());
                         }};
  change(v, how);
  return most;
}

TEST_F(sorting, of_a_file_that_fits_into_memory_has_one_copy_there) {
  EXPECT_LE(
      most_resident_bytes_of([](auto& v, const sort_options& how) {
        stable_sort(v, {}, [](std::uint64_t each) { return each >> 1; }, how);
        EXPECT_TRUE(std::ranges::is_sorted(v, {}, [](std::uint64_t each) { return each >> 1; }));
      }),
      MiB);
  EXPECT_LE(most_resident_bytes_of([](auto& v, const sort_options& how) {
              std::mt19937_64 random(1);
              shuffle(v, random, how);
            }),
            MiB);
}

}  // namespace
}  // namespace mapvec::test
