// SPDX-License-Identifier: MIT
//
// Goal: opening finds what was committed, refuses what it cannot hold, and changes no byte of the
// file until the first write. Method: files of ours, files as NumPy writes them and files that are
// neither, compared byte by byte afterwards; the call record.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>

#include "../common/checks.hpp"
#include "file_vector_case.hpp"
#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

using mapvec_test::expect_elements;

class file_vector_opening : public file_vector_case {
 protected:
  using ints = file_vector<int>;

  /// What numpy.save of NumPy 1.23 or later writes for an array of int32.
  static std::string numpy_file(const std::vector<int>& elements) {
    std::string text = "{'descr': '<i4', 'fortran_order': False, 'shape': (" +
                       std::to_string(elements.size()) + ",), }";
    text.resize(117, ' ');
    std::string bytes = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + text + '\n';
    const auto* const first = reinterpret_cast<const char*>(elements.data());
    return bytes.append(first, elements.size() * sizeof(int));
  }

  /// Opens and lets go without a write; the file must not notice.
  void expect_untouched_by_opening(const std::string& name, std::size_t size) {
    const std::string before = contents_of(name);
    const call_log log;
    {
      const auto v = ints::open(name);
      EXPECT_EQ(v.size(), size);
      EXPECT_EQ(v.committed_size(), size);
    }
    EXPECT_EQ(changes_in(log), "") << "nor waits for the disk";
    EXPECT_TRUE(contents_of(name) == before);
  }
};

TEST_F(file_vector_opening, finds_what_was_closed) {
  std::vector<int> elements(10'000);
  std::iota(elements.begin(), elements.end(), 0);
  make_file(elements);
  const auto v = ints::open(path());
  expect_elements(v, elements);
  EXPECT_EQ(v.capacity(), v.size());
  EXPECT_EQ(v.committed_size(), v.size());
  EXPECT_GE(v.reservation_bytes(), 2 * file_bytes(path()));
  EXPECT_EQ(v.path(), path());
}

TEST_F(file_vector_opening, writes_nothing) {
  make_file<int>({1, 2, 3});
  expect_untouched_by_opening(path(), 3);
  make_file<int>({}, "empty.npy");
  expect_untouched_by_opening(path("empty.npy"), 0);
  write_contents(path("numpy.npy"), numpy_file({4, 5}));
  expect_untouched_by_opening(path("numpy.npy"), 2);
}

/// Spare capacity must not make up for holes among the elements.
TEST_F(file_vector_opening, of_elements_with_holes_guarantees_no_space) {
  const std::string name = make_file<int>(std::vector<int>(MiB, 1));
  const int fd = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_EQ(::fallocate(fd, 0, 4 * MiB, 8 * MiB), 0);
  EXPECT_EQ(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, MiB, MiB), 0);
  ::close(fd);
  EXPECT_FALSE(ints::open(name).space_guaranteed());
}

