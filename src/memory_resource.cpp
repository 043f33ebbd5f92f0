// SPDX-License-Identifier: MIT
#include <mapvec/memory_resource.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <optional>

#include <mapvec/advice.hpp>
#include <mapvec/region.hpp>
#include <mapvec/units.hpp>

#include "append_window.hpp"
#include "block_ranges.hpp"
#include "budget_account.hpp"
#include "counters.hpp"
#include "fork_word.hpp"
#include "posix/syscalls.hpp"
#include "small_blocks.hpp"

namespace mapvec::inline v0_1 {
namespace {

bool is_small(std::size_t size_bytes, std::size_t alignment) noexcept {
  return size_bytes <= detail::small_blocks::largest_bytes &&
         alignment <= detail::small_blocks::largest_alignment;
}

/// What a large block takes.
std::size_t in_pages(std::size_t size_bytes) noexcept {
  return detail::round_up(std::max<std::size_t>(size_bytes, 1), sys::page_bytes());
}

/// How much is prepared for small blocks at a time.
std::size_t part_of_budget(std::size_t limit_bytes) noexcept {
  if (limit_bytes == 0) return detail::huge_page_bytes;
  return std::clamp(std::bit_floor(limit_bytes / 8), 4 * detail::small_blocks::largest_bytes,
                    detail::huge_page_bytes);
}

}  // namespace

struct memory_resource::state {
  explicit state(const options& chosen)
      : settings(chosen), small(part_of_budget(detail::limit_of(chosen))) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state();

  /// In a forked child, where a thread that exists in the parent only may hold a lock.
  bool inherited() const noexcept {
    std::byte** const found = word.load(std::memory_order_acquire);
    return found != nullptr && *found == nullptr;
  }

  void know_children();
  /// What failed before, as an exception.
  void require_written() const {
    const int result = failed.load(std::memory_order_relaxed);
    if (result != 0) throw_failed(result);
  }
  void* take_small(std::size_t size_bytes, std::size_t alignment);
  void give_back_small(void* block, std::size_t size_bytes, std::size_t alignment) noexcept {
    small.give_back(block, size_bytes, alignment, [this](void* large, std::size_t large_bytes) {
      give_back_large(large, large_bytes);
    });
  }
  /// Whether all of a block will be written to before long.
  enum class filling : bool { unknown, soon };
  void* take_large(std::size_t size_bytes, std::size_t alignment, filling when);
  void give_back_large(void* block, std::size_t size_bytes) noexcept;

  void start(std::size_t needed_bytes);
  void* take(std::size_t size_bytes, std::size_t alignment, filling when);
  /// For all blocks smaller than least_read_ahead(). What is read ahead is not counted by a budget.
  access advice() const noexcept {
    return advised.value_or(share != nullptr ? access::random : access::normal);
  }
  std::size_t least_read_ahead() const noexcept;
  bool is_read_ahead(std::size_t size_bytes) const noexcept {
    return size_bytes >= least_read_ahead();
  }
  void back_by_disk(std::size_t first, std::size_t end, filling when);
  void make_way(std::size_t first, std::size_t end);
  void note_result(int result);
  [[noreturn]] void throw_failed(int result) const;

