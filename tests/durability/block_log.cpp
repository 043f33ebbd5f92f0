// SPDX-License-Identifier: MIT
#include "durability/block_log.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/units.hpp>

namespace mapvec::test {
namespace {

constexpr std::uint64_t log_magic = 0x6a736677736872;
constexpr std::uint64_t flush_flag = 1;
constexpr std::uint64_t fua_flag = 2;
constexpr std::uint64_t discard_flag = 4;
constexpr std::uint64_t sector_bytes = 512;
constexpr std::uint64_t block_bytes = 4 * KiB;
constexpr long fuse_magic = 0x65735546;

// The beginning of the log's first sector, and of the one in front of each entry's data.
struct log_superblock {
  std::uint64_t magic;
  std::uint64_t version;
  std::uint64_t entries;
  std::uint32_t sector_bytes;
};
struct log_entry {
  std::uint64_t sector;
  std::uint64_t sectors;
  std::uint64_t flags;
  std::uint64_t data_bytes;
};

template <class T>
T read_at(const disk_bytes& bytes, std::uint64_t offset) {
  T result{};
  if (offset + sizeof(T) > bytes.size()) throw child_failure("the log of the disk ends too early");
  std::memcpy(&result, bytes.data() + offset, sizeof(T));
  return result;
}

disk_bytes contents_of_image(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  disk_bytes result(std::filesystem::file_size(path));
  in.read(result.data(), static_cast<std::streamsize>(result.size()));
  if (!in) throw child_failure("cannot read " + path);
  return result;
}

/// In a namespace of its own, where its mount is the only new one: if it were the last process that
/// sees the file system on top, its end would unmount that, and wait for itself for ever.
[[noreturn]] void run_the_daemon(const std::string& directory) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::unshare(CLONE_NEWNS) != 0) throw child_failure("unshare");
  if (::chdir(directory.c_str()) != 0) throw child_failure("chdir");
  ::execlp("qemu-storage-daemon", "qemu-storage-daemon",                                  //
           "--blockdev", "driver=file,node-name=file,filename=disk",                      //
           "--blockdev", "driver=file,node-name=log-file,filename=log",                   //
           "--blockdev", "driver=raw,node-name=log,file=log-file",                        //
           "--blockdev",                                                                  //
           "driver=blklogwrites,node-name=logged,file=file,log=log,log-sector-size=512",  //
           "--export",                                                                    //
           "type=fuse,id=export,node-name=logged,mountpoint=export,writable=on,growable=off",
           static_cast<char*>(nullptr));
  throw child_failure("qemu-storage-daemon is missing");
}

/// One write at a time: before version 10 the daemon reads the next request into the buffer of one
/// that it is still writing. Empty, or why not.
std::string send_writes_one_by_one(const std::string& exported) {
  const scratch_directory control;
  struct stat status{};
  if (::stat(exported.c_str(), &status) != 0) return "no FUSE export";
  if (::mount("fusectl", control.path().c_str(), "fusectl", 0, nullptr) != 0) return "no fusectl";
  std::ofstream out(control / std::to_string(minor(status.st_dev)) + "/max_background");
  out << 1 << std::flush;
  const bool failed = !out;
  out.close();
  ::umount2(control.path().c_str(), 0);
  return failed ? "no limit for requests of FUSE" : "";
}

bool is_fuse(const std::string& path) {
  struct statfs status{};
  return ::statfs(path.c_str(), &status) == 0 && status.f_type == fuse_magic;
}

}  // namespace

// --- the log -------------------------------------------------------------------------------------

block_log::block_log(const std::string& path) : file_(contents_of_image(path)) {
  const auto head = read_at<log_superblock>(file_, 0);
  if (head.magic != log_magic || head.sector_bytes != sector_bytes) {
    throw child_failure("not a log of a disk");
  }
  std::uint64_t at = sector_bytes;
  for (std::uint64_t i = 0; i < head.entries; ++i) {
    const auto raw = read_at<log_entry>(file_, at);
    at += sector_bytes;
    entry added{raw.sector * sector_bytes, raw.sectors * sector_bytes, raw.flags, nullptr};
    if ((raw.flags & discard_flag) == 0) {
      added.data = file_.data() + at;
      at += added.size_bytes;
    }
    if (at > file_.size()) throw child_failure("the log of the disk ends too early");
    entries_.push_back(added);
  }
}

std::size_t block_log::flushes() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [](const entry& each) { return (each.flags & flush_flag) != 0; }));
}

std::size_t block_log::written_bytes() const {
  std::size_t result = 0;
  for (const entry& each : entries_) result += each.size_bytes;
  return result;
}

