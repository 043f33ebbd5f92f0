// SPDX-License-Identifier: MIT
//
// How much memory a program takes, in the kernel's own books, and how it takes less.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <mapvec/budget.hpp>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

/// `text`, which stands behind `argument`, as bytes: a number and K, M, G or T.
inline std::size_t size_in_bytes(const std::string& argument, std::string_view text) {
  std::size_t number = 0;
  const auto [end, failure] = std::from_chars(text.begin(), text.end(), number);
  const std::size_t unit = std::string_view("KMGT").find(text.empty() ? ' ' : text.back());
  if (failure != std::errc() || end + 1 != text.end() || unit == std::string_view::npos ||
      number < 1 || number > 1'000'000)
    throw std::invalid_argument(argument + " needs a size such as 64M: a number and K, M, G or T");
  return number << (10 * (unit + 1));
}

/// The memory group that ./run made for this process, as a folder; empty if it did not. A group
/// that others are in, too, says nothing of this process.
inline std::string memory_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // 9:memory:/name, or version 2's 0::/name
    const std::string name = line.substr(line.rfind(':') + 1);
    if (name.find("/mapvec-run-") == name.npos) continue;
    if (line.find(":memory:") != line.npos) return "/sys/fs/cgroup/memory" + name;
    if (line.starts_with("0::")) return "/sys/fs/cgroup" + name;
  }
  return {};
}

/// The most that the group ever had, page cache included; 0 where nobody counts.
inline std::uint64_t peak_of_group() {
  const std::string group = memory_group();
  std::uint64_t peak = 0;
  for (const char* name : {"/memory.max_usage_in_bytes", "/memory.peak"}) {
    if (peak == 0) std::ifstream(group + name) >> peak;
  }
  return peak;
}

/// The most that the process ever had, files that it has mapped included.
inline std::uint64_t peak_resident_bytes() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
}

/// What the process has of its own, without files.
inline std::uint64_t anonymous_bytes() {
  std::uint64_t kibibytes = 0;
  std::ifstream status("/proc/self/status");
  for (std::string word; kibibytes == 0 && status >> word;) {
    if (word == "RssAnon:") status >> kibibytes;
  }
  return kibibytes * 1024;
}

/// Has the page cache give up a file that is not read again soon.
inline void forget_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

/// A limit for the memory that vectors take together, and the most that they and their process have
/// had. Looks once per mebibyte that was added, and only if there is a limit.
class memory_watch {
 public:
  memory_watch() = default;
  explicit memory_watch(std::size_t limit_bytes) : budget_(limit_bytes) {}

  bool is_bounded() const { return budget_.is_limited(); }
  const mapvec::memory_budget& budget() const { return budget_; }

  template <class... Vectors>
  void look(const Vectors&... growing) {
    const std::size_t size_bytes = (... + (growing.size() * sizeof(typename Vectors::value_type)));
    if (!is_bounded() || size_bytes < looked_at_bytes_ + (1 << 20)) return;
    looked_at_bytes_ = size_bytes;
    const std::uint64_t now = (... + growing.resident_bytes());
    resident_bytes_ = std::max(resident_bytes_, now);
    most_bytes_ = std::max(most_bytes_, now + anonymous_bytes());
  }
  /// The file that has been read; this much is not to count as the program's.
  void forget(const std::string& path) const {
    if (is_bounded()) forget_file(path);
  }
  void print(std::ostream& out) const {
    if (!is_bounded()) return;
    // The kernel's own count misses nothing, not even what it keeps of each file that was opened.
    const std::uint64_t peak = peak_of_group();
    out << "memory     " << resident_bytes_ << " bytes of the elements at the peak of growing, of "
        << budget_.limit_bytes() << " allowed; "
        << (peak != 0 ? peak : std::max(most_bytes_, peak_resident_bytes()))
        << " in all, from reading to counting, page cache included\n";
  }

 private:
  mapvec::memory_budget budget_;
  std::size_t looked_at_bytes_ = 0;
  std::uint64_t resident_bytes_ = 0;
  std::uint64_t most_bytes_ = 0;
};
