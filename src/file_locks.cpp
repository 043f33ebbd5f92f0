// SPDX-License-Identifier: MIT
#include "file_locks.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include <mapvec/error.hpp>

#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

bool is_busy(int failed) noexcept { return failed == -EAGAIN || failed == -EACCES; }

bool has_no_locks(int failed) noexcept {
  return failed == -ENOLCK || failed == -EOPNOTSUPP || failed == -ENOSYS || failed == -EINVAL;
}

/// Calls `visit(name)` for each entry of a directory whose name is a number, until it says true.
template <class Visit>
bool any_numbered_entry(const std::string& directory, Visit visit) {
  const int fd = sys::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return false;
  const file opened(fd, directory);
  alignas(struct dirent64) char buffer[4 * 1024];
  for (;;) {
    const std::int64_t size = sys::getdents(fd, buffer, sizeof buffer);
    if (size <= 0) return false;
    for (std::int64_t at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const struct dirent64*>(buffer + at);
      if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && visit(entry->d_name)) return true;
      at += entry->d_reclen;
    }
  }
}

/// True if the fdinfo file tells of a lock of `kind` ("WRITE", "READ") on the inode whose number
/// ends `inode_text`, as in "lock: 1: OFDLCK ADVISORY WRITE -1 08:01:1234 5566 5566".
bool tells_of_lock(const std::string& fdinfo_path, std::string_view kind,
                   const std::string& inode_text) {
  const int fd = sys::open(fdinfo_path.c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return false;
  const file opened(fd, fdinfo_path);
  std::array<char, 2048> buffer{};
  const std::int64_t size = sys::pread(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t lock = text.find("OFDLCK");
  if (lock == std::string_view::npos) return false;
  const std::string_view locks = text.substr(lock);
  return locks.find(kind) != std::string_view::npos &&
         locks.find(inode_text) != std::string_view::npos;
}

/// The process that holds such a lock, as " (process 1234)"; empty where /proc does not say. Other
/// users' processes keep their descriptors to themselves, and a busy machine has too many of them:
/// it looks at so many at most, and that takes some ten milliseconds.
std::string holder_of(const file& locked, std::string_view kind) {
  struct stat status{};
  if (sys::fstat(locked.descriptor(), status) != 0) return {};
  std::string inode_text = std::to_string(status.st_ino);
  inode_text = ':' + inode_text + ' ';
  std::size_t looked_at = 0;
  constexpr std::size_t most = 2000;
  std::string holder;
  any_numbered_entry("/proc", [&](const char* process) {
    const std::string fdinfo = std::string("/proc/") + process + "/fdinfo";
    const bool found = any_numbered_entry(fdinfo, [&](const char* descriptor) {
      return ++looked_at > most || tells_of_lock(fdinfo + '/' + descriptor, kind, inode_text);
    });
    if (found && looked_at <= most) holder = std::string(" (process ") + process + ")";
    return found;
  });
  return holder;
}

}  // namespace

int try_lock_as_writer(const file& locked) noexcept {
  return sys::lock(locked.descriptor(), F_WRLCK, writer_lock_offset, 1);
}

void lock_as_writer(const file& locked) {
  const int failed = try_lock_as_writer(locked);
  if (failed == 0) return;
  if (!is_busy(failed)) throw_error(-failed, "lock for writing", locked.name());
  throw_error(EBUSY, "open for writing beside another writer" + holder_of(locked, "WRITE"),
              locked.name());
}

void lock_as_reader(const file& locked) {
  constexpr int attempts = 50;  // a millisecond each
  for (int attempt = 0;; ++attempt) {
    const int failed = sys::lock(locked.descriptor(), F_RDLCK, reader_lock_offset, 1);
    if (failed == 0 || has_no_locks(failed)) return;
    if (!is_busy(failed)) throw_error(-failed, "lock for reading", locked.name());
    if (attempt == attempts) {
      throw_error(EBUSY, "open for reading while it is being cut" + holder_of(locked, "WRITE"),
                  locked.name());
    }
    sys::pause_briefly();
  }
}

bool keep_readers_out(const file& locked) noexcept {
  return sys::lock(locked.descriptor(), F_WRLCK, reader_lock_offset, 1) == 0;
}

void readers_may_come(const file& locked) noexcept {
  sys::lock(locked.descriptor(), F_UNLCK, reader_lock_offset, 1);
}

void unlock_writer(const file& locked) noexcept {
  sys::lock(locked.descriptor(), F_UNLCK, writer_lock_offset, 1);
}

}  // namespace mapvec::inline v0_1::detail