  const options settings;
  detail::small_blocks small;
  mutable std::mutex mutex;  // for all below
  detail::temporary_file backing;
  std::atomic<std::byte**> word{nullptr};  // null is what a child finds there
  detail::region mapped;
  std::unique_ptr<detail::block_ranges> ranges;  // from the first block on
  std::size_t file_bytes = 0;                    // blocks end before; there may be holes
  std::unique_ptr<detail::budget_share> share;
  std::optional<access> advised;  // once somebody has
  bool space_guaranteed = true;   // of the file
  std::atomic<int> failed{0};     // -errno of the first write-back that failed; for ever
  std::size_t unseen_bytes = 0;   // blocks since the share has looked what is in memory
};

// --- the file and its blocks ---------------------------------------------------------------------

memory_resource::state::~state() {
  if (word != nullptr) detail::release_fork_word(word);
  if (mapped.data() == nullptr) return;
  detail::subtract(detail::process_counters.active_segments, 1);
  detail::subtract(detail::process_counters.mapped_bytes, file_bytes);
  if (!backing.path.empty()) detail::remove_temporary_file(backing);
}

/// From then on a child is one. Before any lock of ours is taken, or a fork in the middle would
/// leave it locked in a child that does not know what it is.
void memory_resource::state::know_children() {
  if (word.load(std::memory_order_acquire) != nullptr) return;
  std::byte** const own = detail::acquire_fork_word();
  *own = reinterpret_cast<std::byte*>(own);
  std::byte** none = nullptr;
  if (!word.compare_exchange_strong(none, own)) detail::release_fork_word(own);
}

/// Makes the file, when the first block of `needed_bytes` is asked for.
void memory_resource::state::start(std::size_t needed_bytes) {
  detail::temporary_file made = detail::make_temporary_file(settings.builder);
  try {
    space_guaranteed = made.descriptor.guarantee_space(settings.copy_on_write);
    detail::region reserved =
        detail::region::reserve_file(settings.reservation_bytes, needed_bytes, made.descriptor);
    ranges = std::make_unique<detail::block_ranges>(
        reinterpret_cast<std::uintptr_t>(reserved.data()), reserved.size_bytes());
    share = detail::make_share(settings, made.descriptor, reserved.data(), 0);
    if (advice() != access::normal) {
      detail::advise(reserved.data(), reserved.size_bytes(), advice());
    }
    mapped = std::move(reserved);
  } catch (...) {
    if (!made.path.empty()) detail::remove_temporary_file(made);
    throw;
  }
  backing = std::move(made);
  detail::add(detail::process_counters.active_segments, 1);
}

void* memory_resource::state::take_small(std::size_t size_bytes, std::size_t alignment) {
  require_written();
  return small.take(size_bytes, alignment, [&](std::size_t large_bytes) {
    return take_large(large_bytes, detail::small_blocks::largest_alignment, filling::soon);
  });
}

void* memory_resource::state::take_large(std::size_t size_bytes, std::size_t alignment,
                                         filling when) {
  const std::lock_guard hold(mutex);
  if (mapped.data() == nullptr) start(in_pages(size_bytes));
  return take(in_pages(size_bytes), alignment, advised == access::random ? filling::unknown : when);
}

/// Large blocks begin where a folio of 2 MiB can be mapped by one entry of the page table.
void* memory_resource::state::take(std::size_t size_bytes, std::size_t alignment, filling when) {
  const bool is_huge = size_bytes >= detail::huge_page_bytes;
  alignment = std::max(alignment, is_huge ? detail::huge_page_bytes : sys::page_bytes());
  const std::uintptr_t block = ranges->take(size_bytes, alignment);
  if (block == 0) {
    detail::throw_error(ENOMEM, "find a place in the reservation for a block in",
                        backing.descriptor.name(), {0, size_bytes});
  }
  auto* const data = reinterpret_cast<std::byte*>(block);
  const auto first = static_cast<std::size_t>(data - mapped.data());
  try {
    make_way(first, first + size_bytes);
    back_by_disk(first, first + size_bytes, when);
  } catch (...) {
    if (first < file_bytes) {
      sys::madvise(data, std::min(size_bytes, file_bytes - first), MADV_REMOVE);
    }
    if (share != nullptr) {
      share->note_removed(first, first + size_bytes, size_bytes);
      share->set_end(file_bytes);
    }
    ranges->give_back(block);
    throw;
  }
  if (is_read_ahead(size_bytes)) detail::advise(data, size_bytes, access::normal);
  return data;
}

/// From so many bytes on a block is read ahead where the others are not, since the budget cannot
/// hold it anyway: a std::vector that grows reads such blocks from the disk, and page by page takes
/// six times as long. Each may become a mapping of its own, of which a process has 65,530, so not
/// the small ones.
std::size_t memory_resource::state::least_read_ahead() const noexcept {
  if (share == nullptr || advised) return std::numeric_limits<std::size_t>::max();
  return std::max(share->budget().limit_bytes(), 16 * MiB);
}

/// What will be filled gets its pages now, by zeros, which makes folios of 2 MiB where the file
/// system has them, as in an append window: one call instead of a fault for each page. Not where
/// single elements will be changed at random: a store would make its whole folio be written.
void memory_resource::state::back_by_disk(std::size_t first, std::size_t end, filling when) {
  detail::file& file = backing.descriptor;
  file.require_free(end - first, settings.free_disk_percent);
  if (first < file_bytes) file.fill_holes(first, std::min(end, file_bytes) - first);
  if (end > file_bytes) {
    file.extend(std::max(first, file_bytes), end);
    detail::add(detail::process_counters.mapped_bytes, end - file_bytes);
    file_bytes = end;
  }
  // A write past the limit would be SIGXFSZ, even where the file has room.
  if (when == filling::unknown || end > sys::resource_limit(RLIMIT_FSIZE)) return;
  file.write_zeros(first, end - first);
  detail::map_window(mapped.data(), {first, end - first});
}

/// Before a block comes into memory. At the end of the file it is as if a vector were appended to;
/// what the program brings back in front of it is looked for now and then: each look goes through
/// the whole file.
void memory_resource::state::make_way(std::size_t first, std::size_t end) {
  require_written();
  if (share == nullptr) return;
  unseen_bytes += end - first;
  if (unseen_bytes >= std::max(share->budget().limit_bytes() / 8, file_bytes / 32)) {
    share->find_loose();
    unseen_bytes = 0;
  }
  note_result(end > file_bytes ? share->advance(first, end) : share->take_back(first, end));
}

void memory_resource::state::note_result(int result) {
  if (failed == 0) failed = result;
  require_written();
}

void memory_resource::state::throw_failed(int result) const {
  detail::throw_error(-result, "write back", backing.descriptor.name());
}

void memory_resource::state::give_back_large(void* block, std::size_t size_bytes) noexcept {
  auto* const data = static_cast<std::byte*>(block);
  const std::size_t size = in_pages(size_bytes);
  // What a budget counts may not be counted again between the look and the subtraction.
  std::unique_lock hold(mutex, std::defer_lock);
  std::size_t resident_bytes = 0;
  if (share != nullptr) {
    hold.lock();
    resident_bytes = detail::resident_bytes(data, size);
  }
  // Before another thread gets the range. Where holes cannot be punched, and where the pages are
  // locked in memory (EINVAL), the next block there finds its space allocated.
  const int result = sys::madvise(data, size, MADV_REMOVE);
  if (!hold.owns_lock()) hold.lock();
  const auto first = static_cast<std::size_t>(data - mapped.data());
  if (result == 0 && share != nullptr) share->note_removed(first, first + size, resident_bytes);
  if (is_read_ahead(size)) detail::advise(data, size, access::random);
  ranges->give_back(reinterpret_cast<std::uintptr_t>(data));
  hold.unlock();
  if (result != 0 && result != -EOPNOTSUPP && result != -EINVAL) {
    detail::report_error(-result, "give back", backing.descriptor.name(), {0, size});
  }
}

// --- which block comes from where ----------------------------------------------------------------

memory_resource::memory_resource(const options& settings)
    : state_(std::make_unique<state>(settings)) {}

memory_resource::~memory_resource() {
  if (!state_->inherited()) return;
  [[maybe_unused]] const state* left = state_.release();  // the parent's
}

void* memory_resource::do_allocate(std::size_t size_bytes, std::size_t alignment) {
  try {
    if (state_->inherited()) detail::throw_error(EPERM, "allocate in a forked child", "");
    state_->know_children();
    return is_small(size_bytes, alignment)
               ? state_->take_small(size_bytes, alignment)
               : state_->take_large(size_bytes, alignment, state::filling::unknown);
  } catch (const error& reason) {
    throw bad_alloc(reason);
  }
}

void memory_resource::do_deallocate(void* block, std::size_t size_bytes, std::size_t alignment) {
  if (state_->inherited()) return;
  if (is_small(size_bytes, alignment)) {
    state_->give_back_small(block, size_bytes, alignment);
  } else {
    state_->give_back_large(block, size_bytes);
  }
}

bool memory_resource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

// --- what may be asked; not in a child, where whoever holds the lock may not exist ---------------

std::size_t memory_resource::used_bytes() const noexcept {
  if (state_->inherited()) return 0;
  const std::lock_guard hold(state_->mutex);
  return state_->ranges != nullptr ? state_->ranges->used_bytes() : 0;
}

std::size_t memory_resource::disk_size_bytes() const {
  if (state_->inherited()) return 0;
  const std::lock_guard hold(state_->mutex);
  return state_->mapped.data() != nullptr ? state_->backing.descriptor.allocated_bytes() : 0;
}

std::size_t memory_resource::resident_bytes() const noexcept {
  if (state_->inherited()) return 0;
  const std::lock_guard hold(state_->mutex);
  return detail::resident_bytes(state_->mapped.data(), state_->file_bytes);
}

std::size_t memory_resource::reservation_bytes() const noexcept {
  if (state_->inherited()) return 0;
  const std::lock_guard hold(state_->mutex);
  return state_->mapped.size_bytes();
}

bool memory_resource::space_guaranteed() const noexcept {
  if (state_->inherited()) return false;
  const std::lock_guard hold(state_->mutex);
  return state_->space_guaranteed;
}

memory_budget memory_resource::budget() const noexcept {
  if (state_->inherited()) return {};
  const std::lock_guard hold(state_->mutex);
  return state_->share != nullptr ? state_->share->budget() : memory_budget();
}

bool memory_resource::inherited() const noexcept { return state_->inherited(); }

std::size_t memory_resource::least_read_ahead() const noexcept {
  MAPVEC_ASSERT(!inherited());
  const std::lock_guard hold(state_->mutex);
  return state_->least_read_ahead();
}

detail::stored_bytes memory_resource::source() const {
  MAPVEC_ASSERT(!inherited());
  const std::lock_guard hold(state_->mutex);
  if (state_->mapped.data() == nullptr) return {};
  return {.data = state_->mapped.data(),
          .size_bytes = state_->file_bytes,
          .fd = state_->backing.descriptor.descriptor(),
          .name = state_->backing.descriptor.name(),
          .advised = state_->advice()};
}

void memory_resource::advise(access how) {
  if (state_->inherited()) return;
  const std::lock_guard hold(state_->mutex);
  state_->advised = how;
  const detail::region& mapped = state_->mapped;
  if (mapped.data() != nullptr) detail::advise(mapped.data(), mapped.size_bytes(), how);
}

void memory_resource::trim() {
  if (state_->inherited()) return;
  state& now = *state_;
  const std::lock_guard hold(now.mutex);
  if (now.file_bytes == 0) return;
  now.require_written();
  const detail::file& own = now.backing.descriptor;
  const int failed = detail::write_back_and_drop(
      {own.descriptor(), now.mapped.data(), own.hides_pages()}, 0, now.file_bytes);
  if (failed != 0) {
    detail::add(detail::process_counters.sync_failures, 1);
    if (now.share != nullptr) now.share->note_failure(failed);
  } else if (now.share != nullptr) {
    now.share->note_dropped(0, now.file_bytes);
    now.share->find_loose();
  }
  now.note_result(failed);
}

memory_resource& default_memory_resource() noexcept {
  alignas(memory_resource) static std::byte place[sizeof(memory_resource)];
  static memory_resource* const instance = ::new (static_cast<void*>(place)) memory_resource;
  return *instance;
}

}  // namespace mapvec::inline v0_1
