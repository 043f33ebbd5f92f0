// SPDX-License-Identifier: MIT
//
// Goal: a new file appears under its name complete, durable and locked, never in place of another;
// its mode is what open(2) would give; nothing else is left in the directory. Method: looks at the
// directory and at the order of the system calls.
#include <cerrno>
#include <cstddef>
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
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

using file_vector_creation = file_vector_case;
using ints = file_vector<int>;

/// The umask, changed until the end of the scope.
class mode_mask {
 public:
  explicit mode_mask(unsigned mask) : before_(::umask(mask)) {}
  ~mode_mask() { ::umask(before_); }
  mode_mask(const mode_mask&) = delete;
  mode_mask& operator=(const mode_mask&) = delete;

 private:
  mode_t before_;
};

/// The current directory, changed until the end of the scope.
class current_directory {
 public:
  explicit current_directory(const std::string& path) : before_(::open(".", O_RDONLY | O_CLOEXEC)) {
    EXPECT_EQ(::chdir(path.c_str()), 0);
  }
  ~current_directory() {
    EXPECT_EQ(::fchdir(before_), 0);
    ::close(before_);
  }
  current_directory(const current_directory&) = delete;
  current_directory& operator=(const current_directory&) = delete;

 private:
  int before_;
};

TEST_F(file_vector_creation, makes_an_empty_array_that_is_complete_at_once) {
  const auto v = ints::create(path());
  EXPECT_TRUE(v.is_open());
  EXPECT_TRUE(v.empty());
  EXPECT_EQ(v.committed_size(), 0U);
  EXPECT_EQ(v.row_width(), 1U);
  EXPECT_EQ(v.path(), path());
  EXPECT_EQ(names_in(directory()), std::vector<std::string>{"a.npy"});
  const std::string bytes = contents_of(path());
  EXPECT_EQ(bytes.size(), 128U);
  EXPECT_EQ(header_bytes_in(bytes), 128U);
  EXPECT_EQ(count_in(bytes), 0U);
  EXPECT_NE(bytes.find("{'descr': '<i4', 'fortran_order': False, 'shape': ("), std::string::npos);
}

TEST_F(file_vector_creation, syncs_the_file_before_it_has_a_name_and_the_directory_after) {
  const call_log log;
  const auto v = ints::create(path());
  EXPECT_EQ(changes_in(log), "fallocate pwrite fsync link_descriptor fsync");
  const std::vector<call_record> syncs = log.records(call::fsync);
  ASSERT_EQ(syncs.size(), 2U);
  const int fd = log.records(call::link_descriptor).at(0).fd;
  EXPECT_EQ(syncs[0].fd, fd);
  EXPECT_NE(syncs[1].fd, fd) << "the directory's";
}

TEST_F(file_vector_creation, locks_the_file_before_it_has_a_name) {
  const call_log log;
  const auto v = ints::create(path());
  std::size_t locks = 0;
  for (const call_record& each : log.records()) {
    if (each.what == call::lock) ++locks;
    if (each.what == call::link_descriptor) {
      EXPECT_EQ(locks, 1U);
    }
  }
  EXPECT_EQ(errno_of([&] { ints::open(path()); }), EBUSY);
}

TEST_F(file_vector_creation, leaves_no_descriptor_to_other_programs) {
  const call_log log;
  auto v = ints::create(path());
  v.close();
  v = ints::open(path());
  const std::vector<call_record> opened = log.records(call::open);
  EXPECT_GE(opened.size(), 2U);
  for (const call_record& each : opened) EXPECT_NE(each.flags & O_CLOEXEC, 0) << each.path;
}

TEST_F(file_vector_creation, never_takes_a_name_that_exists) {
  write_contents(path("file"), "precious");
  EXPECT_EQ(::mkdir(path("directory").c_str(), 0700), 0);
  EXPECT_EQ(::symlink("file", path("link").c_str()), 0);
  EXPECT_EQ(::symlink("nowhere", path("dangling").c_str()), 0);
  for (const char* const name : {"file", "directory", "link", "dangling"}) {
    EXPECT_EQ(errno_of([&] { ints::create(path(name)); }), EEXIST) << name;
  }
  EXPECT_EQ(contents_of(path("file")), "precious");
  EXPECT_FALSE(exists(path("nowhere")));
  EXPECT_EQ(names_in(directory()).size(), 4U);
}