void block_log::apply_piece(disk_bytes& disk, const entry& written, std::uint64_t first,
                            std::uint64_t size_bytes) const {
  char* const target = disk.data() + written.offset_bytes + first;
  if (written.offset_bytes + first + size_bytes > disk.size()) {
    throw child_failure("a write behind the end of the disk");
  }
  if (written.data == nullptr) {
    std::memset(target, 0, size_bytes);
  } else {
    std::memcpy(target, written.data + first, size_bytes);
  }
}

void block_log::apply(disk_bytes& disk, std::size_t begin, std::size_t end) const {
  for (std::size_t i = begin; i < end; ++i) {
    apply_piece(disk, entries_.at(i), 0, entries_[i].size_bytes);
  }
}

std::size_t block_log::after_last_flush(std::size_t end) const {
  while (end > 0 && (entries_.at(end - 1).flags & flush_flag) == 0) --end;
  return end;
}

void block_log::apply_some(disk_bytes& disk, std::size_t begin, std::size_t end,
                           std::mt19937_64& random) const {
  // Now and then nearly all are lost, or nearly none: one write without the others is where a wrong
  // order shows.
  const std::uint64_t lost_of_8 = random() % 8;
  for (std::size_t i = begin; i < end; ++i) {
    const entry& written = entries_.at(i);
    const bool keeps_all = (written.flags & fua_flag) != 0;
    const bool comes_whole = random() % 2 == 0;
    const bool is_lost = random() % 8 < lost_of_8;
    if (keeps_all || (comes_whole && !is_lost)) {
      apply_piece(disk, written, 0, written.size_bytes);
    } else if (!comes_whole) {
      for (std::uint64_t at = 0; at < written.size_bytes; at += block_bytes) {
        if (random() % 8 < lost_of_8) continue;
        apply_piece(disk, written, at, std::min(block_bytes, written.size_bytes - at));
      }
    }
  }
}

// --- the disk ------------------------------------------------------------------------------------

logged_disk::logged_disk(const shape& wanted) : memory_(private_mount::tmpfs(1 * GiB)) {
  why_not_ = memory_.is_mounted() ? start(wanted) : memory_.why_not();
}

std::string logged_disk::start(const shape& wanted) {
  const std::string& home = memory_.path();
  std::string failed =
      try_command("cd " + home + " && truncate -s " + std::to_string(wanted.size_bytes) +
                  " disk && truncate -s 512M log && touch export");
  if (failed.empty()) failed = make_ext4(home + "/disk", wanted.mkfs_options);
  if (failed.empty())
    failed = try_command("cp --sparse=always " + home + "/disk " + home + "/base");
  if (failed.empty()) failed = try_command("command -v qemu-storage-daemon");
  if (!failed.empty()) return failed;
  daemon_ = std::make_unique<running_child>([&](const auto&) { run_the_daemon(home); });
  const std::string export_path =
      "/proc/" + std::to_string(daemon_->pid()) + "/root" + home + "/export";
  for (int attempt = 0; attempt < 1'000 && !is_fuse(export_path); ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  if (!is_fuse(export_path)) return "no FUSE export";
  std::string failed_limit = send_writes_one_by_one(export_path);
  if (!failed_limit.empty()) return failed_limit;
  // Direct: a cache in between would decide what reaches the log, and when.
  mounted_ =
      std::make_unique<mounted_image>(export_path, wanted.mount_options, loop_access::direct);
  return mounted_->why_not();
}

std::size_t logged_disk::entries_so_far() const {
  log_superblock head{};
  const int fd = ::open((memory_.path() + "/log").c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t got = ::pread(fd, &head, sizeof head, 0);
  ::close(fd);
  if (got != sizeof head) throw child_failure("cannot read the log of the disk");
  return head.entries;
}

void logged_disk::finish() {
  if (!mounted_->unmount()) throw child_failure("cannot unmount the logged disk");
  daemon_.reset();
}

disk_bytes logged_disk::bytes_of(const std::string& image) const {
  return contents_of_image(memory_.path() + image);
}

std::string logged_disk::store(const disk_bytes& disk) const {
  const std::string path = memory_.path() + "/crashed";
  constexpr std::size_t piece_bytes = 64 * KiB;
  static const disk_bytes zeros(piece_bytes);
  // A new file: the loop device of the one before may still be there, and what it has cached.
  std::filesystem::remove(path);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  for (std::size_t at = 0; at < disk.size(); at += piece_bytes) {
    const std::size_t size = std::min(piece_bytes, disk.size() - at);
    if (std::memcmp(disk.data() + at, zeros.data(), size) == 0) continue;
    out.seekp(static_cast<std::streamoff>(at));
    out.write(disk.data() + at, static_cast<std::streamsize>(size));
  }
  out.close();
  std::filesystem::resize_file(path, disk.size());
  if (!out) throw child_failure("cannot write " + path);
  return path;
}

}  // namespace mapvec::test
