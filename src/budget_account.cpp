// SPDX-License-Identifier: MIT
#include "budget_account.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <utility>

#include <mapvec/advice.hpp>
#include <mapvec/region.hpp>
#include <mapvec/units.hpp>

#include "counters.hpp"
#include "fork_word.hpp"
#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1 {

memory_budget::memory_budget(std::size_t limit_bytes)
    : account_(std::make_shared<detail::budget_account>(limit_bytes)) {
  MAPVEC_ASSERT(limit_bytes != 0);
}

std::size_t memory_budget::limit_bytes() const noexcept {
  return account_ != nullptr ? account_->limit_bytes() : std::numeric_limits<std::size_t>::max();
}

std::size_t memory_budget::held_bytes() const noexcept {
  return account_ != nullptr ? account_->held_bytes() : 0;
}

namespace detail {
namespace {

constexpr std::size_t least_limit_bytes = 512 * KiB;
// Larger pieces gain nothing at the disk; smaller ones cost more calls than an eighth of a small
// budget would have to.
constexpr std::size_t largest_piece_bytes = 8 * MiB;
constexpr std::size_t smallest_piece_bytes = 4 * KiB;

// What a fault may bring in front of it: the kernel's read-ahead is 8 MiB where machines are set up
// for it.
constexpr std::size_t read_around_bytes = 16 * MiB;
constexpr std::uint64_t to_end_of_file = 0;  // as the size of posix_fadvise

}  // namespace

void memory_hold::take() noexcept {
  if (account_ != nullptr && !std::exchange(is_taken_, true)) account_->hold(size_bytes_);
}

memory_hold::~memory_hold() {
  if (is_taken_) account_->release(size_bytes_);
}

budget_account::budget_account(std::size_t limit_bytes)
    : limit_bytes_(std::max(limit_bytes, least_limit_bytes)), word_(acquire_fork_word()) {
  *word_ = reinterpret_cast<std::byte*>(word_);
}

budget_account::~budget_account() {
  if (!is_inherited()) release_fork_word(word_);
}

std::size_t budget_account::held_bytes() noexcept {
  if (is_inherited()) return 0;
  const std::lock_guard hold(mutex_);
  return held_bytes_;
}

void budget_account::hold(std::size_t size_bytes) noexcept {
  if (is_inherited()) return;
  const std::lock_guard hold(mutex_);
  make_way(size_bytes, nullptr);
  held_bytes_ += size_bytes;
}

void budget_account::release(std::size_t size_bytes) noexcept {
  if (is_inherited()) return;
  const std::lock_guard hold(mutex_);
  held_bytes_ -= size_bytes;
}

/// Vectors that are appended to in turn advance once in as many turns as there are of them, or a
/// few times as many, where threads get more or less of the processors.
bool budget_account::is_idle(const budget_share& share) const noexcept {
  return turns_ - share.turn_ > 4 * shares_.size();
}

/// Each vector that is appended to has a piece that it fills, and a window: all of them together
/// get half of the limit, so that nobody has to give up what is being filled.
std::size_t budget_account::piece_bytes() const noexcept {
  const auto active = static_cast<std::size_t>(
      std::ranges::count_if(shares_, [&](const budget_share* each) { return !is_idle(*each); }));
  const std::size_t piece = std::bit_floor(limit_bytes_ / std::max<std::size_t>(8, 4 * active));
  return std::clamp(piece, smallest_piece_bytes, largest_piece_bytes);
}

budget_share* budget_account::longest_idle() const noexcept {
  budget_share* found = nullptr;
  for (budget_share* each : shares_) {
    if (!is_idle(*each) || each->held() == 0) continue;
    if (found == nullptr || each->turn_ < found->turn_) found = each;
  }
  return found;
}

/// The one that has most of what `size` says; null if none has any.
template <class Size>
budget_share* budget_account::largest(const Size& size) const noexcept {
  budget_share* found = nullptr;
  for (budget_share* each : shares_) {
    if (size(*each) > (found != nullptr ? size(*found) : 0)) found = each;
  }
  return found;
}

/// Drops what idle vectors hold; else what is complete, from the vector that has most of it; else
/// all that a vector other than `who` holds, though it may bring that back.
void budget_account::make_way(std::size_t wanted_bytes, const budget_share* who) noexcept {
  while (held_bytes_ + wanted_bytes > limit_bytes_) {
    const std::size_t too_much = held_bytes_ + wanted_bytes - limit_bytes_;
    budget_share* share = longest_idle();
    if (share != nullptr) {
      share->drop_all();
      continue;
    }
    share = largest([](const budget_share& each) { return each.complete(); });
    if (share != nullptr) {
      share->drop_oldest(too_much);
      continue;
    }
    share = largest([&](const budget_share& each) { return &each != who ? each.held() : 0; });
    if (share == nullptr) return;
    share->drop_all();
  }
}

int write_back(int fd, bool hides_pages, std::size_t first, std::size_t size_bytes) noexcept {
  constexpr unsigned write_and_wait =
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  // The kernel finds no page in a range of such a file, and says that all are written.
  return hides_pages ? sys::fdatasync(fd)
                     : sys::sync_file_range(fd, first, size_bytes, write_and_wait);
}

int write_back_and_drop(const mapped_file& file, std::size_t first, std::size_t end) noexcept {
  const std::size_t size = end - first;
  const int failed = write_back(file.fd, file.hides_pages, first, size);
  if (failed != 0) return failed;
  // The mapping holds the pages, and the page cache does: both have to let go.
  sys::madvise(file.data + first, size, MADV_DONTNEED);
  sys::fadvise_dontneed(file.fd, first, size);
  add(process_counters.dropped_bytes, size);
  return 0;
}

// --- shares --------------------------------------------------------------------------------------

budget_share::budget_share(std::shared_ptr<budget_account> account, const mapped_file& file,
                           std::size_t end_bytes)
    : account_(std::move(account)),
      file_(file),
      dropped_bytes_(round_down(end_bytes, sys::page_bytes())),
      started_bytes_(dropped_bytes_),
      end_bytes_(end_bytes) {
  const std::lock_guard hold(account_->mutex_);
  account_->shares_.push_back(this);
  account_->held_bytes_ += held();
  turn_ = account_->turns_;
  piece_bytes_ = account_->piece_bytes();
}

budget_share::~budget_share() {
  const std::lock_guard hold(account_->mutex_);
  account_->held_bytes_ -= held();
  std::erase(account_->shares_, this);
}

int budget_share::advance(std::size_t used_bytes, std::size_t end_bytes) noexcept {
  const std::lock_guard hold(account_->mutex_);
  if (failure_ != 0) return failure_;
  turn_ = ++account_->turns_;
  set_piece(std::max(end_bytes, end_bytes_));
  const std::size_t complete_bytes = whole_pieces(used_bytes);
  if (complete_bytes > started_bytes_) {
    fail(sys::sync_file_range(file_.fd, started_bytes_, complete_bytes - started_bytes_,
                              SYNC_FILE_RANGE_WRITE));
    // What was not appended one by one may end behind what was expected.
    set_marks(dropped_bytes_, complete_bytes, std::max(end_bytes_, complete_bytes));
  }
  if (end_bytes > end_bytes_) {
    if (dropped_bytes_ == end_bytes_) drop_read_ahead();
    account_->make_way(end_bytes - end_bytes_, this);
    set_marks(dropped_bytes_, started_bytes_, end_bytes);
  }
  return failure_;
}

bool budget_share::retreat(std::size_t used_bytes) noexcept {
  const std::lock_guard hold(account_->mutex_);
  const std::size_t complete_bytes = whole_pieces(used_bytes);
  if (used_bytes >= dropped_bytes_) {
    const std::size_t started_bytes = std::max(complete_bytes, dropped_bytes_);
    set_marks(dropped_bytes_, std::min(started_bytes_, started_bytes), end_bytes_);
    return false;
  }
  // What was behind is nobody's, but in memory.
  drop(round_down(used_bytes, sys::page_bytes()), end_bytes_);
  const std::size_t end_bytes = round_up(used_bytes, sys::page_bytes());
  account_->make_way(end_bytes - complete_bytes, this);
  set_marks(complete_bytes, complete_bytes, end_bytes);
  return true;
}

void budget_share::set_end(std::size_t end_bytes) noexcept {
  const std::lock_guard hold(account_->mutex_);
  const std::size_t most_bytes = round_down(end_bytes, sys::page_bytes());
  if (end_bytes > end_bytes_) account_->make_way(end_bytes - end_bytes_, this);
  set_marks(std::min(dropped_bytes_, most_bytes), std::min(started_bytes_, most_bytes), end_bytes);
}

void budget_share::note_dropped(std::size_t first, std::size_t end) noexcept {
  const std::lock_guard hold(account_->mutex_);
  if (first > dropped_bytes_ || end <= dropped_bytes_) return;
  const std::size_t dropped_bytes = std::min(end, end_bytes_);
  set_marks(dropped_bytes, std::max(started_bytes_, dropped_bytes), end_bytes_);
}

void budget_share::find_loose() noexcept {
  std::size_t end_bytes = 0;
  {
    const std::lock_guard hold(account_->mutex_);
    end_bytes = dropped_bytes_;
  }
  const std::size_t found_bytes = resident_bytes(file_.data, end_bytes);  // many calls
  const std::lock_guard hold(account_->mutex_);
  account_->held_bytes_ += found_bytes - std::exchange(loose_bytes_, found_bytes);
}

int budget_share::take_back(std::size_t first, std::size_t end) noexcept {
  const std::lock_guard hold(account_->mutex_);
  turn_ = ++account_->turns_;
  const auto below = [&] {
    return std::min(end, dropped_bytes_) - std::min(first, dropped_bytes_);
  };
  account_->make_way(below(), this);
  const std::size_t taken_bytes = below();  // more, if the share itself gave way
  loose_bytes_ += taken_bytes;
  account_->held_bytes_ += taken_bytes;
  return failure_;
}

void budget_share::note_removed(std::size_t first, std::size_t end,
                                std::size_t resident_bytes) noexcept {
  {
    const std::lock_guard hold(account_->mutex_);
    const std::size_t below = std::min(end, dropped_bytes_) - std::min(first, dropped_bytes_);
    const std::size_t gone_bytes = std::min({loose_bytes_, resident_bytes, below});
    loose_bytes_ -= gone_bytes;
    account_->held_bytes_ -= gone_bytes;
  }
  note_dropped(first, end);
}

std::size_t budget_share::allowed_bytes() const noexcept {
  const std::lock_guard hold(account_->mutex_);
  const std::size_t others_bytes = account_->held_bytes_ - held();
  return account_->limit_bytes() - std::min(account_->limit_bytes(), others_bytes);
}

std::size_t budget_share::started_bytes() const noexcept {
  const std::lock_guard hold(account_->mutex_);
  return started_bytes_;
}

int budget_share::failure() const noexcept {
  if (account_->is_inherited()) return 0;  // a child only reads
  const std::lock_guard hold(account_->mutex_);
  return failure_;
}

void budget_share::note_failure(int result) noexcept {
  const std::lock_guard hold(account_->mutex_);
  if (failure_ == 0) failure_ = result;
}

/// The next window, which ends at `end_bytes`, is still of the size of before.
void budget_share::set_piece(std::size_t end_bytes) noexcept {
  const std::size_t before = std::exchange(piece_bytes_, account_->piece_bytes());
  if (piece_bytes_ >= before) return;
  if (dropped_bytes_ >= large_end_bytes_) large_piece_bytes_ = 0;
  large_piece_bytes_ = std::max(large_piece_bytes_, before);
  large_end_bytes_ = end_bytes;
}

void budget_share::set_marks(std::size_t dropped_bytes, std::size_t started_bytes,
                             std::size_t end_bytes) noexcept {
  const std::size_t held_before = held();
  dropped_bytes_ = dropped_bytes;
  started_bytes_ = started_bytes;
  end_bytes_ = end_bytes;
  loose_bytes_ = std::min(loose_bytes_, dropped_bytes);
  account_->held_bytes_ += held() - held_before;  // modulo 2^64
}

/// After a failure nothing is dropped: the disk does not have it.
void budget_share::drop(std::size_t first, std::size_t end) noexcept {
  // The kernel lets go of whole folios only; in front of the first page there may be the beginning
  // of one whose end is dropped now.
  first = round_down(first, huge_page_bytes);
  // 0 bytes would be all there are.
  if (first != end && failure_ == 0) fail(write_back_and_drop(file_, first, end));
}

/// Of what is complete: what was found below, or the next so many bytes, to the end of a piece.
void budget_share::drop_oldest(std::size_t size_bytes) noexcept {
  if (loose_bytes_ != 0) {
    drop(0, dropped_bytes_);
    account_->held_bytes_ -= std::exchange(loose_bytes_, 0);
    return;
  }
  const std::size_t end = dropped_bytes_ + round_up(size_bytes, piece_at(dropped_bytes_));
  drop_to(std::min(whole_pieces(end), started_bytes_));
}

void budget_share::drop_all() noexcept {
  if (loose_bytes_ != 0) drop_oldest(0);
  drop_to(end_bytes_);
}

/// After all was given up, stores to the last window had the kernel read it back, and what lies
/// around it. It would go on reading ahead of each window.
void budget_share::drop_read_ahead() noexcept {
  const std::size_t first = end_bytes_ - std::min(end_bytes_, read_around_bytes);
  drop(first, end_bytes_);
  sys::fadvise_dontneed(file_.fd, end_bytes_, to_end_of_file);
}

void budget_share::drop_to(std::size_t end_bytes) noexcept {
  if (end_bytes == dropped_bytes_) return;
  drop(dropped_bytes_, end_bytes);
  set_marks(end_bytes, std::max(started_bytes_, end_bytes), end_bytes_);
}

void budget_share::fail(int result) noexcept {
  if (result == 0) return;
  failure_ = result;
  add(process_counters.sync_failures, 1);
}

std::size_t limit_of(const options& settings) noexcept {
  return settings.budget.is_limited() ? settings.budget.limit_bytes()
                                      : settings.memory_budget_bytes;
}

std::unique_ptr<budget_share> make_share(const options& settings, const file& made,
                                         std::byte* mapped, std::size_t end_bytes) {
  if (limit_of(settings) == 0) return nullptr;
  memory_budget budget = settings.budget;
  // A forked child counts for itself.
  if (!budget.is_limited() || budget_access::account_of(budget)->is_inherited()) {
    budget = memory_budget(limit_of(settings));
  }
  const mapped_file file{made.descriptor(), mapped, made.hides_pages()};
  return std::make_unique<budget_share>(budget_access::account_of(budget), file, end_bytes);
}

}  // namespace detail
}  // namespace mapvec::inline v0_1
