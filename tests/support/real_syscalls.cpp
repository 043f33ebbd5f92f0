// SPDX-License-Identifier: MIT
//
// The library's own mapvec::sys under another name, so that the instrumented one can call it.
#define sys real_sys
#include "posix/syscalls.cpp"  // NOLINT(bugprone-suspicious-include): a second build, on purpose
