// SPDX-License-Identifier: MIT
//
// How a storage lives and grows.
#include <mapvec/storage.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>

#include <mapvec/error.hpp>
#include <mapvec/units.hpp>

#include "counters.hpp"
#include "file_locks.hpp"
#include "fork_word.hpp"
#include "posix/syscalls.hpp"
#include "storage_state.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

// All vectors that are still in memory together. Past it, new ones start with a file.
constexpr std::size_t process_memory_limit_bytes = 256 * MiB;
std::atomic<std::size_t> process_memory_bytes{0};

// One folio: it is still in the processor's cache when the elements come. Temporary files shorter
// than that get no window.
constexpr std::size_t largest_window_bytes = huge_page_bytes;

// From so many windows in a row on, the next one is prepared ahead: 16 MiB pay for the thread.
constexpr std::size_t windows_before_help = 8;

/// How much a file of `size_bytes` grows: double up to 64 MiB, then by an eighth, at most 1 GiB, so
/// that neither a small disk nor a huge vector is served badly.
constexpr std::size_t step_bytes(std::size_t size_bytes) noexcept {
  if (size_bytes < 64 * MiB) return size_bytes;
  return std::clamp(size_bytes / 8, 64 * MiB, 1 * GiB);
}

/// Counts `size_bytes` more of memory, unless that is too much for all vectors together.
bool take_memory(std::size_t size_bytes) noexcept {
  const std::size_t before = process_memory_bytes.fetch_add(size_bytes, std::memory_order_relaxed);
  if (before + size_bytes <= process_memory_limit_bytes) return true;
  process_memory_bytes.fetch_sub(size_bytes, std::memory_order_relaxed);
  return false;
}

void give_memory(std::size_t size_bytes) noexcept {
  process_memory_bytes.fetch_sub(size_bytes, std::memory_order_relaxed);
}

const options& default_options() noexcept {
  static const options instance;
  return instance;
}

}  // namespace

// --- life ----------------------------------------------------------------------------------------

storage::state::~state() {
  if (word == nullptr) return;
  const bool inherited = mapped.data() != nullptr && *word == nullptr;
  if (mapped.data() != nullptr) {
    subtract(process_counters.active_segments, 1);
    subtract(process_counters.mapped_bytes, size_bytes);
    if (in_memory()) give_memory(size_bytes);
  }
  // An inherited word is null in the child for good, and its pool may be locked by a thread that
  // exists in the parent only.
  // The same holds for its budget and for the helper, whose thread is in the parent.
  if (inherited) {
    [[maybe_unused]] const budget_share* left = share.release();
    [[maybe_unused]] const window_ahead* also_left = ahead.release();
    return;
  }
  ahead.reset();  // while the file is ours
  if (record != nullptr) {
    unlock_writer(backing.descriptor);  // at once, whoever else has the descriptor by now
  } else if (!keeps_file && !backing.path.empty()) {
    remove_temporary_file(backing);
  }
  release_fork_word(word);
}

storage::storage(const options& settings) : state_(new state(settings)) {}

storage::~storage() { delete state_; }

const options& storage::settings() const noexcept {
  return state_ != nullptr ? state_->settings : default_options();
}

void storage::throw_inherited() const {
  throw_error(EPERM, "change a vector in a forked child", path());
}

/// Up to here the file may be used.
std::size_t storage::state::usable_bytes() const noexcept {
  if (record == nullptr || record->writing) return size_bytes;
  return element.header_bytes + record->committed_bytes;
}

