// SPDX-License-Identifier: MIT
#include "crash/recorder.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mapvec::test::crash {
namespace {

// The digits of a count are 16 bytes at a multiple of 16, in a header of 128; so what changes is
// noted in such pieces.
constexpr std::size_t piece_bytes = 16;
constexpr std::size_t header_bytes = 128;

void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what + ": " + std::strerror(errno));
}

bytes read_all(int fd) {
  struct stat status{};
  require(::fstat(fd, &status) == 0, "fstat");
  bytes content(static_cast<std::size_t>(status.st_size));
  const ssize_t got = ::pread(fd, content.data(), content.size(), 0);
  require(got == status.st_size, "pread");
  return content;
}

/// The pieces in which `now`, which is as long, differs from `before`.
std::vector<change> changes_between(const bytes& before, const bytes& now) {
  std::vector<change> result;
  for (std::size_t sector = 0; sector < now.size(); sector += sector_bytes) {
    const std::size_t end = std::min(sector + sector_bytes, now.size());
    if (std::memcmp(before.data() + sector, now.data() + sector, end - sector) == 0) continue;
    for (std::size_t at = sector; at < end; at += piece_bytes) {
      const std::size_t size = std::min(piece_bytes, end - at);
      if (std::memcmp(before.data() + at, now.data() + at, size) == 0) continue;
      if (result.empty() || result.back().offset_bytes + result.back().data.size() != at) {
        result.push_back({at, {}});
      }
      result.back().data.insert(result.back().data.end(), now.data() + at, now.data() + at + size);
    }
  }
  return result;
}

}  // namespace

void put_file(const std::string& path, const std::optional<bytes>& content) {
  ::unlink(path.c_str());
  if (!content) return;
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  require(fd >= 0, path);
  const ssize_t written = ::write(fd, content->data(), content->size());
  ::close(fd);
  require(written == static_cast<ssize_t>(content->size()), path);
}

recorder::recorder(std::string directory) : directory_(std::move(directory)) { start(); }

recorder::~recorder() {
  stop();
  for (const known_file& each : files_) ::close(each.fd);
}

bool recorder::is_inside(const std::string& path) const { return path.starts_with(directory_); }

std::size_t recorder::number_of_name(const std::string& path) {
  return names_.emplace(path, names_.size()).first->second;
}

void recorder::begin(operation what) {
  during_ = refused_ ? operation::refused : what;
  ++step_;
}

void recorder::add(event made) {
  made.during = during_;
  made.step = step_;
  events_.push_back(std::move(made));
}

void recorder::note(event_kind what, std::size_t name, std::size_t content) {
  look();
  add({.what = what, .name = name, .content = content});
}

void recorder::look() {
  for (std::size_t file = 0; file < files_.size(); ++file) {
    if (files_[file].openings != 0) look_at(file, false);
  }
}

bool recorder::look_at(std::size_t file, bool stores_count) {
  known_file& known = files_[file];
  bytes now = read_all(known.fd);
  if (now.size() != known.content.size()) {
    add({.what = event_kind::size, .file = file, .size_bytes = now.size()});
    known.content.resize(now.size());
  }
  std::vector<change> changes = changes_between(known.content, now);
  if (changes.empty()) return false;
  add({.what = event_kind::write,
       .file = file,
       .changes = std::move(changes),
       .stores_count = stores_count});
  known.content = std::move(now);
  return true;
}

std::optional<int> recorder::before(const call_record& record) {
  if (record.what != call::resource_limit) look();
  return std::nullopt;
}

void recorder::after(const call_record& record) {
  switch (record.what) {
    case call::open:
      if (record.result >= 0 && is_inside(record.path)) {
        note_opening(static_cast<int>(record.result), record.path);
      }
      return;
    case call::close:
      if (const std::size_t file = file_of(record.fd); file < files_.size()) {
        --files_[file].openings;
      }
      opened_.erase(record.fd);
      return;
    case call::fdatasync:
    case call::fsync:
      return note_sync(record);
    case call::link_descriptor:
    case call::link:
    case call::rename:
    case call::unlink:
      if (record.result == 0 && is_inside(record.path)) note_name(record.path);
      return;
    case call::pwrite:
      return note_write(record);
    default:
      look();
  }
}

