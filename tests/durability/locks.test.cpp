// SPDX-License-Identifier: MIT
//
// Goal: a file has one writer, and its readers never lose what they have mapped. Method: vectors
// and views in this process and in children, and the lock held by hand where its holder must be
// seen in between.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "durability/words.hpp"
#include "file_locks.hpp"
#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

class locks : public counts_resources {
 protected:
  void SetUp() override {
    path_ = (memory_.is_mounted() ? memory_.path() : directory_.path()) + "/elements.npy";
    counts_resources::SetUp();
  }

  words make(std::size_t size) const {
    words v = words::create(path_);
    for (std::uint64_t i = 0; i < size; ++i) v.push_back(i);
    v.commit();
    return v;
  }

  std::size_t file_bytes() const {
    struct stat status{};
    EXPECT_EQ(::stat(path_.c_str(), &status), 0);
    return static_cast<std::size_t>(status.st_size);
  }

  /// What the refusal of a second writer says; empty where it was let in.
  std::string refusal() const {
    try {
      words::open(path_);
      return {};
    } catch (const error& failure) {
      EXPECT_EQ(failure.code().value(), EBUSY) << failure.what();
      return failure.what();
    }
  }

  static void expect_counting_up(const words_view& found, std::size_t size) {
    ASSERT_EQ(found.size(), size);
    for (std::uint64_t i = 0; i < size; ++i) ASSERT_EQ(found[i], i);
  }

  // In memory: a reader waits 50 ms for a writer that cuts, and a busy disk may take longer.
  private_mount memory_ = private_mount::tmpfs(64 * MiB);
  scratch_directory directory_;
  std::string path_;
};

TEST_F(locks, refuse_a_second_writer_in_the_same_process_and_name_it) {
  words v = make(100);
  const std::string said = refusal();
  EXPECT_NE(said.find("another writer"), std::string::npos) << said;
  EXPECT_NE(said.find("process " + std::to_string(::getpid())), std::string::npos) << said;
  EXPECT_NE(said.find(path_), std::string::npos) << said;
  v.push_back(100);
  v.close();
  EXPECT_EQ(refusal(), "");
}

TEST_F(locks, refuse_a_second_writer_in_another_process_and_name_the_first) {
  make(100).close();
  running_child child([&](const std::function<void()>& ready) {
    const words v = words::open(path_);
    ready();
    for (;;) ::pause();
  });
  ASSERT_TRUE(child.wait_until_ready());
  const std::string said = refusal();
  EXPECT_NE(said.find("process " + std::to_string(child.pid())), std::string::npos) << said;
  EXPECT_EQ(child.kill_now(), "signal 9");
  EXPECT_EQ(refusal(), "");
}

TEST_F(locks, let_one_of_many_in_at_a_time) {
  make(1).close();
  std::vector<std::thread> threads;
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> entered = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int attempt = 0; attempt < 50; ++attempt) {
        try {
          words v = words::open(path_);
          const int now = ++inside;
          if (now > most) most = now;
          ++entered;
          v.push_back(v.size());
          v.commit();
          --inside;
        } catch (const error& failure) {
          EXPECT_EQ(failure.code().value(), EBUSY) << failure.what();
        }
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(most.load(), 1);
  EXPECT_GT(entered.load(), 0);
  expect_counting_up(words_view::open(path_), static_cast<std::size_t>(entered.load()) + 1);
}

