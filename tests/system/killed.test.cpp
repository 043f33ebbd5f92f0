// SPDX-License-Identifier: MIT
//
// Goal: a process that is killed leaves no file and no block behind.
// Method: children own three vectors of more than 8 MiB each, go on growing them, and get SIGKILL
// at a random moment. Each is stopped just before, and its files are counted from outside, so that
// no kill comes too early to prove anything. The file system is in memory, which makes its free
// space exact, and is watched by this test alone; without root it is a directory.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t large_bytes = 8 * MiB;
constexpr std::size_t largest_bytes = 32 * MiB;

using bytes = mapvec::vector<char>;
using ready_call = std::function<void()>;

class killed : public ::testing::Test {
 protected:
  void SetUp() override {
    disk_.emplace(private_mount::tmpfs(512 * MiB));
    if (!disk_->is_mounted()) directory_.emplace();
    free_before_ = free_bytes(directory());
    random_.seed(seed_);
    RecordProperty("seed", std::to_string(seed_));
  }

  const std::string& directory() const {
    return disk_->is_mounted() ? disk_->path() : directory_->path();
  }

  /// Three vectors past 8 MiB, then more and more, until the kill.
  static void grow_for_ever(const options& settings, bool makes_more, const ready_call& ready) {
    std::array<bytes, 3> kept = {bytes(settings), bytes(settings), bytes(settings)};
    for (bytes& each : kept) each.resize(large_bytes + 64 * KiB, 'x');
    ready();
    for (;;) {
      for (bytes& each : kept) {
        if (each.size() > largest_bytes) {
          each.resize(large_bytes + 64 * KiB);
          each.shrink_to_fit();
        }
        for (std::size_t i = 0; i < 64 * KiB; ++i) each.push_back('y');
      }
      if (makes_more) bytes(settings).resize(100'000, 'z');
    }
  }

  /// How many files of the directory's file system, past 8 MiB each, the process has open.
  std::size_t large_files_of(pid_t pid) const {
    struct stat home{};
    EXPECT_EQ(::stat(directory().c_str(), &home), 0);
    std::size_t count = 0;
    const std::string descriptors = "/proc/" + std::to_string(pid) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(descriptors)) {
      struct stat status{};
      if (::stat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
          status.st_dev == home.st_dev && status.st_size > static_cast<off_t>(large_bytes)) {
        ++count;
      }
    }
    return count;
  }

  void kill_at_a_random_moment(running_child& child) {
    ASSERT_TRUE(child.wait_until_ready());
    std::uniform_int_distribution<int> microseconds(0, 20'000);
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random_)));
    child.stop();
    files_ += large_files_of(child.pid());
    EXPECT_GE(large_files_of(child.pid()), 3U);
    EXPECT_EQ(child.kill_now(), "signal 9");
    ++kills_;
  }

  void expect_nothing_left() const {
    EXPECT_EQ(names_in(directory()), std::vector<std::string>{});
    if (disk_->is_mounted()) {
      EXPECT_EQ(free_bytes(directory()), free_before_);
    }
  }

  void TearDown() override {
    std::printf("%zu kills with %zu files past 8 MiB, %zu names and %llu bytes left, seed %u\n",
                kills_, files_, names_in(directory()).size() - living_,
                static_cast<unsigned long long>(
                    disk_->is_mounted() ? free_before_ - free_bytes(directory()) : 0),
                seed_);
  }

  std::optional<private_mount> disk_;
  std::optional<scratch_directory> directory_;
  std::uint64_t free_before_ = 0;
  unsigned seed_ = std::random_device()();
  std::mt19937 random_;
  std::size_t living_ = 0;  // files of a process that goes on
  std::size_t kills_ = 0;
  std::size_t files_ = 0;
};

TEST_F(killed, a_process_with_unnamed_files_leaves_nothing) {
  const options settings{.builder = segment_builder::unnamed(directory())};
  for (int i = 0; i < 70 && !HasFailure(); ++i) {
    running_child child([&](const ready_call& ready) { grow_for_ever(settings, true, ready); });
    kill_at_a_random_moment(child);
    expect_nothing_left();
  }
}

TEST_F(killed, a_process_without_unnamed_files_leaves_nothing) {
  // The name exists between two system calls; a kill in between is what the sweep is for. Here the
  // files are made before the kill.
  const options settings{.builder = segment_builder::unnamed(directory())};
  for (int i = 0; i < 65 && !HasFailure(); ++i) {
    running_child child([&](const ready_call& ready) {
      const refusal no_unnamed_files(feature::unnamed_files, EOPNOTSUPP);
      grow_for_ever(settings, false, ready);
    });
    kill_at_a_random_moment(child);
    expect_nothing_left();
  }
}

TEST_F(killed, a_process_with_named_files_leaves_nothing_after_the_next_sweep) {
  const running_child sibling([&](const ready_call& ready) {
    bytes alive(options{.builder = segment_builder::named(directory())});
    alive.push_back('a');
    ready();
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  });
  ASSERT_TRUE(sibling.wait_until_ready());
  const std::vector<std::string> names_of_the_living = names_in(directory());
  ASSERT_EQ(names_of_the_living.size(), 1U);
  living_ = names_of_the_living.size();
  free_before_ = free_bytes(directory());
  for (int i = 0; i < 65 && !HasFailure(); ++i) {
    running_child child([&](const ready_call& ready) {
      grow_for_ever({.builder = segment_builder::named(directory())}, true, ready);
    });
    kill_at_a_random_moment(child);
    EXPECT_GE(names_in(directory()).size(), 4U) << "named files that have no name";
    segment_builder::named(directory());
    EXPECT_EQ(names_in(directory()), names_of_the_living);
    if (disk_->is_mounted()) {
      EXPECT_EQ(free_bytes(directory()), free_before_);
    }
  }
}

}  // namespace
}  // namespace mapvec::test
