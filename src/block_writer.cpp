// SPDX-License-Identifier: MIT
#include <mapvec/detail/block_writer.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <mapvec/error.hpp>
#include <mapvec/region.hpp>
#include <mapvec/units.hpp>

#include "direct_file.hpp"
#include "posix/quiet_thread.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

static_assert(block_writer::margin_bytes == 2 * direct_bytes);

/// A stretch of the file from a page boundary on. Where its elements do not end with a page, that
/// page is also the first of the next one, which writes it.
struct chunk {
  enum class stage : unsigned char { free, filling, complete, writing };
  stage now = stage::free;
  std::byte* data = nullptr;
  std::size_t offset_bytes = 0;  // in the file
  std::size_t begin = 0;         // of its own elements, from data
  std::size_t end = 0;           // of what has been given
};

}  // namespace

struct block_writer::state {
  state(stored_bytes bytes, const block_write_plan& wanted);
  ~state();

  chunk& chunk_at(std::size_t index) noexcept { return chunks[index % chunks.size()]; }
  /// Where a chunk has the target's first byte, or 0.
  std::size_t first_byte(const chunk& of) const noexcept {
    return of.offset_bytes < target.offset_bytes ? target.offset_bytes - of.offset_bytes : 0;
  }
  /// The part of a chunk that is written past the cache.
  std::size_t first_whole(const chunk& of) const noexcept {
    return first_byte(of) != 0 ? direct_bytes : 0;
  }
  std::size_t end_whole(const chunk& of) const noexcept {
    return std::max(round_down(of.end, direct_bytes), first_whole(of));
  }

  void begin();
  void open_next();
  void start_threads() noexcept;
  void hand_over(std::unique_lock<std::mutex>& hold);
  void write_behind() noexcept;
  void write_one(std::unique_lock<std::mutex>& hold) noexcept;
  void note(int failed, byte_range range) noexcept;
  void require_success() const;
  bool is_idle() const noexcept;
  void write_edges() noexcept;
  void write_part(const std::byte* from, std::size_t offset_bytes, std::size_t size_bytes) noexcept;

  const stored_bytes target;
  const block_write_plan plan;
  const bool is_in_place;
  const std::size_t chunk_bytes;   // whole elements
  const std::size_t buffer_bytes;  // of one chunk
  std::size_t given_bytes = 0;
  std::size_t current = 0;  // the chunk that is filled, counted from the first one
  bool is_over = false;     // finished, or rescued
  region buffers;
  std::unique_ptr<direct_file> direct;
  std::vector<std::byte> first_edge;  // what the target has of the first page, if not all
  std::vector<std::thread> threads;

  std::mutex mutex;  // for all below; but a chunk that is filled or written is nobody else's
  std::condition_variable changed;
  std::vector<chunk> chunks;     // the i-th is in i % size
  std::size_t next_written = 0;  // the first that nobody has begun to write
  bool ends = false;
  int failed_errno = 0;  // of the first failure
  byte_range failed_range{};
};

block_writer::state::state(stored_bytes bytes, const block_write_plan& wanted)
    : target(std::move(bytes)),
      plan(wanted),
      is_in_place(plan.in_place || target.fd < 0),
      chunk_bytes(std::max<std::size_t>(
                      std::min(plan.chunk_bytes, target.size_bytes) / plan.element_bytes, 1) *
                  plan.element_bytes),
      buffer_bytes(round_up(chunk_bytes, direct_bytes) + direct_bytes) {}

block_writer::state::~state() {
  {
    const std::lock_guard hold(mutex);
    ends = true;
  }
  changed.notify_all();
  for (std::thread& each : threads) each.join();
}

void block_writer::state::begin() {
  const std::size_t count = std::max<std::size_t>(plan.chunks, 2);
  const std::size_t all_bytes = count * buffer_bytes;
  first_edge.reserve(direct_bytes);
  std::vector<chunk> made(count);
  buffers = direct_memory(all_bytes);
  direct = std::make_unique<direct_file>(target.fd, direct_file::purpose::writing);
  for (std::size_t i = 0; i < count; ++i) made[i].data = buffers.data() + i * buffer_bytes;
  const std::size_t inside = target.offset_bytes % direct_bytes;
  made[0].now = chunk::stage::filling;
  made[0].offset_bytes = target.offset_bytes - inside;
  made[0].begin = inside;
  made[0].end = inside;
  chunks = std::move(made);
}

