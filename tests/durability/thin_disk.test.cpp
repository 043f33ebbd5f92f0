// SPDX-License-Identifier: MIT
//
// Goal: where the disk takes less than it promised, allocation succeeds and writing back fails:
// from then on nothing is acknowledged, also when space has come back and the kernel says that all
// is well, although elements are lost. Method: an ext4 without journal in a sparse image of 128
// MiB, in a memory of 24 MiB that grows later.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <sys/mount.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "durability/loop_disk.hpp"
#include "durability/words.hpp"
#include "support/captured_errors.hpp"
#include "support/directories.hpp"
#include "support/resources.hpp"

namespace mapvec::test {
namespace {

constexpr std::size_t committed = 100'000;
constexpr std::size_t too_many = 64 * MiB / sizeof(std::uint64_t);

class thin_disk : public counts_resources {
 protected:
  void SetUp() override {
    memory_.emplace(private_mount::tmpfs(24 * MiB));
    if (!memory_->is_mounted()) GTEST_SKIP() << memory_->why_not();
    const std::string image = memory_->path() + "/image";
    std::string failed = try_command("truncate -s 128M " + image);
    if (failed.empty()) failed = make_ext4(image, "-O ^has_journal");
    if (!failed.empty()) GTEST_SKIP() << failed;
    disk_.emplace(image);
    if (!disk_->is_mounted()) GTEST_SKIP() << disk_->why_not();
    counts_resources::SetUp();
    counts_ = true;
  }
  void TearDown() override {
    if (counts_) counts_resources::TearDown();
  }

  void give_space_back() const {
    ASSERT_EQ(::mount("tmpfs", memory_->path().c_str(), "tmpfs", MS_REMOUNT, "size=256m"), 0);
  }

  /// 0 where it was acknowledged.
  static int errno_of(const std::function<void()>& operation) {
    try {
      operation();
      return 0;
    } catch (const error& failure) {
      return failure.code().value();
    }
  }

  /// A vector with 100,000 elements committed, and more than the disk takes.
  words make_too_large() const {
    words v = words::create(*disk_ / "elements.npy");
    for (std::uint64_t i = 0; i < committed; ++i) v.push_back(i);
    v.commit();
    while (v.size() < too_many) v.push_back(v.size());
    return v;
  }

  static std::size_t acknowledged_of_100_commits(words& v) {
    std::size_t result = 0;
    for (int i = 0; i < 100; ++i) {
      if (errno_of([&] { v.commit(); }) == 0) ++result;
      if (errno_of([&] { v.evict(0, v.size()); }) == 0) ++result;
    }
    return result;
  }

  void expect_no_acknowledgement_ever_again(words& v, int first_errno) const {
    EXPECT_TRUE(first_errno == ENOSPC || first_errno == EIO) << first_errno;
    EXPECT_EQ(acknowledged_of_100_commits(v), 0U);
    give_space_back();
    EXPECT_EQ(acknowledged_of_100_commits(v), 0U);
    const captured_errors reported;
    {
      const words gone = std::move(v);
    }
    EXPECT_EQ(reported.all().size(), 1U);
    words reopened = words::open(*disk_ / "elements.npy");
    ASSERT_EQ(reopened.size(), committed);
    for (std::uint64_t i = 0; i < committed; ++i) ASSERT_EQ(std::as_const(reopened)[i], i);
    reopened.push_back(committed);
    EXPECT_EQ(errno_of([&] { reopened.commit(); }), 0);
    std::printf(
        "first refusal: errno %d; 0 of 400 later calls acknowledged; %zu elements reopened\n",
        first_errno, committed);
  }

  std::optional<private_mount> memory_;
  std::optional<mounted_image> disk_;
  bool counts_ = false;
};

TEST_F(thin_disk, makes_a_commit_fail_for_ever) {
  words v = make_too_large();
  const int first_errno = errno_of([&] { v.commit(); });
  expect_no_acknowledgement_ever_again(v, first_errno);
}

TEST_F(thin_disk, makes_evicting_fail_for_ever_and_with_it_each_commit) {
  words v = make_too_large();
  const int first_errno = errno_of([&] { v.evict(0, v.size()); });
  expect_no_acknowledgement_ever_again(v, first_errno);
}

TEST_F(thin_disk, forgets_its_error_so_that_a_program_which_asks_again_believes_it) {
  // Not about the library: the reason for it. Else this disk would prove nothing above.
  const int fd = ::open((*disk_ / "plain").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  const std::string piece(MiB, 'x');
  for (int i = 0; i < 64; ++i) {
    ASSERT_EQ(::pwrite(fd, piece.data(), piece.size(), i * static_cast<off_t>(MiB)),
              static_cast<ssize_t>(MiB));
  }
  EXPECT_NE(::fdatasync(fd), 0);
  int attempts = 1;
  while (attempts < 10 && ::fdatasync(fd) != 0) ++attempts;
  EXPECT_LT(attempts, 10);
  ::close(fd);
  std::printf("fdatasync says 0 after %d failures\n", attempts);
}

}  // namespace
}  // namespace mapvec::test
