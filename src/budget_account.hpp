// SPDX-License-Identifier: MIT
//
// What stands behind a memory_budget: the sum of what its vectors hold in memory, and who gives way
// when it is too much.
//
// A vector's share is a stretch of its file, [dropped, end), and what is in memory below it.
// Below it, all was written back and dropped; up to `started` it is on its way to the disk; the
// rest is being appended to. Any thread may drop any vector's bytes: to the kernel that is
// harmless, the owner's next store brings the page back. So only the marks need a lock, and the sum
// is right whenever it is free.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <mapvec/budget.hpp>
#include <mapvec/file.hpp>
#include <mapvec/options.hpp>

namespace mapvec::inline v0_1::detail {

class budget_share;

/// A file and where it is mapped from its start.
struct mapped_file {
  int fd;
  std::byte* data;
  bool hides_pages;  ///< file::hides_pages()
};

/// Waits until pages of a file are on the disk: 0 or -errno, which the kernel says once.
int write_back(int fd, bool hides_pages, std::size_t first, std::size_t size_bytes) noexcept;

/// Waits until pages of a file are on the disk, and lets go of them; -errno, and nothing is let go
/// of, when that fails. The kernel says so once.
int write_back_and_drop(const mapped_file& file, std::size_t first, std::size_t end) noexcept;

struct budget_access {
  static const std::shared_ptr<budget_account>& account_of(const memory_budget& budget) noexcept {
    return budget.account_;
  }
  static memory_budget with(std::shared_ptr<budget_account> account) noexcept {
    memory_budget made;
    made.account_ = std::move(account);
    return made;
  }
};

class budget_account {
 public:
  explicit budget_account(std::size_t limit_bytes);
  budget_account(const budget_account&) = delete;
  budget_account& operator=(const budget_account&) = delete;
  ~budget_account();

  std::size_t limit_bytes() const noexcept { return limit_bytes_; }
  /// True in a forked child. What is counted there is the parent's, and a thread that does not
  /// exist here may hold the lock.
  bool is_inherited() const noexcept { return *word_ == nullptr; }
  std::size_t held_bytes() noexcept;

  /// Counts buffers.
  void hold(std::size_t size_bytes) noexcept;
  void release(std::size_t size_bytes) noexcept;

 private:
  friend budget_share;

  bool is_idle(const budget_share& share) const noexcept;
  std::size_t piece_bytes() const noexcept;
  budget_share* longest_idle() const noexcept;
  template <class Size>
  budget_share* largest(const Size& size) const noexcept;
  void make_way(std::size_t wanted_bytes, const budget_share* who) noexcept;

  const std::size_t limit_bytes_;
  std::byte** const word_;
  std::mutex mutex_;  // for the rest, and for all shares
  std::size_t held_bytes_ = 0;
  std::uint64_t turns_ = 0;  // how often any share has advanced
  std::vector<budget_share*> shares_;
};

/// What one file has of a budget. Does not move: the account knows its address.
class budget_share {
 public:
  /// Of a file that will be appended to at `end_bytes`; nothing before is counted. Throws
  /// std::bad_alloc.
  budget_share(std::shared_ptr<budget_account> account, const mapped_file& file,
               std::size_t end_bytes);
  budget_share(const budget_share&) = delete;
  budget_share& operator=(const budget_share&) = delete;
  ~budget_share();

  /// What is written back, and dropped, at a time: a power of two, so that whole folios are. As the
  /// last advance() found it; the owner's thread only.
  std::size_t piece_bytes() const noexcept { return piece_bytes_; }
  memory_budget budget() const noexcept { return budget_access::with(account_); }

  /// The file has elements up to `used_bytes`, and will be in memory up to `end_bytes`: starts to
  /// write back what is complete, and makes way for the rest. 0, or what a write-back of this file
  /// said (-errno), now or when another vector had it made.
  int advance(std::size_t used_bytes, std::size_t end_bytes) noexcept;
  /// The elements end at `used_bytes` now, and the next ones come there. True if it is no longer in
  /// memory: then it ends there, too.
  bool retreat(std::size_t used_bytes) noexcept;
  /// It will be in memory up to `end_bytes` and no further.
  void set_end(std::size_t end_bytes) noexcept;
  /// The owner has dropped these bytes.
  void note_dropped(std::size_t first, std::size_t end) noexcept;
  /// Counts what is in memory below that again, since somebody used it.
  void find_loose() noexcept;
  /// These bytes, which were no longer in memory, will be; what it says of the disk as advance().
  int take_back(std::size_t first, std::size_t end) noexcept;
  /// So many of these bytes were in memory, and none is: they were cut out of the file.
  void note_removed(std::size_t first, std::size_t end, std::size_t resident_bytes) noexcept;
  /// What the vector may have in memory, seeing what the others hold.
  std::size_t allowed_bytes() const noexcept;
  /// Below this retreat() has something to do.
  std::size_t started_bytes() const noexcept;
  /// 0, or what a write-back said (-errno), for ever.
  int failure() const noexcept;
  /// What one said that the owner had made. Nothing is dropped any more.
  void note_failure(int result) noexcept;

 private:
  friend budget_account;

  std::size_t held() const noexcept { return end_bytes_ - dropped_bytes_ + loose_bytes_; }
  std::size_t complete() const noexcept { return started_bytes_ - dropped_bytes_ + loose_bytes_; }
  std::size_t piece_at(std::size_t position) const noexcept {
    return position < large_end_bytes_ ? std::max(large_piece_bytes_, piece_bytes_) : piece_bytes_;
  }
  std::size_t whole_pieces(std::size_t end_bytes) const noexcept {
    return end_bytes - end_bytes % piece_at(end_bytes);
  }
  void set_piece(std::size_t end_bytes) noexcept;
  void set_marks(std::size_t dropped_bytes, std::size_t started_bytes,
                 std::size_t end_bytes) noexcept;
  void drop_oldest(std::size_t size_bytes) noexcept;
  void drop_all() noexcept;
  void drop_read_ahead() noexcept;
  void drop_to(std::size_t end_bytes) noexcept;
  void drop(std::size_t first, std::size_t end) noexcept;
  void fail(int result) noexcept;

  const std::shared_ptr<budget_account> account_;
  const mapped_file file_;
  // dropped <= started <= end
  std::size_t dropped_bytes_;
  std::size_t started_bytes_;
  std::size_t end_bytes_;
  std::size_t piece_bytes_ = 0;
  // Below large_end there may be folios of large_piece, from when fewer vectors shared the limit.
  std::size_t large_piece_bytes_ = 0;
  std::size_t large_end_bytes_ = 0;
  std::size_t loose_bytes_ = 0;  // below dropped: as find_loose() found it, and taken back since
  std::uint64_t turn_ = 0;       // of the account, when this one last advanced
  int failure_ = 0;
};

/// How much memory the options allow, 0 for all.
std::size_t limit_of(const options& settings) noexcept;

/// A share of the budget that the options name, null where they name none. Throws std::bad_alloc,
/// and `error` (no memory).
std::unique_ptr<budget_share> make_share(const options& settings, const file& made,
                                         std::byte* mapped, std::size_t end_bytes);

}  // namespace mapvec::inline v0_1::detail
