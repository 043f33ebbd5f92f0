// SPDX-License-Identifier: MIT
//
// The workloads over files that are larger than the memory group: made first, outside of it, and
// dropped from the page cache before each pass. And growing, at sizes that memory could not hold.
#pragma once

#include "harness.hpp"

namespace bench {

// Both leave asked.bytes of elements at asked.path, on the disk.
counters make_npy(const job& asked);
counters make_raw(const job& asked);

// The sum of the first asked.bytes of the file.
counters scan_past(const job& asked);
counters scan_blocks(const job& asked);
counters scan_by_read(const job& asked);

// asked.reads elements of the first asked.bytes; the time is for each distinct page.
counters random_past(const job& asked);
counters random_past_advised(const job& asked);
counters gather_past(const job& asked);

// Sixteen steps of 64 MiB from asked.bytes on, nothing of which is touched: microseconds a step.
counters grow_ours(const job& asked);
counters grow_by_hand(const job& asked);

}  // namespace bench
