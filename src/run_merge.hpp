// SPDX-License-Identifier: MIT
//
// The second pass of a sort through a temporary file: merges all runs, into the result's file or
// for somebody who takes the elements as they come.
//
// The first element of every block of the runs is in memory. In their order the blocks are needed:
// so they are read in it, a few ahead, and one buffer for each run and those few are enough. When
// the next block comes into play, whatever is before its first element can be merged: that is cut
// into parts, which the threads merge side by side, and their results lie one behind the other in
// chunks that are written, or taken, when they are full.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include <mapvec/detail/element_sorter.hpp>
#include <mapvec/detail/sort_watch.hpp>

#include "direct_file.hpp"
#include "merge_parts.hpp"
#include "sort_plan.hpp"
#include "sorted_runs.hpp"

namespace mapvec::inline v0_1::detail {

class run_merge {
 public:
  /// All of this must outlive the merge.
  run_merge(sorted_runs& runs, const sort_plan& plan, const sort_places& places,
            const element_sorter& sorter, sort_watch& watch);

  /// Throws `error`, and what comparing and the watch throw; the result's elements are then any.
  void write(direct_file& result, const std::string& name);
  /// Whether anything of the result has been overwritten. Once write() has ended.
  bool has_written() const noexcept { return has_written_; }

  // Instead of writing: one thread runs work_ahead(), and another one takes the elements.

  /// Returns when all elements wait to be taken, or somebody has given up. Throws as write() does.
  void work_ahead();
  /// The elements behind those taken before, none at the end and where somebody has given up. They
  /// stay until give_back(). Throws as write() does: whoever waits for elements merges, too.
  sorted_piece take();
  void give_back() noexcept;
  /// Makes the others return.
  void give_up() noexcept;

 private:
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

  struct active_block {
    sorted_piece elements;  // what has not been cut off
    std::size_t buffer = nowhere;
  };

  /// A stretch of the result, from a page boundary of its file on. The last page of one is the
  /// first of the next, unless the elements end at its end: whoever completes the former copies it.
  struct chunk {
    std::byte* data = nullptr;
    std::size_t offset_bytes = 0;  // in the file
    std::size_t begin = 0;         // of its own elements, from data
    std::size_t end = 0;           // of what has been given out
    std::size_t missing = 0;       // parts that are being merged, and the first page's beginning
    bool is_closed = false;
    chunk* next = nullptr;
  };

  struct placed_part {
    merge_part part;
    chunk* into = nullptr;
    std::byte* out = nullptr;
  };

  bool is_done() const noexcept;
  void work();
  bool write_one(std::unique_lock<std::mutex>& hold);
  bool read_one(std::unique_lock<std::mutex>& hold);
  bool merge_one(std::unique_lock<std::mutex>& hold);
  bool next_part();
  bool activate();
  void give_out_rest();
  bool place(placed_part& placed);
  void open_chunk();
  void close_chunk(chunk* next) noexcept;
  void complete(chunk* done) noexcept;
  void write_edges();

  sorted_runs& runs_;
  const sort_plan& plan_;
  const block_table& blocks_;
  const sort_places places_;
  const element_sorter& sorter_;
  sort_watch& watch_;
  const std::size_t first_place_;  // of the result, in its file
  const std::vector<std::size_t> order_;
  std::byte* const buffer_data_;
  std::byte* const scratch_data_;

  std::mutex mutex_;  // for all below
  std::condition_variable changed_;
  bool is_given_up_ = false;
  bool has_written_ = false;
  direct_file* result_ = nullptr;  // unless the elements are taken
  std::string result_name_;
  std::vector<std::size_t> free_buffers_;
  std::vector<std::size_t> unmerged_;   // elements in each buffer
  std::vector<std::size_t> buffer_of_;  // of each block in order; nowhere until it has been read
  std::size_t next_read_ = 0;           // in order
  std::size_t next_active_ = 0;
  std::vector<active_block> active_;  // one for each run
  std::vector<merge_part> parts_;     // cut off and not given out, the next one last
  std::vector<std::byte*> free_scratch_;
  std::size_t merging_ = 0;  // threads
  std::size_t placed_ = 0;   // elements that have a place in a chunk
  std::vector<chunk> chunks_;
  std::vector<chunk*> free_chunks_;
  std::vector<chunk*> complete_chunks_;
  chunk* open_ = nullptr;
  chunk* taken_ = nullptr;
  std::size_t taken_elements_ = 0;
  // The pages of which the result has a part only: written last, through the page cache, when no
  // direct write can meet a page of theirs there.
  std::vector<std::byte> first_edge_;
  std::vector<std::byte> last_edge_;
};

}  // namespace mapvec::inline v0_1::detail
