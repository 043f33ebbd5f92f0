// SPDX-License-Identifier: MIT
//
// Goal: small blocks are nobody else's, use again what is free, never touch a free one, give large
// blocks back, and lose nothing where there is no memory. Method: random calls beside a plain map
// of what is taken, in an arena that nobody may read or write; an operator new that fails each
// allocation; an arena that has nothing left.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <new>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <sys/mman.h>

#include <gtest/gtest.h>

#include <mapvec/units.hpp>

#include "small_blocks.hpp"
#include "support/failing_new.hpp"

namespace mapvec::test {
namespace {

using detail::small_blocks;

/// Addresses without memory: touching them is a signal.
class arena {
 public:
  arena() : first_(::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (first_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~arena() { ::munmap(first_, size); }
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  void* take(std::size_t size_bytes) {
    if (is_empty) throw std::bad_alloc();
    std::byte* const block = static_cast<std::byte*>(first_) + used_;
    used_ += size_bytes;
    large_.emplace(block, size_bytes);
    return block;
  }
  void give_back(void* block, std::size_t size_bytes) {
    ASSERT_EQ(large_.at(block), size_bytes);
    large_.erase(block);
  }
  std::size_t count() const { return large_.size(); }

  bool is_empty = false;

 private:
  static constexpr std::size_t size = 64 * GiB;
  void* first_;
  std::size_t used_ = 0;
  std::map<void*, std::size_t> large_;
};

class small_blocks_of_an_arena : public testing::Test {
 protected:
  void* take(std::size_t size_bytes, std::size_t alignment) {
    return small_.take(size_bytes, alignment,
                       [&](std::size_t bytes) { return large_.take(bytes); });
  }
  void give_back(void* block, std::size_t size_bytes, std::size_t alignment) {
    small_.give_back(block, size_bytes, alignment,
                     [&](void* large, std::size_t bytes) { large_.give_back(large, bytes); });
  }

  arena large_;
  small_blocks small_{2 * MiB};
};

TEST_F(small_blocks_of_an_arena, are_nobody_else_s_and_come_back) {
  struct block {
    std::byte* data;
    std::size_t size_bytes;
    std::size_t alignment;
  };
  std::mt19937 random(11);
  std::vector<block> blocks;
  std::map<std::byte*, std::byte*> taken;  // from where to where
  std::set<std::size_t> sizes;
  for (int i = 0; i < 200'000; ++i) {
    if (!blocks.empty() && random() % 100 < (i / 20'000 % 2 == 0 ? 30U : 70U)) {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      const block freed = blocks.back();
      blocks.pop_back();
      ASSERT_EQ(taken.erase(freed.data), 1U);
      give_back(freed.data, freed.size_bytes, freed.alignment);
      continue;
    }
    block made{nullptr, random() % (random() % 64 == 0 ? 64 * KiB : 300),
               std::size_t{1} << random() % 7};
    made.data = static_cast<std::byte*>(take(made.size_bytes, made.alignment));
    sizes.insert(small_blocks::index_of(made.size_bytes, made.alignment));
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(made.data) % made.alignment, 0U);
    const auto next = taken.lower_bound(made.data);
    ASSERT_TRUE(next == taken.end() || made.data + made.size_bytes <= next->first);
    ASSERT_TRUE(next == taken.begin() || std::prev(next)->second <= made.data);
    taken.emplace(made.data, made.data + std::max<std::size_t>(made.size_bytes, 1));
    blocks.push_back(made);
  }
  for (const block& each : blocks) give_back(each.data, each.size_bytes, each.alignment);
  EXPECT_EQ(large_.count(), sizes.size()) << "one of each size is kept";
}

TEST_F(small_blocks_of_an_arena, use_again_what_is_free_before_a_large_block_is_taken) {
  std::vector<void*> blocks;
  for (int i = 0; i < 100'000; ++i) blocks.push_back(take(48, 8));
  const std::size_t before = large_.count();
  std::mt19937 random(3);
  for (int i = 0; i < 100'000; ++i) {
    void*& block = blocks[random() % blocks.size()];
    give_back(block, 48, 8);
    block = take(48, 8);
  }
  EXPECT_EQ(large_.count(), before);
  EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), blocks.size());
}

TEST_F(small_blocks_of_an_arena, without_memory_take_nothing) {
  alignas(4 * KiB) static std::array<std::byte, 64 * KiB> large;
  std::size_t failures = 0;
  bool is_taken = false;
  while (!is_taken) {
    const failing_new failing(failures);
    try {
      static_cast<void>(small_.take(48, 8, [&](std::size_t) {
        is_taken = true;
        return static_cast<void*>(large.data());
      }));
    } catch (const std::bad_alloc&) {
      ++failures;
      ASSERT_FALSE(is_taken);
    }
  }
  EXPECT_GE(failures, 2U);
}

TEST_F(small_blocks_of_an_arena, are_as_before_when_no_large_block_is_to_be_had) {
  std::vector<void*> blocks;
  large_.is_empty = true;
  EXPECT_THROW(take(512, 8), std::bad_alloc);
  large_.is_empty = false;
  blocks.push_back(take(512, 8));
  large_.is_empty = true;
  while (true) {
    try {
      blocks.push_back(take(512, 8));
    } catch (const std::bad_alloc&) {
      break;
    }
  }
  EXPECT_EQ(blocks.size(), 16 * KiB / 512);
  const std::set<void*> before(blocks.begin(), blocks.end());
  EXPECT_EQ(before.size(), blocks.size());
  const failing_new failing(0);
  for (void* each : blocks) give_back(each, 512, 8);  // needs no memory
}

}  // namespace
}  // namespace mapvec::test
