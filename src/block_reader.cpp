// SPDX-License-Identifier: MIT
#include <mapvec/detail/block_reader.hpp>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <mapvec/advice.hpp>
#include <mapvec/error.hpp>
#include <mapvec/region.hpp>
#include <mapvec/units.hpp>

#include "direct_file.hpp"
#include "posix/quiet_thread.hpp"
#include "posix/syscalls.hpp"
#include "read_ahead_pause.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

static_assert(block_reader::margin_bytes == 2 * direct_bytes);

/// Block i is in slot i % slots, so that slots are taken and given back in any order, and nobody
/// has to search.
struct slot {
  enum class stage : unsigned char { free, loading, ready };
  stage now = stage::free;
  std::size_t index = 0;
  const std::byte* data = nullptr;
  int failed_errno = 0;
};

}  // namespace

bool is_resident(const stored_bytes& source, std::size_t offset_bytes,
                 std::size_t size_bytes) noexcept {
  if (source.fd < 0) return true;
  if (!source.tells_residency) return false;
  // The kernel changes nothing of what it is asked about.
  auto* const data = const_cast<std::byte*>(source.data) + offset_bytes;
  return resident_bytes(data, size_bytes) >= size_bytes;
}

struct block_reader::state {
  state(stored_bytes bytes, const block_plan& wanted);
  ~state();

  byte_block block_at(std::size_t index) const noexcept;
  bool is_shown_in_place(const byte_block& wanted) const noexcept;
  slot& slot_of(std::size_t index) noexcept { return slots[index % slots.size()]; }
  std::byte* buffer_of(std::size_t index) const noexcept {
    return buffers.data() + index % slots.size() * buffer_bytes;
  }
  void start_reading(std::size_t first_index);
  void read_ahead();
  void load(std::size_t index) noexcept;
  int read(std::size_t index, const byte_block& wanted) noexcept;

  const stored_bytes source;
  const block_plan plan;
  const std::size_t count;
  const std::size_t buffer_bytes;
  std::mutex mutex;  // for all below
  std::condition_variable changed;
  std::size_t next_taken = 0;
  std::size_t next_loaded = 0;
  bool is_reading = false;  // from the first block on that is not in memory
  bool ends = false;
  std::vector<slot> slots;
  region buffers;
  std::unique_ptr<direct_file> direct;
  std::vector<std::thread> threads;
  std::optional<read_ahead_pause> pause;
};

block_reader::state::state(stored_bytes bytes, const block_plan& wanted)
    : source(std::move(bytes)),
      plan(wanted),
      count(source.size_bytes / plan.block_bytes + (source.size_bytes % plan.block_bytes != 0)),
      // Blocks begin and end within what can be read, so a little before and behind comes along.
      buffer_bytes(round_up(plan.block_bytes + direct_bytes, direct_bytes) + direct_bytes) {
  slots.resize(std::max<std::size_t>(std::min(plan.buffers, count), 1));
  if (!plan.in_place) pause.emplace(source);
}

block_reader::state::~state() {
  {
    const std::lock_guard hold(mutex);
    ends = true;
  }
  changed.notify_all();
  for (std::thread& each : threads) each.join();
}

byte_block block_reader::state::block_at(std::size_t index) const noexcept {
  const std::size_t offset = index * plan.block_bytes;
  return {source.data + offset, offset, std::min(plan.block_bytes, source.size_bytes - offset)};
}

bool block_reader::state::is_shown_in_place(const byte_block& wanted) const noexcept {
  return plan.in_place || is_resident(source, wanted.offset_bytes, wanted.size_bytes);
}

/// Where no thread can be had, next() reads.
void block_reader::state::start_reading(std::size_t first_index) {
  const std::size_t all_bytes = slots.size() * buffer_bytes;
  buffers = region::reserve_memory(all_bytes, all_bytes, all_bytes);
  sys::madvise(buffers.data(), all_bytes, MADV_HUGEPAGE);
  direct = std::make_unique<direct_file>(source.fd, direct_file::purpose::reading);
  next_loaded = first_index;
  is_reading = true;
  const std::size_t wanted = std::min({plan.threads, slots.size(), count - first_index});
  try {
    threads.reserve(wanted);
    while (threads.size() < wanted) {
      threads.push_back(sys::start_quiet_thread("mapvec blocks", [this] { read_ahead(); }));
    }
  } catch (const std::exception&) {
  }
}

