// SPDX-License-Identifier: MIT
//
// Goal: a snapshot is a file of its own with the elements of that moment, committed or not, and the
// vector does not notice; where blocks are shared, space_guaranteed() tells what that costs.
// Method: the copy is read without the library after the original has changed.
#include <cerrno>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class snapshots : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  ints five() const {
    auto v = ints::create(path());
    v.append_range(std::vector<int>{1, 2, 3});
    v.commit();
    v.append_range(std::vector<int>{4, 5});
    return v;
  }
};

TEST_F(snapshots, hold_the_elements_of_their_moment) {
  auto v = five();
  v.snapshot(path("copy.npy"));
  v[0] = 9;
  v.truncate(2);
  v.commit();
  expect_elements(stored_elements<int>(path("copy.npy")), {1, 2, 3, 4, 5});
  EXPECT_EQ(file_bytes(path("copy.npy")), 128 + 5 * sizeof(int)) << "no spare capacity";
  expect_elements(stored_elements<int>(path()), {9, 2});
  EXPECT_EQ(names_in(directory()).size(), 2U);
}

TEST_F(snapshots, change_nothing_of_the_vector) {
  auto v = five();
  const ints& only_looking = v;
  const int* const data = only_looking.data();
  const std::size_t capacity = v.capacity();
  v.snapshot(path("copy.npy"));
  EXPECT_EQ(only_looking.data(), data);
  EXPECT_EQ(v.capacity(), capacity);
  EXPECT_EQ(v.committed_size(), 3U);
  EXPECT_EQ(stored_count(path()), 3U);
  EXPECT_TRUE(v.space_guaranteed());
}

TEST_F(snapshots, are_files_of_their_own) {
  auto v = five();
  v.snapshot(path("copy.npy"));
  auto copy = ints::open(path("copy.npy"));
  copy.push_back(6);
  copy.close();
  expect_elements(v, {1, 2, 3, 4, 5});
  expect_elements(stored_elements<int>(path("copy.npy")), {1, 2, 3, 4, 5, 6});
}

/// What only some may read does not become public by a copy.
TEST_F(snapshots, have_the_mode_of_the_file) {
  ints::create(path("private.npy"), {.permissions = 0640}).push_back(1);
  EXPECT_EQ(::chmod(path("private.npy").c_str(), 0600), 0);
  auto v = ints::open(path("private.npy"));
  v.snapshot(path("copy.npy"));
  EXPECT_EQ(mode_of(path("copy.npy")), 0600U);
  v.replace(vector<int>(std::size_t{3}, in_file()));
  v.snapshot(path("copy2.npy"));
  EXPECT_EQ(mode_of(path("copy2.npy")), 0600U);
  vector<int> temporary(std::size_t{3}, in_file());
  persist(std::move(temporary), path("linked.npy"), {.permissions = 0600})
      .snapshot(path("copy3.npy"));
  EXPECT_EQ(mode_of(path("copy3.npy")), 0600U);
}

TEST_F(snapshots, of_large_and_of_empty_vectors) {
  auto v = ints::create(path());
  v.snapshot(path("empty.npy"));
  EXPECT_EQ(stored_count(path("empty.npy")), 0U);
  v.resize(10 * MiB / sizeof(int));
  std::iota(v.begin(), v.end(), 0);
  v.snapshot(path("large.npy"));
  EXPECT_TRUE(v == ints::open(path("large.npy")));
}

TEST_F(snapshots, never_take_a_name_that_exists) {
  const auto v = five();
  EXPECT_EQ(errno_of([&] { v.snapshot(path()); }), EEXIST);
  write_contents(path("other"), "precious");
  EXPECT_EQ(errno_of([&] { v.snapshot(path("other")); }), EEXIST);
  EXPECT_EQ(contents_of(path("other")), "precious");
  EXPECT_EQ(errno_of([&] { v.snapshot(path("missing/a.npy")); }), ENOENT);
}

TEST_F(snapshots, that_fail_leave_no_file) {
  const auto v = five();
  for (const call what : {call::fallocate, call::pwrite, call::fsync, call::link_descriptor}) {
    const fault failing(what, 0, ENOSPC, fault_lasts::for_ever);
    EXPECT_EQ(errno_of([&] { v.snapshot(path("copy.npy")); }), ENOSPC) << name_of(what);
    EXPECT_FALSE(exists(path("copy.npy")));
  }
  v.snapshot(path("copy.npy"));
  EXPECT_EQ(stored_count(path("copy.npy")), 5U);
}

TEST_F(snapshots, asked_to_share_blocks_copy_where_the_file_system_cannot) {
  auto v = five();
  {
    const fault failing(call::clone_blocks, 0, EOPNOTSUPP, fault_lasts::for_ever);
    v.snapshot(path("copy.npy"), {.share_blocks = true});
    EXPECT_EQ(failing.delivered(), 1U);
  }
  EXPECT_TRUE(v.space_guaranteed()) << "nothing is shared";
  expect_elements(stored_elements<int>(path("copy.npy")), {1, 2, 3, 4, 5});
  v.push_back(6);
  v.close();
  expect_elements(stored_elements<int>(path()), {1, 2, 3, 4, 5, 6});
}

}  // namespace
}  // namespace mapvec::test
