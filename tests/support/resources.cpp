// SPDX-License-Identifier: MIT
#include "support/resources.hpp"

#include <cctype>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <dirent.h>
#include <unistd.h>

#include <mapvec/stats.hpp>
#include <mapvec/storage.hpp>

#include "support/instrumented_syscalls.hpp"

namespace mapvec::test {
namespace {

/// A "start-end permissions offset device inode path" line; false for any other line.
bool parse_heading(const std::string& line, mapping& result) {
  unsigned long start = 0;
  unsigned long end = 0;
  char permissions[8] = {};
  int path_at = 0;
  if (std::sscanf(line.c_str(), "%lx-%lx %7s %*s %*s %*s %n", &start, &end, permissions, &path_at) <
      3) {
    return false;
  }
  result = {};
  result.start = start;
  result.end = end;
  result.permissions = permissions;
  if (path_at > 0 && static_cast<std::size_t>(path_at) < line.size()) {
    result.path = line.substr(static_cast<std::size_t>(path_at));
  }
  return true;
}

void parse_detail(const std::string& line, mapping& result) {
  std::istringstream words(line);
  std::string key;
  std::size_t kibibytes = 0;
  words >> key;
  if (key == "VmFlags:") {
    result.flags = line.substr(line.find(':') + 1);
  } else if (words >> kibibytes) {
    if (key == "Rss:") result.resident_bytes = kibibytes * 1024;
    if (key == "AnonHugePages:" || key == "ShmemPmdMapped:" || key == "FilePmdMapped:") {
      result.huge_bytes += kibibytes * 1024;
    }
  }
}

std::vector<mapping> all_mappings() {
  std::vector<mapping> result;
  std::ifstream smaps("/proc/self/smaps");
  mapping heading;
  for (std::string line; std::getline(smaps, line);) {
    if (parse_heading(line, heading)) {
      result.push_back(heading);
    } else if (!result.empty()) {
      parse_detail(line, result.back());
    }
  }
  return result;
}

}  // namespace

std::set<int> open_descriptors() {
  std::set<int> result;
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return result;
  while (const dirent* entry = ::readdir(directory)) {
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0) {
      result.insert(std::atoi(entry->d_name));
    }
  }
  result.erase(::dirfd(directory));
  ::closedir(directory);
  return result;
}

std::vector<int> descriptors_opened_since(const std::set<int>& before) {
  std::vector<int> result;
  for (const int fd : open_descriptors()) {
    if (!before.contains(fd)) result.push_back(fd);
  }
  return result;
}

bool mapping::has_flag(const std::string& flag) const {
  std::istringstream words(flags);
  for (std::string word; words >> word;) {
    if (word == flag) return true;
  }
  return false;
}

std::vector<mapping> mappings_between(const void* address, std::size_t size_bytes) {
  const auto start = reinterpret_cast<std::uintptr_t>(address);
  std::vector<mapping> result;
  for (mapping& each : all_mappings()) {
    if (each.start < start + size_bytes && each.end > start) result.push_back(std::move(each));
  }
  return result;
}

mapping mapping_at(const void* address) {
  std::vector<mapping> found = mappings_between(address, 1);
  if (found.size() == 1) return found.front();
  ADD_FAILURE() << "no mapping at " << address;
  return {};
}

std::size_t process_resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size_pages = 0;
  std::size_t resident_pages = 0;
  statm >> size_pages >> resident_pages;
  return resident_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void warm_up_the_library() {
  detail::storage first{options{}};
  first.reserve({.size_bytes = 1, .header_bytes = 0}, 0, 1, detail::growth::exact);
}

void counts_resources::SetUp() {
  warm_up_the_library();
  descriptors_ = open_descriptors();
  mapped_bytes_ = library_mapped_bytes();
  active_segments_ = stats().active_segments;
}

void counts_resources::TearDown() {
  EXPECT_EQ(descriptors_opened_since(descriptors_), std::vector<int>{}) << "descriptors leaked";
  EXPECT_EQ(library_mapped_bytes(), mapped_bytes_) << "mappings leaked";
  EXPECT_EQ(stats().active_segments, active_segments_);
}

}  // namespace mapvec::test
