// SPDX-License-Identifier: MIT
//
// Looks at what the process holds before and after every case: open descriptors, mapped files,
// reserved addresses, and what stats() says. A case that leaves anything behind fails.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <string>

#include <mapvec/config.hpp>
#include <mapvec/stats.hpp>
#include <mapvec/vector.hpp>

#include "support/instrumented_syscalls.hpp"

namespace mapvec_test {

struct process_holdings {
  long descriptors = 0;
  long mapped_files = 0;
  long reserved_ranges = 0;
  std::uint64_t library_ranges = 0;
  std::uint64_t active_segments = 0;
  std::uint64_t mapped_bytes = 0;

  friend bool operator==(const process_holdings&, const process_holdings&) = default;
  friend std::ostream& operator<<(std::ostream& out, const process_holdings& held) {
    return out << held.descriptors << " descriptors, " << held.mapped_files << " mapped files, "
               << held.reserved_ranges << " reserved ranges, " << held.library_ranges
               << " ranges of the library, " << held.active_segments << " active segments, "
               << held.mapped_bytes << " mapped bytes";
  }
};

/// Lines of /proc/self/maps that only containers make: the allocator's own memory is readable,
/// writable and has no inode. AddressSanitizer's allocator splits and joins inaccessible ranges of
/// its own, so those are counted only without it.
inline void count_mappings(process_holdings& held) {
  std::ifstream maps("/proc/self/maps");
  std::string range, protection, offset, device, inode, rest;
  while (maps >> range >> protection >> offset >> device >> inode && std::getline(maps, rest)) {
    if (inode != "0") {
      ++held.mapped_files;
    } else if (protection == "---p" && MAPVEC_ASAN == 0) {
      ++held.reserved_ranges;
    }
  }
}

inline process_holdings holdings() {
  process_holdings held;
  std::filesystem::directory_iterator descriptors("/proc/self/fd");
  held.descriptors = std::distance(begin(descriptors), end(descriptors));
  count_mappings(held);
  held.library_ranges = mapvec::test::library_mapped_ranges();
  const mapvec::statistics values = mapvec::stats();
  held.active_segments = values.active_segments;
  held.mapped_bytes = values.mapped_bytes;
  return held;
}

class leak_listener final : public ::testing::EmptyTestEventListener {
  /// What is made once per process is made before the first look.
  void OnTestProgramStart(const ::testing::UnitTest&) override {
    mapvec::options from_a_file;
    from_a_file.spill_threshold_bytes = 0;
    mapvec::vector<int> anonymous(1);
    mapvec::vector<int> in_a_file(1, from_a_file);
    try {
      anonymous.at(1) = 0;
    } catch (const std::out_of_range&) {
    }
  }
  void OnTestStart(const ::testing::TestInfo&) override { before_ = holdings(); }
  void OnTestEnd(const ::testing::TestInfo&) override {
    EXPECT_EQ(holdings(), before_) << "the case left something behind";
  }

  process_holdings before_;
};

inline const bool leak_listener_added = [] {
  ::testing::UnitTest::GetInstance()->listeners().Append(new leak_listener);
  return true;
}();

}  // namespace mapvec_test
