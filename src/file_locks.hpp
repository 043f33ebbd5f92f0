// SPDX-License-Identifier: MIT
//
// Who may change a persistent file. Open-file-description locks on two bytes far behind any data:
// the writer holds one alone, each reader shares the other. The kernel drops them with the last
// descriptor of the same opening, so with a killed process too; a forked child that keeps the
// descriptor keeps them.
#pragma once

#include <cstdint>

#include <mapvec/file.hpp>

namespace mapvec::inline v0_1::detail {

// Frozen: other versions and other programs look for the locks there (docs/file-format.md). The
// ASCII of "MAPVEC" and 16 zero bits.
inline constexpr std::uint64_t writer_lock_offset = 0x4D41505645430000;
inline constexpr std::uint64_t reader_lock_offset = writer_lock_offset + 1;

/// Takes the writer's lock. Throws `error`: EBUSY naming the process that holds it where /proc
/// tells, and whatever a file system without locks says.
void lock_as_writer(const file& locked);

/// Takes the writer's lock on a file nobody else can have open.
int try_lock_as_writer(const file& locked) noexcept;

/// Takes a share of the readers' lock; a file system without locks is no error. A writer that is
/// just cutting the file is waited for, up to 50 ms. Throws `error` (EBUSY) after that.
void lock_as_reader(const file& locked);

/// True if nobody reads: the readers' lock is then held alone, until readers_may_come.
bool keep_readers_out(const file& locked) noexcept;
void readers_may_come(const file& locked) noexcept;

/// Gives the writer's lock back now, whatever other descriptors there are.
void unlock_writer(const file& locked) noexcept;

}  // namespace mapvec::inline v0_1::detail
