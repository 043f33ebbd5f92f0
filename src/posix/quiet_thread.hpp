// SPDX-License-Identifier: MIT
//
// How the library starts its threads. The program's signals are not for them: a handler would run
// on a thread that the program does not know, and SIGXFSZ, which the kernel sends to the thread
// that writes past RLIMIT_FSIZE, would end the program instead of being EFBIG.
#pragma once

#include <signal.h>
#include <sys/prctl.h>

#include <thread>
#include <utility>

namespace mapvec::sys {

/// A thread with all signals blocked, and a name (15 letters at most) for those who look at the
/// process. It inherits the rest, priority and processors, from the caller. Throws
/// std::system_error.
template <class Function>
std::thread start_quiet_thread(const char* name, Function function) {
  struct all_blocked {
    all_blocked() noexcept {
      sigset_t all;
      ::sigfillset(&all);
      ::pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~all_blocked() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before;
  };
  const all_blocked inherited_by_the_thread;
  return std::thread([name, run = std::move(function)] {
    ::prctl(PR_SET_NAME, name);
    run();
  });
}

}  // namespace mapvec::sys
