// SPDX-License-Identifier: MIT
//
// Goal: without a choice, temporary files go to the first usable default directory, and never into
// memory. Method: the environment is set for each case; /proc tells where the file is.
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <mapvec/error.hpp>
#include <mapvec/temporary.hpp>

#include "support/directories.hpp"
#include "support/resources.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

class default_directory : public counts_resources {
 protected:
  static std::string chosen() {
    const detail::temporary_file made = detail::make_temporary_file({});
    EXPECT_EQ(made.path, "");
    return directory_of(made.descriptor);
  }

  scratch_directory first_;
  scratch_directory second_;
  environment_variable no_mapvec_dir_{"MAPVEC_DIR", std::nullopt};
  environment_variable no_tmpdir_{"TMPDIR", std::nullopt};
  environment_variable no_xdg_{"XDG_CACHE_HOME", std::nullopt};
  environment_variable no_home_{"HOME", std::nullopt};
};

TEST_F(default_directory, is_var_tmp_without_an_environment) { EXPECT_EQ(chosen(), "/var/tmp"); }

TEST_F(default_directory, mapvec_dir_comes_before_tmpdir) {
  const environment_variable tmpdir("TMPDIR", second_.path());
  EXPECT_EQ(chosen(), second_.path());
  const environment_variable mapvec_dir("MAPVEC_DIR", first_.path());
  EXPECT_EQ(chosen(), first_.path());
}

TEST_F(default_directory, a_mapvec_dir_that_cannot_be_used_is_an_error) {
  const environment_variable tmpdir("TMPDIR", second_.path());
  const environment_variable mapvec_dir("MAPVEC_DIR", first_ / "missing");
  try {
    chosen();
    FAIL() << "no exception";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), ENOENT);
    EXPECT_EQ(failure.path(), first_ / "missing");
  }
}

TEST_F(default_directory, a_relative_mapvec_dir_is_a_choice_too) {
  const environment_variable mapvec_dir("MAPVEC_DIR", "no/such/directory");
  try {
    const std::string directory = chosen();
    ADD_FAILURE() << "the file is in " << directory;
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), ENOENT);
    EXPECT_TRUE(failure.path().ends_with("/no/such/directory")) << failure.path();
  }
}

TEST_F(default_directory, a_tmpdir_that_cannot_be_used_is_passed_over) {
  write_contents(first_ / "file", "");
  for (const std::string& unusable :
       {first_ / "missing", first_ / "file", std::string("relative")}) {
    const environment_variable tmpdir("TMPDIR", unusable);
    EXPECT_EQ(chosen(), "/var/tmp") << unusable;
  }
}

TEST_F(default_directory, a_tmpdir_in_memory_is_passed_over) {
  const private_mount memory = private_mount::tmpfs(1 << 20);
  if (!memory.is_mounted()) GTEST_SKIP() << memory.why_not();
  const environment_variable tmpdir("TMPDIR", memory.path());
  EXPECT_EQ(chosen(), "/var/tmp");
}

TEST_F(default_directory, a_mapvec_dir_in_memory_is_a_choice) {
  const private_mount memory = private_mount::tmpfs(1 << 20);
  if (!memory.is_mounted()) GTEST_SKIP() << memory.why_not();
  const environment_variable mapvec_dir("MAPVEC_DIR", memory.path());
  EXPECT_EQ(chosen(), memory.path());
}

// /var/tmp is usable on every machine, so the directories after it need one that is not.
class default_directory_without_var_tmp : public default_directory {
 protected:
  void SetUp() override {
    default_directory::SetUp();
    if (!cover_.is_mounted()) GTEST_SKIP() << cover_.why_not();
  }

  scratch_directory cache_{"/tmp"};
  // Memory over /var/tmp: there, but not to be used.
  private_mount cover_ = private_mount::tmpfs_over("/var/tmp");
};

TEST_F(default_directory_without_var_tmp, the_xdg_cache_is_next_and_is_created) {
  const environment_variable xdg("XDG_CACHE_HOME", cache_ / "cache");
  const environment_variable home("HOME", cache_.path());
  EXPECT_EQ(chosen(), cache_ / "cache/mapvec");
  const auto mode = std::filesystem::status(cache_ / "cache/mapvec").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_all);
}

TEST_F(default_directory_without_var_tmp, the_home_cache_is_last_and_is_created) {
  const environment_variable home("HOME", cache_.path());
  EXPECT_EQ(chosen(), cache_ / ".cache/mapvec");
}

TEST_F(default_directory_without_var_tmp, an_error_lists_what_was_tried) {
  const environment_variable tmpdir("TMPDIR", "/proc");
  try {
    chosen();
    FAIL() << "no exception";
  } catch (const error& failure) {
    const std::string text = failure.what();
    EXPECT_NE(text.find("/proc"), std::string::npos) << text;
    EXPECT_NE(text.find("/var/tmp"), std::string::npos) << text;
    EXPECT_NE(text.find("MAPVEC_DIR"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace mapvec::test
