// SPDX-License-Identifier: MIT
//
// Goal: whatever the system refuses is bad_alloc with the reason, and the resource goes on. Method:
// full disks, refused calls, and each call of a script failed once, and for ever.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include <mapvec/memory_resource.hpp>
#include <mapvec/stats.hpp>

#include "resource_case.hpp"
#include "support/captured_errors.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

class failing_memory : public resource_case {
 protected:
  /// The errno of what allocating throws, 0 for nothing.
  static int refusal_of(memory_resource& memory, std::size_t size_bytes,
                        std::size_t alignment = alignof(std::max_align_t)) {
    try {
      memory.deallocate(memory.allocate(size_bytes, alignment), size_bytes, alignment);
    } catch (const bad_alloc& refused) {
      EXPECT_STREQ(refused.what(), refused.reason().what());
      return refused.reason().code().value();
    }
    return 0;
  }
};

static_assert(std::is_base_of_v<std::bad_alloc, bad_alloc>);
static_assert(std::is_nothrow_copy_constructible_v<bad_alloc>);

TEST_F(failing_memory, on_a_full_disk_is_bad_alloc_and_the_rest_goes_on) {
  const private_mount disk = private_mount::loop("ext4", 64 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  memory_resource memory({.builder = segment_builder::unnamed(disk.path())});
  std::pmr::vector<std::uint64_t> kept(1'000'000, 7, &memory);
  const std::size_t used_before = memory.used_bytes();
  const std::uint64_t free_before = free_bytes(disk.path());
  EXPECT_THROW(kept.reserve(100'000'000), std::bad_alloc);
  EXPECT_EQ(refusal_of(memory, 512 * MiB), ENOSPC);
  EXPECT_EQ(memory.used_bytes(), used_before);
  EXPECT_GE(free_bytes(disk.path()) + 64 * KiB, free_before) << "a failed attempt keeps its space";
  kept.resize(1'500'000);
  EXPECT_EQ(kept.front(), 7U);
  try {
    static_cast<void>(memory.allocate(512 * MiB));
    FAIL();
  } catch (const std::bad_alloc& refused) {
    EXPECT_NE(std::string(refused.what()).find("No space left"), std::string::npos)
        << refused.what();
    EXPECT_NE(std::string(refused.what()).find(disk.path()), std::string::npos) << refused.what();
  }
}

TEST_F(failing_memory, says_where_a_full_disk_may_be_a_signal) {
  memory_resource memory(settings());
  EXPECT_TRUE(memory.space_guaranteed()) << "there is no file yet";
  const auto below = private_mount::tmpfs(64 * MiB);
  if (!below.is_mounted()) GTEST_SKIP() << below.why_not();
  memory_resource guaranteed({.builder = segment_builder::unnamed(below.path())});
  const block_of_memory one(guaranteed, 1 * MiB);
  EXPECT_TRUE(guaranteed.space_guaranteed());
  const auto own = private_mount::overlay(below.path());
  if (!own.is_mounted()) GTEST_SKIP() << own.why_not();
  memory_resource unknown({.builder = segment_builder::unnamed(own.path())});
  const block_of_memory other(unknown, 1 * MiB);
  EXPECT_FALSE(unknown.space_guaranteed());
}

// The kernel punches no hole there. No error, and whoever comes next uses the block.
TEST_F(failing_memory, that_is_locked_keeps_its_disk_space_for_the_next) {
  memory_resource memory(settings());
  void* const block = memory.allocate(1 * MiB);
  ASSERT_EQ(::mlock(block, 4 * KiB), 0);
  const captured_errors errors;
  memory.deallocate(block, 1 * MiB);
  EXPECT_TRUE(errors.all().empty());
  EXPECT_EQ(memory.used_bytes(), 0U);
  const block_of_memory next(memory, 1 * MiB);
  EXPECT_EQ(next.data(), block);
  next.fill('x');
  EXPECT_TRUE(next.is_full_of('x'));
}

TEST_F(failing_memory, hands_on_what_a_builder_of_the_program_throws) {
  bool throws = true;
  memory_resource memory({.builder = segment_builder([&] {
                            if (throws) throw std::runtime_error("no path today");
                            return directory_ / "memory";
                          })});
  EXPECT_THROW(static_cast<void>(memory.allocate(1 * MiB)), std::runtime_error);
  throws = false;
  EXPECT_EQ(refusal_of(memory, 1 * MiB), 0);
}

TEST_F(failing_memory, keeps_the_asked_share_of_the_disk_free) {
  const private_mount disk = private_mount::tmpfs(64 * MiB);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  memory_resource memory(
      {.builder = segment_builder::unnamed(disk.path()), .free_disk_percent = 50});
  EXPECT_EQ(refusal_of(memory, 16 * MiB), 0);
  EXPECT_EQ(refusal_of(memory, 48 * MiB), ENOSPC);
}

TEST_F(failing_memory, past_the_reservation_is_bad_alloc) {
  options small = settings();
  small.reservation_bytes = 8 * MiB;
  memory_resource memory(small);
  EXPECT_EQ(refusal_of(memory, 4 * MiB), 0);
  EXPECT_EQ(memory.reservation_bytes(), 8 * MiB);
  EXPECT_EQ(refusal_of(memory, 9 * MiB), ENOMEM);
  EXPECT_EQ(refusal_of(memory, 1 * MiB, 64 * MiB * 1024), ENOMEM);
  EXPECT_EQ(refusal_of(memory, std::numeric_limits<std::size_t>::max()), ENOMEM);
  EXPECT_EQ(refusal_of(memory, 8 * MiB), 0);
}

TEST_F(failing_memory, more_than_there_are_addresses_is_bad_alloc_for_the_first_block_too) {
  memory_resource memory(settings());
  EXPECT_NE(refusal_of(memory, std::numeric_limits<std::size_t>::max()), 0);
  EXPECT_NE(refusal_of(memory, std::size_t{1} << 60U), 0);
  EXPECT_EQ(refusal_of(memory, 1 * MiB), 0);
}

TEST_F(failing_memory, of_a_file_system_without_allocation_and_holes_is_written_and_used_again) {
  memory_resource memory(settings());
  const refusal no_allocation(feature::allocation, EOPNOTSUPP);
  const fault no_holes(call::madvise, 1, EOPNOTSUPP, fault_lasts::for_ever);
  const captured_errors reported;
  void* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    const block_of_memory block(memory, 3 * MiB);
    if (first == nullptr) first = block.data();
    EXPECT_EQ(block.data(), first);
    EXPECT_GE(memory.disk_size_bytes(), 3 * MiB);
    block.fill('x');
  }
  EXPECT_GT(no_allocation.delivered(), 0U);
  EXPECT_EQ(no_holes.delivered(), 3U);
  EXPECT_EQ(reported.all().size(), 0U) << "is no error";
}