/// Copies what the fast paths read out of the state.
void storage::publish() noexcept {
  const state& now = *state_;
  const std::size_t element_bytes = now.element.size_bytes;
  const auto whole_elements = [&](std::size_t end_bytes) {
    const std::size_t bytes = end_bytes - std::min(end_bytes, now.element.header_bytes);
    return bytes - bytes % element_bytes;
  };
  // Written once: other threads may be reading it.
  if (data_ == nullptr) data_ = now.mapped.data() + now.element.header_bytes;
  capacity_bytes_ = whole_elements(now.usable_bytes());
  settled_bytes_ = now.record != nullptr ? now.record->committed_bytes : 0;
  if (now.share != nullptr) {
    settled_bytes_ = std::max(settled_bytes_, whole_elements(now.share->started_bytes()));
  }
  limit_ = now.word;
  *now.word = data_ + std::min(whole_elements(now.prepared_bytes), capacity_bytes_);
}

// --- growth --------------------------------------------------------------------------------------

void storage::reserve(element_layout element, std::size_t used_bytes, std::size_t needed_bytes,
                      growth how) {
  if (data_ == nullptr) {
    if (needed_bytes == 0) return;
    if (element.how_long == lifetime::persistent) {
      throw_error(EBADF, "grow a vector without a file: it was closed, moved from or never opened",
                  "");
    }
    start(element, needed_bytes, how);
    return;
  }
  require_owner();
  if (needed_bytes <= capacity_bytes_) return;
  const std::size_t header_bytes = state_->element.header_bytes;
  const std::size_t max_bytes = state_->mapped.size_bytes() - header_bytes;
  if (needed_bytes > max_bytes) {
    throw_length_error(needed_bytes / element.size_bytes, max_bytes / element.size_bytes);
  }
  state_->require_intact();
  settle_shrink(used_bytes);
  state_->grow(header_bytes + used_bytes, header_bytes + needed_bytes, how);
  publish();
}

void storage::start(element_layout element, std::size_t needed_bytes, growth how) {
  if (state_ == nullptr) state_ = new state(options{});
  // What a failed start leaves behind goes with this; the options stay.
  auto fresh = std::make_unique<state>(state_->settings);
  fresh->element = element;
  fresh->advised = state_->advised;
  const std::size_t end_bytes = saturating_add(element.header_bytes, needed_bytes);
  const std::size_t reservation = round_up(fresh->settings.reservation_bytes, huge_page_bytes);
  const std::size_t max_bytes =
      reservation != 0 ? std::min(reservation, std::size_t{PTRDIFF_MAX}) : std::size_t{PTRDIFF_MAX};
  if (end_bytes > max_bytes) {
    throw_length_error(needed_bytes / element.size_bytes,
                       (max_bytes - element.header_bytes) / element.size_bytes);
  }
  fresh->start(end_bytes, how);
  delete std::exchange(state_, fresh.release());
  publish();
  if (state_->advised != access::normal) advise(state_->advised);
}

void storage::make_room(element_layout element, std::size_t used_bytes) {
  const std::size_t needed_bytes = used_bytes + element.size_bytes;
  if (needed_bytes > capacity_bytes_) {
    reserve(element, used_bytes, needed_bytes, growth::geometric);
  }
  require_owner();
  if (data_ + needed_bytes <= *limit_) return;
  state_->require_intact();
  settle_shrink(used_bytes);
  if (data_ + needed_bytes <= *limit_) return;
  state_->prepare_until(state_->element.header_bytes + needed_bytes);
  publish();
}

