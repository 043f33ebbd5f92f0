// SPDX-License-Identifier: MIT
//
// How a sort through a temporary file divides its elements and its memory. It has two passes.
//
// First, as many elements as fit into a slot are read, sorted and written: a run. There are two
// slots more than threads that sort, so that the disk is busy meanwhile.
//
// Then all runs are merged at once. Each is read block by block; in memory is one block of each,
// and some more that will be needed next. What comes out is collected in chunks.
#pragma once

#include <cstddef>

#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/units.hpp>

#include "direct_file.hpp"

namespace mapvec::inline v0_1::detail {

struct sort_plan {
  /// Less memory than one merge needs is taken for so much.
  sort_plan(std::size_t count, const element_sorter::sizes& bytes, std::size_t memory_bytes,
            std::size_t threads);

  std::size_t count;
  std::size_t element_bytes;
  std::size_t memory_bytes;
  std::size_t threads;  ///< that sort or merge; a few more wait for the disk

  // The first pass.
  std::size_t run_elements = 0;  ///< of every run but the last
  std::size_t runs = 0;
  std::size_t run_stride_bytes = 0;  ///< from one run to the next, in the temporary file
  std::size_t slots = 0;
  std::size_t slot_bytes = 0;  ///< a run, and then scratch memory for sorting it

  // The second pass.
  std::size_t block_elements = 0;
  std::size_t run_blocks = 0;    ///< of every run but the last, which has no more
  std::size_t buffer_bytes = 0;  ///< a block, and what is read with it
  std::size_t buffers = 0;
  std::size_t chunk_bytes = 0;
  std::size_t chunks = 0;
  std::size_t part_elements = 0;  ///< most that a thread merges at a time
  std::size_t part_scratch_bytes = 0;

  /// What both passes take of memory.
  std::size_t needed_bytes() const noexcept;

  std::size_t run_begin(std::size_t run) const noexcept { return run * run_elements; }
  std::size_t run_end(std::size_t run) const noexcept;
  std::size_t temporary_bytes() const noexcept { return runs * run_stride_bytes; }

 private:
  bool divide(const element_sorter::sizes& bytes) noexcept;
};

/// Where the elements are in the files, in bytes: where they come from, and where they go. A run
/// has the place within a page that it has in the former, so that whole pages can be moved as they
/// are.
struct sort_places {
  std::size_t source_bytes;  ///< of the first element
  std::size_t result_bytes;

  std::size_t in_source(const sort_plan& plan, std::size_t position) const noexcept {
    return source_bytes + position * plan.element_bytes;
  }
  std::size_t in_result(const sort_plan& plan, std::size_t position) const noexcept {
    return result_bytes + position * plan.element_bytes;
  }
  std::size_t in_runs(const sort_plan& plan, std::size_t position) const noexcept {
    const std::size_t run = position / plan.run_elements;
    const std::size_t first = plan.run_begin(run);
    return run * plan.run_stride_bytes + in_source(plan, first) % direct_bytes +
           (position - first) * plan.element_bytes;
  }
};

/// The whole pages around a stretch of a file.
struct page_range {
  page_range(std::size_t offset_bytes, std::size_t size_bytes) noexcept
      : first(round_down(offset_bytes, direct_bytes)),
        size(round_up(offset_bytes + size_bytes, direct_bytes) - first),
        inside(offset_bytes - first) {}

  std::size_t first;
  std::size_t size;
  std::size_t inside;  ///< from the first page to where the stretch begins
};

}  // namespace mapvec::inline v0_1::detail
