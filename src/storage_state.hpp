// SPDX-License-Identifier: MIT
//
// What a storage is made of, for the files that implement it: storage.cpp (life and growth),
// storage_pages.cpp (memory and disk behind the bytes), storage_segment.cpp (raw files),
// storage_open.cpp, storage_publish.cpp and storage_commit.cpp (files that last).
//
// A storage goes through at most two stages. In memory: the first pages of its region are private
// and writable. In a file: the region is the file, from end to end. It never goes back.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include <mapvec/error.hpp>
#include <mapvec/npy_header.hpp>
#include <mapvec/region.hpp>
#include <mapvec/storage.hpp>
#include <mapvec/temporary.hpp>
#include <mapvec/units.hpp>

#include "append_window.hpp"
#include "budget_account.hpp"

namespace mapvec::inline v0_1::detail {

// What a small commit writes beyond its elements is at most the rest of such a window. Half as much
// saves little and takes twice the calls (docs/performance.md).
inline constexpr std::size_t smallest_window_bytes = 16 * KiB;

/// What a persistent storage knows of its file beyond the bytes.
struct commit_record {
  commit_record(npy_header written, std::size_t width, std::size_t element_bytes);

  npy_header header;                // as it is in the file
  std::size_t row_width = 1;        // elements in a row; 1 where the shape is (N,)
  std::size_t row_bytes = 0;        // one step of the count
  std::size_t committed_bytes = 0;  // what the header counts
  // A reader may have the file mapped up to here: no count and no size it ever had was larger,
  // unless nobody held the readers' lock since.
  std::size_t published_end_bytes = 0;
  // We made the file, or have changed it: the header is canonical, and nothing of a crash lies
  // behind the elements. While false, the capacity is what is committed.
  bool writing = true;
  bool durable = true;       // count and name of the file that was found, see secure_found()
  bool overwritten = false;  // by write(), since the last commit
};

/// Offsets and sizes here count from the beginning of the region, which is the file's: the header
/// is in them.
struct storage::state {
  explicit state(const options& chosen) : settings(chosen) {}
  ~state();

  bool in_memory() const noexcept { return !backing.descriptor.is_open(); }
  bool may_start_in_memory(std::size_t end_bytes) const noexcept;
  std::size_t memory_stage_bytes() const noexcept;
  std::size_t next_size(std::size_t end_bytes, growth how) const noexcept;
  temporary_file make_file(bool& guaranteed) const;
  void start(std::size_t end_bytes, growth how);
  void grow(std::size_t used_end_bytes, std::size_t end_bytes, growth how);
  bool grow_memory(std::size_t end_bytes, growth how) noexcept;
  void spill(std::size_t used_end_bytes, std::size_t end_bytes, growth how);
  void extend(file& grown, std::size_t old_bytes, std::size_t end_bytes, std::size_t wanted_bytes,
              std::size_t& new_bytes);
  std::size_t window_bytes() const noexcept;
  void own_mapping() noexcept;
  void allocate(file& grown, std::size_t old_bytes, std::size_t new_bytes);
  void retreat(std::size_t used_end_bytes) noexcept;
  void prepare_until(std::size_t end_bytes);
  void note_window(std::size_t end_bytes) noexcept;
  std::size_t goal_ahead(std::size_t windows) const noexcept;
  void prepare_ahead() noexcept;
  void settle_ahead() noexcept;
  void end_window(std::size_t end_bytes) noexcept;
  std::unique_ptr<budget_share> share_under(const options& chosen, std::size_t end_bytes) const;
  void make_way(std::size_t used_end_bytes, std::size_t end_bytes);
  void drop(byte_range pages);
  void set_prepared(std::size_t end_bytes) noexcept;
  void set_size(std::size_t new_bytes) noexcept;
  std::size_t usable_bytes() const noexcept;
  void wait_for_disk(int result, byte_range range);
  int failure() const noexcept;
  void require_intact() const;
  void attach_segment(std::size_t new_bytes, std::size_t element_bytes);
  void attach_file(std::size_t end_bytes, std::size_t element_bytes);
  std::string found_path() const;
  void secure_found();
  void begin_writing();
  void cut_file(std::size_t end_bytes);
  void publish_count(std::size_t used_bytes);
  void drop_large_folios(std::size_t end_bytes) noexcept;

  options settings;
  element_layout element{1, 0};
  region mapped;
  temporary_file backing;      // not open while in memory
  std::byte** word = nullptr;  // the limit, see fork_word.hpp
  std::size_t size_bytes = 0;  // bytes of memory counted, or of the file allocated
  std::size_t prepared_bytes =
      0;  // end of the append window; the elements end before; <= size_bytes
  std::size_t window_start_bytes =
      0;  // of that window; in front of it, folios at the end are small
  std::size_t step_limit_bytes = std::numeric_limits<std::size_t>::max();  // see extend
  access advised = access::normal;
  bool can_populate = true;  // MADV_POPULATE_WRITE, until it is refused
  bool space_guaranteed = true;
  bool keeps_file = false;                // a segment's file outlives it
  int failed_errno = 0;                   // of the first write-back that failed; for ever
  std::unique_ptr<commit_record> record;  // of a persistent storage
  std::unique_ptr<budget_share> share;    // where there is a budget; knows the file and the mapping
  // Large windows in a row, none given up since.
  std::size_t window_count = 0;
  // Null until many windows came in a row. While it is at work, what lies behind prepared_bytes
  // belongs to the helper: whoever goes there, or cuts the file, settles first.
  std::unique_ptr<window_ahead> ahead;
};

}  // namespace mapvec::inline v0_1::detail
