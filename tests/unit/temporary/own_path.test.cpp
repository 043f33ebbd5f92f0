// SPDX-License-Identifier: MIT
//
// Goal: a path of the program's own choice is used when it is free, and never overwritten, followed
// or truncated when it is not.
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/temporary.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

class own_path : public counts_resources {
 protected:
  static segment_builder at(const std::string& path) {
    return segment_builder([path] { return path; });
  }

  void expect_exists(const std::string& path) const {
    try {
      detail::make_temporary_file(at(path));
      FAIL() << "no exception";
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), EEXIST);
      EXPECT_EQ(failure.path(), path);
    }
  }

  scratch_directory directory_;
};

TEST_F(own_path, names_the_file_while_it_lives) {
  const std::string path = directory_ / "mine";
  const detail::temporary_file made = detail::make_temporary_file(at(path));
  EXPECT_EQ(made.path, path);
  EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{"mine"});
  EXPECT_TRUE(is_locked(path));
  EXPECT_EQ(permissions_of(made.descriptor), 0600U);
  detail::remove_temporary_file(made);
  EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{});
}

TEST_F(own_path, is_asked_for_once_a_file) {
  int calls = 0;
  const segment_builder counting([&] { return directory_ / std::to_string(calls++); });
  const detail::temporary_file first = detail::make_temporary_file(counting);
  const detail::temporary_file second = detail::make_temporary_file(counting);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(names_in(directory_.path()), (std::vector<std::string>{"0", "1"}));
}

TEST_F(own_path, an_existing_file_stays_as_it_is) {
  write_contents(directory_ / "taken", "precious");
  expect_exists(directory_ / "taken");
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  expect_exists(directory_ / "taken");
  EXPECT_EQ(contents_of(directory_ / "taken"), "precious");
}

TEST_F(own_path, a_symbolic_link_is_not_followed) {
  write_contents(directory_ / "victim", "precious");
  std::filesystem::create_symlink(directory_ / "victim", directory_ / "link");
  std::filesystem::create_symlink(directory_ / "nowhere", directory_ / "dangling");
  expect_exists(directory_ / "link");
  expect_exists(directory_ / "dangling");
  const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
  expect_exists(directory_ / "link");
  expect_exists(directory_ / "dangling");
  EXPECT_EQ(contents_of(directory_ / "victim"), "precious");
  EXPECT_EQ(names_in(directory_.path()).size(), 3U);
}

TEST_F(own_path, what_it_throws_reaches_the_caller) {
  const segment_builder throwing([]() -> std::string { throw 42; });
  EXPECT_THROW(detail::make_temporary_file(throwing), int);
}

}  // namespace
}  // namespace mapvec::test
