// SPDX-License-Identifier: MIT
#include "names.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <mapvec/error.hpp>

#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {

std::string make_uuid() {
  std::array<unsigned char, 16> bytes{};
  const int failed = sys::getrandom(bytes.data(), bytes.size());
  if (failed != 0) throw_error(-failed, "get random bytes for a file name", "");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string text;
  text.reserve(uuid_characters);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 0x0F];
  }
  return text;
}

std::string absolute(const char* path) {
  if (path[0] == '\0') throw_error(ENOENT, "find a file without a name", "");  // as open(2) says
  if (path[0] == '/') return path;
  std::array<char, 4096> buffer{};  // PATH_MAX
  const int failed = sys::getcwd(buffer.data(), buffer.size());
  if (failed != 0) throw_error(-failed, "find the current directory for", path);
  return std::string(buffer.data()) + '/' + path;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool lacks_unnamed_files(int failed) noexcept {
  return failed == -EOPNOTSUPP || failed == -EISDIR || failed == -EINVAL;
}

bool is_same_file(const struct stat& left, const struct stat& right) noexcept {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

file open_regular(const std::string& path, int access) {
  struct stat status{};
  const int failed = sys::stat_path(path.c_str(), status);
  if (failed != 0) throw_error(-failed, "open", path);
  bool is_regular = S_ISREG(status.st_mode);
  if (is_regular) {
    // O_NONBLOCK: should it have become a FIFO, that must not keep us waiting for its other end.
    std::string name = path;  // what may throw comes before there is a descriptor
    const int fd = sys::open(path.c_str(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0) throw_error(-fd, "open", path);
    file opened(fd, std::move(name));
    is_regular = opened.is_regular();
    if (is_regular) return opened;
  }
  throw format_error(path, "something else", "a regular file");
}

bool still_names(const std::string& path, int fd) noexcept {
  struct stat opened{};
  struct stat named{};
  return sys::fstat(fd, opened) == 0 && sys::lstat(path.c_str(), named) == 0 &&
         is_same_file(opened, named);
}

file open_directory(const std::string& path) {
  std::string name = path;  // what may throw comes before there is a descriptor
  const int fd = sys::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) throw_error(-fd, "open the directory", path);
  return {fd, std::move(name)};
}

int sync_directory(const file& directory) noexcept {
  const int failed = sys::fsync(directory.descriptor());
  return failed == -EINVAL ? 0 : failed;  // a file system whose directories are never synced
}

std::string present_path(int fd) {
  std::string path(4096, '\0');  // PATH_MAX
  if (sys::descriptor_path(fd, path.data(), path.size()) != 0) return {};
  path.resize(path.find('\0'));
  return still_names(path, fd) ? path : std::string();
}

void remove_name(const std::string& path, int fd) noexcept {
  struct stat opened{};
  struct stat named{};
  int failed = sys::fstat(fd, opened);
  if (failed == 0) failed = sys::lstat(path.c_str(), named);
  if (failed == -ENOENT) return;
  if (failed == 0 && !is_same_file(opened, named)) return;
  if (failed == 0) failed = sys::unlink(path.c_str());
  if (failed != 0) report_error(-failed, "remove", path);
}

}  // namespace mapvec::inline v0_1::detail
