// SPDX-License-Identifier: MIT
#include "sort_plan.hpp"

#include <algorithm>
#include <cerrno>

#include <mapvec/error.hpp>

#include "merge_parts.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

constexpr std::size_t margin_bytes = 2 * direct_bytes;  // a stretch in whole pages is longer

constexpr std::size_t waiting_threads = 2;

constexpr std::size_t least_memory_bytes = 256 * KiB;  // for each thread

/// Merging so much takes long against finding it, which one thread at a time does: with 256 KiB
/// the second pass of 1 GiB took 0.77 s on two threads, with 2 MiB 0.63.
constexpr std::size_t largest_part_bytes = 2 * MiB;

}  // namespace

sort_plan::sort_plan(std::size_t all, const element_sorter::sizes& bytes, std::size_t memory,
                     std::size_t wanted_threads)
    : count(all),
      element_bytes(bytes.element_bytes),
      memory_bytes(std::max(memory, least_memory_bytes)),
      threads(std::clamp<std::size_t>(memory_bytes / least_memory_bytes, 1, wanted_threads)) {
  const std::size_t most_bytes =
      saturating_add(saturating_multiply(saturating_multiply(all, element_bytes), 64), GiB);
  while (!divide(bytes)) {
    if (threads > 1) {
      threads /= 2;
    } else {
      memory_bytes += memory_bytes / 4;
      // All elements and as much again for what is beside them.
      if (memory_bytes > most_bytes) throw_error(ENOMEM, "sort elements of this size", "");
    }
  }
}

/// False if the memory is too small.
bool sort_plan::divide(const element_sorter::sizes& bytes) noexcept {
  const std::size_t sorted_bytes = element_bytes + bytes.scratch_bytes + bytes.heap_bytes;
  slots = threads + waiting_threads;
  const std::size_t most_bytes = memory_bytes / slots;
  if (most_bytes < 3 * margin_bytes + sorted_bytes) return false;
  const std::size_t most_elements = (most_bytes - 3 * margin_bytes) / sorted_bytes;
  runs = divide_up(count, most_elements);
  run_elements = divide_up(count, runs);
  runs = divide_up(count, run_elements);
  run_stride_bytes = round_up(run_elements * element_bytes, direct_bytes) + direct_bytes;
  slot_bytes = run_stride_bytes;
  if (bytes.scratch_bytes != 0) {
    slot_bytes += round_up(run_elements * bytes.scratch_bytes, direct_bytes) + margin_bytes;
  }

  chunks = threads + waiting_threads;
  chunk_bytes = std::clamp(round_down(memory_bytes / (8 * chunks), direct_bytes),
                           round_up(smallest_transfer_bytes + element_bytes, direct_bytes),
                           round_up(largest_transfer_bytes + element_bytes, direct_bytes));
  part_elements = std::max<std::size_t>(
      std::min(largest_part_bytes, (chunk_bytes - direct_bytes) / 2) / element_bytes, 1);
  part_scratch_bytes =
      bytes.scratch_bytes == 0
          ? 0
          : round_up(std::min(part_elements, merged_at_once(element_bytes)) * bytes.scratch_bytes,
                     direct_bytes) +
                margin_bytes;
  const std::size_t other_bytes = chunks * chunk_bytes + threads * part_scratch_bytes;
  if (other_bytes >= memory_bytes / 2) return false;

  // One block of each run, and twice that many transfers ahead as there are threads.
  const std::size_t least_buffers = runs + 2 * slots;
  const std::size_t left_bytes = memory_bytes - other_bytes;
  // Of large elements the table below would otherwise hold too many.
  const std::size_t largest_bytes =
      std::max(largest_transfer_bytes, saturating_multiply(element_bytes, 64));
  buffer_bytes = round_down(
      std::min(left_bytes / 8 * 7 / least_buffers, round_up(largest_bytes, direct_bytes)),
      direct_bytes);
  if (buffer_bytes < smallest_transfer_bytes || buffer_bytes < margin_bytes + element_bytes) {
    return false;
  }
  block_elements = std::min((buffer_bytes - margin_bytes) / element_bytes, run_elements);
  run_blocks = divide_up(run_elements, block_elements);
  // The first element of each block stays in memory, and its place in their order.
  const std::size_t table_bytes = runs * run_blocks * (element_bytes + 3 * sizeof(std::size_t));
  if (table_bytes > left_bytes / 8) return false;
  buffers = std::min(left_bytes / 8 * 7 / buffer_bytes, runs * run_blocks);
  return true;
}

std::size_t sort_plan::needed_bytes() const noexcept {
  return std::max(slots * slot_bytes,
                  chunks * chunk_bytes + threads * part_scratch_bytes + buffers * buffer_bytes);
}

std::size_t sort_plan::run_end(std::size_t run) const noexcept {
  return std::min((run + 1) * run_elements, count);
}

}  // namespace mapvec::inline v0_1::detail
