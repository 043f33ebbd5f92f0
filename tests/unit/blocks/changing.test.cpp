// SPDX-License-Identifier: MIT
//
// Goal: blocks of a vector that may be changed are its own elements; what was not in memory before
// is written back and let go behind the loop, what was stays. Method: as for reading.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>

#include "block_case.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

using changing_blocks = block_case;

template <class Vector>
void double_all(Vector& v, const block_options& how) {
  for (const auto& block : blocks(v, how)) {
    for (std::uint64_t& each : block) each *= 2;
  }
}

TEST_F(changing_blocks, are_the_elements_themselves) {
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, block_count, 5 * block_count + 1}) {
    words v = counted(count, in_file());
    for (const auto& block : blocks(v, small_blocks)) {
      ASSERT_EQ(block.data(), v.data() + block.position());
    }
    double_all(v, small_blocks);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(v[i], 2 * i);
  }
}

TEST_F(changing_blocks, of_what_was_not_in_memory_are_let_go_behind_the_loop) {
  words v = cold(6 * MiB);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  double_all(v, {.block_bytes = MiB});
  // What the kernel read ahead of the loop may be there, folios at the ends of pieces too.
  EXPECT_LE(v.resident_bytes(), 4 * MiB);
  for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(v[i], 2 * i);
}

TEST_F(changing_blocks, of_what_was_in_memory_stay_there) {
  words v = counted(MiB, in_file());
  const call_log log;
  double_all(v, small_blocks);
  EXPECT_GE(v.resident_bytes(), v.size() * sizeof(v[0]));
  EXPECT_EQ(log.count(call::sync_file_range) + log.count(call::fadvise_dontneed), 0U);
}

TEST_F(changing_blocks, of_a_persistent_vector_are_durable_with_the_next_commit) {
  auto v = file_vector<std::uint64_t>::create(directory_ / "a.npy");
  v.append_range(counted(10 * block_count, {}));
  v.commit();
  const call_log log;
  double_all(v, small_blocks);
  v.commit();
  EXPECT_EQ(log.count(call::fdatasync), 1U);
}

TEST_F(changing_blocks, whose_write_back_fails_throw_for_ever) {
  words v = cold(8 * MiB);
  if (v.resident_bytes() != 0) GTEST_SKIP() << "the file system is memory";
  {
    const fault broken(call::sync_file_range, 2, EIO, fault_lasts::once);
    EXPECT_THROW(double_all(v, {.block_bytes = MiB}), error);
  }
  EXPECT_THROW(double_all(v, {.block_bytes = MiB}), error);
  EXPECT_THROW(v.reserve(v.capacity() + 1), error);
}

TEST_F(changing_blocks, are_refused_in_a_forked_child_which_may_read) {
  words v = counted(10 * block_count, in_file());
  v.evict(0, v.size());
  const auto child = [&] {
    require_refused("blocks", [&] { double_all(v, small_blocks); });
    std::size_t count = 0;
    for (const auto& block : blocks(std::as_const(v), small_blocks)) count += block.size();
    require(count == v.size(), "not all elements");
  };
  EXPECT_EQ(in_child(child), "exit 0");
}

}  // namespace
}  // namespace mapvec::test
