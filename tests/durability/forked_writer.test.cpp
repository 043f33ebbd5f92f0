// SPDX-License-Identifier: MIT
//
// Goal: a child of fork that inherits an open file_vector changes nothing, however it ends: not the
// file, not the lock, not what the parent goes on with. Method: real children.
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "durability/words.hpp"
#include "support/captured_errors.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/resources.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

class forked_writer : public counts_resources {
 protected:
  forked_writer() : path_(directory_ / "elements.npy") {}

  words make() const {
    words v = words::create(path_);
    for (std::uint64_t i = 0; i < 1'000; ++i) v.push_back(i);
    v.commit();
    // Beyond the commit too: a child must neither commit nor cut this.
    for (std::uint64_t i = 1'000; i < 1'500; ++i) v.push_back(i);
    return v;
  }

  static bool counts_up_to(const words& v, std::uint64_t size) {
    if (v.size() != size) return false;
    for (std::uint64_t i = 0; i < size; ++i) {
      if (v[i] != i) return false;
    }
    return true;
  }

  /// Nothing happened to the file while `body` ran in a child, and the parent goes on.
  void expect_no_harm(words& v, const std::function<void()>& body) const {
    const std::string before = contents_of(path_);
    EXPECT_EQ(in_child(body), "exit 0");
    EXPECT_TRUE(contents_of(path_) == before);
    EXPECT_TRUE(is_refused_for_another_writer());
    ASSERT_TRUE(counts_up_to(v, 1'500));
    v.push_back(1'500);
    v.commit();
    EXPECT_EQ(words_view::open(path_).size(), 1'501U);
  }

  bool is_refused_for_another_writer() const {
    try {
      words::open(path_);
      return false;
    } catch (const error& failure) {
      return failure.code().value() == EBUSY;
    }
  }

  scratch_directory directory_;
  std::string path_;
};

TEST_F(forked_writer, loses_nothing_by_the_destructor_in_the_child) {
  auto v = std::make_unique<words>(make());
  expect_no_harm(*v, [&] {
    const captured_errors reported;
    v.reset();
    require(reported.all().empty(), "the child reported an error");
  });
}

TEST_F(forked_writer, loses_nothing_by_abandon_in_the_child) {
  words v = make();
  expect_no_harm(v, [&] { v.abandon(); });
}

TEST_F(forked_writer, loses_nothing_by_a_move_in_the_child) {
  words v = make();
  expect_no_harm(v, [&] {
    words moved = std::move(v);
    moved = words();
  });
}

TEST_F(forked_writer, loses_nothing_by_exit_in_the_child) {
  // With static storage, such that exit destroys it in the child.
  static std::optional<words> v;
  v.emplace(make());
  const std::string before = contents_of(path_);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(STDOUT_FILENO);
    ::close(STDERR_FILENO);
    v.reset();
    std::exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(contents_of(path_) == before);
  EXPECT_TRUE(is_refused_for_another_writer());
  EXPECT_TRUE(counts_up_to(*v, 1'500));
  v->commit();
  v.reset();
}

TEST_F(forked_writer, refuses_every_change_in_the_child_which_may_read) {
  words v = make();
  expect_no_harm(v, [&] {
    require(counts_up_to(v, 1'500), "an element is wrong");
    require_refused("push_back", [&] { v.push_back(1); });
    require_refused("commit", [&] { v.commit(); });
    require_refused("close", [&] { v.close(); });
    require_refused("shrink_to_fit", [&] { v.shrink_to_fit(); });
    require_refused("reserve", [&] { v.reserve(1'000'000); });
    require_refused("truncate", [&] { v.truncate(5); });
    require_refused("replace", [&] { v.replace(mapvec::vector<std::uint64_t>(3, 7)); });
    require_refused("snapshot", [&] { v.snapshot(directory_ / "copy.npy"); });
    const std::uint64_t value = 7;
    require_refused("write", [&] { v.write(0, std::span(&value, 1)); });
    require(counts_up_to(v, 1'500), "an element changed");
  });
}

TEST_F(forked_writer, close_frees_the_lock_though_a_child_keeps_the_descriptor) {
  words v = make();
  running_child child([&](const std::function<void()>& ready) {
    ready();
    for (;;) ::pause();
  });
  ASSERT_TRUE(child.wait_until_ready());
  EXPECT_TRUE(is_refused_for_another_writer());
  v.close();
  words next = words::open(path_);
  ASSERT_TRUE(counts_up_to(next, 1'500));
  next.push_back(1'500);
  next.close();
  EXPECT_EQ(child.kill_now(), "signal 9");
  EXPECT_EQ(words_view::open(path_).size(), 1'501U);
}

TEST_F(forked_writer, keeps_its_lock_while_a_child_comes_and_goes) {
  words v = make();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(in_child([&] { words gone = std::move(v); }), "exit 0");
    ASSERT_TRUE(is_refused_for_another_writer());
  }
  v.close();
}

}  // namespace
}  // namespace mapvec::test
