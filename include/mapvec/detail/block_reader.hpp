// SPDX-License-Identifier: MIT
//
// Reads the bytes of a container from end to end, block by block. A block that is in memory already
// is shown where it is; the others are read past the page cache into a few buffers that are used
// again and again, by threads that run ahead. Where the file system cannot do without its cache,
// the bytes go through it and leave it again.
//
// next() and release() may be called by several threads. The bytes must not change meanwhile, and
// their container must live as long.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include <mapvec/advice.hpp>
#include <mapvec/config.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

/// Where the bytes of a container are: mapped at `data`, and, unless `fd` is negative, in a file
/// from `offset_bytes` on.
struct stored_bytes {
  const std::byte* data = nullptr;
  std::size_t size_bytes = 0;
  int fd = -1;
  std::size_t offset_bytes = 0;
  std::string name{};  ///< for messages
  /// So much of it may be in memory: gather() then drops what it has used.
  std::size_t budget_bytes = std::numeric_limits<std::size_t>::max();
  access advised = access::normal;
  bool tells_residency = true;  ///< false: the kernel calls all of it resident, whatever it is
};

/// Whether these bytes can be read where they are mapped without a wait for the disk, as all can
/// that have no file. False where the kernel does not tell: read past the mapping, they cost what
/// cold ones do, and through it a page fault each 4 KiB.
MAPVEC_API bool is_resident(const stored_bytes& source, std::size_t offset_bytes,
                            std::size_t size_bytes) noexcept;

struct block_plan {
  std::size_t block_bytes;  ///< of every block but the last
  std::size_t buffers;      ///< so many blocks are in memory at once, at least 1
  std::size_t threads;      ///< that read ahead; 0: next() reads
  bool in_place;            ///< never a buffer: the elements may not be where they are not mapped
};

/// Bytes [offset_bytes, offset_bytes + size_bytes) of the container, at `data`; null at the end.
struct byte_block {
  const std::byte* data = nullptr;
  std::size_t offset_bytes = 0;
  std::size_t size_bytes = 0;
};

class MAPVEC_API block_reader {
 public:
  /// What a buffer takes beyond a block: direct reads begin and end at multiples of half of it.
  static constexpr std::size_t margin_bytes = 8 * KiB;

  /// Starts nothing before the first next() of a block that is not in memory.
  block_reader(stored_bytes source, const block_plan& plan);
  block_reader(block_reader&& other) noexcept;
  block_reader& operator=(block_reader&& other) noexcept;
  /// Waits for the threads to end what they are reading.
  ~block_reader();

  /// The next block, which stays until it is released. Waits while all buffers are in use. Throws
  /// `error`; whoever asks on gets the blocks behind.
  byte_block next();
  /// REQUIRES: next() returned it, and nobody has released it. Nothing for the end.
  void release(const byte_block& done) noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace mapvec::inline v0_1::detail