bool storage::append(std::size_t used_bytes, const void* data, std::size_t size_bytes) {
  require_owner();
  state& now = *state_;
  if (now.in_memory() || size_bytes < std::max(least_direct_bytes, now.window_bytes() / 8)) {
    return false;
  }
  now.require_intact();
  settle_shrink(used_bytes);
  now.settle_ahead();
  now.window_count = 0;
  const std::size_t first_bytes = now.element.header_bytes + used_bytes;
  const std::size_t end_bytes = first_bytes + size_bytes;
  // Below a limit that was lowered since the allocation, a write would be SIGXFSZ.
  if (end_bytes > sys::resource_limit(RLIMIT_FSIZE)) return false;
  const std::size_t piece_bytes = now.share != nullptr ? now.share->piece_bytes() : size_bytes;
  try {
    for (std::size_t done = 0; done < size_bytes; done += piece_bytes) {
      const std::size_t next_bytes = std::min(done + piece_bytes, size_bytes);
      now.make_way(first_bytes + done, std::max(first_bytes + next_bytes, now.prepared_bytes));
      now.backing.descriptor.write(static_cast<const std::byte*>(data) + done, next_bytes - done,
                                   first_bytes + done);
    }
  } catch (...) {
    now.retreat(first_bytes);
    publish();
    throw;
  }
  // Within a window, its folio stays where the elements end; behind it, pwrite makes small ones.
  if (end_bytes > now.prepared_bytes) {
    now.set_prepared(round_up(end_bytes, sys::page_bytes()));
    now.window_start_bytes = now.prepared_bytes;
  }
  publish();
  return true;
}

void storage::skip_to(std::size_t used_bytes) noexcept {
  if (data_ == nullptr || data_ + used_bytes <= *limit_) return;
  state_->settle_ahead();
  state_->set_prepared(round_up(state_->element.header_bytes + used_bytes, sys::page_bytes()));
  publish();
}

void storage::shrink(std::size_t used_bytes) {
  if (data_ == nullptr) return;
  require_owner();
  state& now = *state_;
  if (now.record != nullptr) now.require_intact();
  settle_shrink(used_bytes);
  if (now.record != nullptr) {
    if (now.size_bytes > now.element.header_bytes + used_bytes) {
      now.begin_writing();
      now.cut_file(now.element.header_bytes + used_bytes);
    }
    publish();
    return;
  }
  const std::size_t end_bytes = used_bytes == 0 ? 0 : now.element.header_bytes + used_bytes;
  const std::size_t new_bytes = round_up(end_bytes, sys::page_bytes());
  if (new_bytes >= now.size_bytes) return;
  if (now.in_memory()) {
    // Only memory goes back; should the kernel refuse, it goes with the vector.
    sys::madvise(now.mapped.data() + new_bytes, now.size_bytes - new_bytes, MADV_DONTNEED);
    give_memory(now.size_bytes - new_bytes);
  } else {
    now.settle_ahead();
    now.backing.descriptor.cut(new_bytes);
  }
  now.set_size(new_bytes);
  publish();
}

bool storage::state::may_start_in_memory(std::size_t end_bytes) const noexcept {
  return !settings.builder.makes_names() && limit_of(settings) == 0 &&
         end_bytes <= memory_stage_bytes();
}

std::size_t storage::state::memory_stage_bytes() const noexcept {
  const std::size_t reservation = round_up(settings.reservation_bytes, huge_page_bytes);
  const std::size_t most = reservation != 0 ? reservation : std::numeric_limits<std::size_t>::max();
  return std::min(round_up(settings.spill_threshold_bytes, sys::page_bytes()), most);
}

/// The size that a growth to `end_bytes` aims at, not more than the reservation: whole pages, and
/// whole huge pages from the first one on, unless so much was refused before.
std::size_t storage::state::next_size(std::size_t end_bytes, growth how) const noexcept {
  std::size_t wanted = end_bytes;
  if (how == growth::geometric) {
    const std::size_t step = std::min(step_bytes(size_bytes), step_limit_bytes);
    wanted = std::max({end_bytes, size_bytes + step, sys::page_bytes()});
  }
  const bool in_huge_pages = wanted >= huge_page_bytes && step_limit_bytes >= huge_page_bytes;
  wanted = round_up(wanted, in_huge_pages ? huge_page_bytes : sys::page_bytes());
  return mapped.data() == nullptr ? wanted : std::min(wanted, mapped.size_bytes());
}