std::size_t recorder::file_of(int fd) {
  const auto found = opened_.find(fd);
  return found != opened_.end() ? found->second : no_file;
}

void recorder::note_opening(int fd, const std::string& path) {
  struct stat status{};
  require(::fstat(fd, &status) == 0, path);
  if (S_ISDIR(status.st_mode)) {
    opened_[fd] = the_directory;
    return;
  }
  const auto known = std::ranges::find_if(files_, [&](const known_file& each) {
    return each.device == status.st_dev && each.inode == status.st_ino;
  });
  const auto file = static_cast<std::size_t>(known - files_.begin());
  if (known == files_.end()) {
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const int own_fd = ::open(link.c_str(), O_RDONLY | O_CLOEXEC);
    require(own_fd >= 0, link);
    files_.push_back(
        {.fd = own_fd, .device = status.st_dev, .inode = status.st_ino, .content = {}});
  }
  ++files_[file].openings;
  opened_[fd] = file;
  look_at(file, false);
}

void recorder::note_write(const call_record& record) {
  const std::size_t file = file_of(record.fd);
  if (file >= files_.size() || record.result <= 0) return;
  const bool within_header = record.offset + record.size_bytes <= header_bytes;
  if (look_at(file, within_header && record.size_bytes == piece_bytes) || !within_header) return;
  // The same bytes again: for the disk, they wait to be written once more.
  const bytes& content = files_[file].content;
  const auto first = content.begin() + static_cast<std::ptrdiff_t>(record.offset);
  add({.what = event_kind::write,
       .file = file,
       .changes = {{record.offset, bytes(first, first + record.result)}}});
}

void recorder::note_sync(const call_record& record) {
  const std::size_t file = file_of(record.fd);
  if (file == the_directory) {
    if (record.result == 0) add({.what = event_kind::directory_sync});
  } else if (file != no_file) {
    add({.what = record.result == 0 ? event_kind::sync : event_kind::failed_sync, .file = file});
  }
}

void recorder::note_name(const std::string& path) {
  struct stat status{};
  const bool there = ::lstat(path.c_str(), &status) == 0;
  const auto named = std::ranges::find_if(files_, [&](const known_file& each) {
    return there && each.device == status.st_dev && each.inode == status.st_ino;
  });
  const auto file = static_cast<std::size_t>(named - files_.begin());
  add({.what = event_kind::name,
       .file = named == files_.end() ? no_file : file,
       .name = number_of_name(path)});
}

void recorder::rewind(std::size_t events) {
  events_.resize(events);
  opened_.clear();
  for (known_file& each : files_) each.openings = 0;
}

std::size_t recorder::put_new_file(const std::string& path, const bytes& content) {
  put_file(path, content);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  require(fd >= 0 && ::fstat(fd, &status) == 0, path);
  files_.push_back({.fd = fd, .device = status.st_dev, .inode = status.st_ino, .content = content});
  return files_.size() - 1;
}

void recorder::die_at(std::size_t events, const std::string& path) {
  rewind(events);
  disk before;
  for (const event& each : events_) before.apply(each);
  const std::size_t file = before.present_file(number_of_name(path));
  if (file == no_file) return put_file(path, std::nullopt);
  put_new_file(path, before.present_bytes(file));
  ::close(files_[file].fd);
  files_[file] = std::move(files_.back());
  files_.pop_back();
}

void recorder::stop_at(std::size_t events, const std::string& path,
                       const std::optional<bytes>& image) {
  rewind(events);
  const std::size_t name = number_of_name(path);
  if (!image) {
    put_file(path, std::nullopt);
    return add({.what = event_kind::restart, .name = name});
  }
  const std::size_t file = put_new_file(path, *image);
  add({.what = event_kind::restart, .file = file, .name = name, .image = image});
}

}  // namespace mapvec::test::crash
