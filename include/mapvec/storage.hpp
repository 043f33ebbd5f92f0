// SPDX-License-Identifier: MIT
//
// Untyped growable bytes: what the typed containers are a skin over. A storage owns the region, the
// file in it and its sizes; its owner knows the elements and how many there are, and passes
// `used_bytes`, what they take, to every call that needs it. Bytes are counted from data(), which
// is null until the first reserve and never changes afterwards.
//
// Thread-safe like std::vector, with one promise more: bytes below used_bytes may be read by other
// threads while this one grows.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <mapvec/advice.hpp>
#include <mapvec/budget.hpp>
#include <mapvec/config.hpp>
#include <mapvec/options.hpp>

namespace mapvec::inline v0_1::detail {

struct element_format;  // dtype.hpp; only persistent storages need it
struct stored_bytes;    // block_reader.hpp

/// Whether the elements go with the object or stay in a file with a name.
enum class lifetime : unsigned char { temporary, persistent };

/// What the storage has to know of the element type.
struct element_layout {
  std::size_t size_bytes;
  /// In front of the elements, in the file and in memory: room for the header that makes a file of
  /// trivially copyable elements readable by others. 0 for the other types.
  std::size_t header_bytes;
  /// An empty temporary storage makes itself a file; a persistent one that is closed stays so.
  lifetime how_long = lifetime::temporary;
};

/// How much to allocate beyond what is asked for.
enum class growth : unsigned char {
  geometric,  ///< so much that n appends make O(log n) calls, later one per 64 MiB to 1 GiB
  exact,      ///< only what is needed, in whole pages
};

class MAPVEC_API storage {
 public:
  storage() noexcept = default;
  /// Keeps the options; no system call.
  explicit storage(const options& settings);
  storage(storage&& other) noexcept { swap(other); }
  storage& operator=(storage&& other) noexcept {
    storage(std::move(other)).swap(*this);
    return *this;
  }
  /// Gives back addresses, file and name; errors go to the error handler. A forked child that
  /// inherited the storage removes no name.
  ~storage();
  void swap(storage& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(limit_, other.limit_);
    std::swap(capacity_bytes_, other.capacity_bytes_);
    std::swap(settled_bytes_, other.settled_bytes_);
    std::swap(state_, other.state_);
  }

  /// A file of exactly `size_bytes` at `path`, which must not exist; it stays when the storage
  /// goes.
  static storage create_segment(path_view path, std::size_t size_bytes, std::size_t element_bytes);
  /// All of the file at `path`. Throws `format_error` if it is no regular file or holds no whole
  /// number of elements.
  static storage open_segment(path_view path, std::size_t element_bytes);

  /// A persistent storage: a .npy file, locked by us, whose elements are counted in its header.
  /// Throws `error` and `format_error`; opening changes nothing in the file.
  static storage create_file(path_view path, const element_format& format, const options& settings);
  static storage open_file(path_view path, const element_format& format, const options& settings);
  /// Gives the bytes of a temporary storage a name and a header: its own file where that can be
  /// linked at `path`, else a copy. `temporary` is empty afterwards. Strong guarantee.
  static storage persist(storage& temporary, std::size_t used_bytes, path_view path,
                         const element_format& format, const options& settings);

  std::byte* data() const noexcept { return data_; }
  /// Up to here elements may be written without asking; a whole number of elements from data().
  /// Null without a region, and in a forked child.
  std::byte* limit() const noexcept { return *limit_; }
  /// True in a forked child that inherited the storage: it may read, and nothing else.
  bool inherited() const noexcept { return data_ != nullptr && *limit_ == nullptr; }
  /// Throws `error` (EPERM) in such a child.
  void require_owner() const {
    if (inherited()) throw_inherited();
  }
  std::size_t capacity_bytes() const noexcept { return capacity_bytes_; }
  /// Below it, the file counts the elements, or they have left memory for the disk: whoever is to
  /// append below has to say so before, with note_shrink().
  std::size_t settled_bytes() const noexcept { return settled_bytes_; }
  /// To be told when used_bytes falls below settled_bytes(): lowers the limit, so that the next
  /// append asks first.
  void note_shrink(std::size_t used_bytes) noexcept;
  /// The options it was made with.
  const options& settings() const noexcept;

  /// Afterwards capacity_bytes() >= needed_bytes. Strong guarantee.
  /// Throws std::length_error past the reservation and `error` for what the system refuses.
  void reserve(element_layout element, std::size_t used_bytes, std::size_t needed_bytes,
               growth how);
  /// Afterwards one more element fits below limit(): grows, or prepares the next append window.
  /// Strong guarantee.
  void make_room(element_layout element, std::size_t used_bytes);
  /// Puts bytes behind the first `used_bytes`, through the file: faster than stores, where there
  /// are many. False, and nothing is done, where stores are better; never below least_direct_bytes.
  /// Strong guarantee.
  /// REQUIRES: used_bytes + size_bytes <= capacity_bytes().
  bool append(std::size_t used_bytes, const void* data, std::size_t size_bytes);
  static constexpr std::size_t least_direct_bytes = std::size_t{16} << 10;
  /// Raises limit() to `used_bytes` or more, for elements that were not written one by one.
  /// REQUIRES: used_bytes <= capacity_bytes().
  void skip_to(std::size_t used_bytes) noexcept;
  /// Gives back what lies beyond `used_bytes`, to the page. Throws `error`, changing nothing.
  void shrink(std::size_t used_bytes);

