// SPDX-License-Identifier: MIT
//
// The counters behind stats(): relaxed atomics, because each is read alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mapvec::inline v0_1::detail {

struct counters {
  std::atomic<std::uint64_t> active_segments{0};
  std::atomic<std::uint64_t> mapped_bytes{0};
  std::atomic<std::uint64_t> allocate_failures{0};
  std::atomic<std::uint64_t> map_failures{0};
  std::atomic<std::uint64_t> unmap_failures{0};
  std::atomic<std::uint64_t> sync_failures{0};
  std::atomic<std::uint64_t> dropped_bytes{0};
  std::atomic<std::uint64_t> uncommitted_bytes{0};
};

inline constinit counters process_counters;

inline void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  counter.fetch_add(amount, std::memory_order_relaxed);
}

inline void subtract(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  counter.fetch_sub(amount, std::memory_order_relaxed);
}

}  // namespace mapvec::inline v0_1::detail
