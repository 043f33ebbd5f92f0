// SPDX-License-Identifier: MIT
#include <mapvec/stats.hpp>

#include <ostream>

#include "counters.hpp"

namespace mapvec::inline v0_1 {

statistics stats() noexcept {
  const auto read = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  const detail::counters& now = detail::process_counters;
  return {.active_segments = read(now.active_segments),
          .mapped_bytes = read(now.mapped_bytes),
          .allocate_failures = read(now.allocate_failures),
          .map_failures = read(now.map_failures),
          .unmap_failures = read(now.unmap_failures),
          .sync_failures = read(now.sync_failures),
          .dropped_bytes = read(now.dropped_bytes),
          .uncommitted_bytes = read(now.uncommitted_bytes)};
}

std::string to_string(const statistics& values) {
  return "active_segments " + std::to_string(values.active_segments) +        //
         ", mapped_bytes " + std::to_string(values.mapped_bytes) +            //
         ", allocate_failures " + std::to_string(values.allocate_failures) +  //
         ", map_failures " + std::to_string(values.map_failures) +            //
         ", unmap_failures " + std::to_string(values.unmap_failures) +        //
         ", sync_failures " + std::to_string(values.sync_failures) +          //
         ", dropped_bytes " + std::to_string(values.dropped_bytes) +          //
         ", uncommitted_bytes " + std::to_string(values.uncommitted_bytes);
}

std::ostream& operator<<(std::ostream& out, const statistics& values) {
  return out << to_string(values);
}

}  // namespace mapvec::inline v0_1