temporary_file storage::state::make_file(bool& guaranteed) const {
  temporary_file made = make_temporary_file(settings.builder);
  try {
    guaranteed = made.descriptor.guarantee_space(settings.copy_on_write);
  } catch (...) {
    if (!made.path.empty()) remove_temporary_file(made);
    throw;
  }
  return made;
}

void storage::state::start(std::size_t end_bytes, growth how) {
  word = acquire_fork_word();
  std::size_t wanted = next_size(end_bytes, how);
  if (may_start_in_memory(end_bytes)) {
    wanted = std::min(wanted, memory_stage_bytes());
    if (take_memory(wanted)) {
      try {
        mapped =
            region::reserve_memory(settings.reservation_bytes, end_bytes, memory_stage_bytes());
      } catch (...) {
        give_memory(wanted);
        throw;
      }
      own_mapping();
      set_size(wanted);
      return;
    }
  }
  backing = make_file(space_guaranteed);
  region reserved = region::reserve_file(settings.reservation_bytes, end_bytes, backing.descriptor);
  std::size_t new_bytes = 0;
  extend(backing.descriptor, 0, end_bytes, std::min(wanted, reserved.size_bytes()), new_bytes);
  mapped = std::move(reserved);
  own_mapping();
  share = share_under(settings, element.header_bytes);
  set_size(new_bytes);
}

/// A word that is null says that this is a forked child: from the mapping on it is not, though
/// nothing may be written before publish().
void storage::state::own_mapping() noexcept {
  *word = mapped.data();
  add(process_counters.active_segments, 1);
}

void storage::state::grow(std::size_t used_end_bytes, std::size_t end_bytes, growth how) {
  if (in_memory()) {
    if (!grow_memory(end_bytes, how)) spill(used_end_bytes, end_bytes, how);
    return;
  }
  if (record != nullptr) {
    begin_writing();
    if (end_bytes <= size_bytes) return;
  }
  std::size_t new_bytes = 0;
  extend(backing.descriptor, size_bytes, end_bytes, next_size(end_bytes, how), new_bytes);
  set_size(new_bytes);
}

/// The memory is there already: only its share of the process's limit is asked for.
bool storage::state::grow_memory(std::size_t end_bytes, growth how) noexcept {
  if (end_bytes > memory_stage_bytes()) return false;
  const std::size_t wanted = std::min(next_size(end_bytes, how), memory_stage_bytes());
  if (!take_memory(wanted - size_bytes)) return false;
  set_size(wanted);
  return true;
}

void storage::state::spill(std::size_t used_end_bytes, std::size_t end_bytes, growth how) {
  bool guaranteed = false;
  temporary_file made = make_file(guaranteed);
  std::size_t new_bytes = 0;
  extend(made.descriptor, 0, end_bytes, next_size(end_bytes, how), new_bytes);
  made.descriptor.write(mapped.data(), used_end_bytes, 0);
  mapped.replace_memory(made.descriptor,
                        advised == access::random ? detail::kernel_advice(advised) : 0);
  backing = std::move(made);
  space_guaranteed = guaranteed;
  give_memory(size_bytes);
  set_size(new_bytes);
}

/// Extends to `wanted_bytes`, or, if that is refused, once more to what is really needed. The next
/// step is then half of what was refused, and grows again as steps succeed: near the end of a disk
/// every page would otherwise cost a long vain attempt.
void storage::state::extend(file& grown, std::size_t old_bytes, std::size_t end_bytes,
                            std::size_t wanted_bytes, std::size_t& new_bytes) {
  const std::size_t enough_bytes = round_up(end_bytes, sys::page_bytes());
  new_bytes = std::max(wanted_bytes, enough_bytes);
  try {
    allocate(grown, old_bytes, new_bytes);
    step_limit_bytes = saturating_multiply(step_limit_bytes, 2);
  } catch (const error&) {
    step_limit_bytes = std::max((new_bytes - old_bytes) / 2, sys::page_bytes());
    if (new_bytes == enough_bytes) throw;
    new_bytes = enough_bytes;
    allocate(grown, old_bytes, new_bytes);
  }
}

