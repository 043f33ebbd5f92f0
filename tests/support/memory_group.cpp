// SPDX-License-Identifier: MIT
#include "support/memory_group.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "support/child_process.hpp"

namespace mapvec::test {
namespace {

struct group_version {
  const char* parent;
  const char* limit_file;
  const char* peak_file;
};

constexpr std::array<group_version, 2> versions = {{
    {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"},
    {"/sys/fs/cgroup", "memory.max", "memory.peak"},
}};

bool write_number(const std::string& path, std::uint64_t value) {
  // Not created: the kernel makes the files of a group, and elsewhere this is none.
  std::fstream file(path, std::ios::in | std::ios::out);
  return file.is_open() && (file << value << std::flush).good();
}

}  // namespace

memory_group::memory_group(std::size_t limit_bytes) {
  for (const group_version& version : versions) {
    static int made = 0;
    path_ = std::string(version.parent) + "/mapvec-test-" + std::to_string(::getpid()) + '-' +
            std::to_string(made++);
    peak_file_ = path_ + '/' + version.peak_file;
    why_not_ = std::string("no memory group in ") + version.parent + ": ";
    if (::mkdir(path_.c_str(), 0700) != 0) {
      why_not_ += std::strerror(errno);
      continue;
    }
    if (write_number(path_ + '/' + version.limit_file, limit_bytes) &&
        ::access(peak_file_.c_str(), R_OK) == 0) {
      why_not_.clear();
      return;
    }
    why_not_ += "it has no memory controller";
    ::rmdir(path_.c_str());
  }
}

memory_group::~memory_group() {
  if (!is_there()) return;
  write_number(path_ + "/memory.force_empty", 0);  // version 1: else its pages keep it alive
  // It is busy for a moment after its last process.
  for (int i = 0; i < 100 && ::rmdir(path_.c_str()) != 0; ++i) ::usleep(20'000);
}

void memory_group::enter() const {
  require(write_number(path_ + "/cgroup.procs", static_cast<std::uint64_t>(::getpid())),
          "cannot enter " + path_);
}

std::uint64_t memory_group::peak_bytes() const {
  std::uint64_t peak = 0;
  std::ifstream(peak_file_) >> peak;
  return peak;
}

}  // namespace mapvec::test
