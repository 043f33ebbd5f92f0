// SPDX-License-Identifier: MIT
//
// Goal: what is given to a block_writer is in the file and in the mapping afterwards, to the byte,
// and nothing beside it has changed, wherever it begins and ends, whatever fails. Method: vectors
// of known bytes, of which a stretch is overwritten; the record of system calls; each call fails
// once.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <mapvec/detail/block_writer.hpp>
#include <mapvec/error.hpp>

#include "block_case.hpp"
#include "support/captured_errors.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

using detail::block_write_plan;
using detail::block_writer;
using detail::stored_bytes;

constexpr std::size_t page_bytes = 4 * KiB;

std::byte old_byte(std::size_t position) { return static_cast<std::byte>(position % 251); }
std::byte new_byte(std::size_t position) { return static_cast<std::byte>(~(position % 241)); }

class writing_blocks : public block_case {
 protected:
  using bytes = mapvec::vector<std::byte>;

  bytes old_bytes(std::size_t count, const options& settings) const {
    bytes v(settings);
    v.resize_for_overwrite(count);
    for (std::size_t i = 0; i < count; ++i) v[i] = old_byte(i);
    return v;
  }

  static stored_bytes part(const bytes& v, std::size_t begin, std::size_t end) {
    stored_bytes all = detail::vector_access::storage_of(v).source(v.size());
    all.data += begin;
    all.size_bytes = end - begin;
    all.offset_bytes += begin;
    return all;
  }

  /// New bytes for [begin, end), in pieces of several sizes.
  static void give(block_writer& writer, std::size_t begin, std::size_t end, std::size_t element) {
    std::vector<std::byte> piece;
    for (std::size_t size = element; begin < end; size += 7 * element) {
      piece.clear();
      while (begin < end && piece.size() < size) piece.push_back(new_byte(begin++));
      writer.write(piece.data(), piece.size());
    }
  }

  static void expect_new(const bytes& v, std::size_t begin, std::size_t end) {
    for (std::size_t i = 0; i < v.size(); ++i) {
      const std::byte expected = begin <= i && i < end ? new_byte(i) : old_byte(i);
      ASSERT_EQ(v[i], expected) << i << " of " << begin << " to " << end;
    }
  }

  /// In the mapping, and then on the disk.
  static void expect_new_everywhere(const bytes& v, std::size_t begin, std::size_t end) {
    expect_new(v, begin, end);
    v.evict(0, v.size());
    expect_new(v, begin, end);
  }

  static void overwrite(bytes& v, std::size_t begin, std::size_t end, std::size_t written_end,
                        const block_write_plan& plan) {
    block_writer writer(part(v, begin, end), plan);
    give(writer, begin, written_end, plan.element_bytes);
    EXPECT_EQ(writer.size_bytes(), written_end - begin);
    writer.finish();
  }
};

TEST_F(writing_blocks, changes_these_bytes_and_no_others_wherever_they_begin_and_end) {
  // The header takes 128 bytes of the first page.
  constexpr std::size_t first_page = page_bytes - 128;
  const std::size_t places[] = {0,
                                1,
                                first_page - 1,
                                first_page,
                                first_page + 1,
                                first_page + page_bytes - 1,
                                first_page + page_bytes,
                                first_page + 2 * page_bytes + 1,
                                first_page + 6 * page_bytes};
  const std::size_t count = first_page + 6 * page_bytes;
  bytes v = old_bytes(count, in_file());
  for (const std::size_t begin : places) {
    for (const std::size_t end : places) {
      if (end <= begin) continue;
      for (const std::size_t chunk :
           {std::size_t{100}, page_bytes - 1, page_bytes, 2 * page_bytes + 1, 100 * page_bytes}) {
        for (std::size_t threads = 0; threads < 3; ++threads) {
          for (std::size_t i = begin; i < end; ++i) v[i] = old_byte(i);
          overwrite(v, begin, end, end,
                    {.chunk_bytes = chunk, .chunks = threads + 1, .threads = threads});
          expect_new(v, begin, end);
          if (HasFatalFailure()) return;
        }
      }
      expect_new_everywhere(v, begin, end);
      for (std::size_t i = begin; i < end; ++i) v[i] = old_byte(i);
    }
  }
}

