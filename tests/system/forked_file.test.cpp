// SPDX-License-Identifier: MIT
//
// Goal: a child of fork that has a persistent vector by inheritance can read it and change nothing:
// neither its end nor its attempts touch the file, the count or the lock, and the parent's close
// frees the lock though the child still has the descriptor. Method: real children.
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

using numbers = file_vector<std::uint64_t>;

class forked_file : public counts_resources {
 protected:
  numbers thousand_and_one() const {
    auto made = numbers::create(path());
    for (std::uint64_t i = 0; i < 1'000; ++i) made.push_back(i);
    made.commit();
    made.push_back(1'000);
    return made;
  }

  std::string path() const { return directory_ / "numbers.npy"; }

  template <class Operation>
  static void require_refused(const char* name, Operation operation) {
    try {
      operation();
    } catch (const error& failure) {
      require(failure.code().value() == EPERM, std::string(name) + ": " + failure.what());
      return;
    }
    require(false, std::string(name) + " was not refused");
  }

  scratch_directory directory_;
};

TEST_F(forked_file, child_reads_and_cannot_change_the_file) {
  numbers v = thousand_and_one();
  EXPECT_EQ(in_child([&] {
              for (std::uint64_t i = 0; i <= 1'000; ++i) {
                require(std::as_const(v)[i] == i, "an element is wrong");
              }
              const std::uint64_t value = 7;
              require_refused("push_back", [&] { v.push_back(1); });
              require_refused("commit", [&] { v.commit(); });
              require_refused("close", [&] { v.close(); });
              require_refused("write", [&] { v.write(0, std::span(&value, 1)); });
              require_refused("shrink_to_fit", [&] { v.shrink_to_fit(); });
              require_refused("snapshot", [&] { v.snapshot(directory_ / "copy.npy"); });
              require_refused("replace", [&] { v.replace(vector<std::uint64_t>(3, 1)); });
            }),
            "exit 0");
  EXPECT_EQ(file_view<std::uint64_t>::open(path()).size(), 1'000U);
  v.commit();
  EXPECT_EQ(file_view<std::uint64_t>::open(path()).size(), 1'001U);
}

TEST_F(forked_file, end_of_a_child_makes_no_system_call_for_the_file) {
  auto v = std::make_unique<numbers>(thousand_and_one());
  EXPECT_EQ(in_child([&] {
              call_log log;
              v.reset();
              for (const call written : {call::pwrite, call::ftruncate, call::fdatasync,
                                         call::fsync, call::lock, call::unlink}) {
                require(log.count(written) == 0, log.summary());
              }
            }),
            "exit 0");
  EXPECT_THROW(numbers::open(path()), error);  // the parent still has the lock
  v->push_back(1'001);
  v->close();
  EXPECT_EQ(numbers::open(path()).size(), 1'002U);
}

TEST_F(forked_file, child_that_abandons_or_clears_changes_only_what_it_sees) {
  numbers v = thousand_and_one();
  EXPECT_EQ(in_child([&] {
              v.clear();
              require(v.empty(), "clear did nothing");
              v.abandon();
              require(!v.is_open(), "abandon did nothing");
            }),
            "exit 0");
  EXPECT_EQ(v.size(), 1'001U);
  v.close();
  EXPECT_EQ(numbers::open(path()).back(), 1'000U);
}

TEST_F(forked_file, close_frees_the_lock_though_a_child_has_the_descriptor) {
  numbers v = thousand_and_one();
  const running_child child([](const std::function<void()>& ready) {
    ready();
    for (;;) ::pause();
  });
  ASSERT_TRUE(child.wait_until_ready());
  v.close();
  numbers again = numbers::open(path());
  again.push_back(1'001);
  again.close();
  EXPECT_EQ(file_view<std::uint64_t>::open(path()).size(), 1'002U);
}

TEST_F(forked_file, view_of_a_child_is_as_good_as_the_parents) {
  numbers v = thousand_and_one();
  auto view = file_view<std::uint64_t>::open(path());
  v.commit();
  EXPECT_EQ(in_child([&] {
              require(view.size() == 1'000, "the size changed");
              require(view.refresh() == 1'001, "refresh does not see the commit");
              require(view.back() == 1'000, "an element is wrong");
            }),
            "exit 0");
  EXPECT_EQ(view.refresh(), 1'001U);
}

}  // namespace
}  // namespace mapvec::test