TEST_F(file_vector_creation, needs_the_directory) {
  EXPECT_EQ(errno_of([&] { ints::create(path("missing/a.npy")); }), ENOENT);
  EXPECT_FALSE(exists(path("missing")));
}

TEST_F(file_vector_creation, needs_a_name) {
  const current_directory here(directory());
  EXPECT_EQ(errno_of([] { ints::create(""); }), ENOENT);
  EXPECT_EQ(errno_of([] { ints::open_or_create(""); }), ENOENT);
  auto v = ints::create("a.npy");
  EXPECT_EQ(errno_of([&] { v.snapshot(""); }), ENOENT);
  vector<int> elements{1, 2, 3};
  EXPECT_EQ(errno_of([&] { persist(std::move(elements), ""); }), ENOENT);
  EXPECT_EQ(elements, (vector<int>{1, 2, 3}));
  EXPECT_EQ(names_in(directory()), std::vector<std::string>{"a.npy"});
}

TEST_F(file_vector_creation, gives_the_mode_that_the_umask_leaves) {
  for (const unsigned mask : {0U, 022U, 027U, 077U}) {
    const mode_mask masked(mask);
    const std::string all = path("all" + std::to_string(mask));
    const std::string some = path("some" + std::to_string(mask));
    ints::create(all);
    ints::create(some, {.permissions = 0640});
    EXPECT_EQ(mode_of(all), 0666U & ~mask);
    EXPECT_EQ(mode_of(some), 0640U & ~mask);
  }
}

TEST_F(file_vector_creation, of_a_relative_path_survives_a_change_of_directory) {
  std::string name;
  {
    const current_directory here(directory());
    auto v = ints::create("relative.npy");
    const current_directory elsewhere("/");
    name = v.path();
    v.assign({1, 2, 3});
    auto next = vector<int>{4, 5};
    v.replace(std::move(next));
    v.push_back(6);
    v.close();
  }
  EXPECT_EQ(name, path("relative.npy"));
  EXPECT_EQ(stored_elements<int>(name), (std::vector<int>{4, 5, 6}));
  EXPECT_EQ(names_in(directory()).size(), 1U);
}

TEST_F(file_vector_creation, or_opening_takes_what_is_there_and_makes_what_is_not) {
  for (int round = 0; round < 3; ++round) {
    auto v = ints::open_or_create(path());
    EXPECT_EQ(v.size(), static_cast<std::size_t>(round));
    v.push_back(round);
  }
  EXPECT_EQ(stored_elements<int>(path()), (std::vector<int>{0, 1, 2}));
}

TEST_F(file_vector_creation, or_opening_makes_nothing_in_place_of_another_file) {
  write_contents(path("text"), "no array");
  EXPECT_THROW(ints::open_or_create(path("text")), format_error);
  EXPECT_EQ(contents_of(path("text")), "no array");
  EXPECT_EQ(::symlink("nowhere", path("dangling").c_str()), 0);
  EXPECT_EQ(errno_of([&] { ints::open_or_create(path("dangling")); }), EEXIST);
  EXPECT_FALSE(exists(path("nowhere")));
  EXPECT_EQ(errno_of([&] { ints::open_or_create(path("missing/a.npy")); }), ENOENT);
}

TEST_F(file_vector_creation, with_any_row_width_makes_a_file_without_rows) {
  {
    auto v = ints::open_or_create(path(), {.row_width = any_row_width});
    EXPECT_EQ(v.row_width(), 1U);
    v.push_back(1);
    v.commit();
    EXPECT_EQ(v.committed_size(), 1U);
  }
  EXPECT_EQ(ints::open(path())[0], 1) << "shape (N,)";
}

TEST_F(file_vector_creation, refuses_rows_that_no_memory_holds) {
  EXPECT_THROW(ints::create(path(), {.row_width = any_row_width / 2}), std::length_error);
  EXPECT_EQ(names_in(directory()).size(), 0U);
}

}  // namespace
}  // namespace mapvec::test