void block_reader::state::read_ahead() {
  std::unique_lock hold(mutex);
  for (;;) {
    changed.wait(hold, [&] {
      return ends || next_loaded == count || slot_of(next_loaded).now == slot::stage::free;
    });
    if (ends || next_loaded == count) return;
    const std::size_t index = next_loaded++;
    slot_of(index).now = slot::stage::loading;
    hold.unlock();
    load(index);
    hold.lock();
    slot_of(index).now = slot::stage::ready;
    changed.notify_all();
  }
}

/// Fills the slot, which is nobody else's as long as it is loading.
void block_reader::state::load(std::size_t index) noexcept {
  slot& into = slot_of(index);
  const byte_block wanted = block_at(index);
  into.index = index;
  into.failed_errno = 0;
  into.data = wanted.data;
  // What is in memory may be there only because the kernel reads ahead of what goes through it.
  if (!direct->goes_through_cache() && is_shown_in_place(wanted)) return;
  into.failed_errno = read(index, wanted);
  const std::size_t before = (source.offset_bytes + wanted.offset_bytes) % direct_bytes;
  into.data = buffer_of(index) + before;
}

/// 0 or an errno. Direct reads take whole sectors; the elements lie in them as they do in a page of
/// the mapping, so their alignment is the same.
int block_reader::state::read(std::size_t index, const byte_block& wanted) noexcept {
  const std::size_t first = round_down(source.offset_bytes + wanted.offset_bytes, direct_bytes);
  const std::size_t end = source.offset_bytes + wanted.offset_bytes + wanted.size_bytes;
  return direct->read(buffer_of(index), first, round_up(end, direct_bytes) - first, end - first);
}

block_reader::block_reader(stored_bytes source, const block_plan& plan)
    : state_(std::make_unique<state>(std::move(source), plan)) {
  MAPVEC_ASSERT(plan.block_bytes != 0);
}
block_reader::block_reader(block_reader&& other) noexcept = default;
block_reader& block_reader::operator=(block_reader&& other) noexcept = default;
block_reader::~block_reader() = default;

byte_block block_reader::next() {
  if (state_ == nullptr) return {};
  state& now = *state_;
  std::unique_lock hold(now.mutex);
  if (now.next_taken == now.count) return {};
  const std::size_t index = now.next_taken;
  byte_block wanted = now.block_at(index);
  if (!now.is_reading) {
    if (now.is_shown_in_place(wanted)) {
      ++now.next_taken;
      return wanted;
    }
    now.start_reading(index);
  }
  ++now.next_taken;
  slot& own = now.slot_of(index);
  if (now.threads.empty()) {
    now.changed.wait(hold, [&] { return own.now == slot::stage::free; });
    own.now = slot::stage::loading;
    hold.unlock();
    now.load(index);
    hold.lock();
    own.now = slot::stage::ready;
  } else {
    now.changed.wait(hold, [&] { return own.now == slot::stage::ready && own.index == index; });
  }
  wanted.data = own.data;
  if (own.failed_errno == 0) return wanted;
  own.now = slot::stage::free;
  now.changed.notify_all();
  throw_error(own.failed_errno, "read", now.source.name,
              {now.source.offset_bytes + wanted.offset_bytes, wanted.size_bytes});
}

void block_reader::release(const byte_block& done) noexcept {
  if (done.data == nullptr) return;
  state& now = *state_;
  const std::size_t index = done.offset_bytes / now.plan.block_bytes;
  {
    const std::lock_guard hold(now.mutex);
    slot& own = now.slot_of(index);
    // Blocks from before the reading began have no slot.
    if (!now.is_reading || own.now != slot::stage::ready || own.index != index) return;
    own.now = slot::stage::free;
  }
  now.changed.notify_all();
}

}  // namespace mapvec::inline v0_1::detail
