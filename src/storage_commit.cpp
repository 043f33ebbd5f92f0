// SPDX-License-Identifier: MIT
//
// The commit of persistent storages, and everything that keeps the file fit for one.
// docs/file-format.md has the protocol in words; tests/crash proves it.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <utility>

#include <mapvec/error.hpp>
#include <mapvec/units.hpp>

#include "counters.hpp"
#include "file_locks.hpp"
#include "fork_word.hpp"
#include "names.hpp"
#include "npy_file.hpp"
#include "posix/syscalls.hpp"
#include "storage_state.hpp"

namespace mapvec::inline v0_1::detail {
commit_record::commit_record(npy_header written, std::size_t width, std::size_t element_bytes)
    : header(std::move(written)),
      row_width(width),
      row_bytes(saturating_multiply(width, element_bytes)) {}

/// Maps the file, of which `end_bytes` are there, behind the header in `record`.
void storage::state::attach_file(std::size_t end_bytes, std::size_t element_bytes) {
  element = {element_bytes, record->header.size_bytes(), lifetime::persistent};
  word = acquire_fork_word();
  mapped = region::reserve_file(settings.reservation_bytes, end_bytes, backing.descriptor);
  const std::size_t most_bytes =
      mapped.size_bytes() - std::min(mapped.size_bytes(), element.header_bytes);
  if (record->committed_bytes > most_bytes) {
    mapped = region();
    throw_length_error(record->committed_bytes / element_bytes, most_bytes / element_bytes);
  }
  end_bytes = std::min(end_bytes, mapped.size_bytes());  // of a tail
  own_mapping();
  prepared_bytes = element.header_bytes + record->committed_bytes;
  share = share_under(settings, prepared_bytes);
  set_size(end_bytes);
}

/// Where the file is by now; as it was opened, if nobody can tell.
std::string storage::state::found_path() const {
  std::string path = detail::present_path(backing.descriptor.descriptor());
  return path.empty() ? backing.path : path;
}

/// What opening found need not be on the disk: whoever stored the count, or gave the file its name,
/// may have been killed before the wait for it. A file is opened fast, for reading or for nothing;
/// so the wait comes before anything is built on what was found. A wait that failed earlier, for
/// whomever, made the kernel take the header for written: hence it is written again.
void storage::state::secure_found() {
  if (record->durable) return;
  write_header(backing.descriptor, record->header);
  wait_for_disk(sys::fdatasync(backing.descriptor.descriptor()), {});
  try {
    const file directory = open_directory(directory_of(found_path()));
    wait_for_disk(sync_directory(directory), {});
  } catch (const error& failure) {
    // A directory that we may not read, or that has gone, cannot be synced by us.
    const int reason = failure.code().value();
    if (failed_errno != 0 || (reason != EACCES && reason != ENOENT)) throw;
  }
  record->durable = true;
}

/// Before the first change of the file: the header becomes ours, and what a crash left goes.
void storage::state::begin_writing() {
  if (record->writing) return;
  secure_found();
  npy_header canonical = growing_header(record->header, backing.path);
  if (canonical.text() != record->header.text()) {
    write_header(backing.descriptor, canonical);
    // Behind another header, a tail would not be known as ours.
    wait_for_disk(sys::fdatasync(backing.descriptor.descriptor()), {0, canonical.size_bytes()});
  }
  record->header = std::move(canonical);
  const std::size_t end_bytes = usable_bytes();
  cut_file(end_bytes);
  // A reader may still have the rest mapped, as the elements of an earlier, longer state. It
  // becomes capacity, which must have no holes.
  if (size_bytes > end_bytes) backing.descriptor.fill_holes(end_bytes, size_bytes - end_bytes);
  record->writing = true;
  drop_large_folios(end_bytes);  // of who read or wrote the file before
}

/// Cuts the file to `end_bytes`, or to what a reader may have mapped.
void storage::state::cut_file(std::size_t end_bytes) {
  if (end_bytes >= size_bytes) return;
  settle_ahead();
  std::size_t& published_bytes = record->published_end_bytes;
  const bool needs_lock = end_bytes < published_bytes;
  const bool alone = needs_lock && keep_readers_out(backing.descriptor);
  const std::size_t new_bytes =
      needs_lock && !alone ? std::min(published_bytes, size_bytes) : end_bytes;
  try {
    if (new_bytes < size_bytes) backing.descriptor.cut(new_bytes);
  } catch (...) {
    if (alone) readers_may_come(backing.descriptor);
    throw;
  }
  set_size(new_bytes);
  if (!alone) return;
  published_bytes = new_bytes;
  readers_may_come(backing.descriptor);
}

/// Stores the count of the whole rows and waits until it is on the disk. The elements it counts
/// must be there already.
void storage::state::publish_count(std::size_t used_bytes) {
  begin_writing();
  settle_ahead();
  const std::size_t new_bytes = used_bytes - used_bytes % record->row_bytes;
  npy_header& header = record->header;
  const std::uint64_t old_count = header.count();
  const auto store = [&](std::uint64_t count) {
    header.set_count(count);
    backing.descriptor.write(header.slot().data(), header.slot().size(),
                             header.slot_offset_bytes());
  };
  // Readers see it at once.
  record->published_end_bytes =
      std::max(record->published_end_bytes, element.header_bytes + new_bytes);
  try {
    store(new_bytes / record->row_bytes);
    wait_for_disk(sys::fdatasync(backing.descriptor.descriptor()),
                  {header.slot_offset_bytes(), npy_header::slot_bytes});
  } catch (...) {
    // Either count may be on the disk now, and both are right; but nobody shall build on one that
    // can still go away.
    try {
      store(old_count);
    } catch (const error& also) {
      report_error(also.code().value(), "put the old count back into", backing.path);
    } catch (const std::bad_alloc&) {
      report_error(ENOMEM, "put the old count back into", backing.path);
    }
    throw;
  }
  record->committed_bytes = new_bytes;
  drop_large_folios(element.header_bytes + used_bytes);
}

/// Gives back to the kernel what is larger than the smallest window at the end and behind it, where
/// all is clean: the next small append would make it dirty again, as a whole.
void storage::state::drop_large_folios(std::size_t end_bytes) noexcept {
  if (prepared_bytes - std::min(window_start_bytes, end_bytes) <= smallest_window_bytes) return;
  const std::size_t first = round_down(end_bytes, huge_page_bytes);
  const std::size_t size = round_up(prepared_bytes, huge_page_bytes) - first;
  sys::madvise(mapped.data() + first, size, MADV_DONTNEED);
  sys::fadvise_dontneed(backing.descriptor.descriptor(), first, size);
  end_window(end_bytes);
  if (share != nullptr) share->set_end(prepared_bytes);
}

std::size_t storage::row_width() const noexcept {
  return data_ != nullptr && state_->record != nullptr ? state_->record->row_width : 1;
}

std::size_t storage::committed_bytes() const noexcept {
  return data_ != nullptr && state_->record != nullptr ? state_->record->committed_bytes : 0;
}

/// Before an element is written where the file counts another: stores the shorter count. After a
/// crash the new element would else stand among the old ones. And where memory has been given up,
/// windows are prepared anew.
void storage::settle_shrink(std::size_t used_bytes) {
  if (used_bytes >= settled_bytes_) return;
  state& now = *state_;
  if (used_bytes < committed_bytes()) now.publish_count(used_bytes);
  const std::size_t end_bytes = now.element.header_bytes + used_bytes;
  now.retreat(end_bytes);
  publish();
}

void storage::note_shrink(std::size_t used_bytes) noexcept {
  if (!inherited()) *state_->word = data_ + used_bytes;
}

bool storage::is_as_found(std::size_t used_bytes) const noexcept {
  const commit_record& record = *state_->record;
  return !record.durable && used_bytes == record.committed_bytes && !record.overwritten;
}

void storage::commit(std::size_t used_bytes, bool may_have_changed) {
  if (data_ == nullptr) throw_error(EBADF, "commit a vector without a file", "");
  require_owner();
  state& now = *state_;
  commit_record& record = *now.record;
  now.require_intact();
  const std::size_t new_bytes = used_bytes - used_bytes % record.row_bytes;
  const bool count_changes = new_bytes != record.committed_bytes;
  now.secure_found();
  if (!count_changes && !may_have_changed && !record.overwritten) return;
  if (count_changes) {
    now.begin_writing();
    const std::uint64_t most = record.header.max_count();
    if (new_bytes / record.row_bytes > most) throw_length_error(new_bytes / record.row_bytes, most);
  }
  now.settle_ahead();  // a window that is written later would be dirty, in front of small commits
  now.wait_for_disk(sys::fdatasync(now.backing.descriptor.descriptor()), {});
  record.overwritten = false;
  if (count_changes) {
    now.publish_count(used_bytes);
  }
  publish();
  settle_shrink(used_bytes);
}

void storage::cut_spare(std::size_t used_bytes) {
  if (!state_->record->writing) return;
  state_->cut_file(state_->element.header_bytes + used_bytes);
}

void storage::abandon() noexcept {
  if (data_ == nullptr) return;
  if (!inherited() && state_->failure() == 0) {
    try {
      cut_spare(state_->record->committed_bytes);
    } catch (const error& failure) {
      report_error(failure.code().value(), failure.verb(), failure.path());
    }
  }
  *this = storage();
}

void storage::write(std::size_t offset_bytes, const void* data, std::size_t size_bytes) {
  require_owner();
  if (size_bytes == 0) return;
  state_->require_intact();
  state_->record->overwritten = true;
  std::byte* const target = data_ + offset_bytes;
  const auto* const source = static_cast<const std::byte*>(data);
  const std::less<> lies_before;
  const bool overlaps =
      lies_before(source, target + size_bytes) && lies_before(target, source + size_bytes);
  const std::size_t first_bytes = state_->element.header_bytes + offset_bytes;
  // pwrite would read what it has just written; and past a lowered limit it is SIGXFSZ.
  if (overlaps || first_bytes + size_bytes > sys::resource_limit(RLIMIT_FSIZE)) {
    std::memmove(target, source, size_bytes);
    return;
  }
  state_->backing.descriptor.write(data, size_bytes, first_bytes);
}

}  // namespace mapvec::inline v0_1::detail
