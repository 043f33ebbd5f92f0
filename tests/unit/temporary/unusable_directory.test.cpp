// SPDX-License-Identifier: MIT
//
// Goal: a directory that cannot be used is an exception with verb, path and errno, and nothing is
// left behind.
#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/temporary.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/resources.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

class unusable_directory : public counts_resources {
 protected:
  /// The errno and path of the exception that `make` must throw.
  static void expect_error(const std::function<void()>& make, int errno_value,
                           const std::string& path) {
    try {
      make();
      FAIL() << "no exception";
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), errno_value) << failure.what();
      EXPECT_EQ(failure.path(), path);
      EXPECT_NE(failure.verb(), "");
      EXPECT_NE(std::string(failure.what()).find(path), std::string::npos) << failure.what();
    }
  }

  static void expect_unusable(const std::string& directory, int errno_value) {
    expect_error([&] { detail::make_temporary_file(segment_builder::unnamed(directory)); },
                 errno_value, directory);
    expect_error([&] { detail::make_temporary_file(segment_builder::named(directory)); },
                 errno_value, directory);
    const std::string file = directory + "/file";
    expect_error([&] { detail::make_temporary_file(segment_builder([&] { return file; })); },
                 errno_value, file);
  }

  scratch_directory directory_;
};

TEST_F(unusable_directory, missing) { expect_unusable(directory_ / "missing", ENOENT); }

TEST_F(unusable_directory, not_a_directory) {
  write_contents(directory_ / "file", "untouched");
  expect_unusable(directory_ / "file", ENOTDIR);
  EXPECT_EQ(contents_of(directory_ / "file"), "untouched");
}

TEST_F(unusable_directory, not_writable) {
  if (!is_root()) GTEST_SKIP() << "becoming another user needs root";
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  const auto throws_without_permission = [](const std::function<void()>& make) {
    try {
      make();
    } catch (const error& failure) {
      require(failure.code().value() == EACCES, failure.what());
      return;
    }
    require(false, "no exception");
  };
  const auto try_everything = [&] {
    const std::string& path = directory_.path();
    throws_without_permission([&] { detail::make_temporary_file(segment_builder::unnamed(path)); });
    throws_without_permission([&] { detail::make_temporary_file(segment_builder::named(path)); });
    const std::string file = directory_ / "file";
    throws_without_permission(
        [&] { detail::make_temporary_file(segment_builder([&] { return file; })); });
  };
  EXPECT_EQ(in_child_as_nobody(try_everything), "exit 0");
  EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{});
}

TEST_F(unusable_directory, full) {
  const private_mount disk = private_mount::loop("ext4", 8 << 20);
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  // A file system without inodes refuses even an empty file.
  const std::vector<std::string> before = names_in(disk.path());
  std::size_t made = 0;
  while (::mknod((disk.path() + "/" + std::to_string(made)).c_str(), S_IFREG | 0600, 0) == 0) {
    ++made;
  }
  EXPECT_GT(made, 0U);
  expect_unusable(disk.path(), ENOSPC);
  EXPECT_EQ(names_in(disk.path()).size(), before.size() + made);
}

}  // namespace
}  // namespace mapvec::test
