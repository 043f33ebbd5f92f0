// SPDX-License-Identifier: MIT
//
// A storage goes through at most two stages. In memory: the first pages of its region are private
// and writable. In a file: the region is the file, from end to end. It never goes back.
#include <mapvec/storage.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>

#include <mapvec/error.hpp>
#include <mapvec/region.hpp>
#include <mapvec/temporary.hpp>
#include <mapvec/units.hpp>

#include "counters.hpp"
#include "fork_word.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::detail {
namespace {

// All vectors that are still in memory together. Past it, new ones start with a file.
constexpr std::size_t process_memory_limit_bytes = 256 * MiB;
std::atomic<std::size_t> process_memory_bytes{0};

// One folio: it is still in the processor's cache when the elements come. Files shorter than that
// get no window.
constexpr std::size_t window_bytes = huge_page_bytes;

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

/// Offsets and sizes here count from the beginning of the region, which is the file's: the header
/// is in them.
struct storage::state {
  explicit state(const options& chosen) : settings(chosen) {}
  ~state();

  bool in_memory() const noexcept { return !backing.descriptor.is_open(); }
  bool may_start_in_memory(std::size_t end_bytes) const noexcept;
  std::size_t memory_stage_bytes() const noexcept;
  std::size_t next_size(std::size_t end_bytes, growth how) const noexcept;
  temporary_file make_file(bool& guaranteed) const;
  void start(std::size_t end_bytes, growth how);
  void grow(std::size_t used_end_bytes, std::size_t end_bytes, growth how);
  bool grow_memory(std::size_t end_bytes, growth how) noexcept;
  void spill(std::size_t used_end_bytes, std::size_t end_bytes, growth how);
  void extend(file& grown, std::size_t old_bytes, std::size_t end_bytes, std::size_t wanted_bytes,
              std::size_t& new_bytes);
  void prepare_window(std::size_t until_bytes);
  void set_prepared(std::size_t end_bytes) noexcept;
  void set_size(std::size_t new_bytes) noexcept;
  void write_back(std::size_t offset_bytes, std::size_t size_bytes);
  void require_intact() const;
  void attach_segment(std::size_t new_bytes, std::size_t element_bytes);

  options settings;
  element_layout element{1, 0};
  region mapped;
  temporary_file backing;          // not open while in memory
  std::byte** word = nullptr;      // the limit, see fork_word.hpp
  std::size_t size_bytes = 0;      // bytes of memory counted, or of the file allocated
  std::size_t prepared_bytes = 0;  // end of the append window; <= size_bytes
  std::size_t step_limit_bytes = std::numeric_limits<std::size_t>::max();  // see extend
  access advised = access::normal;
  bool space_guaranteed = true;
  bool keeps_file = false;  // a segment's file outlives it
  int failed_errno = 0;     // of the first write-back that failed; for ever
};

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
  if (inherited) return;
  if (!keeps_file && !backing.path.empty()) remove_temporary_file(backing);
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
  capacity_bytes_ = whole_elements(now.size_bytes);
  limit_ = now.word;
  *now.word = data_ + whole_elements(now.prepared_bytes);
}

// --- growth --------------------------------------------------------------------------------------

void storage::reserve(element_layout element, std::size_t used_bytes, std::size_t needed_bytes,
                      growth how) {
  if (data_ == nullptr) {
    if (needed_bytes != 0) start(element, needed_bytes, how);
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
  const std::size_t end_bytes = state_->element.header_bytes + needed_bytes;
  MAPVEC_ASSERT(end_bytes - element.size_bytes <= state_->prepared_bytes);
  const std::size_t until_bytes =
      std::max(state_->prepared_bytes + window_bytes, round_up(end_bytes, huge_page_bytes));
  state_->prepare_window(std::min(until_bytes, state_->size_bytes));
  publish();
}

void storage::skip_to(std::size_t used_bytes) noexcept {
  if (data_ == nullptr || data_ + used_bytes <= *limit_) return;
  state_->set_prepared(round_up(state_->element.header_bytes + used_bytes, huge_page_bytes));
  publish();
}

void storage::shrink(std::size_t used_bytes) {
  if (data_ == nullptr) return;
  require_owner();
  state& now = *state_;
  const std::size_t end_bytes = used_bytes == 0 ? 0 : now.element.header_bytes + used_bytes;
  const std::size_t new_bytes = round_up(end_bytes, sys::page_bytes());
  if (new_bytes >= now.size_bytes) return;
  if (now.in_memory()) {
    // Only memory goes back; should the kernel refuse, it goes with the vector.
    sys::madvise(now.mapped.data() + new_bytes, now.size_bytes - new_bytes, MADV_DONTNEED);
    give_memory(now.size_bytes - new_bytes);
  } else {
    now.backing.descriptor.cut(new_bytes);
  }
  now.set_size(new_bytes);
  publish();
}

bool storage::state::may_start_in_memory(std::size_t end_bytes) const noexcept {
  return !settings.builder.makes_names() && end_bytes <= memory_stage_bytes();
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
    const file_system_traits traits = made.descriptor.file_system();
    guaranteed = traits.allocation_holds;
    // Only an empty file takes the flag. A refusal is no error: space_guaranteed() tells.
    if (traits.copies_on_write && !settings.copy_on_write) {
      guaranteed = sys::set_no_copy_on_write(made.descriptor.descriptor()) == 0;
    }
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
      add(process_counters.active_segments, 1);
      set_size(wanted);
      return;
    }
  }
  backing = make_file(space_guaranteed);
  region reserved = region::reserve_file(settings.reservation_bytes, end_bytes, backing.descriptor);
  std::size_t new_bytes = 0;
  extend(backing.descriptor, 0, end_bytes, std::min(wanted, reserved.size_bytes()), new_bytes);
  mapped = std::move(reserved);
  add(process_counters.active_segments, 1);
  set_size(new_bytes);
}