  std::string path() const;
  std::size_t disk_size_bytes() const;
  std::size_t reservation_bytes() const noexcept;
  bool space_guaranteed() const noexcept;
  std::size_t resident_bytes() const noexcept;
  void prefetch(std::size_t offset_bytes, std::size_t size_bytes) const noexcept;
  /// Writes back and drops the whole pages of the range. Throws `error` when writing back fails,
  /// now and at every later evict or growth: the kernel reports such an error once, and says
  /// nothing of which bytes are lost.
  void evict(std::size_t offset_bytes, std::size_t size_bytes) const;
  /// Writes back and drops pages, the first ones first, until no more are in memory than the budget
  /// leaves for this storage: none without a budget. Errors as evict().
  void trim(std::size_t used_bytes);
  /// No limit while there is no file.
  memory_budget budget() const noexcept;
  /// Where the file is by now, which may have been renamed since; its first name where the kernel
  /// cannot tell, as of files that were made without a name. REQUIRES: a file.
  std::string present_path() const;
  /// Has the range written back without waiting. Throws `error` after a failure of before.
  void begin_write_back(std::size_t offset_bytes, std::size_t size_bytes) const;
  /// True if all of the range is in memory.
  bool is_resident(std::size_t offset_bytes, std::size_t size_bytes) const noexcept;
  /// Throws `error` if a write-back has failed, or elements are lost.
  void require_intact() const;
  /// Elements are lost: as after a failed write-back, everything that grows or evicts throws from
  /// now on.
  void fail(int errno_value) noexcept;
  /// Where the first `used_bytes` are.
  stored_bytes source(std::size_t used_bytes) const;
  /// Makes the pages of the range writable without a fault. Throws `error`, also where the disk is
  /// full below a file system that cannot guarantee space (EFAULT); EINVAL before Linux 5.14.
  void prefault(std::size_t offset_bytes, std::size_t size_bytes) const;
  /// For the whole vector and for good; kept by everything else that happens to it.
  void advise(access how);

  // Persistent storages only.

  /// What the file's header counts, durably.
  std::size_t committed_bytes() const noexcept;
  /// Elements in a row of the file; 1 where it has no rows.
  std::size_t row_width() const noexcept;
  /// Makes the bytes durable and then their count, as two waits for the disk. No call at all if the
  /// count is the same and neither `may_have_changed` nor write() changed a byte. Throws `error`;
  /// after a failed wait for good, with the count of before in the file.
  void commit(std::size_t used_bytes, bool may_have_changed);
  /// True if the file was opened, and nothing has been done that a commit would wait for, as far as
  /// the storage knows.
  bool is_as_found(std::size_t used_bytes) const noexcept;
  /// Cuts spare capacity away, to the byte, if anything was ever written.
  void cut_spare(std::size_t used_bytes);
  /// Goes back to what is committed and lets the file go. Errors go to the error handler.
  void abandon() noexcept;
  /// Puts the bytes of a temporary storage in place of the file, atomically; this storage is then
  /// the new file, and `temporary` empty. Strong guarantee. 0, or what the sync of the directory
  /// said (-errno) when the replacement had been made already; this storage has then failed.
  int replace(storage& temporary, std::size_t used_bytes);
  /// A new file at `path` with a copy of the bytes.
  void snapshot(path_view path, std::size_t used_bytes, const snapshot_options& how) const;
  /// Overwrites through the file, which keeps small changes small. Throws `error`.
  void write(std::size_t offset_bytes, const void* data, std::size_t size_bytes);

 private:
  struct state;
  struct publisher;

  [[noreturn]] void throw_inherited() const;
  void settle_shrink(std::size_t used_bytes);
  void start(element_layout element, std::size_t needed_bytes, growth how);
  void publish() noexcept;

  // What an empty storage's limit_ points to: nothing may be written.
  static inline std::byte* const no_limit = nullptr;

  std::byte* data_ = nullptr;
  // The word lies in memory that fork wipes (src/fork_word.hpp); *limit_ <= data_ +
  // capacity_bytes_.
  std::byte* const* limit_ = &no_limit;
  std::size_t capacity_bytes_ = 0;
  std::size_t settled_bytes_ = 0;
  state* state_ = nullptr;  // null until options are given or the first element comes
};

}  // namespace mapvec::inline v0_1::detail
