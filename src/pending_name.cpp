// SPDX-License-Identifier: MIT
#include "pending_name.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <mapvec/error.hpp>

#include "names.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

std::string hidden_name_in(const std::string& directory) {
  return directory + "/.mapvec-" + make_uuid() + ".tmp";
}

/// Linking what has no name goes through /proc, which a chroot may lack.
int open_unnamed_in(const std::string& directory, unsigned permissions) noexcept {
  struct stat status{};
  if (sys::stat_path("/proc/self/fd", status) != 0) return -EOPNOTSUPP;
  return sys::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, permissions);
}

/// Renames unless `path` exists; where the file system has no such call, by a second link.
int rename_to_free(const std::string& from, const std::string& path) noexcept {
  const int failed = sys::rename(from.c_str(), path.c_str(), RENAME_NOREPLACE);
  if (failed != -EINVAL && failed != -ENOSYS && failed != -EOPNOTSUPP) return failed;
  const int linked = sys::link(from.c_str(), path.c_str());
  if (linked != 0) return linked;
  const int stuck = sys::unlink(from.c_str());
  if (stuck != 0) report_error(-stuck, "remove", from);  // the file has its name all the same
  return 0;
}

}  // namespace

pending_name::pending_name(const char* path)
    : path_(absolute(path)), directory_(directory_of(path_)) {}

pending_name::~pending_name() {
  if (hidden_.empty()) return;
  const int failed = sys::unlink(hidden_.c_str());
  if (failed != 0) report_error(-failed, "remove", hidden_);
}

void pending_name::require_free() const {
  struct stat status{};
  if (sys::lstat(path_.c_str(), status) == 0) throw_error(EEXIST, "create", path_);
}

file pending_name::make(unsigned permissions) {
  std::string name = path_;  // what may throw comes before there is a descriptor
  int fd = open_unnamed_in(directory_, permissions);
  if (lacks_unnamed_files(fd)) {
    std::string hidden = hidden_name_in(directory_);
    fd = sys::open(hidden.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, permissions);
    if (fd >= 0) hidden_ = std::move(hidden);
  }
  if (fd < 0) throw_error(-fd, "create", path_);
  return {fd, std::move(name)};
}

void pending_name::publish(const file& complete, const std::string& present_name) {
  const std::string& from = hidden_.empty() ? present_name : hidden_;
  const file directory = open_directory(directory_);  // before anything has changed
  int failed = from.empty() ? sys::link_descriptor(complete.descriptor(), path_.c_str())
                            : rename_to_free(from, path_);
  if (failed != 0) throw_error(-failed, "create", path_);
  failed = sync_directory(directory);
  if (failed == 0) return hidden_.clear();
  // A name that a crash may take away is not to be relied on.
  if (from.empty()) {
    remove_name(path_, complete.descriptor());
  } else if (const int stuck = sys::rename(path_.c_str(), from.c_str(), 0); stuck != 0) {
    report_error(-stuck, "give its name back to", from);
  }
  throw_error(-failed, "sync the directory of", path_);
}

int pending_name::publish_over(const file& complete, const std::string& present_name) {
  std::string from = hidden_.empty() ? present_name : hidden_;
  const file directory = open_directory(directory_);  // before anything has changed
  if (from.empty()) {
    from = hidden_name_in(directory_);
    std::string hidden = from;
    const int failed = sys::link_descriptor(complete.descriptor(), from.c_str());
    if (failed != 0) throw_error(-failed, "create", from);
    hidden_ = std::move(hidden);
  }
  const int failed = sys::rename(from.c_str(), path_.c_str(), 0);
  if (failed != 0) throw_error(-failed, "replace", path_);
  hidden_.clear();
  return sync_directory(directory);
}

}  // namespace mapvec::inline v0_1::detail
