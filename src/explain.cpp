// SPDX-License-Identifier: MIT
#include <mapvec/explain.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <mapvec/budget.hpp>
#include <mapvec/detail/block_reader.hpp>
#include <mapvec/file.hpp>
#include <mapvec/options.hpp>
#include <mapvec/units.hpp>

#include "file_systems.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1 {
namespace detail {
namespace {

std::string bytes(std::uint64_t count) { return std::to_string(count) + " bytes"; }

std::string not_known(int failed) {
  return "not known (" + std::generic_category().message(-failed) + ')';
}

/// Calls `visit(line)` for each line of a file of /proc; 0 or -errno.
template <class Visit>
int for_each_line(const std::string& path, Visit visit) {
  std::string name = path;  // while there is no descriptor to lose
  const int fd = sys::open(path.c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  const file opened(fd, std::move(name));
  std::string text;
  std::uint64_t offset = 0;
  for (;;) {
    std::array<char, 16 * KiB> piece;
    const std::int64_t size = sys::pread(fd, piece.data(), piece.size(), offset);
    if (size < 0) return static_cast<int>(size);
    if (size == 0) return 0;
    offset += static_cast<std::uint64_t>(size);
    text.append(piece.data(), static_cast<std::size_t>(size));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
      visit(std::string_view(text).substr(begin, end - begin));
    }
    text.erase(0, begin);
  }
}

std::optional<std::uint64_t> number(std::string_view& text, int base) noexcept {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failed != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

struct mapped_pages {
  std::uint64_t mapped_bytes = 0;
  std::uint64_t huge_bytes = 0;
};

/// Adds up what /proc/self/smaps says of the mappings that touch a range.
class smaps_reader {
 public:
  smaps_reader(const std::byte* data, std::size_t size_bytes) noexcept
      : first_(reinterpret_cast<std::uintptr_t>(data)), last_(first_ + size_bytes) {}

  /// "7f00-7f10 rw-s …" begins a mapping, "Rss:     4 kB" is of the last one.
  void operator()(std::string_view line) noexcept {
    std::string_view rest = line;
    if (const auto start = number(rest, 16); start && rest.starts_with('-')) {
      rest.remove_prefix(1);
      within_ = *start < last_ && number(rest, 16).value_or(0) > first_;
    } else if (within_) {
      add(line);
    }
  }
  const mapped_pages& sum() const noexcept { return sum_; }

 private:
  void add(std::string_view line) noexcept {
    const std::string_view key = line.substr(0, line.find(':'));
    std::string_view value = line.substr(std::min(line.find_first_of("0123456789"), line.size()));
    const std::uint64_t size_bytes = number(value, 10).value_or(0) * KiB;
    if (key == "Rss") sum_.mapped_bytes += size_bytes;
    if (key == "AnonHugePages" || key == "ShmemPmdMapped" || key == "FilePmdMapped") {
      sum_.huge_bytes += size_bytes;
    }
  }

  std::uintptr_t first_;
  std::uintptr_t last_;
  bool within_ = false;
  mapped_pages sum_;
};

class report {
 public:
  explicit report(std::string_view kind) : text_("mapvec::") { text_.append(kind).append("\n"); }
  void line(std::string_view key, std::string_view value) {
    text_.append(key).append(": ").append(value).append("\n");
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

void say_elements(report& out, explained_elements elements) {
  out.line("elements", std::to_string(elements.count) + " of " + bytes(elements.size_bytes) + ", " +
                           bytes(elements.count * elements.size_bytes));
}

/// The system behind an open file.
file_system_traits say_file_system(report& out, int fd) {
  struct statfs status{};
  if (const int failed = sys::fstatfs(fd, status); failed != 0) {
    out.line("file system", not_known(failed));
    return {};
  }
  const known_file_system* const found = find_file_system(status.f_type);
  if (found == nullptr) {
    std::array<char, 8> digits;
    const auto magic = static_cast<std::uint32_t>(status.f_type);
    char* const end = std::to_chars(digits.begin(), digits.end(), magic, 16).ptr;
    out.line("file system", "another, number 0x" + std::string(digits.begin(), end));
    return {};
  }
  out.line("file system", found->name);
  return found->traits;
}

void say_disk(report& out, int fd, std::string_view promise) {
  struct stat status{};
  const int failed = sys::fstat(fd, status);
  const auto size_bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;  // the unit, stat(2)
  out.line("on disk", (failed == 0 ? bytes(size_bytes) : not_known(failed)).append(promise));
}

/// What the page cache holds of a file. Where it does not say, `resident_bytes()` counts.
template <class Resident>
void say_cache(report& out, const stored_bytes& source, const file_system_traits& traits,
               Resident resident_bytes) {
  cache_pages pages;
  const int failed = traits.hides_pages ? -EOPNOTSUPP : sys::cachestat(source.fd, pages);
  const std::uint64_t page = sys::page_bytes();
  std::string text = "not known to who neither owns the file nor may write it";
  if (failed == 0) {
    text = bytes(pages.cached * page);
  } else if (source.tells_residency) {
    text = bytes(resident_bytes());
  }
  if (traits.in_memory) {
    text += "; nothing is ever written back";
  } else if (failed == 0) {
    text += "; dirty: " + bytes(pages.dirty * page) +
            "; being written back: " + bytes(pages.writing_back * page);
  } else if (traits.hides_pages) {
    text += "; dirty: not known on overlayfs";
  } else {
    text += "; dirty: " + (failed == -ENOSYS ? "not known before Linux 6.5" : not_known(failed));
  }
  out.line("in memory", text);
}

void say_mapped(report& out, const stored_bytes& source) {
  smaps_reader reader(source.data, std::max<std::size_t>(source.size_bytes, 1));
  const int failed =
      for_each_line("/proc/self/smaps", [&](std::string_view line) { reader(line); });
  const mapped_pages& sum = reader.sum();
  out.line("mapped by this process", failed != 0 ? not_known(failed)
                                                 : bytes(sum.mapped_bytes) + ", " +
                                                       std::to_string(sum.huge_bytes) +
                                                       " of them by pages of 2 MiB");
}

std::string in_words(access advised) {
  return advised == access::random ? "random, nothing is read ahead" : "normal";
}

/// Asked of the kernel: file systems may have none.
void say_locks(report& out, int fd, std::string_view writers) {
  std::string text;
  const int failed =
      for_each_line("/proc/self/fdinfo/" + std::to_string(fd), [&](std::string_view line) {
        if (line.find("OFDLCK") == line.npos) return;
        const bool writes = line.find("WRITE") != line.npos;
        text.append(text.empty() ? "" : ", ").append(writes ? writers : "a reader's share");
      });
  if (text.empty()) text = failed != 0 ? not_known(failed) : "none";
  out.line("locks", text);
}

/// In quotes if it is a path; "(unnamed file in /var/tmp)" without the brackets.
std::string shown_name(const std::string& name) {
  return name.starts_with('(') ? name.substr(1, name.size() - 2) : '"' + name + '"';
}

void say_budget(report& out, const memory_budget& budget) {
  out.line("budget", budget.is_limited() ? bytes(budget.limit_bytes()) + ", " +
                                               std::to_string(budget.held_bytes()) + " of them held"
                                         : "none");
}

/// Of what has a file of its own, a storage or a resource.
template <class Held>
void say_file(report& out, const Held& held, const stored_bytes& source, std::string_view writers) {
  const file_system_traits traits = say_file_system(out, source.fd);
  const bool guaranteed = held.space_guaranteed();
  say_disk(out, source.fd,
           guaranteed ? "; overwriting never runs out of space"
                      : "; overwriting may find the disk full");
  say_cache(out, source, traits, [&] { return held.resident_bytes(); });
  say_mapped(out, source);
  say_locks(out, source.fd, writers);
}

constexpr std::string_view from_parent = "from the parent process; may be read only";

}  // namespace

std::string explain(const storage& held, explained_elements elements, lifetime how_long) {
  const bool is_persistent = how_long == lifetime::persistent;
  report out(is_persistent ? "file_vector" : "vector");
  if (held.data() == nullptr) {
    out.line("name", is_persistent ? "none: closed, moved from or never opened"
                                   : "none: there was no element yet, or it was moved from");
    return std::move(out).text();
  }
  const stored_bytes source = held.source(elements.count * elements.size_bytes);
  const bool has_name = !held.path().empty();
  out.line("name", has_name         ? shown_name(held.present_path())
                   : source.fd >= 0 ? shown_name(source.name)
                                    : "unnamed");
  if (held.inherited()) out.line("inherited", from_parent);
  say_elements(out, elements);
  if (is_persistent) {
    out.line("committed",
             std::to_string(held.committed_bytes() / elements.size_bytes) + " elements");
  }
  out.line("capacity", std::to_string(held.capacity_bytes() / elements.size_bytes) + " elements");
  out.line("reservation", bytes(held.reservation_bytes()));
  out.line("advice", in_words(source.advised));
  say_budget(out, held.budget());
  if (source.fd >= 0) {
    say_file(out, held, source, is_persistent ? "the writer's" : "the owner's");
  } else {
    out.line("file", "none: still in anonymous memory, up to " +
                         bytes(held.settings().spill_threshold_bytes));
    out.line("in memory", bytes(held.resident_bytes()));
    say_mapped(out, source);
  }
  return std::move(out).text();
}

std::string explain(const view_storage& held, explained_elements elements) {
  report out("file_view");
  if (held.data() == nullptr) {
    out.line("name", "none: moved from or never opened");
    return std::move(out).text();
  }
  const stored_bytes source = held.source();
  out.line("name", shown_name(source.name));
  say_elements(out, elements);
  out.line("reservation", bytes(held.reservation_bytes()));
  out.line("advice", in_words(source.advised));
  const file_system_traits traits = say_file_system(out, source.fd);
  say_disk(out, source.fd, "");
  say_cache(out, source, traits, [&] { return held.resident_bytes(); });
  say_mapped(out, source);
  say_locks(out, source.fd, "the writer's");
  return std::move(out).text();
}

}  // namespace detail

std::string explain(const memory_resource& memory) {
  detail::report out("memory_resource");
  if (memory.inherited()) {
    out.line("inherited", detail::from_parent);
    return std::move(out).text();
  }
  const detail::stored_bytes source = memory.source();
  if (source.data == nullptr) {
    out.line("name", "none: there was no block yet");
    return std::move(out).text();
  }
  out.line("name", detail::shown_name(source.name));
  out.line("blocks", detail::bytes(memory.used_bytes()));
  out.line("reservation", detail::bytes(memory.reservation_bytes()));
  std::string advice = detail::in_words(source.advised);
  const std::size_t least_bytes = memory.least_read_ahead();
  if (least_bytes != std::numeric_limits<std::size_t>::max()) {
    advice += " but blocks of " + detail::bytes(least_bytes) + " and more";
  }
  out.line("advice", advice);
  detail::say_budget(out, memory.budget());
  detail::say_file(out, memory, source, "the owner's");
  return std::move(out).text();
}

}  // namespace mapvec::inline v0_1
