// SPDX-License-Identifier: MIT
//
// `memory_resource`: memory for standard containers that lies in an unnamed file, for std::pmr's
// containers, and for all others through `allocator`:
//
//   mapvec::memory_resource on_disk;
//   std::pmr::unordered_map<std::uint64_t, row> rows(&on_disk);
//
// The kernel moves pages between the file and memory as it needs them; nothing is left on the disk
// after the process, however that ends. What is worth knowing:
//
//  - A block of more than 64 KiB, or aligned to more than 4 KiB, is a range of the file of its own:
//    whole pages, from 2 MiB on at a multiple of 2 MiB. Deallocating gives its disk space and
//    memory back at once, where the file system can punch holes (ext4, XFS, btrfs, tmpfs do) and
//    mlock has not locked the pages; elsewhere the next blocks use it.
//  - Smaller ones are cut from such blocks of up to 2 MiB, and used again for others of about their
//    size. A block that they were cut from is given back when all of them are free, but one of each
//    size is kept. Which are free is noted on the heap, a bit each: freeing touches none of them.
//  - A vector from vector.hpp grows in place and needs none of this. A std::vector copies when it
//    grows, and for that time takes the disk twice.
//  - All memory of a resource together is limited by its reservation of addresses.
//  - With a memory budget, each allocation of a block from the file writes back and drops what is
//    too much by then, the oldest first. What the program has brought back is seen after an eighth
//    of the budget, or a 32nd of the file, was allocated; a block that was freed between others is
//    counted until it would have been dropped. Between two allocations nothing is bounded but by
//    the kernel: not the filling of one large block, nor the zeros that are written where the file
//    system cannot allocate.
//  - A forked child may read the elements; allocating throws there, deallocating does nothing, and
//    stores are seen by the parent, those of destructors too: a child should end with _exit or
//    exec. If the parent had other threads, a resource that had no block yet may hang there: do not
//    allocate from one, nor from the default one, in such a child.
//  - Blocks are left out of core dumps, like the elements of vectors.
//  - Errors: allocating throws `bad_alloc`, which says why, and std::bad_alloc; nothing else throws
//    but what says so, and a segment_builder of yours. Deallocating tells the error handler. A full
//    disk is SIGBUS at a store where space_guaranteed() is false, as in a vector.
//  - Invalidation: blocks stay where they are until they are deallocated.
//  - Cost: a small block is constant time under a lock for its size, but one in hundreds, which
//    takes a large block of up to 2 MiB first and fills it with zeros. A large one is two system
//    calls in its life, and logarithmic in their number; with a budget also what that writes, and
//    now and then a look at which pages of the file are in memory.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string>

#include <mapvec/advice.hpp>
#include <mapvec/budget.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/block_reader.hpp>
#include <mapvec/error.hpp>
#include <mapvec/options.hpp>

namespace mapvec::inline v0_1 {

class MAPVEC_API memory_resource : public std::pmr::memory_resource {
 public:
  /// No system call until the first block. Of the options, `builder`, `reservation_bytes`,
  /// `memory_budget_bytes`, `budget`, `free_disk_percent` and `copy_on_write` mean here what they
  /// mean for a vector. Throws std::bad_alloc.
  memory_resource() : memory_resource(options{}) {}
  explicit memory_resource(const options& settings);
  memory_resource(const memory_resource&) = delete;
  memory_resource& operator=(const memory_resource&) = delete;
  /// Gives all back, blocks that were not deallocated too: whatever is in them must be gone. Errors
  /// go to the error handler.
  ~memory_resource() override;

  /// Bytes of all large blocks, in whole pages, those that small ones are cut from too.
  std::size_t used_bytes() const noexcept;
  /// What the file takes on the disk; 0 without one. Throws `error`.
  std::size_t disk_size_bytes() const;
  /// What of it is in memory now.
  std::size_t resident_bytes() const noexcept;
  /// How many bytes all blocks together may take; 0 before the first.
  std::size_t reservation_bytes() const noexcept;
  /// True where stores into a block can never fail for want of disk space, which is not so on file
  /// systems that copy on write, or of which nothing is known; true without a file.
  bool space_guaranteed() const noexcept;
  /// No limit while there is no file.
  memory_budget budget() const noexcept;
  /// How all blocks will be read. Normal suits vectors: one that grows reads itself from end to
  /// end. Random suits hash maps and trees past memory, if it is said before the first block: the
  /// kernel would read up to /sys/block/*/queue/read_ahead_kb around each element, and write 2 MiB
  /// around each change in a small block that was cut before. Until this is called it is normal
  /// without a budget. With one, what is read ahead is not counted: then it is random for blocks
  /// that are smaller than the budget or than 16 MiB, and normal for others.
  void advise(access how);
  /// Writes back and drops all that is in memory; whoever touches it later reads it from the disk.
  /// Throws `error` when writing back fails; all that follows throws then.
  void trim();

 private:
  /// Throws `bad_alloc`: no disk space, no addresses left in the reservation, a write-back that
  /// failed, a forked child (EPERM); and std::bad_alloc.
  void* do_allocate(std::size_t size_bytes, std::size_t alignment) override;
  void do_deallocate(void* block, std::size_t size_bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  friend MAPVEC_API std::string explain(const memory_resource& memory);
  bool inherited() const noexcept;
  /// The file, as far as blocks may lie in it; nothing before the first. REQUIRES: !inherited().
  detail::stored_bytes source() const;
  /// Blocks of so many bytes and more have other advice than the rest: normal. REQUIRES:
  /// !inherited().
  std::size_t least_read_ahead() const noexcept;

  struct state;
  std::unique_ptr<state> state_;
};

/// The one that allocators use when they are not told which: default options, never destroyed, so
/// that static containers may use it to their end. Its file lives where $MAPVEC_DIR says, see
/// segment_builder. A child of a process that has used it has none: allocating throws there. Where
/// there is no memory for it at the first call, the program ends.
MAPVEC_API memory_resource& default_memory_resource() noexcept;

}  // namespace mapvec::inline v0_1
