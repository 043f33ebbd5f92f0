// SPDX-License-Identifier: MIT
//
// Goal: close and the destructor commit and leave a file of exactly its elements; abandon, and a
// destructor while an exception flies, leave the last commit; what has no file cannot grow. Method:
// the file is read without the library after each way of ending.
#include <cerrno>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"
#include "support/captured_errors.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class file_vector_closing : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  void expect_file(const std::vector<int>& elements) const {
    expect_elements(stored_elements<int>(path()), elements);
    EXPECT_EQ(file_bytes(path()), 128 + elements.size() * sizeof(int)) << "not cut to the byte";
  }

  /// Three committed elements and two that are not.
  ints three_and_two() const {
    auto v = ints::create(path());
    v.assign({1, 2, 3});
    v.commit();
    v.append_range(std::vector<int>{4, 5});
    return v;
  }
};

struct interruption {};

TEST_F(file_vector_closing, commits_and_cuts_the_spare_capacity) {
  for (const std::size_t count : {0, 1, 991, 992, 993, 100'000}) {
    auto v = ints::create(path());
    v.resize(count, 7);
    v.reserve(count + 5'000);
    v.close();
    expect_file(std::vector<int>(count, 7));
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(file_vector_closing, twice_is_once) {
  auto v = three_and_two();
  v.close();
  const call_log log;
  v.close();
  v.abandon();
  ints().close();
  ints().abandon();
  EXPECT_EQ(log.count(), 0U) << log.summary();
  expect_file({1, 2, 3, 4, 5});
}

void expect_without_a_file(file_vector<int>& v) {
  EXPECT_FALSE(v.is_open());
  EXPECT_TRUE(v.empty());
  EXPECT_EQ(v.size() + v.capacity() + v.committed_size(), 0U);
  EXPECT_EQ(v.data(), nullptr);
  EXPECT_TRUE(v.begin() == v.end());
  EXPECT_EQ(v.path(), "");
  EXPECT_EQ(v.row_width(), 1U);
  EXPECT_TRUE(v.rows().empty());
  EXPECT_EQ(v.disk_size_bytes() + v.resident_bytes() + v.reservation_bytes(), 0U);
  // What grows, or needs a file, says so.
  const std::vector<int> two{1, 2};
  EXPECT_EQ(errno_of([&] { v.push_back(1); }), EBADF);
  EXPECT_EQ(errno_of([&] { v.emplace_back(1); }), EBADF);
  EXPECT_EQ(errno_of([&] { v.resize(1); }), EBADF);
  EXPECT_EQ(errno_of([&] { v.resize_for_overwrite(1); }), EBADF);
  EXPECT_EQ(errno_of([&] { v.reserve(1); }), EBADF);
  EXPECT_EQ(errno_of([&] { v.insert(v.begin(), 1); }), EBADF);
  EXPECT_EQ(errno_of([&] { v.append_range(two); }), EBADF);
  EXPECT_EQ(errno_of([&] { v.assign(two.begin(), two.end()); }), EBADF);
  EXPECT_EQ(errno_of([&] { v.assign(2, 1); }), EBADF);
  EXPECT_EQ(errno_of([&] { v = {1, 2}; }), EBADF);
  v = {};
  EXPECT_EQ(errno_of([&] { v.commit(); }), EBADF);
  EXPECT_EQ(errno_of([&] { v.snapshot("/var/tmp/no-such-snapshot"); }), EBADF);
  EXPECT_FALSE(exists("/var/tmp/no-such-snapshot"));
  vector<int> next{1, 2, 3};
  EXPECT_EQ(errno_of([&] { v.replace(std::move(next)); }), EBADF);
  EXPECT_EQ(next.size(), 3U);
  EXPECT_THROW(v.write(0, two), std::out_of_range);
  EXPECT_EQ(v.try_push_back(1), nullptr);
  // What cannot fail on an empty vector does not.
  v.clear();
  v.resize(0);
  v.reserve(0);
  v.shrink_to_fit();
  v.truncate(3);
  v.truncate_front(3);
  v.write(0, {});
  v.evict(0, 10);
  v.prefetch();
  v.prefault(0, 10);
  v.advise(access::random);
  EXPECT_FALSE(v.pop().has_value());
  EXPECT_EQ(erase(v, 1), 0U);
  EXPECT_TRUE(v == vector<int>());
}

TEST_F(file_vector_closing, leaves_a_vector_that_cannot_grow) {
  auto v = three_and_two();
  v.close();
  expect_without_a_file(v);
  v.close();
  expect_file({1, 2, 3, 4, 5});
}

TEST_F(file_vector_closing, is_the_state_after_abandon_a_move_and_nothing_at_all) {
  auto abandoned = three_and_two();
  abandoned.abandon();
  expect_without_a_file(abandoned);
  auto from = ints::create(path("b.npy"));
  from.push_back(1);
  const auto to = std::move(from);
  expect_without_a_file(from);
  ints none;
  expect_without_a_file(none);
}

TEST_F(file_vector_closing, frees_the_object_for_another_file) {
  auto v = three_and_two();
  v.close();
  v = ints::open(path());
  v.push_back(6);
  EXPECT_EQ(v.size(), 6U);
}

TEST_F(file_vector_closing, is_what_the_destructor_does) {
  {
    const auto v = three_and_two();
  }
  expect_file({1, 2, 3, 4, 5});
}

TEST_F(file_vector_closing, is_what_move_assignment_does_to_the_target) {
  auto v = three_and_two();
  auto other = ints::create(path("b.npy"));
  other.push_back(9);
  v = std::move(other);
  expect_file({1, 2, 3, 4, 5});
  EXPECT_EQ(v.path(), path("b.npy"));
  expect_elements(v, {9});
}

TEST_F(file_vector_closing, is_not_what_an_assignment_of_values_does) {
  auto v = three_and_two();
  const int* const data = v.data();
  ints& same = (v = {7, 8});
  EXPECT_EQ(&same, &v);
  expect_elements(v, {7, 8});
  v = {};
  EXPECT_TRUE(v.empty());
  EXPECT_TRUE(v.is_open());
  EXPECT_EQ(v.path(), path());
  EXPECT_EQ(v.data(), data);
  EXPECT_EQ(v.committed_size(), 3U) << "nothing was committed";
  v = {4};
  v = ints();
  EXPECT_FALSE(v.is_open());
  expect_file({4});
}

TEST_F(file_vector_closing, is_not_what_a_move_to_itself_does) {
  auto v = three_and_two();
  ints& same = v;
  v = std::move(same);
  expect_elements(v, {1, 2, 3, 4, 5});
  EXPECT_EQ(v.committed_size(), 3U);
}

TEST_F(file_vector_closing, is_not_done_while_an_exception_flies) {
  try {
    const auto v = three_and_two();
    throw interruption{};
  } catch (const interruption&) {
  }
  expect_file({1, 2, 3});
}

TEST_F(file_vector_closing, is_done_by_a_vector_that_began_while_an_exception_flew) {
  struct at_the_end {
    std::function<void()> run;
    ~at_the_end() { run(); }
  };
  try {
    const at_the_end clean_up{[this] { const auto v = three_and_two(); }};
    throw interruption{};
  } catch (const interruption&) {
  }
  expect_file({1, 2, 3, 4, 5});
}

TEST_F(file_vector_closing, is_done_in_a_handler_after_the_exception_was_caught) {
  try {
    throw interruption{};
  } catch (const interruption&) {
    const auto v = three_and_two();
  }
  expect_file({1, 2, 3, 4, 5});
}

TEST_F(file_vector_closing, is_done_by_a_vector_that_outlives_the_exception) {
  std::optional<ints> v;
  try {
    v = three_and_two();
    throw interruption{};
  } catch (const interruption&) {
  }
  v.reset();
  expect_file({1, 2, 3, 4, 5});
}

TEST_F(file_vector_closing, abandon_drops_what_was_appended_and_keeps_what_was_committed) {
  auto v = three_and_two();
  EXPECT_EQ(v.committed_size(), 3U);
  v.resize(100'000, 6);
  EXPECT_EQ(v.committed_size(), 3U);
  v.abandon();
  expect_file({1, 2, 3});
}

TEST_F(file_vector_closing, abandon_keeps_what_was_changed_in_place) {
  auto v = three_and_two();
  v[1] = 7;
  v.abandon();
  expect_file({1, 7, 3});
}

TEST_F(file_vector_closing, abandon_of_a_new_file_leaves_an_empty_array) {
  auto v = ints::create(path());
  v.assign({1, 2, 3});
  v.abandon();
  expect_file({});
}

TEST_F(file_vector_closing, abandon_undoes_a_shrinking_that_no_append_followed) {
  auto v = three_and_two();
  v.truncate(1);
  v.abandon();
  expect_file({1, 2, 3});
}

TEST_F(file_vector_closing, abandon_ends_at_the_smallest_size_since_the_commit) {
  auto v = three_and_two();
  v.truncate(1);
  v.push_back(8);  // would else stand where the file counts another
  v.push_back(9);
  v.abandon();
  expect_file({1});
}

TEST_F(file_vector_closing, that_fails_leaves_the_vector_open) {
  for (const call what : {call::pwrite, call::ftruncate}) {
    auto v = three_and_two();
    {
      const fault failing(what, 0, EIO, fault_lasts::once);
      EXPECT_EQ(errno_of([&] { v.close(); }), EIO);
      EXPECT_EQ(failing.delivered(), 1U);
    }
    EXPECT_TRUE(v.is_open());
    expect_elements(v, {1, 2, 3, 4, 5});
    v.push_back(6);
    v.close();
    expect_file({1, 2, 3, 4, 5, 6});
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(file_vector_closing, by_a_destructor_tells_the_handler_what_failed) {
  const captured_errors reported;
  {
    std::optional<ints> v = three_and_two();
    const fault failing(call::fdatasync, 0, EIO, fault_lasts::once);
    v.reset();
    EXPECT_EQ(failing.delivered(), 1U);
  }
  const std::vector<error> all = reported.all();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code().value(), EIO);
  EXPECT_EQ(all[0].path(), path());
  EXPECT_EQ(stored_count(path()), 3U) << "the commit before";
}

}  // namespace
}  // namespace mapvec::test
