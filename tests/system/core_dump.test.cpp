// SPDX-License-Identifier: MIT
//
// Goal: the core dump of a process is small, however large the reservations of its vectors are, and
// holds no elements. Method: a child with 1 TiB of reservation and 32 MiB of elements aborts. Where
// the machine keeps no core files in the working directory, the flag of the mapping has to do.
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <mapvec/vector.hpp>

#include "support/child_process.hpp"
#include "support/directories.hpp"
#include "support/resources.hpp"
#include "support/temporary_files.hpp"

namespace mapvec::test {
namespace {

using words = mapvec::vector<std::uint64_t>;

// Not a value that the program's own code or data holds.
std::uint64_t pattern() { return 0x0123456789abcdefULL * 3 + 1; }

void abort_with_large_reservations(const std::string& directory) {
  require(::chdir(directory.c_str()) == 0, "chdir");
  rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
  require(::setrlimit(RLIMIT_CORE, &limit) == 0, "no core dumps allowed");
  const segment_builder builder = segment_builder::unnamed(directory);
  words in_file(options{.builder = builder, .reservation_bytes = 1 * TiB});
  in_file.resize(4 * MiB, pattern());
  words in_memory(options{.builder = builder, .reservation_bytes = 1 * TiB});
  in_memory.resize(10'000, pattern());
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

TEST(core_dump, of_a_process_with_a_reservation_of_1_tib_is_small) {
  const scratch_directory directory;
  {
    words v(options{.builder = segment_builder::unnamed(directory.path()),
                    .reservation_bytes = 1 * TiB});
    v.push_back(1);
    // Without the flag the dump would have the size of the reservation and take minutes.
    ASSERT_TRUE(mapping_at(v.data()).has_flag("dd"));
  }
  const std::string core_pattern = contents_of("/proc/sys/kernel/core_pattern");
  if (core_pattern.find_first_of("|/") != std::string::npos) {
    GTEST_SKIP() << "core files go elsewhere: " << core_pattern;
  }
  EXPECT_EQ(in_child([&] { abort_with_large_reservations(directory.path()); }), "signal 6");
  const std::vector<std::string> cores = names_in(directory.path());
  if (cores.empty()) GTEST_SKIP() << "the machine wrote no core file";
  const std::size_t size = std::filesystem::file_size(directory / cores[0]);
  std::printf("core file of %zu KiB for 1 TiB of reservation\n", size / KiB);
  EXPECT_LT(size, 16 * MiB);
  const std::string core = contents_of(directory / cores[0]);
  std::string needle;
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t word = pattern();
    needle.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  EXPECT_EQ(core.find(needle), std::string::npos) << "elements in the core file";
}

}  // namespace
}  // namespace mapvec::test
