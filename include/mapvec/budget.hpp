// SPDX-License-Identifier: MIT
//
// `memory_budget`: how much memory vectors may hold together while data streams through them. What
// memory_resource counts is said there.
//
//   const mapvec::memory_budget budget(256 * mapvec::MiB);
//   const mapvec::options bounded{.budget = budget};
//   mapvec::vector<int> keys(bounded), values(bounded);
//
// One vector alone is bounded by options::memory_budget_bytes, which is the same.
//
//  - Counted is what appending brings into memory, page cache included, and what blocks() reads
//    into. Before that would be more than the limit, what was appended longest ago is written back
//    and dropped, by the vector that holds most. The elements stay where they are; whoever touches
//    them later reads them from the disk.
//    Each loop over blocks() and sorted_view() takes half of the limit at most; sort() and
//    shuffle() take all of it, and more where they cannot do with less, for as long as they run.
//  - Not counted is what the program itself brings back: by reading and changing elements that were
//    dropped, by prefetch and prefault, by sorting and shuffling what fits into memory, and what
//    the kernel reads ahead of blocks() that may be changed, which is 8 to 16 MiB where it is set
//    to read far ahead. trim() of the vector drops that. Nor are copies that persist, replace and
//    snapshot make where they cannot link; a forked child counts for itself.
//  - A vector that is appended to needs room for what is being written: an eighth of the limit, at
//    most 8 MiB, and less where many are appended to in turn. Those that have not been for long
//    give up theirs first; when they go on, what the kernel reads back for them is not counted
//    before their next few MiB.
//  - Errors: making one may throw; a budget never fails afterwards.
//  - Invalidation: none.
//  - Cost: asking and copying one is constant.
//  - A file_vector keeps one page more, its header. Pages that another process has mapped cannot be
//    dropped.
//
// A budget is a handle: copies are the same budget, which lives as long as the last of them or of
// its vectors. Thread-safe: vectors of different threads may share one. Whoever appends may then
// have to wait for the disk of another's vector; a write-back of that vector that fails is its own
// failure, and is thrown by its next growth or commit.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <mapvec/config.hpp>

namespace mapvec::inline v0_1 {

namespace detail {
class budget_account;  // src/budget_account.hpp
class memory_hold;
struct budget_access;
}  // namespace detail

class MAPVEC_API memory_budget {
 public:
  /// No limit.
  memory_budget() noexcept = default;
  /// Less than 512 KiB is taken for that much. Throws std::bad_alloc, and `error` (no memory).
  /// REQUIRES: limit_bytes != 0.
  explicit memory_budget(std::size_t limit_bytes);

  bool is_limited() const noexcept { return account_ != nullptr; }
  /// The largest std::size_t where there is none.
  std::size_t limit_bytes() const noexcept;
  /// What is counted now; 0 without a limit.
  std::size_t held_bytes() const noexcept;

  /// True for copies of one budget, and for two without a limit.
  friend bool operator==(const memory_budget&, const memory_budget&) = default;

 private:
  friend detail::memory_hold;
  friend detail::budget_access;

  std::shared_ptr<detail::budget_account> account_;
};

namespace detail {

/// Counts memory outside of any vector, such as buffers, from take() on as long as it lives.
/// Move-only.
class MAPVEC_API memory_hold {
 public:
  memory_hold() noexcept = default;
  memory_hold(const memory_budget& budget, std::size_t size_bytes) noexcept
      : account_(budget.account_), size_bytes_(size_bytes) {}
  memory_hold(memory_hold&& other) noexcept
      : account_(std::move(other.account_)),
        size_bytes_(other.size_bytes_),
        is_taken_(std::exchange(other.is_taken_, false)) {}
  memory_hold& operator=(memory_hold&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(size_bytes_, other.size_bytes_);
    std::swap(is_taken_, other.is_taken_);
    return *this;
  }
  ~memory_hold();

  /// Vectors make way for it. Nothing the second time.
  void take() noexcept;

 private:
  std::shared_ptr<budget_account> account_;
  std::size_t size_bytes_ = 0;
  bool is_taken_ = false;
};

/// Counted from now on, as long as what is returned lives.
inline memory_hold take_memory(const memory_budget& budget, std::size_t size_bytes) noexcept {
  memory_hold taken(budget, size_bytes);
  taken.take();
  return taken;
}

}  // namespace detail
}  // namespace mapvec::inline v0_1
