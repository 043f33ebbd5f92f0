// SPDX-License-Identifier: MIT
#include "support/directories.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace mapvec::test {
namespace {

std::string last_error(const std::string& what) { return what + ": " + std::strerror(errno); }

/// Mounts made from now on are ours alone. Empty, or why that does not work.
std::string leave_the_mounts_of_others() {
  static const std::string why_not = []() -> std::string {
    if (!is_root()) return "mounting needs root";
    if (::unshare(CLONE_NEWNS) != 0) return last_error("unshare");
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return last_error("making the mounts private");
    }
    return {};
  }();
  return why_not;
}

bool run_quietly(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

std::string filler_in(const std::string& directory) { return directory + "/filler"; }

}  // namespace

bool is_root() { return ::geteuid() == 0; }

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> result;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    result.push_back(entry.path().filename().string());
  }
  std::ranges::sort(result);
  return result;
}

std::uint64_t free_bytes(const std::string& directory) {
  struct statvfs status{};
  EXPECT_EQ(::statvfs(directory.c_str(), &status), 0);
  return static_cast<std::uint64_t>(status.f_bfree) * status.f_frsize;
}

scratch_directory::scratch_directory(const std::string& parent)
    : path_(parent + "/mapvec-test-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << last_error("mkdtemp " + path_);
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

private_mount::private_mount(const std::string& path)
    : path_(path), why_not_(leave_the_mounts_of_others()) {
  if (!path_.empty()) return;
  own_ = std::make_unique<scratch_directory>();
  path_ = own_->path();
}

private_mount::private_mount(private_mount&& other) noexcept
    : own_(std::move(other.own_)),
      path_(std::move(other.path_)),
      why_not_(std::exchange(other.why_not_, "moved away")) {}

void private_mount::mount_tmpfs(const std::string& parameters) {
  if (!why_not_.empty()) return;
  if (::mount("tmpfs", path_.c_str(), "tmpfs", 0, parameters.c_str()) != 0) {
    why_not_ = last_error("mounting a tmpfs");
  }
}

private_mount private_mount::tmpfs(std::size_t size_bytes) {
  private_mount result("");
  result.mount_tmpfs("size=" + std::to_string(size_bytes));
  return result;
}

private_mount private_mount::tmpfs_over(const std::string& directory) {
  private_mount result(directory);
  result.mount_tmpfs("size=1m,mode=1777");
  return result;
}

private_mount private_mount::loop(const std::string& kind, std::size_t size_bytes) {
  private_mount result("");
  if (!result.why_not_.empty()) return result;
  const scratch_directory images;
  const std::string image = images / "image";
  const std::string force = kind == "ext4" ? " -F " : " -f ";
  if (!run_quietly("truncate -s " + std::to_string(size_bytes) + ' ' + image) ||
      !run_quietly("PATH=$PATH:/usr/sbin:/sbin mkfs." + kind + " -q" + force + image)) {
    result.why_not_ = "mkfs." + kind + " is missing or failed";
  } else if (!run_quietly("mount -o loop " + image + ' ' + result.path())) {
    result.why_not_ = "no loop device could be mounted";
  }
  return result;
}

private_mount private_mount::overlay(const std::string& below) {
  private_mount result("");
  if (!result.why_not_.empty()) return result;
  std::string layers;
  for (const char* name : {"lowerdir", "upperdir", "workdir"}) {
    const std::string layer = below + '/' + name;
    std::filesystem::create_directory(layer);
    layers.append(layers.empty() ? "" : ",").append(name).append("=").append(layer);
  }
  if (::mount("overlay", result.path().c_str(), "overlay", 0, layers.c_str()) != 0) {
    result.why_not_ = last_error("mounting an overlayfs");
  }
  return result;
}

private_mount::~private_mount() {
  if (is_mounted()) ::umount2(path().c_str(), MNT_DETACH);
}

environment_variable::environment_variable(std::string name,
                                           const std::optional<std::string>& value)
    : name_(std::move(name)) {
  if (const char* old = std::getenv(name_.c_str())) before_ = old;
  if (value) {
    ::setenv(name_.c_str(), value->c_str(), 1);
  } else {
    ::unsetenv(name_.c_str());
  }
}

environment_variable::~environment_variable() {
  if (before_) {
    ::setenv(name_.c_str(), before_->c_str(), 1);
  } else {
    ::unsetenv(name_.c_str());
  }
}

void fill_file_system(const std::string& directory, std::uint64_t size_bytes) {
  const int fd = ::open(filler_in(directory).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0 && errno == ENOSPC) return;
  ASSERT_GE(fd, 0) << last_error("open the filler");
  // Ever smaller pieces: the last one fits where no larger one would.
  std::uint64_t size = 0;
  for (std::uint64_t piece = 64 << 20; piece >= 4096; piece /= 2) {
    while (size + piece <= size_bytes &&
           ::fallocate(fd, 0, static_cast<off_t>(size), static_cast<off_t>(piece)) == 0) {
      size += piece;
    }
  }
  ::close(fd);
}

void free_file_system(const std::string& directory) {
  EXPECT_EQ(::unlink(filler_in(directory).c_str()), 0);
}

}  // namespace mapvec::test