/// Hands the full chunk over, after the next one has what both have of a page.
void block_writer::state::open_next() {
  start_threads();
  std::unique_lock hold(mutex);
  chunk& full = chunk_at(current);
  chunk& next = chunk_at(current + 1);
  changed.wait(hold, [&] { return next.now == chunk::stage::free || failed_errno != 0; });
  require_success();
  const std::size_t whole = round_down(full.end, direct_bytes);
  next.now = chunk::stage::filling;
  next.offset_bytes = full.offset_bytes + whole;
  next.begin = full.end - whole;
  next.end = next.begin;
  std::memcpy(next.data, full.data + whole, next.begin);
  hand_over(hold);
  ++current;
  require_success();
}

/// Where none can be had, whoever gives writes.
void block_writer::state::start_threads() noexcept {
  if (current != 0) return;
  try {
    const std::size_t wanted = std::min(plan.threads, chunks.size() - 1);
    threads.reserve(wanted);
    while (threads.size() < wanted) {
      threads.push_back(sys::start_quiet_thread("mapvec writes", [this] { write_behind(); }));
    }
  } catch (const std::exception&) {
  }
}

void block_writer::state::hand_over(std::unique_lock<std::mutex>& hold) {
  chunk& full = chunk_at(current);
  if (first_whole(full) != 0) {
    first_edge.assign(full.data + first_byte(full), full.data + std::min(full.end, direct_bytes));
  }
  full.now = chunk::stage::complete;
  changed.notify_all();
  if (threads.empty()) write_one(hold);
}

void block_writer::state::write_behind() noexcept {
  std::unique_lock hold(mutex);
  for (;;) {
    changed.wait(hold, [&] {
      return ends || (failed_errno == 0 && chunk_at(next_written).now == chunk::stage::complete);
    });
    if (ends) return;
    write_one(hold);
  }
}

void block_writer::state::write_one(std::unique_lock<std::mutex>& hold) noexcept {
  chunk& full = chunk_at(next_written++);
  full.now = chunk::stage::writing;
  hold.unlock();
  const std::size_t first = first_whole(full);
  const std::size_t size = end_whole(full) - first;
  const byte_range range{full.offset_bytes + first, size};
  const int failed =
      size == 0 ? 0 : direct->write(full.data + first, range.offset_bytes, range.size_bytes);
  hold.lock();
  full.now = failed == 0 ? chunk::stage::free : chunk::stage::complete;
  note(failed, range);
  changed.notify_all();
}

void block_writer::state::note(int failed, byte_range range) noexcept {
  if (failed == 0 || failed_errno != 0) return;
  failed_errno = failed;
  failed_range = range;
}

void block_writer::state::require_success() const {
  if (failed_errno != 0) throw_error(failed_errno, "write", target.name, failed_range);
}

/// Nothing is being written, nor will be.
bool block_writer::state::is_idle() const noexcept {
  return std::ranges::none_of(chunks, [&](const chunk& each) {
    return each.now == chunk::stage::writing ||
           (each.now == chunk::stage::complete && failed_errno == 0);
  });
}

void block_writer::state::write_part(const std::byte* from, std::size_t offset_bytes,
                                     std::size_t size_bytes) noexcept {
  const int failed = size_bytes == 0 ? 0 : direct->write_part(from, offset_bytes, size_bytes);
  note(failed, {offset_bytes, size_bytes});
}

/// The pages that the target has in part. They come last: if one were dirty in the cache while its
/// neighbours are written past it, those might stay there as they were.
void block_writer::state::write_edges() noexcept {
  write_part(first_edge.data(), target.offset_bytes, first_edge.size());
  const chunk& last = chunk_at(current);
  const std::size_t whole = end_whole(last);
  if (whole < last.end) {
    write_part(last.data + whole, last.offset_bytes + whole, last.end - whole);
  }
}

