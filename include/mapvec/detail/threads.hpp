// SPDX-License-Identifier: MIT
//
// Running a function on several threads until it has returned on each.
#pragma once

#include <cstddef>

#include <mapvec/config.hpp>

namespace mapvec::inline v0_1::detail {

/// A function without its type. Refers to it.
struct thread_work {
  template <class Function>
  explicit thread_work(Function& function) noexcept
      : object(&function), call([](void* called) { (*static_cast<Function*>(called))(); }) {}

  void* object;
  void (*call)(void* object);
};

/// Runs `work` on `threads` threads at once, one of which is the caller's; on fewer where they
/// cannot be had. As soon as one throws, `give_up`, which must not throw, is to make the others
/// return. The first exception is thrown when all have. The new threads handle no signals.
MAPVEC_API void run_on_threads(std::size_t threads, thread_work work, thread_work give_up);

/// `wanted`, at most 1,024, or as many as the calling thread may run on where that is 0.
MAPVEC_API std::size_t threads_to_use(std::size_t wanted) noexcept;

}  // namespace mapvec::inline v0_1::detail