/// Strong guarantee. Where the file system cannot allocate, and memory is bounded, the zeros that
/// are written instead do not stay there.
void storage::state::allocate(file& grown, std::size_t old_bytes, std::size_t new_bytes) {
  grown.require_free(new_bytes - old_bytes, settings.free_disk_percent);
  if (limit_of(settings) == 0 || grown.allocates() == file::allocation::works) {
    return grown.extend(old_bytes, new_bytes);
  }
  const bool hides_pages = grown.hides_pages();
  const std::size_t piece_bytes =
      std::clamp(std::bit_floor(limit_of(settings) / 8), 64 * KiB, 2 * MiB);
  try {
    for (std::size_t done = old_bytes, next = 0; done < new_bytes; done = next) {
      // The first page shows which it is.
      const bool is_known = grown.allocates() != file::allocation::unknown;
      next = std::min(is_known ? round_down(done, piece_bytes) + piece_bytes
                               : round_up(done + 1, sys::page_bytes()),
                      new_bytes);
      if (grown.allocates() == file::allocation::works) next = new_bytes;
      grown.extend(done, next);
      if (grown.allocates() == file::allocation::works) continue;
      wait_for_disk(write_back(grown.descriptor(), hides_pages, done, next - done),
                    {done, next - done});
      sys::fadvise_dontneed(grown.descriptor(), done, next - done);
    }
  } catch (...) {
    const int failed = sys::ftruncate(grown.descriptor(), old_bytes);
    if (failed != 0) report_error(-failed, "give back", grown.name());
    throw;
  }
}

void storage::state::set_size(std::size_t new_bytes) noexcept {
  add(process_counters.mapped_bytes, new_bytes - size_bytes);  // modulo 2^64, shrinking included
  size_bytes = new_bytes;
  // Memory has no window, and of a temporary file the first folio is left as it comes.
  if (in_memory() || keeps_file) return set_prepared(new_bytes);
  if (record != nullptr) {
    set_prepared(round_up(prepared_bytes, sys::page_bytes()));
  } else if (share == nullptr) {
    set_prepared(largest_window_bytes);
  } else {
    set_prepared(element.header_bytes);  // a fault would read ahead, uncounted
  }
  if (share != nullptr) share->set_end(prepared_bytes);
}

/// At least `end_bytes` are as good as prepared.
void storage::state::set_prepared(std::size_t end_bytes) noexcept {
  prepared_bytes = std::min(std::max(prepared_bytes, end_bytes), size_bytes);
}

/// How much is prepared at a time. A store makes all of its folio dirty, and a commit writes what
/// is dirty: so of what was appended since the last commit a window is a quarter at most.
std::size_t storage::state::window_bytes() const noexcept {
  const std::size_t most_bytes = share != nullptr
                                     ? std::min(share->piece_bytes(), largest_window_bytes)
                                     : largest_window_bytes;
  if (record == nullptr) return most_bytes;
  const std::size_t committed_end = element.header_bytes + record->committed_bytes;
  const std::size_t appended = prepared_bytes - std::min(prepared_bytes, committed_end);
  return std::min(std::max(std::bit_floor(appended / 4), smallest_window_bytes), most_bytes);
}

