// SPDX-License-Identifier: MIT
#include <mapvec/temporary.hpp>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <mapvec/error.hpp>

#include "names.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

constexpr unsigned owner_only = 0600;
constexpr std::string_view name_prefix = "mapvec-";
constexpr std::string_view name_suffix = ".seg";

std::string make_path(const std::string& directory) {
  return directory + '/' + std::string(name_prefix) + make_uuid() + std::string(name_suffix);
}

bool is_our_name(std::string_view name) noexcept {
  return name.size() == name_prefix.size() + uuid_characters + name_suffix.size() &&
         name.starts_with(name_prefix) && name.ends_with(name_suffix) &&
         name.substr(name_prefix.size(), uuid_characters).find_first_not_of("0123456789abcdef-") ==
             std::string_view::npos;
}

int open_unnamed(const std::string& directory) noexcept {
  return sys::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, owner_only);
}

int open_new(const std::string& path) noexcept {
  return sys::open(path.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, owner_only);
}

/// A locked file at `path`, which must be free. On a file system with unnamed files the lock is
/// there before the name; elsewhere a sweep may see the new file unlocked and take it away, which
/// still_names finds out. -EAGAIN then.
int create_locked(const std::string& directory, const std::string& path) noexcept {
  int fd = open_unnamed(directory);
  if (fd >= 0) {
    int failed = sys::lock(fd, F_WRLCK, 0, 0);
    if (failed == 0) failed = sys::link_descriptor(fd, path.c_str());
    if (failed == 0) return fd;
    sys::close(fd);
    // No /proc, or an overlay that cannot link what has no name: go on with a name.
    if (failed != -ENOENT && failed != -EXDEV && !lacks_unnamed_files(failed)) return failed;
  } else if (!lacks_unnamed_files(fd)) {
    return fd;
  }
  fd = open_new(path);
  if (fd < 0) return fd;
  int failed = sys::lock(fd, F_WRLCK, 0, 0);
  if (failed == 0 && !still_names(path, fd)) failed = -EAGAIN;
  if (failed == 0) return fd;
  remove_name(path, fd);
  sys::close(fd);
  return failed;
}

temporary_file make_at(const std::string& directory, std::string path) {
  std::string name = path;
  const int fd = create_locked(directory, path);
  if (fd < 0) throw_error(-fd, "create", path);
  return {file(fd, std::move(name)), std::move(path)};
}

temporary_file make_named(const std::string& directory) {
  // A sweeper can take a name away at most once per attempt; UUIDs never meet.
  for (int attempt = 0;; ++attempt) {
    std::string path = make_path(directory);
    std::string name = path;
    const int fd = create_locked(directory, path);
    if (fd == -EAGAIN && attempt < 100) continue;
    if (fd < 0) throw_error(-fd, "create a file in", directory);
    return {file(fd, std::move(name)), std::move(path)};
  }
}

/// A file without a name in `directory`; one that is not open where `errno_value` says why.
file open_nameless(const std::string& directory, int& errno_value) {
  std::string name = "(unnamed file in " + directory + ")";
  int fd = open_unnamed(directory);
  if (lacks_unnamed_files(fd)) {
    const std::string path = make_path(directory);
    fd = open_new(path);
    if (fd >= 0) {
      const int failed = sys::unlink(path.c_str());
      // ENOENT: a sweep was faster, and did what we want.
      if (failed != 0 && failed != -ENOENT) {
        sys::close(fd);
        fd = failed;
      }
    }
  }
  if (fd >= 0) return file(fd, std::move(name));
  errno_value = -fd;
  return {};
}

/// $NAME followed by `suffix`; empty where the variable is unset, relative, or must not be trusted.
std::string from_environment(const char* name, const char* suffix = "") {
  const char* value = ::secure_getenv(name);
  if (value == nullptr || value[0] != '/') return {};
  return std::string(value) + suffix;
}

/// What one default directory said: a file, or why it was passed over.
struct attempt {
  file opened;
  std::string refusal;
};

