// SPDX-License-Identifier: MIT
#include <mapvec/detail/threads.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "posix/quiet_thread.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {

void run_on_threads(std::size_t threads, thread_work work, thread_work give_up) {
  std::mutex mutex;
  std::exception_ptr first_failure;
  const auto run = [&] {
    try {
      work.call(work.object);
    } catch (...) {
      {
        const std::lock_guard hold(mutex);
        if (first_failure == nullptr) first_failure = std::current_exception();
      }
      give_up.call(give_up.object);
    }
  };
  std::vector<std::thread> others;
  try {
    others.reserve(threads - 1);
    while (others.size() + 1 < threads) {
      others.push_back(sys::start_quiet_thread("mapvec worker", run));
    }
  } catch (const std::exception&) {
    // Fewer threads do it too.
  }
  run();
  for (std::thread& each : others) each.join();
  if (first_failure != nullptr) std::rethrow_exception(first_failure);
}

std::size_t threads_to_use(std::size_t wanted) noexcept {
  constexpr std::size_t most = 1024;  // more is a mistake, and must not overflow what it multiplies
  return wanted != 0 ? std::min(wanted, most) : sys::usable_processors();
}

}  // namespace mapvec::inline v0_1::detail
