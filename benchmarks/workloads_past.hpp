// SPDX-License-Identifier: MIT
//
// The workloads over files that are larger than the memory group: made first, outside of it, and
// dropped from the page cache before each pass. And growing, at sizes that memory could not hold.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

#include "harness.hpp"

namespace bench {

// Both leave asked.bytes of elements at asked.path, on the disk.
counters make_npy(const job& asked);
counters make_raw(const job& asked);

// The sum of the first asked.bytes of the file.
counters scan_past(const job& asked);
counters scan_blocks(const job& asked);
counters scan_by_read(const job& asked);
// One element of each page: what bringing the bytes costs without their use.
counters touch_past(const job& asked);
counters touch_blocks(const job& asked);

// asked.reads elements of the first asked.bytes; the time is for each distinct page.
counters random_past(const job& asked);
counters random_past_advised(const job& asked);
counters gather_past(const job& asked);

// As read<> of workloads.hpp, of a vector pushed before: the sum by blocks, the reads by gather.
counters read_blocks(const job& asked);
counters read_gather(const job& asked);

// The sum of a vector that memory holds, again and again; with asked.bytes, while another thread
// pushes so many bytes into a vector that it does not. Nanoseconds for each element, also of the
// summing thread's processor: without what the machine, or its host, takes from it.
counters hot_scan(const std::atomic<bool>& is_over, std::size_t least_passes);

inline counters hot_scan_alone(const job&) {
  const std::atomic<bool> is_over = true;
  return hot_scan(is_over, 20);
}
template <class Vector>
counters hot_scan_beside(const job& asked) {
  std::atomic<bool> is_over = false;
  std::thread streaming([&] {
    Vector streamed;
    for (number i = 0; i < asked.count(); ++i) streamed.push_back(i);
    is_over = true;
  });
  counters values = hot_scan(is_over, 1);
  streaming.join();
  return values;
}

// Sixteen steps of 64 MiB from asked.bytes on, nothing of which is touched: microseconds a step.
counters grow_ours(const job& asked);
counters grow_by_hand(const job& asked);

}  // namespace bench