void storage::state::grow(std::size_t used_end_bytes, std::size_t end_bytes, growth how) {
  if (in_memory()) {
    if (!grow_memory(end_bytes, how)) spill(used_end_bytes, end_bytes, how);
    return;
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
    grown.extend(old_bytes, new_bytes);
    step_limit_bytes = saturating_multiply(step_limit_bytes, 2);
  } catch (const error&) {
    step_limit_bytes = std::max((new_bytes - old_bytes) / 2, sys::page_bytes());
    if (new_bytes == enough_bytes) throw;
    new_bytes = enough_bytes;
    grown.extend(old_bytes, new_bytes);
  }
}

void storage::state::set_size(std::size_t new_bytes) noexcept {
  add(process_counters.mapped_bytes, new_bytes - size_bytes);  // modulo 2^64, shrinking included
  size_bytes = new_bytes;
  // Memory has no window; a file's first folio, which a header may share, is left as it comes.
  set_prepared(in_memory() || keeps_file ? new_bytes : huge_page_bytes);
}

/// At least `end_bytes` are as good as prepared.
void storage::state::set_prepared(std::size_t end_bytes) noexcept {
  prepared_bytes = std::min(std::max(prepared_bytes, end_bytes), size_bytes);
}

/// Writes zeros over [prepared, until), which brings it into the page cache in folios of 2 MiB
/// where the file system has them; the mapping then takes one fault per folio instead of one per
/// page, or, where folios are small, one call for all of them. Nothing of it holds elements: they
/// end below.
void storage::state::prepare_window(std::size_t until_bytes) {
  const byte_range window{prepared_bytes, until_bytes - prepared_bytes};
  // Below a limit that was lowered since the allocation, a write would be SIGXFSZ. The window is
  // for speed only.
  if (until_bytes <= sys::resource_limit(RLIMIT_FSIZE)) {
    backing.descriptor.write_zeros(window.offset_bytes, window.size_bytes);
  }
  // A kernel before 5.14 refuses it.
  sys::madvise(mapped.data() + window.offset_bytes, window.size_bytes, MADV_POPULATE_WRITE);
  set_prepared(until_bytes);
}

// --- what the kernel holds -----------------------------------------------------------------------

void storage::state::require_intact() const {
  if (failed_errno == 0) return;
  throw_error(failed_errno, "go on after a failed write-back of", backing.descriptor.name());
}

