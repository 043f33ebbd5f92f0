// SPDX-License-Identifier: MIT
//
// A word of memory that a forked child finds null. Every vector keeps its `limit` in one, so that
// the one comparison of push_back also finds out that it runs in a child: no pid is asked for and
// no fork handler has to run. The kernel does the wiping (MADV_WIPEONFORK, Linux 4.14).
#pragma once

#include <cstddef>

namespace mapvec::inline v0_1::detail {

/// A null word of its own for the caller. Throws `error` (no memory). Thread-safe.
std::byte** acquire_fork_word();

/// Takes the word back. Not to be called in a child that inherited it. Thread-safe.
void release_fork_word(std::byte** word) noexcept;

}  // namespace mapvec::inline v0_1::detail
