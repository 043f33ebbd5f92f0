// SPDX-License-Identifier: MIT
//
// Options that make the rare frequent: a vector that spills after a page, one that has a file from
// its first element, one whose reservation is soon used up.
#pragma once

#include <array>
#include <cstddef>

#include <mapvec/options.hpp>
#include <mapvec/units.hpp>

namespace mapvec_test {

inline mapvec::options spill_after(std::size_t size_bytes) {
  mapvec::options chosen;
  chosen.spill_threshold_bytes = size_bytes;
  return chosen;
}

inline mapvec::options file_from_the_start() { return spill_after(0); }

inline mapvec::options reserve_bytes(std::size_t size_bytes) {
  mapvec::options chosen;
  chosen.reservation_bytes = size_bytes;
  return chosen;
}

/// Every place the elements can be: memory, memory and then a file, a file only.
inline std::array<mapvec::options, 3> every_stage() {
  return {mapvec::options{}, spill_after(4 * mapvec::KiB), file_from_the_start()};
}

}  // namespace mapvec_test
