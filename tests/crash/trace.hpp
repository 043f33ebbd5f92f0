// SPDX-License-Identifier: MIT
//
// What a workload did to its disk and what it may rely on, as a list of events in the order of
// time. The recorder writes it; disk and oracle replay it; wrong protocols are changes of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mapvec::test::crash {

/// What the vectors hold. Rows of three of them straddle sectors and pages.
using element = std::uint64_t;
using elements = std::vector<element>;
using bytes = std::vector<std::byte>;

inline constexpr std::size_t no_file = std::numeric_limits<std::size_t>::max();

/// What the program was doing.
enum class operation : unsigned char {
  start,
  create,
  persist,
  open,
  append,
  shorten,
  reserve,
  cut,
  commit,
  close,
  abandon,
  replace,
  snapshot,
  evict,
  look,
  change_in_place,
  refused,  ///< any of these, in which one system call fails
};
std::string_view name_of(operation what);

enum class event_kind : unsigned char {
  write,            ///< `changes` reach the file, in the page cache
  size,             ///< the file is cut or extended to `size_bytes`
  sync,             ///< all of the file is on the disk
  failed_sync,      ///< none, some or all of it is, and the kernel thinks its pages are clean
  name,             ///< `name` is that of `file`, or of nothing
  directory_sync,   ///< all names are on the disk
  restart,          ///< the machine was off: `name` is `file`, a new one that holds `image`
  state,            ///< from now on `name` may be found with `content`
  acknowledged,     ///< from now on `name` may be found with nothing but `content`
  changed_in_place  ///< until then, with any mixture
};
std::string_view name_of(event_kind what);

struct change {
  std::size_t offset_bytes;
  bytes data;
};

struct event {
  event_kind what{};
  std::size_t file = no_file;
  std::size_t name = 0;
  std::vector<change> changes{};
  bool stores_count = false;  ///< of write: the 16 bytes of the count, by one pwrite
  std::size_t size_bytes = 0;
  std::optional<bytes> image{};  ///< of restart; nothing where there is no such file
  std::size_t content = 0;
  operation during{};
  std::size_t step = 0;  ///< which call of the library: the same for all events of one
};
using trace = std::vector<event>;

/// The last events, one a line.
std::string describe(const trace& recorded, std::size_t most);

/// All contents that a file of the workload had or may have, each once. The first is no file.
class content_table {
 public:
  static constexpr std::size_t absent = 0;

  content_table() : all_(1) {}

  std::size_t intern(std::span<const element> content);
  /// The number of a content that is there already.
  std::optional<std::size_t> find(std::span<const element> content) const;
  const elements& operator[](std::size_t number) const { return all_[number]; }
  std::size_t size() const { return all_.size(); }

 private:
  std::vector<elements> all_;
  std::multimap<std::size_t, std::size_t> by_size_;
};

/// The value of the n-th element that a program ever made, from 1 on; different for each, and never
/// 0, which is what an element shows that did not reach the disk.
element value_of(std::uint64_t number);
/// Its inverse.
std::uint64_t number_of(element value);

}  // namespace mapvec::test::crash