TEST_F(writing_blocks, ends_where_the_last_element_given_ends) {
  bytes v = old_bytes(300'000, in_file());
  for (const std::size_t end : {std::size_t{0}, std::size_t{128}, page_bytes - 128, 2 * page_bytes,
                                std::size_t{77'777}, std::size_t{299'999}}) {
    for (const std::size_t chunk : {page_bytes, 10 * page_bytes}) {
      overwrite(v, 0, v.size(), end, {.chunk_bytes = chunk});
      expect_new(v, 0, end);
    }
    expect_new_everywhere(v, 0, end);
    for (std::size_t i = 0; i < end; ++i) v[i] = old_byte(i);
  }
}

TEST_F(writing_blocks, divides_no_element_and_keeps_its_alignment) {
  for (const std::size_t element : {3, 24, 4'096, 5'000, 100'000}) {
    bytes v = old_bytes(element * 40, in_file());
    block_writer writer(part(v, 0, v.size()),
                        {.element_bytes = element, .chunk_bytes = 10'000, .chunks = 2});
    std::size_t given = 0;
    for (std::span<std::byte> room = writer.room(); !room.empty(); room = writer.room()) {
      ASSERT_EQ(room.size() % element, 0U);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(room.data()) % page_bytes,
                reinterpret_cast<std::uintptr_t>(v.data() + given) % page_bytes);
      for (std::size_t i = 0; i < element; ++i) room[i] = new_byte(given++);
      writer.advance(element);
    }
    EXPECT_EQ(given, v.size());
    writer.finish();
    expect_new_everywhere(v, 0, v.size());
  }
}

TEST_F(writing_blocks, writes_whole_pages_once_and_past_the_page_cache) {
  bytes v = old_bytes(4 * MiB, in_file());
  v.evict(0, v.size());
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  const call_log log;
  overwrite(v, 0, v.size(), v.size(), {.chunk_bytes = 256 * KiB});
  std::size_t parts = 0;
  std::size_t sum = 0;
  for (const call_record& each : log.records(call::pwrite)) {
    sum += each.size_bytes;
    if (each.offset % page_bytes == 0 && each.size_bytes % page_bytes == 0) continue;
    ++parts;
    EXPECT_LT(each.size_bytes, page_bytes);
  }
  EXPECT_EQ(parts, 2U);
  EXPECT_EQ(sum, v.size());
  EXPECT_EQ(log.count(call::pwrite), 16U + 2U);
  EXPECT_LE(v.resident_bytes(), 64 * KiB);  // what the two partial pages brought
  EXPECT_EQ(log.count(call::fadvise_dontneed), 0U);
  expect_new(v, 0, v.size());
}

TEST_F(writing_blocks, replaces_what_is_mapped_and_was_never_written_back) {
  for (int i = 0; i < 5; ++i) {
    bytes v = old_bytes(MiB + 77, in_file());
    const std::byte* const mapped = v.data();
    overwrite(v, 0, v.size(), v.size(), {.chunk_bytes = 256 * KiB});
    for (std::size_t at = 0; at < v.size(); ++at) ASSERT_EQ(mapped[at], new_byte(at));
    expect_new_everywhere(v, 0, v.size());
  }
}

TEST_F(writing_blocks, changes_the_mapping_where_there_is_no_file_or_it_is_told_to) {
  bytes in_memory = old_bytes(100'000, {});
  bytes filed = old_bytes(100'000, in_file());
  for (bytes* const v : {&in_memory, &filed}) {
    const call_log log;
    overwrite(*v, 1, v->size(), 99'998, {.chunk_bytes = page_bytes, .in_place = v == &filed});
    EXPECT_EQ(log.count(), 0U) << log.summary();
    expect_new(*v, 1, 99'998);
  }
}

TEST_F(writing_blocks, of_nothing_calls_nobody) {
  bytes v = old_bytes(100'000, in_file());
  const call_log log;
  block_writer(part(v, 0, v.size()), {}).finish();
  block_writer nothing(part(v, 5, 5), {});
  EXPECT_TRUE(nothing.room().empty());
  nothing.finish();
  EXPECT_EQ(log.count(), 0U) << log.summary();
  expect_new(v, 0, 0);
}

TEST_F(writing_blocks, goes_through_the_page_cache_where_it_must_and_leaves_it) {
  for (const bool opens : {false, true}) {
    bytes v = old_bytes(2 * MiB, in_file());
    v.evict(0, v.size());
    if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
    const fault no_direct(opens ? call::pwrite : call::open, 0, EINVAL, fault_lasts::once);
    const call_log log;
    overwrite(v, 0, v.size(), v.size(), {.chunk_bytes = 64 * KiB});
    EXPECT_EQ(no_direct.delivered(), 1U);
    EXPECT_GT(log.count(call::fadvise_dontneed), 0U);
    expect_new_everywhere(v, 0, v.size());
  }
  const auto tmpfs = private_mount::tmpfs(16 * MiB);
  if (!tmpfs.is_mounted()) GTEST_SKIP() << tmpfs.why_not();
  bytes v = old_bytes(2 * MiB, {.builder = segment_builder::unnamed(tmpfs.path())});
  overwrite(v, 0, v.size(), v.size(), {.chunk_bytes = 64 * KiB});
  expect_new(v, 0, v.size());
}

TEST_F(writing_blocks, is_complete_with_short_and_with_late_writes) {
  bytes v = old_bytes(500'000, in_file());
  {
    const short_writes limit(20 * KiB);
    overwrite(v, 0, v.size(), v.size(), {.chunk_bytes = 100 * KiB});
  }
  expect_new(v, 0, v.size());
  v = old_bytes(500'000, in_file());
  const late_writes late;
  overwrite(v, 0, v.size(), v.size(), {.chunk_bytes = 50 * KiB, .chunks = 2});
  expect_new(v, 0, v.size());
}

/// Overwrites cold bytes; true if that threw. What was given before is then rescued.
bool fails_and_is_rescued(block_writer& writer, std::size_t size) {
  try {
    for (std::size_t i = 0; i < size; ++i) {
      const std::byte next = new_byte(i);
      writer.write(&next, 1);
    }
    writer.finish();
    return false;
  } catch (const error&) {
    EXPECT_TRUE(writer.rescue());
    return true;
  }
}

TEST_F(writing_blocks, throws_at_a_fault_of_each_system_call_and_can_rescue_what_was_given) {
  captured_errors errors;
  for (const std::size_t threads : {0, 1, 2}) {
    std::size_t failures = 0;
    std::size_t completions = 0;
    for (std::size_t nth = 0;; ++nth) {
      bytes v = old_bytes(300'000, in_file());
      v.evict(0, v.size());
      std::size_t delivered = 0;
      std::size_t given = 0;
      bool has_thrown = false;
      {
        block_writer writer(part(v, 0, v.size()),
                            {.chunk_bytes = 30'000, .chunks = 3, .threads = threads});
        const fault injected(nth, nth / 7, fault_lasts::once);
        has_thrown = fails_and_is_rescued(writer, v.size());
        given = writer.size_bytes();
        delivered = injected.delivered();
      }
      reclaim_what_faults_left();
      ++(has_thrown ? failures : completions);
      ASSERT_TRUE(has_thrown || given == v.size());
      expect_new_everywhere(v, 0, given);
      if (HasFatalFailure() || delivered == 0) break;
    }
    EXPECT_GT(failures, 10U);
    EXPECT_GT(completions, 2U);  // what can be done without
  }
}

TEST_F(writing_blocks, says_what_failed_and_that_it_cannot_be_rescued) {
  bytes v = old_bytes(300'000, in_file());
  block_writer writer(part(v, 0, v.size()), {.chunk_bytes = 8 * page_bytes});
  const fault broken(call::pwrite, 2, EIO, fault_lasts::for_ever);
  const std::vector<std::byte> all(v.size());
  try {
    writer.write(all.data(), all.size());
    writer.finish();
    FAIL() << "on a broken disk";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), EIO);
    EXPECT_EQ(failure.verb(), "write");
    EXPECT_EQ(failure.offset_bytes() % page_bytes, 0U);
    EXPECT_LE(failure.size_bytes(), 8 * page_bytes);
  }
  EXPECT_FALSE(writer.rescue());
}

TEST_F(writing_blocks, left_early_writes_nothing_more_and_waits_for_its_threads) {
  bytes v = old_bytes(300'000, in_file());
  const std::set<int> descriptors = open_descriptors();
  {
    const late_writes late;
    block_writer writer(part(v, 0, v.size()), {.chunk_bytes = 8 * page_bytes});
    give(writer, 0, 100'000, 1);
  }
  EXPECT_EQ(open_descriptors(), descriptors);
  for (std::size_t i = 100'000; i < v.size(); ++i) ASSERT_EQ(v[i], old_byte(i));
}

/// As when the user may have no more processes: then whoever gives writes.
TEST_F(writing_blocks, needs_no_threads_where_there_are_none_to_be_had) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  bytes v = old_bytes(300'000, in_file());
  const auto without_threads = [&] {
    const block_write_plan plan{.chunk_bytes = 8 * page_bytes};
    // The child may not change the elements of the parent's vector, but these are its bytes.
    limit_resource(RLIMIT_NPROC, 0);
    require(::setuid(65'534) == 0, "cannot become another user");
    block_writer writer(part(v, 0, v.size()), plan);
    give(writer, 0, v.size(), 1);
    writer.finish();
  };
  EXPECT_EQ(in_child(without_threads), "exit 0");
  expect_new(v, 0, v.size());
}

/// Keeps what `is_kept` says of the elements 0, 1, 2, …, as unique does: the reader is ahead.
template <class Keep>
std::vector<std::uint64_t> compact(words& v, std::size_t block_bytes, std::size_t chunk_bytes,
                                   Keep is_kept) {
  const stored_bytes all =
      detail::vector_access::storage_of(std::as_const(v)).source(v.size() * sizeof(v[0]));
  detail::block_reader reader(
      all, {.block_bytes = block_bytes, .buffers = 3, .threads = 2, .in_place = false});
  block_writer writer(all, {.element_bytes = sizeof(v[0]), .chunk_bytes = chunk_bytes});
  std::vector<std::uint64_t> kept;
  for (;;) {
    const detail::byte_block next = reader.next();
    if (next.data == nullptr) break;
    for (std::size_t i = 0; i < next.size_bytes / sizeof(v[0]); ++i) {
      std::uint64_t element = 0;
      std::memcpy(&element, next.data + i * sizeof element, sizeof element);
      if (!is_kept(element)) continue;
      kept.push_back(element);
      writer.write(reinterpret_cast<const std::byte*>(&element), sizeof element);
    }
    reader.release(next);
  }
  writer.finish();
  return kept;
}

TEST_F(writing_blocks, may_follow_a_reader_of_the_same_bytes) {
  const std::size_t page = page_bytes / sizeof(std::uint64_t);
  for (const std::size_t count : {std::size_t{1}, page - 16, page, 4 * page - 16, 4 * page + 1,
                                  std::size_t{20'000}, std::size_t{65'521}}) {
    // Blocks and chunks that meet in a page, and others that do not.
    for (const std::size_t block : {std::size_t{1'000}, page_bytes, 5 * page_bytes + 8}) {
      for (const std::size_t chunk : {std::size_t{504}, page_bytes, 9 * page_bytes}) {
        for (const std::size_t nth : {1, 2, 1'000}) {
          // All on the disk, all in memory, and one page in memory that is newer than the disk.
          for (const int cached : {0, 1, 2}) {
            words v = counted(count, in_file());
            if (cached != 1) v.evict(0, count);
            if (cached == 2) v[count / 2] = count / 2;
            const auto is_kept = [&](std::uint64_t each) {
              return each % nth != nth - 1 || nth == 1;
            };
            const std::vector<std::uint64_t> kept = compact(v, block, chunk, is_kept);
            ASSERT_TRUE(std::equal(kept.begin(), kept.end(), v.begin()))
                << count << ' ' << block << ' ' << chunk << ' ' << nth << ' ' << cached;
            for (std::size_t i = kept.size(); i < count; ++i) ASSERT_EQ(v[i], i);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace mapvec::test