TEST_F(locks, let_readers_beside_a_writer_and_each_other) {
  words v = make(100);
  words_view first = words_view::open(path_);
  words_view second = words_view::open(path_);
  EXPECT_EQ(in_child([&] {
              const words_view third = words_view::open(path_);
              require(third.size() == 100, "a reader in another process sees something else");
            }),
            "exit 0");
  for (std::uint64_t i = 100; i < 100'000; ++i) v.push_back(i);
  expect_counting_up(first, 100);
  v.commit();
  EXPECT_EQ(first.refresh(), 100'000U);
  expect_counting_up(first, 100'000);
  EXPECT_EQ(second.refresh(), 100'000U);
}

TEST_F(locks, let_a_writer_beside_readers) {
  make(100).close();
  const words_view reader = words_view::open(path_);
  words v = words::open(path_);
  v.push_back(100);
  v.close();
  expect_counting_up(reader, 100);
}

TEST_F(locks, keep_the_file_as_long_as_a_view_has_it_mapped) {
  words v = make(100'000);
  const std::size_t full_bytes = 128 + 100'000 * sizeof(std::uint64_t);
  {
    words_view reader = words_view::open(path_);
    v.truncate(10);
    v.shrink_to_fit();
    EXPECT_EQ(v.size(), 10U);
    EXPECT_GE(file_bytes(), full_bytes);
    // All of it is still there to be read, with one element of each page behind the cut.
    for (std::uint64_t i = 10; i < 100'000; i += 512) ASSERT_EQ(reader[i], i);
    EXPECT_EQ(reader.refresh(), 10U);
    v.close();
    EXPECT_GE(file_bytes(), full_bytes);
  }
  // Nobody reads any more: the next writer cuts.
  words next = words::open(path_);
  ASSERT_EQ(next.size(), 10U);
  next.push_back(10);
  next.close();
  EXPECT_EQ(file_bytes(), 128 + 11 * sizeof(std::uint64_t));
  expect_counting_up(words_view::open(path_), 11);
}

TEST_F(locks, keep_the_file_for_readers_in_other_processes) {
  words v = make(100'000);
  running_child child([&](const std::function<void()>& ready) {
    const words_view reader = words_view::open(path_);
    ready();
    for (;;) {
      std::uint64_t sum = 0;
      for (const std::uint64_t each : reader) sum += each;
      require(sum != 1, "nothing read");
    }
  });
  ASSERT_TRUE(child.wait_until_ready());
  for (int i = 0; i < 50; ++i) {
    v.truncate(10);
    v.shrink_to_fit();
    v.resize(200'000, 7);
    v.commit();
  }
  // It died of no SIGBUS.
  EXPECT_EQ(child.kill_now(), "signal 9");
}

TEST_F(locks, keep_what_a_view_refreshed_to_after_a_shrink) {
  words v = make(100'000);
  words_view reader = words_view::open(path_);
  v.truncate(10);
  v.push_back(10);
  v.commit();
  EXPECT_EQ(reader.refresh(), 11U);
  v.shrink_to_fit();
  expect_counting_up(reader, 11);
  // Pointers from before the refresh are still good.
  EXPECT_EQ(reader.data()[99'999], 99'999U);
}

TEST_F(locks, make_a_view_wait_shortly_for_a_writer_that_is_cutting) {
  make(100).close();
  detail::file held(::open(path_.c_str(), O_RDWR | O_CLOEXEC), path_);
  ASSERT_TRUE(detail::keep_readers_out(held));
  const call_log log;
  std::jthread release([&](const std::stop_token& stop) {
    // After the view has asked for the first time, and was told to come again.
    while (log.count(call::lock) < 3 && !stop.stop_requested()) std::this_thread::yield();
    detail::readers_may_come(held);
  });
  const words_view reader = words_view::open(path_);
  release.join();
  expect_counting_up(reader, 100);
  EXPECT_GE(log.count(call::lock), 4U);
}

TEST_F(locks, let_a_view_give_up_where_the_cutting_never_ends_and_name_the_writer) {
  make(100).close();
  const detail::file held(::open(path_.c_str(), O_RDWR | O_CLOEXEC), path_);
  ASSERT_TRUE(detail::keep_readers_out(held));
  try {
    words_view::open(path_);
    ADD_FAILURE() << "no exception";
  } catch (const error& failure) {
    EXPECT_EQ(failure.code().value(), EBUSY);
    EXPECT_NE(std::string(failure.what()).find("process " + std::to_string(::getpid())),
              std::string::npos)
        << failure.what();
  }
}

TEST_F(locks, let_views_open_all_the_time_while_a_writer_cuts) {
  words v = make(10);
  running_child child([&](const std::function<void()>& ready) {
    for (int i = 0;; ++i) {
      const words_view reader = words_view::open(path_);
      for (const std::uint64_t each : reader) require(each < 30'000, "an element is wrong");
      if (i == 0) ready();
    }
  });
  ASSERT_TRUE(child.wait_until_ready());
  const std::uint64_t before = v.size();
  for (int i = 0; i < 200; ++i) {
    while (v.size() < 20'000) v.push_back(v.size());
    v.commit();
    v.truncate(before);
    v.shrink_to_fit();
  }
  EXPECT_EQ(child.kill_now(), "signal 9");
}

}  // namespace
}  // namespace mapvec::test
