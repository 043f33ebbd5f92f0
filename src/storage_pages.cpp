// SPDX-License-Identifier: MIT
//
// The bytes of a storage as the kernel holds them: in memory, on the disk, or on the way.
#include <algorithm>
#include <cerrno>
#include <cstdint>

#include <mapvec/detail/block_reader.hpp>
#include <mapvec/error.hpp>
#include <mapvec/units.hpp>

#include "counters.hpp"
#include "posix/syscalls.hpp"
#include "storage_state.hpp"

namespace mapvec::inline v0_1::detail {

/// 0, or the errno of the first write-back that failed.
int storage::state::failure() const noexcept {
  return failed_errno == 0 && share != nullptr ? -share->failure() : failed_errno;
}

void storage::state::require_intact() const {
  if (failure() == 0) return;
  throw_error(failure(), "go on after a failed write-back of", backing.descriptor.name());
}

/// What a call said that waited for the disk. All of them go through here, because the kernel
/// reports an error once and forgets it. Where another vector of the same budget had it reported,
/// a wait that came later says nothing of it.
void storage::state::wait_for_disk(int result, byte_range range) {
  const int failed_before = share != nullptr ? share->failure() : 0;
  if (result == 0) result = failed_before;
  if (result == 0) return;
  if (result != failed_before) add(process_counters.sync_failures, 1);
  failed_errno = -result;
  if (share != nullptr) share->note_failure(result);
  throw_error(-result, "write back", backing.descriptor.name(), range);
}

void storage::evict(std::size_t offset_bytes, std::size_t size_bytes) const {
  if (data_ == nullptr || inherited() || state_->in_memory()) return;
  state_->require_intact();
  const std::size_t header_bytes = state_->element.header_bytes;
  const std::size_t page = sys::page_bytes();
  const std::size_t first = offset_bytes == 0 ? 0 : round_up(header_bytes + offset_bytes, page);
  const std::size_t last = round_down(header_bytes + offset_bytes + size_bytes, page);
  if (first < last) state_->drop({first, last - first});
}

void storage::state::drop(byte_range pages) {
  const std::size_t end = pages.offset_bytes + pages.size_bytes;
  const file& own = backing.descriptor;
  const mapped_file whole{own.descriptor(), mapped.data(), own.hides_pages()};
  wait_for_disk(write_back_and_drop(whole, pages.offset_bytes, end), pages);
  if (share != nullptr) share->note_dropped(pages.offset_bytes, end);
}

void storage::trim(std::size_t used_bytes) {
  if (data_ == nullptr || inherited() || state_->in_memory()) return;
  state& now = *state_;
  now.require_intact();
  now.settle_ahead();
  const std::size_t allowed_bytes = now.share != nullptr ? now.share->allowed_bytes() : 0;
  const std::size_t used_end_bytes = now.element.header_bytes + used_bytes;
  constexpr std::size_t step_bytes = 16 * MiB;  // what one mincore() looks at, and whole folios
  std::size_t left_bytes = resident_bytes();
  for (std::size_t first = 0; first < now.size_bytes && left_bytes > allowed_bytes;
       first += step_bytes) {
    // The last page may be more than the file.
    const std::size_t size =
        std::min(step_bytes, round_up(now.size_bytes, sys::page_bytes()) - first);
    const std::size_t found_bytes = detail::resident_bytes(now.mapped.data() + first, size);
    if (found_bytes == 0) continue;
    left_bytes -= std::min(left_bytes, found_bytes);
    now.drop({first, size});
    // What is appended next gets a window again.
    if (first + size > used_end_bytes) now.end_window(used_end_bytes);
  }
  if (now.share != nullptr) now.share->find_loose();
  publish();
  if (used_bytes < settled_bytes_) note_shrink(used_bytes);
}

memory_budget storage::budget() const noexcept {
  return data_ != nullptr && state_->share != nullptr && !inherited() ? state_->share->budget()
                                                                      : memory_budget();
}

void storage::begin_write_back(std::size_t offset_bytes, std::size_t size_bytes) const {
  if (data_ == nullptr || inherited() || state_->in_memory()) return;
  state_->require_intact();
  const std::size_t first = state_->element.header_bytes + offset_bytes;
  state_->wait_for_disk(sys::sync_file_range(state_->backing.descriptor.descriptor(), first,
                                             size_bytes, SYNC_FILE_RANGE_WRITE),
                        {first, size_bytes});
}

bool storage::is_resident(std::size_t offset_bytes, std::size_t size_bytes) const noexcept {
  if (data_ == nullptr || state_->in_memory()) return true;
  return detail::resident_bytes(data_ + offset_bytes, size_bytes) >= size_bytes;
}

void storage::require_intact() const {
  if (data_ != nullptr) state_->require_intact();
}

void storage::fail(int errno_value) noexcept {
  if (state_->failed_errno == 0) state_->failed_errno = errno_value;
}

stored_bytes storage::source(std::size_t used_bytes) const {
  if (data_ == nullptr) return {};
  stored_bytes found{.data = data_, .size_bytes = used_bytes};
  if (state_->in_memory()) return found;
  found.fd = state_->backing.descriptor.descriptor();
  found.offset_bytes = state_->element.header_bytes;
  found.name = state_->backing.descriptor.name();
  found.budget_bytes = budget().limit_bytes();
  found.advised = state_->advised;
  return found;
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

}  // namespace mapvec::inline v0_1::detail
