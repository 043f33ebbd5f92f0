// SPDX-License-Identifier: MIT
//
// The append window: the next bytes of a file that elements will be pushed into, brought into the
// page cache and the mapping before they come. Writing zeros over it makes folios of 2 MiB where
// the file system has them.
//
// Preparing one takes longer than filling it. So vectors that are pushed into for long have the
// next one prepared meanwhile, by one thread for all of them. It is never needed: a window it has
// not begun is taken back by whoever wants it, and one that it failed at is prepared once more by
// the owner, who then learns why.
#pragma once

#include <cstddef>
#include <memory>

#include <mapvec/error.hpp>
#include <mapvec/file.hpp>

namespace mapvec::inline v0_1::detail {

/// Maps a window that has been written: one fault per folio instead of one per page, or, where
/// folios are small, one call for all of them. The mapping begins at `mapped`. False where the
/// kernel does not know how (before 5.14): stores then fault page by page.
bool map_window(std::byte* mapped, byte_range window) noexcept;

class window_helper;

/// What the helper does for one file: whole windows, one after the other, from a position up to a
/// goal. The file and its mapping have to stay until finish().
class window_ahead {
 public:
  /// Null where there is no second processor, no memory or no thread to be had.
  static std::unique_ptr<window_ahead> make(file& target, std::byte* mapped,
                                            std::size_t window_bytes) noexcept;
  ~window_ahead() { finish(); }
  window_ahead(const window_ahead&) = delete;
  window_ahead& operator=(const window_ahead&) = delete;

  /// Has windows prepared from `first` on, up to `goal`; where the helper is at it, it goes on from
  /// where it is.
  void start(std::size_t first, std::size_t goal) noexcept;
  /// Waits for the window at `first` if the helper has begun it, and then lets it go on to `goal`.
  /// Returns up to where there are windows; `first` if there are none.
  std::size_t reach(std::size_t first, std::size_t goal) noexcept;
  /// Afterwards the helper does nothing to the file. Returns up to where there are windows, 0 if
  /// none was made since the last finish().
  std::size_t finish() noexcept;

 private:
  friend window_helper;

  enum class stage : unsigned char { idle, waiting, running };

  window_ahead(std::shared_ptr<window_helper> helper, file& target, std::byte* mapped,
               std::size_t window_bytes) noexcept;

  const std::shared_ptr<window_helper> helper_;
  file& target_;
  std::byte* const mapped_;
  const std::size_t window_bytes_;
  // The helper's lock is for all below.
  stage now_ = stage::idle;
  std::size_t position_ = 0;
  std::size_t goal_ = 0;
  window_ahead* next_ = nullptr;  // in the order in which they came
};

}  // namespace mapvec::inline v0_1::detail
