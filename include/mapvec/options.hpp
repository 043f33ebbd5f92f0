// SPDX-License-Identifier: MIT
//
// What may be chosen for one vector, at run time. Every constructor takes `options` last. Name the
// type, `vector<int> v(mapvec::options{.reservation_bytes = 1 * TiB})`: GCC 12 finds the braces
// alone ambiguous.
#pragma once

#include <cstddef>

#include <mapvec/budget.hpp>
#include <mapvec/config.hpp>
#include <mapvec/temporary.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1 {

/// As options::row_width: rows of any width when opening, row_width() tells; none in a new file.
inline constexpr std::size_t any_row_width = static_cast<std::size_t>(-1);

struct options {
  /// Where the file lives and under which name; by default it has none and is on a disk.
  segment_builder builder = {};

  /// How far the vector can grow, in bytes of address space; it costs neither memory nor disk.
  /// 0 = automatic: 8 TiB / (32 + the vectors the process has), so 256 GiB for the first; at least
  /// four times the first need, less where RLIMIT_AS or ThreadSanitizer leave less. Rounded up to
  /// 2 MiB. Growing past it throws std::length_error.
  std::size_t reservation_bytes = 0;

  /// Up to here the elements of an unnamed vector stay in anonymous memory, which makes small
  /// vectors cheap; then they move, at the same address, into the file. All vectors together keep
  /// at most 256 MiB there. 0 = a file from the first element: then other threads may even change
  /// elements while one appends, and the pages may be registered for I/O.
  std::size_t spill_threshold_bytes = 1 * MiB;

  /// How much of the vector may be in memory while it is appended to, page cache included: what is
  /// longest there is written back and dropped (budget.hpp). The vector then has a file from the
  /// first element on. 0 = no limit but the kernel's.
  std::size_t memory_budget_bytes = 0;

  /// The same limit for several vectors together; goes before memory_budget_bytes.
  memory_budget budget = {};

  /// Growing leaves so much of the file system free, in percent of its size, for others: a step
  /// that would not fails with ENOSPC. Looked at when the file grows; what others write meanwhile
  /// is not seen.
  unsigned free_disk_percent = 0;

  /// Elements that are appended one by one find their pages prepared. Past 16 MiB of it in a row,
  /// that is done 4 MiB ahead, by a thread of the library: one thread for all vectors, which
  /// handles no signals, has the priority of the thread that needed it first, and ends with the
  /// last vector that did. Not under a budget. false = no thread; the vector then does it itself.
  bool helper_thread = true;

  /// Persistent files only: the mode of a new one, before the umask.
  unsigned permissions = 0666;

  /// Persistent files only: how many elements make a row, for files of shape (N, row_width) that
  /// NumPy sees as tables. 0 = shape (N,), which is not the same as (N, 1).
  std::size_t row_width = 0;

  /// Persistent files only: opening for writing refuses bytes behind the elements that we did not
  /// leave there ourselves, such as a second array. true drops them at the first write.
  bool discard_tail = false;

  /// btrfs only: true keeps copy-on-write and its checksums. Overwriting elements then needs fresh
  /// disk space, which may have run out (SIGBUS); space_guaranteed() is false.
  bool copy_on_write = false;
};

struct snapshot_options {
  /// true: the copy shares the blocks on disk with the original where the file system can (XFS,
  /// btrfs), which takes no time and no space. But then overwriting needs fresh space in both:
  /// space_guaranteed() becomes false. Else, and elsewhere, the bytes are copied.
  bool share_blocks = false;
};

}  // namespace mapvec::inline v0_1
