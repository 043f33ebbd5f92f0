// SPDX-License-Identifier: MIT
//
// Goal: whenever the power fails, the file holds exactly the elements of the last commit, or of the
// one that was under way: no acknowledged element is lost, none is invented, and the next program
// goes on. Method: block_log.hpp and script.hpp; each crashed disk is mounted, which replays the
// journal of the file system.
#pragma once

#include <cstddef>

#include "durability/block_log.hpp"
#include "durability/script.hpp"

namespace mapvec::test {

struct crash_run {
  logged_disk::shape disk;
  script::limits limits;
  std::size_t rounds = 0;
  std::size_t prefixes = 0;  ///< crash points, at most as many as there are
  std::size_t subsets = 0;   ///< crash points with writes lost since the last flush
};

/// Runs it and fails the case where a crash does harm; skips where there is no such disk.
void expect_crashes_do_no_harm(const crash_run& run);

}  // namespace mapvec::test