/// The only place that waits for the disk: the kernel reports an error here and forgets it.
void storage::state::write_back(std::size_t offset_bytes, std::size_t size) {
  const int failed = sys::sync_file_range(
      backing.descriptor.descriptor(), offset_bytes, size,
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  if (failed == 0) return;
  add(process_counters.sync_failures, 1);
  failed_errno = -failed;
  throw_error(-failed, "write back", backing.descriptor.name(), {offset_bytes, size});
}

void storage::evict(std::size_t offset_bytes, std::size_t size_bytes) const {
  if (data_ == nullptr || inherited() || state_->in_memory()) return;
  state_->require_intact();
  const std::size_t header_bytes = state_->element.header_bytes;
  const std::size_t page = sys::page_bytes();
  const std::size_t first = offset_bytes == 0 ? 0 : round_up(header_bytes + offset_bytes, page);
  const std::size_t last = round_down(header_bytes + offset_bytes + size_bytes, page);
  if (first >= last) return;
  state_->write_back(first, last - first);
  // The mapping holds the pages, and the page cache does: both have to let go.
  sys::madvise(state_->mapped.data() + first, last - first, MADV_DONTNEED);
  sys::fadvise_dontneed(state_->backing.descriptor.descriptor(), first, last - first);
  add(process_counters.dropped_bytes, last - first);
}

void storage::prefault(std::size_t offset_bytes, std::size_t size_bytes) const {
  if (size_bytes == 0) return;
  require_owner();
  const std::size_t page = sys::page_bytes();
  const std::size_t header_bytes = state_->element.header_bytes;
  const std::size_t first = round_down(header_bytes + offset_bytes, page);
  const std::size_t last = round_up(header_bytes + offset_bytes + size_bytes, page);
  const int failed = sys::madvise(state_->mapped.data() + first, last - first, MADV_POPULATE_WRITE);
  if (failed == 0) return;
  add(process_counters.map_failures, 1);
  throw_error(-failed, "prefault", state_->backing.descriptor.name(), {first, last - first});
}

void storage::prefetch(std::size_t offset_bytes, std::size_t size_bytes) const noexcept {
  if (data_ != nullptr && !state_->in_memory()) {
    detail::prefetch(data_ + offset_bytes, size_bytes);
  }
}

void storage::advise(access how) {
  if (state_ == nullptr) state_ = new state(options{});
  state_->advised = how;
  if (data_ != nullptr) detail::advise(state_->mapped.data(), state_->mapped.size_bytes(), how);
}

std::size_t storage::resident_bytes() const noexcept {
  return data_ == nullptr ? 0 : detail::resident_bytes(state_->mapped.data(), state_->size_bytes);
}

std::string storage::path() const {
  return state_ != nullptr ? state_->backing.path : std::string();
}

std::size_t storage::disk_size_bytes() const {
  if (data_ == nullptr || state_->in_memory()) return 0;
  return state_->backing.descriptor.allocated_bytes();
}

std::size_t storage::reservation_bytes() const noexcept {
  return data_ == nullptr ? 0 : state_->mapped.size_bytes();
}

bool storage::space_guaranteed() const noexcept {
  return data_ == nullptr || state_->space_guaranteed;
}

// --- segments ------------------------------------------------------------------------------------

namespace {

constexpr unsigned shared_by_umask = 0666;

}  // namespace

/// Maps the file as it is: no header, no windows, no growth.
void storage::state::attach_segment(std::size_t new_bytes, std::size_t element_bytes) {
  element = {element_bytes, 0};
  keeps_file = true;
  word = acquire_fork_word();
  mapped = region::reserve_file(new_bytes, new_bytes, backing.descriptor);
  add(process_counters.active_segments, 1);
  set_size(new_bytes);
}

storage storage::create_segment(path_view path, std::size_t size_bytes, std::size_t element_bytes) {
  storage made{options{}};
  temporary_file named{{}, path.c_str()};
  std::string name = named.path;
  const int fd =
      sys::open(path.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, shared_by_umask);
  if (fd < 0) throw_error(-fd, "create", path.c_str());
  state& fresh = *made.state_;
  named.descriptor = file(fd, std::move(name));
  fresh.backing = std::move(named);
  try {
    fresh.space_guaranteed = fresh.backing.descriptor.file_system().allocation_holds;
    fresh.backing.descriptor.extend(0, size_bytes);
    fresh.attach_segment(size_bytes, element_bytes);
  } catch (...) {
    remove_temporary_file(fresh.backing);
    throw;
  }
  made.publish();
  return made;
}

storage storage::open_segment(path_view path, std::size_t element_bytes) {
  storage made{options{}};
  temporary_file named{{}, path.c_str()};
  std::string name = named.path;
  // O_NONBLOCK: a FIFO must not keep us waiting for its other end.
  const int fd = sys::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
  if (fd < 0) throw_error(-fd, "open", path.c_str());
  state& fresh = *made.state_;
  named.descriptor = file(fd, std::move(name));
  fresh.backing = std::move(named);
  if (!fresh.backing.descriptor.is_regular()) {
    throw format_error(path.c_str(), "something else", "a regular file");
  }
  const std::size_t size_bytes = fresh.backing.descriptor.size_bytes();
  if (size_bytes % element_bytes != 0) {
    throw format_error(path.c_str(), std::to_string(size_bytes) + " bytes",
                       "elements of " + std::to_string(element_bytes) + " bytes");
  }
  fresh.space_guaranteed = false;  // it may have holes
  if (size_bytes == 0) return made;
  fresh.attach_segment(size_bytes, element_bytes);
  made.publish();
  return made;
}

}  // namespace mapvec::detail