block_writer::block_writer(stored_bytes target, const block_write_plan& plan)
    : state_(std::make_unique<state>(std::move(target), plan)) {
  MAPVEC_ASSERT(plan.element_bytes != 0);
}
block_writer::~block_writer() = default;

std::span<std::byte> block_writer::room() {
  state& now = *state_;
  MAPVEC_ASSERT(!now.is_over);
  const std::size_t left = now.target.size_bytes - now.given_bytes;
  if (left == 0) return {};
  // What is changed is the target, which a reader of it calls constant.
  if (now.is_in_place) return {const_cast<std::byte*>(now.target.data) + now.given_bytes, left};
  if (now.chunks.empty()) now.begin();
  if (const chunk& full = now.chunk_at(now.current); full.end - full.begin == now.chunk_bytes) {
    now.open_next();
  }
  const chunk& open = now.chunk_at(now.current);
  return {open.data + open.end, std::min(now.chunk_bytes - (open.end - open.begin), left)};
}

void block_writer::advance(std::size_t size_bytes) noexcept {
  state& now = *state_;
  MAPVEC_ASSERT(size_bytes % now.plan.element_bytes == 0);
  MAPVEC_ASSERT(size_bytes <= now.target.size_bytes - now.given_bytes);
  now.given_bytes += size_bytes;
  if (now.is_in_place) return;
  chunk& open = now.chunk_at(now.current);
  open.end += size_bytes;
  MAPVEC_ASSERT(open.end - open.begin <= now.chunk_bytes);
}

void block_writer::write(const std::byte* from, std::size_t size_bytes) {
  MAPVEC_ASSERT(size_bytes <= state_->target.size_bytes - state_->given_bytes);
  while (size_bytes != 0) {
    const std::span<std::byte> into = room();
    const std::size_t size = std::min(size_bytes, into.size());
    std::memmove(into.data(), from, size);
    advance(size);
    from += size;
    size_bytes -= size;
  }
}

std::size_t block_writer::size_bytes() const noexcept { return state_->given_bytes; }

bool block_writer::has_begun() const noexcept {
  const state& now = *state_;
  if (now.is_in_place) return now.given_bytes != 0;
  return now.current != 0 || (now.is_over && !now.chunks.empty());
}

void block_writer::finish() {
  state& now = *state_;
  MAPVEC_ASSERT(!now.is_over);
  now.is_over = true;
  if (now.chunks.empty()) return;
  std::unique_lock hold(now.mutex);
  if (now.failed_errno == 0) now.hand_over(hold);
  now.changed.wait(hold, [&] { return now.is_idle(); });
  now.require_success();
  now.write_edges();
  now.require_success();
}

bool block_writer::rescue() noexcept {
  state& now = *state_;
  now.is_over = true;
  if (now.chunks.empty()) return true;
  std::unique_lock hold(now.mutex);
  // Nothing is begun after a failure.
  now.note(ECANCELED, {});
  now.changed.wait(hold, [&] { return now.is_idle(); });
  now.failed_errno = 0;
  now.ends = true;
  const auto rescued = [&](const std::byte* from, std::size_t offset_bytes, std::size_t size) {
    now.note(now.direct->write_range(from, offset_bytes, size), {offset_bytes, size});
  };
  for (const chunk& each : now.chunks) {
    if (each.now == chunk::stage::free) continue;
    const std::size_t first = now.first_byte(each);
    rescued(each.data + first, each.offset_bytes + first, each.end - first);
  }
  rescued(now.first_edge.data(), now.target.offset_bytes, now.first_edge.size());
  // All of the last chunk but its edge may have been written.
  const chunk& last = now.chunk_at(now.current);
  if (const std::size_t whole = now.end_whole(last);
      last.now == chunk::stage::free && whole < last.end) {
    rescued(last.data + whole, last.offset_bytes + whole, last.end - whole);
  }
  return now.failed_errno == 0;
}

}  // namespace mapvec::inline v0_1::detail
