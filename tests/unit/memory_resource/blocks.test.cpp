// SPDX-License-Identifier: MIT
//
// Goal: what comes from a memory_resource is aligned, zero bytes of nobody else's, on the disk, and
// is given back. Method: blocks of all sizes; the file's size on the disk, and what of it is in
// memory, before and after; the system calls of each.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/memory_resource.hpp>
#include <mapvec/stats.hpp>

#include "resource_case.hpp"
#include "support/child_process.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

class blocks_of_memory : public resource_case {};

TEST_F(blocks_of_memory, of_all_sizes_are_aligned_and_hold_what_is_written) {
  memory_resource memory(settings());
  struct block {
    unsigned char* data;
    std::size_t size_bytes;
    std::size_t alignment;
  };
  std::vector<block> blocks;
  unsigned char next = 0;
  for (std::size_t alignment = 1; alignment <= 8 * MiB; alignment *= 2) {
    for (const std::size_t size_bytes :
         {0UL, 1UL, 24UL, 40UL, 96UL, 320UL, 4'095UL, 65'535UL, 65'536UL, 65'537UL, 3UL << 20U}) {
      auto* const data = static_cast<unsigned char*>(memory.allocate(size_bytes, alignment));
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(data) % alignment, 0U)
          << size_bytes << " bytes aligned to " << alignment;
      std::memset(data, ++next, size_bytes);
      blocks.push_back({data, size_bytes, alignment});
    }
  }
  next = 0;
  for (const block& each : blocks) {
    ++next;
    for (std::size_t i = 0; i < each.size_bytes; ++i) ASSERT_EQ(each.data[i], next);
    memory.deallocate(each.data, each.size_bytes, each.alignment);
  }
}

TEST_F(blocks_of_memory, make_no_system_call_before_the_first) {
  const call_log log;
  memory_resource memory(settings());
  EXPECT_EQ(memory.used_bytes(), 0U);
  EXPECT_EQ(memory.disk_size_bytes(), 0U);
  EXPECT_EQ(memory.resident_bytes(), 0U);
  EXPECT_EQ(memory.reservation_bytes(), 0U);
  memory.trim();
  EXPECT_FALSE(memory.budget().is_limited());
  EXPECT_EQ(log.count(), 0U) << log.summary();
}

TEST_F(blocks_of_memory, that_are_large_are_given_back_at_once) {
  memory_resource memory(settings());
  const block_of_memory kept(memory, 8 * MiB);
  kept.fill('k');
  const std::size_t before = memory.disk_size_bytes();
  {
    const block_of_memory large(memory, 100 * MiB);
    large.fill('x');
    EXPECT_GE(memory.disk_size_bytes(), before + 100 * MiB);
    EXPECT_GE(memory.resident_bytes(), 108 * MiB);
    EXPECT_EQ(memory.used_bytes(), 108 * MiB);
  }
  EXPECT_LE(memory.disk_size_bytes(), before + 64 * KiB);  // where it is, the file system notes
  EXPECT_EQ(memory.resident_bytes(), 8 * MiB);
  EXPECT_EQ(memory.used_bytes(), 8 * MiB);
  EXPECT_TRUE(kept.is_full_of('k'));
}

TEST_F(blocks_of_memory, cost_two_calls_each) {
  memory_resource memory(settings());
  const block_of_memory first(memory, 1 * MiB);
  const call_log log;
  {
    const block_of_memory large(memory, 1 * MiB);
  }
  EXPECT_EQ(log.count(call::fallocate), 1U);
  EXPECT_EQ(log.count(call::madvise), 1U);
  EXPECT_EQ(log.count() - log.count(call::resource_limit), 2U) << log.summary();
}

TEST_F(blocks_of_memory, that_were_freed_are_used_again) {
  memory_resource memory(settings());
  std::set<void*> places;
  std::size_t largest_bytes = 0;
  for (int i = 0; i < 20; ++i) {
    const block_of_memory one(memory, 1 * MiB);
    const block_of_memory two(memory, 3 * MiB);
    places.insert({one.data(), two.data()});
    largest_bytes = std::max(largest_bytes, memory.disk_size_bytes());
    EXPECT_TRUE(one.is_full_of('\0'));
    one.fill('1');
    two.fill('2');
  }
  EXPECT_EQ(places.size(), 2U);
  EXPECT_LE(largest_bytes, 4 * MiB + 64 * KiB);
}

TEST_F(blocks_of_memory, that_are_large_begin_at_multiples_of_two_mebibytes) {
  memory_resource memory(settings());
  const block_of_memory small(memory, 100 * KiB);
  const block_of_memory large(memory, 2 * MiB);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large.data()) % (2 * MiB), 0U);
  const block_of_memory between(memory, 100 * KiB);
  EXPECT_LT(between.data(), large.data()) << "what is in between is lost";
}