TEST_F(failing_memory, that_cannot_be_given_back_is_told_to_the_handler) {
  memory_resource memory(settings());
  const captured_errors reported;
  {
    const block_of_memory block(memory, 1 * MiB);
    const fault failing(call::madvise, 0, EIO, fault_lasts::for_ever);
    memory.deallocate(memory.allocate(2 * MiB), 2 * MiB);
  }
  ASSERT_EQ(reported.all().size(), 1U);
  EXPECT_EQ(reported.all().front().verb(), "give back");
  EXPECT_EQ(reported.all().front().code().value(), EIO);
}

TEST_F(failing_memory, leaves_no_file_with_a_name_behind) {
  memory_resource memory({.builder = segment_builder::named(directory_.path())});
  EXPECT_NE(refusal_of(memory, std::size_t{1} << 60U), 0);
  EXPECT_TRUE(names_in(directory_.path()).empty());
  memory_resource callable({.builder = segment_builder([&] { return directory_ / "one"; })});
  EXPECT_NE(refusal_of(callable, std::size_t{1} << 60U), 0);
  EXPECT_EQ(refusal_of(callable, 1 * MiB), 0) << "its name is taken by the first attempt";
}

TEST_F(failing_memory, past_the_limit_of_file_sizes_is_no_signal) {
  EXPECT_EQ(in_child([&] {
              memory_resource memory(settings());
              void* const low = memory.allocate(8 * MiB);
              static_cast<void>(low);
              void* const high = memory.allocate(1 * MiB);
              const auto* const kept = memory.allocate(1 * MiB);
              memory.deallocate(high, 1 * MiB);
              limit_resource(RLIMIT_FSIZE, 8 * MiB);
              // Cut from the hole, which is within the file and past the limit.
              for (int i = 0; i < 8; ++i) static_cast<void>(memory.allocate(60 * KiB));
              require(kept != nullptr, "");
              try {
                static_cast<void>(memory.allocate(64 * MiB));
              } catch (const bad_alloc& refused) {
                require(refused.reason().code().value() == EFBIG, refused.what());
                return;
              }
              throw child_failure("it was allocated past the limit");
            }),
            "exit 0");
}

