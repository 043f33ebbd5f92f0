// SPDX-License-Identifier: MIT
#include <mapvec/detail/view_storage.hpp>

#include <algorithm>
#include <atomic>
#include <memory>

#include <mapvec/detail/block_reader.hpp>
#include <mapvec/dtype.hpp>
#include <mapvec/error.hpp>
#include <mapvec/options.hpp>
#include <mapvec/region.hpp>
#include <mapvec/units.hpp>

#include "counters.hpp"
#include "file_locks.hpp"
#include "names.hpp"
#include "npy_file.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {

struct view_storage::state {
  ~state() {
    if (mapped.data() == nullptr) return;
    subtract(process_counters.active_segments, 1);
    subtract(process_counters.mapped_bytes, counted_bytes);
  }

  void count(std::size_t end_bytes) noexcept {
    add(process_counters.mapped_bytes, end_bytes - counted_bytes);  // modulo 2^64
    counted_bytes = end_bytes;
  }

  std::byte* elements() const noexcept { return mapped.data() + contents.header.size_bytes(); }
  bool tells_residency() const noexcept;

  element_format format;
  std::size_t row_width = 0;  // as it was asked for
  npy_contents contents;      // as they were last looked at
  file opened;
  region mapped;
  std::size_t counted_bytes = 0;
  std::atomic<access> advised = access::normal;
};

namespace {

/// What the header says now, when two readings agree: a writer may be just storing a count.
npy_contents read_steadily(const file& opened, const element_format& format,
                           std::size_t row_width) {
  constexpr int attempts = 100;
  npy_contents found = read_npy(opened, format, row_width);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    npy_contents again = read_npy(opened, format, row_width);
    if (again.header.text() == found.header.text()) return again;
    found = std::move(again);
  }
  throw format_error(opened.name(), "a header that changes all the time", "one that keeps still");
}

}  // namespace

/// Since Linux 5.2, mincore(2) calls every page resident to whoever neither owns the file nor may
/// write it (can_do_mincore, mm/mincore.c): those beyond the end too, which never are. Asked anew
/// each time, because it depends on who the process is by now and on the file's mode. To work that
/// rule out ourselves was no better: it knows capabilities, user namespaces, security modules.
bool view_storage::state::tells_residency() const noexcept {
  const std::size_t page = sys::page_bytes();
  const std::size_t last = mapped.size_bytes() - page;
  if (detail::resident_bytes(mapped.data() + last, page) == 0) return true;
  // A file that fills the reservation has no page beyond its end there; then it is believed.
  struct stat found{};
  if (sys::fstat(opened.descriptor(), found) != 0) return true;
  return static_cast<std::size_t>(found.st_size) > last;
}

view_storage::~view_storage() { delete state_; }

view_storage view_storage::open(path_view path, const element_format& format,
                                const options& settings) {
  auto fresh = std::make_unique<state>();
  fresh->format = format;
  fresh->row_width = settings.row_width;
  fresh->opened = open_regular(absolute(path.c_str()), O_RDONLY);
  const file& opened = fresh->opened;
  lock_as_reader(opened);
  fresh->contents = read_steadily(opened, format, settings.row_width);
  const npy_contents& found = fresh->contents;
  require_valid(opened, format, found.header.size_bytes(), found.used_bytes());
  fresh->mapped =
      region::reserve_file(settings.reservation_bytes, std::max<std::size_t>(found.end_bytes(), 1),
                           opened, access_right::read);
  add(process_counters.active_segments, 1);
  fresh->count(found.end_bytes());
  if (found.end_bytes() > fresh->mapped.size_bytes()) {
    throw_length_error(found.header.count(), fresh->mapped.size_bytes() / found.row_bytes);
  }
  view_storage made;
  made.data_ = fresh->elements();
  made.used_bytes_ = found.used_bytes();
  made.state_ = fresh.release();
  return made;
}

std::size_t view_storage::row_width() const noexcept {
  return state_ != nullptr ? state_->contents.row_width : 1;
}

void view_storage::refresh() {
  if (state_ == nullptr) return;
  state& now = *state_;
  npy_contents found = read_steadily(now.opened, now.format, now.row_width);
  const npy_header& header = found.header;
  if (header.array() != now.contents.header.array() ||
      header.size_bytes() != now.contents.header.size_bytes()) {
    throw format_error(now.opened.name(), "another array than before", "more or fewer elements");
  }
  if (found.end_bytes() > now.mapped.size_bytes()) {
    throw_length_error(header.count(),
                       (now.mapped.size_bytes() - header.size_bytes()) / found.row_bytes);
  }
  // Those before were checked, and the lock keeps the file from being cut under them.
  if (found.used_bytes() > used_bytes_) {
    require_valid(now.opened, now.format, header.size_bytes() + used_bytes_,
                  found.used_bytes() - used_bytes_);
  }
  used_bytes_ = found.used_bytes();
  now.count(found.end_bytes());
  now.contents = std::move(found);
}

stored_bytes view_storage::source() const {
  if (state_ == nullptr) return {};
  return {.data = data_,
          .size_bytes = used_bytes_,
          .fd = state_->opened.descriptor(),
          .offset_bytes = state_->contents.header.size_bytes(),
          .name = state_->opened.name(),
          .advised = state_->advised,
          .tells_residency = state_->tells_residency()};
}

std::string view_storage::path() const {
  return state_ != nullptr ? state_->opened.name() : std::string();
}

std::size_t view_storage::reservation_bytes() const noexcept {
  return state_ != nullptr ? state_->mapped.size_bytes() : 0;
}

std::size_t view_storage::resident_bytes() const noexcept {
  if (state_ == nullptr || !state_->tells_residency()) return 0;
  return detail::resident_bytes(state_->mapped.data(), state_->contents.end_bytes());
}

void view_storage::prefetch(std::size_t offset_bytes, std::size_t size_bytes) const noexcept {
  if (state_ != nullptr) detail::prefetch(state_->elements() + offset_bytes, size_bytes);
}

void view_storage::evict(std::size_t offset_bytes, std::size_t size_bytes) const noexcept {
  if (state_ == nullptr) return;
  const std::size_t page = sys::page_bytes();
  const std::size_t header_bytes = state_->contents.header.size_bytes();
  const std::size_t first = offset_bytes == 0 ? 0 : round_up(header_bytes + offset_bytes, page);
  const bool all = offset_bytes + size_bytes == used_bytes_;
  const std::size_t end = header_bytes + offset_bytes + size_bytes;
  const std::size_t last = all ? round_up(end, page) : round_down(end, page);
  if (first >= last) return;
  sys::madvise(state_->mapped.data() + first, last - first, MADV_DONTNEED);
  sys::fadvise_dontneed(state_->opened.descriptor(), first, last - first);
  add(process_counters.dropped_bytes, last - first);
}

void view_storage::advise(access how) const noexcept {
  if (state_ == nullptr) return;
  state_->advised = how;
  detail::advise(state_->mapped.data(), state_->mapped.size_bytes(), how);
}

}  // namespace mapvec::inline v0_1::detail
