// SPDX-License-Identifier: MIT
//
// Containers of the standard library whose memory lies in a file, and elements on their way from
// and to std::vector and files of plain elements.
#pragma once

#include "harness.hpp"

namespace bench {

// asked.bytes of numbers are pushed.
counters fill_vector(const job& asked);
counters fill_vector_bounded(const job& asked);
counters fill_deque(const job& asked);
counters fill_deque_bounded(const job& asked);
counters fill_deque_std(const job& asked);
// Random keys into a map with reserved buckets, until it takes asked.bytes.
counters fill_map(const job& asked);
counters fill_map_in_order(const job& asked);
counters fill_map_std(const job& asked);

// Seconds for asked.bytes that are in the page cache.
counters to_std_vector(const job& asked);
counters to_std_vector_by_iterators(const job& asked);
counters read_to_memory(const job& asked);
counters import_raw(const job& asked);
counters export_raw(const job& asked);
counters copy_by_pieces(const job& asked);
counters write_and_sync(const job& asked);

}  // namespace bench
