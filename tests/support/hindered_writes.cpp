// SPDX-License-Identifier: MIT
//
// Writes that are short or late, and removals that are.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <limits>
#include <thread>

#include "support/observers.hpp"

namespace mapvec::test {
namespace {

std::atomic<std::size_t> write_limit = std::numeric_limits<std::size_t>::max();
std::atomic<std::thread::id> punctual_thread;  // none: all are
std::atomic<std::size_t> held_count = 0;
std::atomic<bool> are_removals_late = false;
std::atomic<std::size_t> removal_count = 0;

}  // namespace

namespace detail {

std::size_t write_limit_bytes() { return write_limit.load(std::memory_order_relaxed); }

late_write::late_write() {
  const std::thread::id punctual = punctual_thread;
  is_late_ = punctual != std::thread::id() && punctual != std::this_thread::get_id();
  if (!is_late_) return;
  ++held_count;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}
late_write::~late_write() {
  if (is_late_) --held_count;
}

void after_removal() {
  if (!are_removals_late) return;
  ++removal_count;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

}  // namespace detail

short_writes::short_writes(std::size_t limit_bytes) { write_limit = limit_bytes; }
short_writes::~short_writes() { write_limit = std::numeric_limits<std::size_t>::max(); }

late_writes::late_writes() { punctual_thread = std::this_thread::get_id(); }
late_writes::~late_writes() { punctual_thread = std::thread::id(); }
bool late_writes::is_one_held() { return held_count != 0; }
void late_writes::wait_until_done() {
  while (is_one_held()) std::this_thread::yield();
}

late_removals::late_removals() {
  removal_count = 0;
  are_removals_late = true;
}
late_removals::~late_removals() { are_removals_late = false; }
void late_removals::wait_for_one() {
  while (removal_count == 0) std::this_thread::yield();
}

}  // namespace mapvec::test
