// SPDX-License-Identifier: MIT
//
// What a process holds: descriptors, mappings and memory, read from /proc/self; and a fixture that
// counts them before and after each case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mapvec::test {

std::set<int> open_descriptors();
/// Those that are open now and were not in `before`.
std::vector<int> descriptors_opened_since(const std::set<int>& before);

/// One entry of /proc/self/smaps.
struct mapping {
  std::uintptr_t start = 0;
  std::uintptr_t end = 0;
  std::string permissions;
  std::string path;
  std::string flags;  ///< VmFlags, such as "rd wr sh mr mw me ms nr dd"
  std::size_t resident_bytes = 0;
  std::size_t huge_bytes = 0;  ///< mapped by 2 MiB pages, anonymous or of a file

  bool has_flag(const std::string& flag) const;
};

std::vector<mapping> mappings_between(const void* address, std::size_t size_bytes);
/// The one that holds `address`; fails the test where there is none.
mapping mapping_at(const void* address);

/// Resident memory of the process, private and shared.
std::size_t process_resident_bytes();

/// Compares descriptors, library mappings and stats() after each case with those before it.
class counts_resources : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

 private:
  std::set<int> descriptors_;
  std::uint64_t mapped_bytes_ = 0;
  std::uint64_t active_segments_ = 0;
};

/// Makes the first vector of the process, which may map what the library keeps for good.
void warm_up_the_library();

/// True in builds with a sanitizer that keeps memory of its own for each address.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool under_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = false;
#endif
#else
inline constexpr bool under_sanitizer = false;
#endif

}  // namespace mapvec::test