TEST_F(blocks_of_memory, that_are_small_share_pages) {
  memory_resource memory(settings());
  const call_log log;
  std::vector<void*> blocks;
  for (int i = 0; i < 10'000; ++i) blocks.push_back(memory.allocate(48, 8));
  EXPECT_LE(memory.used_bytes(), 10'000 * 48 * 2);
  EXPECT_LE(log.count(call::fallocate), 40U);
  for (void* each : blocks) memory.deallocate(each, 48, 8);
}

TEST_F(blocks_of_memory, that_are_small_are_freed_without_being_touched) {
  memory_resource memory(settings());
  std::vector<void*> blocks;
  for (int i = 0; i < 4'000; ++i) blocks.push_back(memory.allocate(512));
  memory.trim();
  for (std::size_t i = 0; i < blocks.size(); i += 2) memory.deallocate(blocks[i], 512);
  EXPECT_EQ(memory.resident_bytes(), 0U);
  for (std::size_t i = 1; i < blocks.size(); i += 2) memory.deallocate(blocks[i], 512);
  EXPECT_EQ(memory.resident_bytes(), 0U);
}

TEST_F(blocks_of_memory, that_are_small_are_given_back_when_all_around_them_are_free) {
  memory_resource memory(settings());
  std::vector<void*> blocks;
  for (int i = 0; i < 100'000; ++i) blocks.push_back(memory.allocate(64));
  const std::size_t before = memory.used_bytes();
  EXPECT_GE(before, 6 * MiB);
  std::set<void*> freed;
  for (std::size_t i = 0; i < blocks.size(); i += 100) {
    memory.deallocate(blocks[i], 64);
    freed.insert(blocks[i]);
  }
  EXPECT_EQ(memory.used_bytes(), before);
  for (std::size_t i = 0; i < blocks.size(); i += 100) {
    blocks[i] = memory.allocate(64);
    EXPECT_EQ(freed.erase(blocks[i]), 1U) << "what is free is used first";
  }
  EXPECT_EQ(memory.used_bytes(), before);
  for (void* each : blocks) memory.deallocate(each, 64);
  EXPECT_LE(memory.used_bytes(), 2 * MiB) << "one is kept for the next";
  EXPECT_LE(memory.disk_size_bytes(), 2 * MiB + 64 * KiB);
}

TEST_F(blocks_of_memory, lie_side_by_side_in_multiples_of_eight_bytes) {
  memory_resource memory(settings());
  for (const std::size_t size_bytes : {24UL, 40UL, 56UL}) {
    auto* const one = static_cast<char*>(memory.allocate(size_bytes, 8));
    auto* const two = static_cast<char*>(memory.allocate(size_bytes, 8));
    EXPECT_EQ(two - one, static_cast<std::ptrdiff_t>(size_bytes));
    memory.deallocate(one, size_bytes, 8);
    memory.deallocate(two, size_bytes, 8);
  }
}

// A fault for each page, so that a store makes one page be written and not a folio of 2 MiB.
TEST_F(blocks_of_memory, that_are_used_at_random_come_into_memory_page_by_page) {
  constexpr std::size_t touched_bytes = 600 * 4 * KiB;
  const auto resident_bytes = [&](access how) {
    memory_resource memory(settings());
    memory.advise(how);
    std::vector<void*> blocks;
    for (int i = 0; i < 600; ++i) {
      blocks.push_back(memory.allocate(4 * KiB));
      std::memset(blocks.back(), 'x', 4 * KiB);
    }
    const std::size_t resident = memory.resident_bytes();
    for (void* each : blocks) memory.deallocate(each, 4 * KiB);
    return resident;
  };
  EXPECT_EQ(resident_bytes(access::random), touched_bytes);
  EXPECT_GT(resident_bytes(access::normal), touched_bytes + 256 * KiB);
}

TEST_F(blocks_of_memory, end_with_the_resource_even_if_nobody_gave_them_back) {
  const private_mount disk = private_mount::tmpfs(256 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  const std::uint64_t free_before = free_bytes(disk.path());
  {
    memory_resource memory({.builder = segment_builder::unnamed(disk.path())});
    static_cast<void>(memory.allocate(64 * MiB));
    for (int i = 0; i < 1'000; ++i) static_cast<void>(memory.allocate(64));
    EXPECT_TRUE(names_in(disk.path()).empty());
    EXPECT_LE(free_bytes(disk.path()) + 64 * MiB, free_before);
  }
  EXPECT_EQ(free_bytes(disk.path()), free_before);
}

TEST_F(blocks_of_memory, may_have_a_file_with_a_name_which_goes_with_the_resource) {
  {
    memory_resource memory({.builder = segment_builder::named(directory_.path())});
    const block_of_memory block(memory, 1 * MiB);
    ASSERT_EQ(names_in(directory_.path()).size(), 1U);
    EXPECT_TRUE(is_segment_name(names_in(directory_.path()).front()));
  }
  EXPECT_TRUE(names_in(directory_.path()).empty());
}

TEST_F(blocks_of_memory, are_counted_by_stats) {
  const statistics before = stats();
  {
    memory_resource memory(settings());
    const block_of_memory block(memory, 5 * MiB);
    EXPECT_EQ(stats().active_segments, before.active_segments + 1);
    EXPECT_EQ(stats().mapped_bytes, before.mapped_bytes + 5 * MiB);
  }
  EXPECT_EQ(stats(), before);
}

TEST_F(blocks_of_memory, read_the_same_after_they_were_dropped) {
  memory_resource memory(settings());
  const block_of_memory block(memory, 16 * MiB);
  block.fill('x');
  EXPECT_GE(memory.resident_bytes(), 16 * MiB);
  memory.trim();
  EXPECT_EQ(memory.resident_bytes(), 0U);
  EXPECT_TRUE(block.is_full_of('x'));
}

TEST_F(blocks_of_memory, of_one_resource_are_not_another_s) {
  memory_resource one(settings());
  memory_resource two(settings());
  EXPECT_TRUE(one.is_equal(one));
  EXPECT_FALSE(one.is_equal(two));
  EXPECT_EQ(&default_memory_resource(), &default_memory_resource());
}

// A resource outlives nothing: what is left of it after the process is nothing.
TEST_F(blocks_of_memory, are_gone_when_the_process_is_killed) {
  const private_mount disk = private_mount::tmpfs(256 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  const std::uint64_t free_before = free_bytes(disk.path());
  running_child child([&](const auto& ready) {
    memory_resource memory({.builder = segment_builder::unnamed(disk.path())});
    const block_of_memory block(memory, 64 * MiB);
    block.fill('x');
    std::pmr::vector<std::pmr::string> texts(1'000, "a text that is longer than 15", &memory);
    ready();
    for (;;) texts.emplace_back("and one more text of that kind");
  });
  ASSERT_TRUE(child.wait_until_ready());
  EXPECT_LE(free_bytes(disk.path()) + 64 * MiB, free_before);
  EXPECT_EQ(child.kill_now(), "signal 9");
  EXPECT_EQ(free_bytes(disk.path()), free_before);
  EXPECT_TRUE(names_in(disk.path()).empty());
}

TEST_F(blocks_of_memory, are_read_by_a_forked_child_and_by_nothing_else) {
  memory_resource memory(settings());
  std::pmr::vector<std::pmr::string> texts(1'000, "a text that is longer than 15", &memory);
  EXPECT_EQ(in_child([&] {
              require(texts[999] == "a text that is longer than 15", "an element is wrong");
              for (const std::size_t size_bytes : {48UL, 1UL << 20U}) {
                try {
                  static_cast<void>(memory.allocate(size_bytes));
                  throw child_failure("the child got memory");
                } catch (const bad_alloc& refused) {
                  require(refused.reason().code().value() == EPERM, refused.what());
                }
              }
              require(memory.used_bytes() == 0 && memory.resident_bytes() == 0 &&
                          memory.disk_size_bytes() == 0 && memory.reservation_bytes() == 0 &&
                          !memory.budget().is_limited(),
                      "the child sees what is the parent's");
              memory.advise(access::random);
              // As the destructors of static objects do.
              std::destroy_at(&texts);
              memory.trim();
              std::destroy_at(&memory);
            }),
            "exit 0");
  std::pmr::vector<std::pmr::string> more(1'000, "another text that is long too", &memory);
  for (const auto& each : texts) ASSERT_EQ(each, "a text that is longer than 15");
  for (const auto& each : more) ASSERT_EQ(each, "another text that is long too");
}

/// Forks while the file is being made, under every lock of the resource that this takes.
class fork_at_open final : public observer {
 public:
  explicit fork_at_open(memory_resource& memory) : memory_(memory) { start(); }
  ~fork_at_open() { stop(); }
  std::optional<int> before(const call_record& record) override {
    if (record.what != call::open || !child_.empty()) return std::nullopt;
    child_ = in_child([&] {
      ::alarm(20);  // it must not wait for a lock
      for (const std::size_t size_bytes : {48UL, 1UL << 20U}) {
        require_refused("allocate", [&] { allocate(size_bytes); });
      }
    });
    return std::nullopt;
  }
  const std::string& child() const { return child_; }

 private:
  void allocate(std::size_t size_bytes) {
    try {
      static_cast<void>(memory_.allocate(size_bytes));
    } catch (const bad_alloc& refused) {
      throw refused.reason();
    }
  }

  memory_resource& memory_;
  std::string child_;
};

TEST_F(blocks_of_memory, are_refused_in_a_child_forked_in_the_middle_of_the_first) {
  for (const std::size_t size_bytes : {48UL, 1UL << 20U}) {
    memory_resource memory(settings());
    const fork_at_open forks(memory);
    const block_of_memory block(memory, size_bytes);
    EXPECT_EQ(forks.child(), "exit 0");
  }
}

}  // namespace
}  // namespace mapvec::test