attempt try_default(const std::string& directory, bool create) {
  if (create) {
    // EEXIST is the usual answer; any other shows when the file is opened.
    sys::mkdir(directory_of(directory).c_str(), 0700);
    sys::mkdir(directory.c_str(), 0700);
  }
  int errno_value = 0;
  file opened = open_nameless(directory, errno_value);
  if (!opened.is_open()) return {{}, directory + ": " + std::strerror(errno_value)};
  const file_system_traits traits = opened.file_system();
  if (traits.in_memory) return {{}, directory + ": is in memory"};
  if (traits.over_network) return {{}, directory + ": is on a network file system"};
  return {std::move(opened), {}};
}

file make_in(const std::string& directory, const char* verb) {
  int errno_value = 0;
  file opened = open_nameless(directory, errno_value);
  if (!opened.is_open()) throw_error(errno_value, verb, directory);
  return opened;
}

file make_in_default_directory() {
  if (const char* chosen = ::secure_getenv("MAPVEC_DIR"); chosen != nullptr && chosen[0] != 0) {
    return make_in(absolute(chosen), "create a file in $MAPVEC_DIR");
  }
  struct candidate {
    std::string directory;
    bool create;
  };
  const candidate candidates[] = {{from_environment("TMPDIR"), false},
                                  {"/var/tmp", false},
                                  {from_environment("XDG_CACHE_HOME", "/mapvec"), true},
                                  {from_environment("HOME", "/.cache/mapvec"), true}};
  std::string refusals;
  for (const auto& [directory, create] : candidates) {
    if (directory.empty()) continue;
    attempt tried = try_default(directory, create);
    if (tried.opened.is_open()) return std::move(tried.opened);
    refusals += (refusals.empty() ? "" : "; ") + tried.refusal;
  }
  throw_error(ENOENT, "find a directory for temporary files; set $MAPVEC_DIR. Tried", refusals);
}

/// Removes `name` if nobody holds its lock any more. A live owner's file stays; so does one that
/// somebody swept and remade between our open and our lock.
void sweep_one(const std::string& path) noexcept {
  const int fd = sys::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  if (fd < 0) return;
  struct stat status{};
  const bool ours = sys::fstat(fd, status) == 0 && S_ISREG(status.st_mode);
  if (ours && sys::lock(fd, F_WRLCK, 0, 0) == 0 && still_names(path, fd)) sys::unlink(path.c_str());
  sys::close(fd);
}

void sweep(const std::string& directory) {
  const int fd = sys::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) throw_error(-fd, "open the directory", directory);
  const file opened(fd, directory);
  alignas(struct dirent64) char buffer[16 * 1024];
  for (;;) {
    const std::int64_t size = sys::getdents(fd, buffer, sizeof buffer);
    if (size < 0) throw_error(static_cast<int>(-size), "list the directory", directory);
    if (size == 0) return;
    for (std::int64_t at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const struct dirent64*>(buffer + at);
      if (is_our_name(entry->d_name)) sweep_one(directory + '/' + entry->d_name);
      at += entry->d_reclen;
    }
  }
}

}  // namespace

struct temporary_file_access {
  static temporary_file make(const segment_builder& builder) {
    using kind = segment_builder::kind;
    const std::string& directory = builder.directory_;
    switch (builder.kind_) {
      case kind::automatic:
        return {make_in_default_directory(), {}};
      case kind::named:
        return make_named(directory);
      case kind::callable: {
        std::string path = absolute(builder.call_(builder.callable_.get()).c_str());
        const std::string parent = directory_of(path);
        return make_at(parent, std::move(path));
      }
      case kind::unnamed:
        break;
    }
    return {make_in(directory, "create a file in"), {}};
  }
};

temporary_file make_temporary_file(const segment_builder& builder) {
  return temporary_file_access::make(builder);
}

void remove_temporary_file(const temporary_file& removed) noexcept {
  remove_name(removed.path, removed.descriptor.descriptor());
}

}  // namespace mapvec::inline v0_1::detail

namespace mapvec::inline v0_1 {

segment_builder segment_builder::unnamed(path_view directory) {
  segment_builder builder;
  builder.kind_ = kind::unnamed;
  builder.directory_ = detail::absolute(directory.c_str());
  return builder;
}

segment_builder segment_builder::named(path_view directory) {
  segment_builder builder;
  builder.kind_ = kind::named;
  builder.directory_ = detail::absolute(directory.c_str());
  detail::sweep(builder.directory_);
  return builder;
}

}  // namespace mapvec::inline v0_1
