// SPDX-License-Identifier: MIT
#include "support/temporary_files.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace mapvec::test {

std::string directory_of(const detail::file& opened) {
  const std::string link = "/proc/self/fd/" + std::to_string(opened.descriptor());
  return std::filesystem::read_symlink(link).parent_path().string();
}

unsigned permissions_of(const detail::file& opened) {
  struct stat status{};
  EXPECT_EQ(::fstat(opened.descriptor(), &status), 0);
  return status.st_mode & 07777U;
}

bool closes_on_exec(const detail::file& opened) {
  return (::fcntl(opened.descriptor(), F_GETFD) & FD_CLOEXEC) != 0;
}

bool is_locked(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_GE(fd, 0) << path;
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool locked = ::fcntl(fd, F_OFD_SETLK, &lock) != 0;
  ::close(fd);
  return locked;
}

std::string contents_of(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  EXPECT_TRUE(input.is_open()) << path;
  return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
}

void write_contents(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

bool is_segment_name(const std::string& name) {
  // x stands for a hexadecimal digit, v for the variant of a UUID.
  const std::string form = "mapvec-xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx.seg";
  if (name.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool is_x = form[i] == 'x';
    const bool is_v = form[i] == 'v' && i > name.find('-');
    const std::string allowed = is_x ? "0123456789abcdef" : is_v ? "89ab" : form.substr(i, 1);
    if (allowed.find(name[i]) == std::string::npos) return false;
  }
  return true;
}

}  // namespace mapvec::test
