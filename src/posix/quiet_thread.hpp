// SPDX-License-Identifier: MIT
//
// How the library starts its threads. The program's signals are not for them: a handler would run
// on a thread that the program does not know, and SIGXFSZ, which the kernel sends to the thread
// that writes past RLIMIT_FSIZE, would end the program instead of being EFBIG. But what a thread
// does to itself, a fault, is for the program's handlers: comparisons of a sort run here, and pages
// of a failing disk are SIGBUS.
#pragma once

#include <signal.h>
#include <sys/prctl.h>

#include <thread>
#include <utility>

namespace mapvec::inline v0_1::sys {

/// A thread with all signals blocked but those of faults, and a name (15 letters at most) for those
/// who look at the process. It inherits the rest, priority and processors, from the caller. Throws
/// std::system_error.
template <class Function>
std::thread start_quiet_thread(const char* name, Function function) {
  struct blocked_here {
    blocked_here() noexcept {
      sigset_t blocked;
      ::sigfillset(&blocked);
      for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) {
        ::sigdelset(&blocked, fault);
      }
      ::pthread_sigmask(SIG_SETMASK, &blocked, &before);
    }
    ~blocked_here() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before;
  };
  const blocked_here inherited_by_the_thread;
  return std::thread([name, run = std::move(function)] {
    ::prctl(PR_SET_NAME, name);
    run();
  });
}

}  // namespace mapvec::inline v0_1::sys