// A block may begin behind the end of the file, and of the limit.
TEST_F(failing_memory, that_would_begin_past_the_limit_of_file_sizes_is_no_signal) {
  EXPECT_EQ(in_child([&] {
              memory_resource memory(settings());
              static_cast<void>(memory.allocate(1 * MiB));
              limit_resource(RLIMIT_FSIZE, 3 * MiB / 2);
              require(refusal_of(memory, 2 * MiB) == EFBIG, "a block at 2 MiB");
              require(refusal_of(memory, 256 * KiB) == 0, "a block below the limit");
            }),
            "exit 0");
}

TEST_F(failing_memory, after_a_failed_write_back_gives_no_more) {
  const statistics before = stats();
  memory_resource memory(settings());
  const block_of_memory block(memory, 1 * MiB);
  memory.deallocate(memory.allocate(48), 48);
  {
    const fault failing(call::sync_file_range, 0, EIO, fault_lasts::once);
    EXPECT_THROW(memory.trim(), error);
  }
  EXPECT_EQ(stats().sync_failures, before.sync_failures + 1);
  EXPECT_THROW(memory.trim(), error);
  EXPECT_EQ(refusal_of(memory, 1 * MiB), EIO);
  EXPECT_EQ(refusal_of(memory, 48), EIO) << "a list of free blocks may be among what is lost";
}

TEST_F(failing_memory, under_a_budget_says_so_when_the_next_block_is_allocated) {
  options bounded = settings();
  bounded.memory_budget_bytes = 4 * MiB;
  memory_resource memory(bounded);
  const block_of_memory block(memory, 4 * MiB);
  block.fill('x');
  const fault failing(call::sync_file_range, 0, ENOSPC, fault_lasts::once);
  EXPECT_EQ(refusal_of(memory, 4 * MiB), ENOSPC);
  EXPECT_EQ(failing.delivered(), 1U);
  EXPECT_EQ(refusal_of(memory, 1 * MiB), ENOSPC);
}

/// Blocks of all kinds; what is refused is left out. Returns how much was refused.
std::size_t script(const options& settings) {
  std::size_t refused = 0;
  memory_resource memory(settings);
  std::vector<std::optional<block_of_memory>> blocks(6);
  const auto try_to = [&](auto operation) {
    try {
      operation();
    } catch (const std::bad_alloc& failure) {
      EXPECT_NE(dynamic_cast<const bad_alloc*>(&failure), nullptr);
      ++refused;
    } catch (const error&) {
      ++refused;
    }
  };
  const auto fill = [&](std::size_t at, std::size_t size_bytes) {
    try_to([&] {
      blocks[at].emplace(memory, size_bytes);
      blocks[at]->fill(static_cast<char>(at));
    });
  };
  fill(0, 128 * KiB);
  fill(1, 384 * KiB);
  fill(2, 100);
  blocks[0].reset();
  fill(3, 68 * KiB);
  fill(4, 256 * KiB);
  try_to([&] { memory.trim(); });
  fill(5, 96 * KiB);
  for (std::size_t at = 1; at < blocks.size(); ++at) {
    if (!blocks[at]) continue;
    EXPECT_TRUE(blocks[at]->is_full_of(static_cast<char>(at))) << at;
  }
  const bool cut_small_ones = blocks[2].has_value();
  blocks.clear();
  // What the small block was cut from stays.
  EXPECT_LE(memory.used_bytes(), 16 * KiB);
  EXPECT_TRUE(memory.used_bytes() != 0 || !cut_small_ones);
  EXPECT_LE(memory.budget().held_bytes(), memory.budget().limit_bytes());
  return refused;
}

TEST_F(failing_memory, whatever_call_fails_is_what_it_was_before) {
  for (const std::size_t memory_budget_bytes : {std::size_t{0}, 512 * KiB}) {
    options chosen = settings();
    chosen.memory_budget_bytes = memory_budget_bytes;
    for (const fault_lasts lasts : {fault_lasts::once, fault_lasts::for_ever}) {
      std::size_t faults = 0;
      std::size_t refused = 0;
      for (std::size_t nth = 0;; ++nth) {
        const captured_errors reported;
        const std::uint64_t mapped_before = library_mapped_bytes();
        std::size_t delivered = 0;
        {
          const fault failing(nth, nth, lasts);
          SCOPED_TRACE(std::to_string(nth));
          refused += script(chosen);
          delivered = failing.delivered();
          if (HasFailure()) ADD_FAILURE() << failing.description();
          reclaim_what_faults_left();
        }
        ASSERT_FALSE(HasFailure());
        ASSERT_EQ(library_mapped_bytes(), mapped_before);
        if (delivered == 0) break;
        ++faults;
      }
      EXPECT_GE(faults, 10U);
      EXPECT_GE(refused, 5U);
      EXPECT_EQ(script(chosen), 0U);
    }
  }
}

}  // namespace
}  // namespace mapvec::test
