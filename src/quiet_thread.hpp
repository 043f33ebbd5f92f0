// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace mapvec::detail {

/// A thread that no signal of the program is handled on, with a name (15 letters) for those who
/// look at the process. Throws std::system_error.
template <class Function>
std::thread start_quiet_thread(const char* name, Function function) {
  struct all_blocked {
    all_blocked() noexcept {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~all_blocked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before;
  };
  const all_blocked inherited_by_the_thread;
  std::thread started(std::move(function));
  pthread_setname_np(started.native_handle(), name);
  return started;
}

}  // namespace mapvec::detail