/// A killed process may have stored the count, or given the file its name, without waiting for it.
TEST_F(file_vector_opening, leaves_the_wait_for_what_was_found_to_the_first_write_or_commit) {
  make_file<int>({1, 2, 3});
  const std::vector<std::function<void(ints&)>> firsts = {
      [](ints& v) { v.commit(); },
      [](ints& v) { v.push_back(4); },
      [](ints& v) { v.reserve(1'000); },
      [](ints& v) {
        v.pop_back();
        v.push_back(3);
      },
  };
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    auto v = ints::open(path());
    call_log log;
    firsts[i](v);
    // Its header is written again: a wait that failed earlier made the kernel take it for written.
    EXPECT_TRUE(changes_in(log).starts_with("pwrite fdatasync fsync")) << i << changes_in(log);
    EXPECT_EQ(log.records(call::pwrite).at(0).offset, 0U);
    EXPECT_EQ(log.records(call::pwrite).at(0).size_bytes, 128U);
    const call_record data = log.records(call::fdatasync).at(0);
    const call_record name = log.records(call::fsync).at(0);
    EXPECT_NE(name.fd, data.fd) << "the directory's";
    log.clear();
    v.commit();
    EXPECT_EQ(log.count(call::fsync), 0U) << "once is enough";
    v.abandon();
  }
}

TEST_F(file_vector_opening, builds_nothing_on_what_the_disk_refused) {
  for (const call what : {call::fdatasync, call::fsync}) {
    make_file<int>({1, 2, 3});
    const std::string before = contents_of(path());
    auto v = ints::open(path());
    {
      const fault failing(what, 0, EIO, fault_lasts::once);
      EXPECT_EQ(errno_of([&] { v.push_back(4); }), EIO);
    }
    EXPECT_EQ(errno_of([&] { v.commit(); }), EIO) << "for ever";
    expect_elements(std::as_const(v), {1, 2, 3});
    v.abandon();
    EXPECT_TRUE(contents_of(path()) == before);
    EXPECT_EQ(::unlink(path().c_str()), 0);
  }
}

TEST_F(file_vector_opening, of_a_numpy_file_makes_the_header_ours_at_the_first_append) {
  write_contents(path(), numpy_file({1, 2, 3}));
  {
    auto v = ints::open(path());
    v[0] = 7;
    v.commit();
    EXPECT_EQ(contents_of(path()), numpy_file({7, 2, 3}))
        << "changing elements needs no new header";
    v.push_back(4);
    v.commit();
    EXPECT_EQ(stored_count(path()), 4U);
  }
  EXPECT_EQ(stored_elements<int>(path()), (std::vector<int>{7, 2, 3, 4}));
  EXPECT_EQ(file_bytes(path()), 128 + 4 * sizeof(int));
}

TEST_F(file_vector_opening, of_nothing_is_ENOENT) {
  EXPECT_EQ(errno_of([&] { ints::open(path()); }), ENOENT);
  EXPECT_EQ(errno_of([] { ints::open(""); }), ENOENT);
  EXPECT_EQ(errno_of([] { file_view<int>::open(""); }), ENOENT);
  EXPECT_EQ(names_in(directory()).size(), 0U);
}

TEST_F(file_vector_opening, refuses_what_is_no_regular_file) {
  EXPECT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(::mkdir(path("directory").c_str(), 0700), 0);
  EXPECT_THROW(ints::open(path("fifo")), format_error);
  EXPECT_THROW(ints::open(path("directory")), format_error);
  EXPECT_THROW(ints::open("/dev/null"), format_error);
}

TEST_F(file_vector_opening, says_what_the_file_holds_instead) {
  make_file<double>({1.5});
  const std::string before = contents_of(path());
  try {
    ints::open(path());
    FAIL() << "no exception";
  } catch (const format_error& refused) {
    EXPECT_EQ(refused.path(), path());
    EXPECT_NE(refused.stored().find("<f8"), std::string::npos) << refused.what();
    EXPECT_NE(refused.asked().find("<i4"), std::string::npos) << refused.what();
  }
  EXPECT_THROW(file_vector<unsigned>::open(path()), format_error);
  EXPECT_EQ(contents_of(path()), before);
}

TEST_F(file_vector_opening, refuses_a_file_that_is_shorter_than_its_count) {
  make_file<int>({1, 2, 3});
  EXPECT_EQ(::truncate(path().c_str(), 128 + 11), 0);
  const std::string before = contents_of(path());
  EXPECT_THROW(ints::open(path()), format_error);
  EXPECT_THROW(file_view<int>::open(path()), format_error);
  EXPECT_EQ(contents_of(path()), before);
}

TEST_F(file_vector_opening, refuses_a_second_writer_and_names_the_first) {
  auto v = ints::create(path());
  try {
    ints::open(path());
    FAIL() << "no exception";
  } catch (const error& busy) {
    EXPECT_EQ(busy.code().value(), EBUSY);
    EXPECT_NE(busy.verb().find(std::to_string(::getpid())), std::string::npos) << busy.what();
  }
  auto moved = std::move(v);
  EXPECT_EQ(errno_of([&] { ints::open(path()); }), EBUSY);
  moved.close();
  EXPECT_EQ(errno_of([&] { ints::open(path()); }), 0);
}

TEST_F(file_vector_opening, works_after_close_although_a_child_keeps_the_descriptor) {
  auto v = ints::create(path());
  v.push_back(1);
  running_child child([](const std::function<void()>& ready) {
    ready();
    ::pause();
  });
  ASSERT_TRUE(child.wait_until_ready());
  v.close();
  expect_elements(ints::open(path()), {1});
}

/// Puts another file in place of the path whenever a lock is about to be taken.
class replaced_before_the_lock final : public observer {
 public:
  replaced_before_the_lock(std::string path, std::vector<std::string> next)
      : path_(std::move(path)), next_(std::move(next)) {
    start();
  }
  ~replaced_before_the_lock() { stop(); }
  std::optional<int> before(const call_record& record) override {
    if (record.what == call::lock && record.flags == F_WRLCK && done_ < next_.size()) {
      EXPECT_EQ(::rename(next_[done_++].c_str(), path_.c_str()), 0);
    }
    return std::nullopt;
  }
  std::size_t done() const { return done_; }

 private:
  std::string path_;
  std::vector<std::string> next_;
  std::size_t done_ = 0;
};

TEST_F(file_vector_opening, finds_the_file_that_has_the_name_when_it_has_the_lock) {
  make_file<int>({1});
  const std::vector<std::string> next = {make_file<int>({2, 2}, "b"),
                                         make_file<int>({3, 3, 3}, "c")};
  const replaced_before_the_lock others(path(), next);
  auto v = ints::open(path());
  EXPECT_EQ(others.done(), 2U);
  expect_elements(v, {3, 3, 3});
  v.push_back(4);
  v.close();
  expect_elements(stored_elements<int>(path()), {3, 3, 3, 4});
}

TEST_F(file_vector_opening, through_a_symbolic_link_is_opening_its_target) {
  make_file<int>({1, 2});
  EXPECT_EQ(::symlink("a.npy", path("link").c_str()), 0);
  auto v = ints::open(path("link"));
  v.push_back(3);
  v.close();
  expect_elements(stored_elements<int>(path()), {1, 2, 3});
}

TEST_F(file_vector_opening, needs_a_reservation_that_holds_the_elements) {
  make_file(std::vector<int>(3 * MiB / sizeof(int), 7));
  EXPECT_THROW(ints::open(path(), {.reservation_bytes = 2 * MiB}), std::length_error);
  auto v = ints::open(path(), {.reservation_bytes = 4 * MiB});
  EXPECT_EQ(v.back(), 7);
  EXPECT_EQ(v.reservation_bytes(), 4 * MiB);
}

TEST_F(file_vector_opening, of_many_files_at_once_shares_the_addresses) {
  std::vector<ints> all;
  for (int i = 0; i < 60; ++i) {
    all.push_back(ints::create(path(std::to_string(i))));
    all.back().push_back(i);
  }
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(all[static_cast<std::size_t>(i)][0], i);
    EXPECT_GE(all[static_cast<std::size_t>(i)].reservation_bytes(), 1 * GiB);
  }
}

}  // namespace
}  // namespace mapvec::test
