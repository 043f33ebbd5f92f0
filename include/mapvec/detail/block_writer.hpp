// SPDX-License-Identifier: MIT
//
// Overwrites the bytes of a container from the first one on, past the page cache: the counterpart
// of block_reader. What is given is kept in a few large chunks, which threads write behind. The
// mapping of the container shows the new bytes, as far as they are in the file; finish() sees to
// all of them. Where the bytes are in no file, or are in memory anyway, the mapping is changed.
//
// A block_reader may read the same container ahead of what is given: no byte behind that changes,
// and a page is written when all of it has been given. The container must live as long, and nobody
// else may change it. One thread gives.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <mapvec/config.hpp>
#include <mapvec/detail/block_reader.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

struct block_write_plan {
  std::size_t element_bytes = 1;      ///< never divided between two chunks
  std::size_t chunk_bytes = 8 * MiB;  ///< or one element
  std::size_t chunks = 3;             ///< in memory at once, at least 2
  std::size_t threads = 2;            ///< that write behind; 0: room() and finish() write
  bool in_place = false;              ///< changes the mapping, and nothing else
};

class MAPVEC_API block_writer {
 public:
  /// What a chunk takes beyond its elements.
  static constexpr std::size_t margin_bytes = 8 * KiB;

  /// To all of `target` or its beginning, which is that of an element. No system call before the
  /// first room(), no thread before the first chunk is full.
  block_writer(stored_bytes target, const block_write_plan& plan);
  block_writer(const block_writer&) = delete;
  block_writer& operator=(const block_writer&) = delete;
  /// Waits for what the threads are writing; the rest is not written unless finish() was called.
  ~block_writer();

  /// Where the next elements are to be put before advance(): at least one of them, at an address
  /// that is aligned as it is in the mapping. Empty at the end of the target. Waits while all
  /// chunks are under way. Throws `error`, also for what was given before.
  std::span<std::byte> room();
  /// The first `size_bytes` of room() are given.
  /// REQUIRES: they are elements, and room() has so many bytes.
  void advance(std::size_t size_bytes) noexcept;
  /// The same for elements that are elsewhere. `from` may be bytes of the mapping behind what has
  /// been given. Throws `error`: some of them may have been given, see size_bytes().
  /// REQUIRES: the target has room for them.
  void write(const std::byte* from, std::size_t size_bytes);
  /// What has been given.
  std::size_t size_bytes() const noexcept;
  /// Whether any of it may be in the target yet: not before the first chunk is full.
  bool has_begun() const noexcept;

  /// All that was given is in the file afterwards. Throws `error`. Nothing may be given any more.
  void finish();
  /// After an error: tries once more, at last through the page cache, so that all that was given is
  /// in the file, not merely in that cache, and nothing behind it has changed. False if that fails
  /// too: the bytes from the first one that could not be written on are then any. Nothing may be
  /// given any more.
  bool rescue() noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace mapvec::inline v0_1::detail
