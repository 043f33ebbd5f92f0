// SPDX-License-Identifier: MIT
//
// Goal: replace exchanges all elements of a file at one instant; who has the old file open keeps
// it, who opens the path afterwards finds the new one, and the lock is held all the time. Method:
// views from before and after, the record of calls, and the file read without the library.
#include <cerrno>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class replacing : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  static std::vector<int> counted(std::size_t count) {
    std::vector<int> elements(count);
    std::iota(elements.begin(), elements.end(), 0);
    return elements;
  }

  ints old_file() const {
    auto v = ints::create(path());
    v.append_range(std::vector<int>{-1, -2, -3});
    v.commit();
    v.push_back(-4);
    return v;
  }

  vector<int> next(std::size_t count, const options& settings = {}) const {
    vector<int> elements(settings);
    elements.append_range(counted(count));
    return elements;
  }

  void expect_file(const std::vector<int>& elements) const {
    expect_elements(stored_elements<int>(path()), elements);
    EXPECT_EQ(names_in(directory()), std::vector<std::string>{"a.npy"});
  }
};

TEST_F(replacing, puts_the_new_elements_in_place_durably) {
  for (const options& settings :
       {options{}, in_file(), options{.builder = segment_builder::named(directory())}}) {
    auto v = old_file();
    auto elements = next(10'000, settings);
    v.replace(std::move(elements));
    EXPECT_TRUE(elements.empty());
    expect_elements(v, counted(10'000));
    EXPECT_EQ(v.committed_size(), 10'000U);
    EXPECT_EQ(v.path(), path());
    expect_file(counted(10'000));
    v.push_back(10'000);
    v.close();
    expect_file(counted(10'001));
    EXPECT_EQ(file_bytes(path()), 128 + 10'001 * sizeof(int));
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(replacing, copies_nothing_where_the_new_elements_have_a_file) {
  old_file().close();
  auto v = ints::open(path());  // of which nobody has a pointer yet
  auto elements = next(100'000, in_file());
  int* const data = elements.data();
  const call_log log;
  v.replace(std::move(elements));
  EXPECT_EQ(std::as_const(v).data(), data);
  EXPECT_EQ(changes_in(log), "pwrite fsync link_descriptor rename fsync");
  EXPECT_EQ(log.records(call::pwrite).at(0).size_bytes, 128U);
  data[7] = 77;  // a pointer from before
  const call_log commit;
  v.commit();
  EXPECT_EQ(changes_in(commit), "fdatasync");
}

TEST_F(replacing, keeps_the_reservation_of_whichever_file_takes_the_name) {
  const options small{.reservation_bytes = 4 * MiB, .spill_threshold_bytes = 0};
  const options in_memory{.reservation_bytes = 4 * MiB};
  auto v = ints::create(path(), {.reservation_bytes = 64 * MiB});
  v.replace(next(10, in_memory));
  EXPECT_EQ(v.reservation_bytes(), 64 * MiB) << "copied to a file of the vector's own options";
  v.replace(next(10, small));
  EXPECT_EQ(v.reservation_bytes(), 4 * MiB);
}

TEST_F(replacing, leaves_the_old_elements_to_those_who_have_them_open) {
  auto v = old_file();
  v.commit();
  auto old_view = file_view<int>::open(path());
  const int* const data = old_view.data();
  v.replace(next(5));
  v.push_back(5);
  v.commit();
  const auto new_view = file_view<int>::open(path());
  expect_elements(new_view, counted(6));
  EXPECT_EQ(old_view.refresh(), 4U);
  EXPECT_EQ(old_view.data(), data);
  expect_elements(old_view, {-1, -2, -3, -4});
}

TEST_F(replacing, keeps_the_mode_and_the_lock) {
  auto v = old_file();
  EXPECT_EQ(::chmod(path().c_str(), 0631), 0);
  for (const options& settings : {options{}, in_file()}) {
    v.replace(next(5, settings));
    EXPECT_EQ(mode_of(path()), 0631U);
    EXPECT_EQ(errno_of([&] { ints::open(path()); }), EBUSY);
  }
  v.close();
  EXPECT_EQ(ints::open(path()).size(), 5U);
}

TEST_F(replacing, through_a_symbolic_link_replaces_the_target) {
  old_file().close();
  EXPECT_EQ(::mkdir(path("links").c_str(), 0700), 0);
  EXPECT_EQ(::symlink("../a.npy", path("links/link").c_str()), 0);
  auto v = ints::open(path("links/link"));
  v.replace(next(5));
  v.push_back(5);
  v.close();
  struct stat status{};
  EXPECT_EQ(::lstat(path("links/link").c_str(), &status), 0);
  EXPECT_TRUE(S_ISLNK(status.st_mode));
  expect_elements(stored_elements<int>(path()), counted(6));
  EXPECT_EQ(names_in(path("links")).size(), 1U);
}

TEST_F(replacing, follows_a_file_that_was_renamed) {
  old_file().close();
  auto v = ints::open(path());
  EXPECT_EQ(::rename(path().c_str(), path("moved.npy").c_str()), 0);
  v.replace(next(5));
  EXPECT_EQ(names_in(directory()), std::vector<std::string>{"moved.npy"});
  EXPECT_EQ(v.path(), path("moved.npy"));
  EXPECT_EQ(stored_count(path("moved.npy")), 5U);
}

/// Of a file that was made without a name /proc tells none, ever.
TEST_F(replacing, of_a_file_that_was_created_and_renamed_is_refused) {
  auto v = old_file();
  EXPECT_EQ(::rename(path().c_str(), path("moved.npy").c_str()), 0);
  auto elements = next(5);
  EXPECT_EQ(errno_of([&] { v.replace(std::move(elements)); }), ENOENT);
  EXPECT_EQ(elements.size(), 5U);
  v.commit();
  expect_elements(stored_elements<int>(path("moved.npy")), {-1, -2, -3, -4});
  EXPECT_FALSE(exists(path()));
}

/// As when logs are rotated: the name belongs to the file of somebody else by now.
TEST_F(replacing, never_takes_the_place_of_another_file) {
  for (const bool opened : {false, true}) {
    auto v = old_file();
    if (opened) {
      v.close();
      v = ints::open(path());
    }
    EXPECT_EQ(::rename(path().c_str(), path("moved.npy").c_str()), 0);
    auto stranger = ints::create(path());
    stranger.append_range(std::vector<int>{7, 7, 7});
    stranger.commit();
    errno_of([&] { v.replace(next(5)); });
    stranger.push_back(7);
    stranger.close();
    expect_elements(stored_elements<int>(path()), {7, 7, 7, 7});
    v.abandon();
    EXPECT_EQ(::unlink(path().c_str()), 0);
    EXPECT_EQ(::unlink(path("moved.npy").c_str()), 0);
  }
}

TEST_F(replacing, brings_back_a_file_that_was_removed) {
  auto v = old_file();
  EXPECT_EQ(::unlink(path().c_str()), 0);
  v.replace(next(5));
  expect_file(counted(5));
}

TEST_F(replacing, again_and_again_and_by_nothing) {
  auto v = old_file();
  for (std::size_t count : {1, 100'000, 0, 7}) {
    v.replace(next(count, count == 7 ? in_file() : options{}));
    expect_elements(v, counted(count));
    expect_file(counted(count));
  }
  v.replace(vector<int>());
  EXPECT_TRUE(v.empty());
  v.push_back(1);
  v.close();
  expect_file({1});
}

TEST_F(replacing, keeps_the_header_of_the_file) {
  {
    auto v = ints::create(path(), {.row_width = 5});
    v.append_range(counted(10));
    v.commit();
    v.replace(next(15));
    EXPECT_EQ(v.row_width(), 5U);
    EXPECT_EQ(stored_count(path()), 3U);
  }
  EXPECT_THROW(ints::open(path()), format_error) << "still rows";
  EXPECT_EQ(ints::open(path(), {.row_width = 5}).size(), 15U);
}

TEST_F(replacing, that_fails_changes_neither_vector) {
  for (const call what : {call::fsync, call::rename, call::pwrite, call::lock}) {
    for (const options& settings : {options{}, in_file()}) {
      auto v = old_file();
      auto elements = next(1'000, settings);
      const int* const data = v.data();
      {
        const fault failing(what, 0, what == call::lock ? ENOLCK : EIO, fault_lasts::once);
        EXPECT_NE(errno_of([&] { v.replace(std::move(elements)); }), 0);
        EXPECT_EQ(failing.delivered(), 1U);
      }
      EXPECT_EQ(v.data(), data);
      expect_elements(v, {-1, -2, -3, -4});
      EXPECT_EQ(v.committed_size(), 3U);
      expect_elements(elements, counted(1'000));
      expect_file({-1, -2, -3});
      // What could not be written back may be lost: those elements are good for nothing any more.
      const bool lost = what == call::fsync && elements.disk_size_bytes() != 0;
      EXPECT_EQ(errno_of([&] { v.replace(std::move(elements)); }), lost ? EIO : 0);
      if (!lost) expect_file(counted(1'000));
      v.close();
      EXPECT_EQ(::unlink(path().c_str()), 0);
    }
  }
}

/// Nothing has failed that could not be tried again.
TEST_F(replacing, whose_directory_cannot_be_opened_changes_nothing) {
  for (const options& settings : {options{}, in_file()}) {
    auto v = old_file();
    auto elements = next(5, settings);
    const std::size_t opened =
        settings.spill_threshold_bytes == 0 ? 0 : 1;  // a file beside comes first
    {
      const fault failing(call::open, opened, EACCES, fault_lasts::once);
      EXPECT_EQ(errno_of([&] { v.replace(std::move(elements)); }), EACCES);
      EXPECT_EQ(failing.delivered(), 1U);
    }
    EXPECT_EQ(elements.size(), 5U);
    v.commit();
    expect_file({-1, -2, -3, -4});
    v.replace(std::move(elements));
    expect_file(counted(5));
    v.close();
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(replacing, leaves_the_options_as_they_are) {
  auto v = ints::create(path(), {.row_width = 5});
  v.replace(next(10, in_file()));
  EXPECT_EQ(v.row_width(), 5U);
  v.snapshot(path("copy.npy"));
  EXPECT_EQ(ints::open(path("copy.npy"), {.row_width = 5}).size(), 10U);
}

TEST_F(replacing, whose_directory_could_not_be_synced_has_happened_and_says_so) {
  auto v = old_file();
  {
    const fault failing(call::fsync, 1, EIO, fault_lasts::once);
    EXPECT_EQ(errno_of([&] { v.replace(next(5)); }), EIO);
    EXPECT_EQ(failing.delivered(), 1U);
  }
  expect_elements(std::as_const(v), counted(5));
  expect_file(counted(5));
  EXPECT_EQ(errno_of([&] { v.commit(); }), EIO);
  EXPECT_EQ(errno_of([&] { v.commit(); }), EIO) << "for ever";
  v.abandon();
  EXPECT_EQ(ints::open(path()).size(), 5U);
}

TEST_F(replacing, needs_a_reservation_that_holds_the_new_elements) {
  auto v = ints::create(path(), {.reservation_bytes = 2 * MiB});
  v.push_back(-1);
  v.commit();
  auto elements = next(3 * MiB / sizeof(int), {.spill_threshold_bytes = 4 * MiB});
  EXPECT_THROW(v.replace(std::move(elements)), std::length_error);
  EXPECT_EQ(elements.size(), 3 * MiB / sizeof(int));
  expect_elements(std::as_const(v), {-1});
  expect_file({-1});
}

}  // namespace
}  // namespace mapvec::test
