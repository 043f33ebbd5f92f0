// SPDX-License-Identifier: MIT
//
// A disk and the page cache before it, and what can be on the disk when the machine stops.
//
// Between two syncs of a file the kernel may write any of its pages, when it likes and in any
// order; so each page (4 KiB) is found as it was at the last sync or at any moment since. A page
// may be torn: then each of its sectors (512 bytes) is found so. The size is any that the file had
// since, whatever of the data is there; what lies behind it is gone, and what was never written is
// zeros. A name is the one of the last sync of the directory or any since, however much of the file
// is there. These are all the states that a file system may leave, and some that none would.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crash/trace.hpp"
#include "model/choices.hpp"

namespace mapvec::test::crash {

inline constexpr std::size_t sector_bytes = 512;
inline constexpr std::size_t page_sectors = 8;

using random_numbers = mapvec_test::random_choices;

/// What is found of one name after a crash.
struct crash_state {
  std::size_t file = no_file;  ///< of the disk it came from; no_file where there is no such name
  std::size_t size_bytes = 0;
  std::vector<std::size_t> versions{};  ///< for each sector that waits: which one, 0 the oldest
  bool torn_or_dropped = false;         ///< a page is not the newest that was there
  std::uint64_t hash = 0;
};

class disk {
 public:
  void apply(const event& next);

  /// Whether `next` changes what may be found of `name`.
  bool concerns(const event& next, std::size_t name) const;

  /// How many states there are without torn pages; `most` if there are that many or more.
  std::size_t untorn_states(std::size_t name, std::size_t most) const;
  /// The n-th of them.
  crash_state untorn_state(std::size_t name, std::size_t n) const;
  /// Any state, torn pages included.
  crash_state random_state(std::size_t name, random_numbers& random) const;
  /// What the name is for those who are still running.
  std::size_t present_file(std::size_t name) const;
  const bytes& present_bytes(std::size_t file) const { return files_[file].present; }

  bytes contents_of(const crash_state& found) const;
  std::string describe(const crash_state& found) const;

 private:
  struct sector {
    std::array<std::byte, sector_bytes> data{};
    std::uint64_t hash = 0;
    std::size_t time = 0;  // of the event that made it
  };
  using times = std::vector<std::size_t>;
  struct file_state {
    bytes present;                                       // in the page cache
    std::vector<sector> durable;                         // as of the last sync
    std::map<std::size_t, std::vector<sector>> waiting;  // since then, the durable one first
    std::map<std::size_t, times> page_times;             // when pages changed; 0 is the last sync
    std::vector<std::size_t> sizes{0};                   // the durable one first
    std::set<std::size_t> forgotten_pages;               // which the next sync will not write
  };

  file_state& file_of(const event& next);
  void write(file_state& changed, const event& next);
  void resize(file_state& changed, std::size_t size_bytes);
  void touch(file_state& changed, std::size_t first_byte, std::size_t last_byte);
  static void forget(file_state& changed);
  static void sync(file_state& changed);
  const std::vector<std::size_t>& bindings(std::size_t name) const;

  std::size_t untorn_states_of(std::size_t file, std::size_t most) const;
  static sector sector_of(const bytes& data, std::size_t index);
  static std::size_t version_at(const std::vector<sector>& versions, std::size_t time);
  static void take_pages_at(const file_state& found,
                            const std::map<std::size_t, std::size_t>& pages, crash_state& state);
  static void tear(const file_state& found, random_numbers& random, crash_state& state);
  static void finish(const file_state& found, crash_state& state);
  /// What the state has of a sector; null where nothing was ever written. `at` counts the sectors
  /// that wait.
  static const sector* sector_in(const file_state& found, const crash_state& state,
                                 std::size_t index, std::size_t& at);

  std::vector<file_state> files_;
  std::vector<std::vector<std::size_t>> bindings_;  // of each name, the durable one first
  std::size_t time_ = 0;
};

}  // namespace mapvec::test::crash