/// At least `end_bytes`, in whole windows, for an element that ends there: the elements end below.
void storage::state::prepare_until(std::size_t end_bytes) {
  const std::size_t used_end_bytes = end_bytes - element.size_bytes;
  MAPVEC_ASSERT(used_end_bytes <= prepared_bytes);
  if (ahead != nullptr) note_window(ahead->reach(prepared_bytes, goal_ahead(2)));
  if (prepared_bytes < end_bytes) settle_ahead();
  if (prepared_bytes < end_bytes) {
    const std::size_t until_bytes =
        std::min(round_up(std::max(prepared_bytes + 1, end_bytes), window_bytes()), size_bytes);
    make_way(used_end_bytes, until_bytes);
    const byte_range window{prepared_bytes, until_bytes - prepared_bytes};
    // Below a limit that was lowered since the allocation, a write would be SIGXFSZ. The window is
    // for speed only, and so is the mapping of it, which kernels that refuse are not asked again.
    if (until_bytes <= sys::resource_limit(RLIMIT_FSIZE)) {
      backing.descriptor.write_zeros(window.offset_bytes, window.size_bytes);
    }
    if (can_populate) can_populate = map_window(mapped.data(), window);
    note_window(until_bytes);
  }
  prepare_ahead();
}

/// Bytes up to `end_bytes` have been prepared, by whomever.
void storage::state::note_window(std::size_t end_bytes) noexcept {
  if (end_bytes <= prepared_bytes) return;
  const bool is_large = (end_bytes - prepared_bytes) % largest_window_bytes == 0;
  window_count = is_large ? window_count + 1 : 0;
  window_start_bytes = prepared_bytes;
  set_prepared(end_bytes);
}

/// `windows` behind what is prepared, if the file and RLIMIT_FSIZE have room for them.
std::size_t storage::state::goal_ahead(std::size_t windows) const noexcept {
  const std::size_t most_bytes =
      std::min<std::uint64_t>(size_bytes, sys::resource_limit(RLIMIT_FSIZE));
  return std::min(prepared_bytes + windows * largest_window_bytes,
                  round_down(most_bytes, largest_window_bytes));
}

/// Has the helper make the next window, where many came in a row. Not under a budget, which counts
/// what comes into memory when it is needed.
void storage::state::prepare_ahead() noexcept {
  if (window_count < windows_before_help || !settings.helper_thread || share != nullptr ||
      !can_populate || prepared_bytes % largest_window_bytes != 0) {
    return;
  }
  if (ahead == nullptr && window_count == windows_before_help) {
    ahead = window_ahead::make(backing.descriptor, mapped.data(), largest_window_bytes);
  }
  if (ahead == nullptr) return;
  const std::size_t goal_bytes = goal_ahead(1);
  if (goal_bytes > prepared_bytes) ahead->start(prepared_bytes, goal_bytes);
}

/// Afterwards the helper does nothing to the file. What it has made is ours.
void storage::state::settle_ahead() noexcept {
  if (ahead != nullptr) note_window(ahead->finish());
}

/// Has the next append prepare a window again, where memory has been given up. The page that the
/// elements end in is asked for alone: a fault would bring those around it, and leave a mark for
/// the next to read ahead with larger and larger folios.
void storage::state::end_window(std::size_t end_bytes) noexcept {
  settle_ahead();
  window_count = 0;
  const std::size_t page = sys::page_bytes();
  const std::size_t last = round_down(end_bytes, page);
  if (last != end_bytes) sys::madvise(mapped.data() + last, page, MADV_WILLNEED);
  prepared_bytes = std::min(round_up(end_bytes, page), size_bytes);
  window_start_bytes = prepared_bytes;
}

/// What the file has of the budget that the options give; null where they give none.
std::unique_ptr<budget_share> storage::state::share_under(const options& chosen,
                                                          std::size_t end_bytes) const {
  return make_share(chosen, backing.descriptor, mapped.data(), end_bytes);
}

/// The elements end at `used_end_bytes`, and what comes next comes there.
void storage::state::retreat(std::size_t used_end_bytes) noexcept {
  if (share != nullptr && share->retreat(used_end_bytes)) end_window(used_end_bytes);
}

/// Before the bytes between the elements and `end_bytes` come into memory.
void storage::state::make_way(std::size_t used_end_bytes, std::size_t end_bytes) {
  if (share != nullptr) wait_for_disk(share->advance(used_end_bytes, end_bytes), {});
}

}  // namespace mapvec::inline v0_1::detail
