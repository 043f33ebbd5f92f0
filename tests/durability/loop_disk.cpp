// SPDX-License-Identifier: MIT
#include "durability/loop_disk.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace mapvec::test {
namespace {

struct loop_device {
  int fd = -1;  // the device goes when this is closed and nothing is mounted
  std::string path;
};

/// The file on a loop device. Not by losetup: that asks all devices of the machine, and waits for
/// those of others.
loop_device attach(const std::string& image, loop_access access) {
  const int image_fd = ::open(image.c_str(), O_RDWR | O_CLOEXEC);
  const int control_fd = ::open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  loop_config config{};
  config.fd = static_cast<__u32>(image_fd);
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  if (access == loop_access::direct) config.info.lo_flags |= LO_FLAGS_DIRECT_IO;
  loop_device result;
  // Another process may be faster to take the device that was free.
  for (int attempt = 0; image_fd >= 0 && control_fd >= 0 && attempt < 100; ++attempt) {
    result.path = "/dev/loop" + std::to_string(::ioctl(control_fd, LOOP_CTL_GET_FREE));
    result.fd = ::open(result.path.c_str(), O_RDWR | O_CLOEXEC);
    if (result.fd < 0 || ::ioctl(result.fd, LOOP_CONFIGURE, &config) == 0) break;
    ::close(result.fd);
    result.fd = -1;
    if (errno != EBUSY) break;
  }
  const int failed = errno;
  ::close(control_fd);
  ::close(image_fd);
  errno = failed;
  return result;
}

}  // namespace

std::string try_command(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0 ? std::string()
                                                                  : "failed: " + command;
}

std::string make_ext4(const std::string& image, const std::string& more) {
  return try_command("PATH=$PATH:/usr/sbin:/sbin mkfs.ext4 -q -F " + more +
                     " -E lazy_itable_init=0,lazy_journal_init=0,nodiscard " + image);
}

mounted_image::mounted_image(const std::string& image, const std::string& mount_options,
                             loop_access access) {
  const loop_device device = attach(image, access);
  mounted_ = device.fd >= 0 &&
             ::mount(device.path.c_str(), path().c_str(), "ext4", 0, mount_options.c_str()) == 0;
  if (!mounted_) why_not_ = "no loop device could be mounted: " + std::string(std::strerror(errno));
  ::close(device.fd);
}

mounted_image::~mounted_image() {
  if (read_ahead_found_kib_ != 0) set_read_ahead_kib(read_ahead_found_kib_);
  if (!unmount()) ::umount2(path().c_str(), MNT_DETACH);
}

bool mounted_image::unmount() {
  if (!mounted_) return true;
  mounted_ = ::umount2(path().c_str(), 0) != 0;
  return !mounted_;
}

std::string mounted_image::device_folder() const {
  struct stat status{};
  EXPECT_EQ(::stat(path().c_str(), &status), 0);
  return "/sys/dev/block/" + std::to_string(major(status.st_dev)) + ':' +
         std::to_string(minor(status.st_dev));
}

bool mounted_image::set_read_ahead_kib(std::size_t size_kib) {
  const std::string path = device_folder() + "/queue/read_ahead_kb";
  std::size_t found = 0;
  if (!(std::ifstream(path) >> found)) return false;
  if (!(std::ofstream(path) << size_kib << std::flush)) return false;
  if (read_ahead_found_kib_ == 0) read_ahead_found_kib_ = found;
  return true;
}

std::uint64_t mounted_image::written_bytes() const {
  // Documentation/block/stat.rst: the seventh number counts sectors of 512 bytes.
  std::ifstream in(device_folder() + "/stat");
  std::uint64_t sectors = 0;
  for (int i = 0; i < 7; ++i) in >> sectors;
  EXPECT_TRUE(in.good());
  return sectors * 512;
}

loop_disk::loop_disk(std::size_t size_bytes, const std::string& mkfs_options)
    : memory_(private_mount::tmpfs(size_bytes + size_bytes / 4)) {
  if (!memory_.is_mounted()) return;
  const std::string image = memory_.path() + "/image";
  why_not_ = try_command("truncate -s " + std::to_string(size_bytes) + ' ' + image);
  if (why_not_.empty()) why_not_ = make_ext4(image, mkfs_options);
  if (why_not_.empty()) mounted_ = std::make_unique<mounted_image>(image);
}

const std::string& loop_disk::why_not() const {
  if (!memory_.is_mounted()) return memory_.why_not();
  return why_not_.empty() ? mounted_->why_not() : why_not_;
}

}  // namespace mapvec::test
