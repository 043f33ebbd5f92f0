// SPDX-License-Identifier: MIT
//
// `file_vector`: a std::vector whose elements live in a `.npy` file and outlive the program. NumPy
// opens the file as it is, also while it grows; what was committed survives kill -9 and power loss.
// The interface, and what holds for all of it, is in detail/vector_base.hpp.
//
//  - A file has one writer at a time, and any number of `file_view`s beside it.
//  - What is reopened after a crash is the elements of one length the vector had: at least the
//    shorter of the last commit and the smallest size since. Elements that were committed and then
//    changed in place may show any mixture of old and new until the next commit; replace() is the
//    atomic way.
//  - A failed write-back is for ever: commit, growing and evicting throw from then on, and the file
//    keeps its last good commit. Reopen it to go on.
//  - Errors: `error` is what the system refuses, `format_error` a file that does not hold what was
//    asked for; foreign files are checked before anything is written. std::length_error is a count
//    for which the header has no room.
//  - Invalidation: what ends or exchanges the file (close, abandon, replace, moving into the
//    vector, its destructor) makes all pointers invalid. Nothing else does but what vector_base.hpp
//    says.
//  - Cost: what waits for the disk says how often, and writes what has changed since it last did.
//    replace, snapshot and persist copy where they cannot link. All else is constant, or linear in
//    the elements it is given.
//
// Thread-safe like vector, with one difference: to hand out an element that can be changed is a
// change. Threads that read while one appends use pointers taken before, or a const reference to
// the vector.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <initializer_list>
#include <new>
#include <ranges>
#include <span>
#include <stdexcept>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/detail/rows.hpp>
#include <mapvec/detail/vector_base.hpp>
#include <mapvec/dtype.hpp>
#include <mapvec/error.hpp>
#include <mapvec/file.hpp>
#include <mapvec/options.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1 {

template <class T>
class file_vector;

/// Gives the elements of a temporary vector a name that lasts: `path` must be free. The file of the
/// vector itself gets the name where it lies on the same file system, so nothing is copied and
/// pointers stay valid; else, for vectors still in memory, and where a header needs more than the
/// 128 bytes left free for it (large described structs), the elements are copied to a new file.
/// `source` is then empty. Everything is durable on return.
/// REQUIRES: source.size() is a multiple of settings.row_width, or that is 0 or any_row_width.
/// Throws `error`; `source` keeps its elements, and there is no file at `path`.
/// Of the options, reservation_bytes matters where the elements are copied; a file that was mapped
/// before keeps the addresses it has.
template <class T>
file_vector<T> persist(vector<T>&& source, path_view path, const options& settings = {});

/// Elements are trivially copyable and have a dtype (dtype.hpp). Move-only; default-constructed,
/// moved from or closed it has no file, size 0, and growing throws `error` (EBADF).
template <class T>
class file_vector : public detail::vector_base<T, detail::lifetime::persistent> {
  using base = detail::vector_base<T, detail::lifetime::persistent>;

 public:
  using typename base::size_type;

  // --- construct, assign, destroy --------------------------------------------------------------

  file_vector() noexcept = default;

  /// A new file, empty, durable under its name on return. EEXIST if the name exists, even as a
  /// dangling symbolic link.
  static file_vector create(path_view path, const options& settings = {}) {
    return file_vector(detail::storage::create_file(path, detail::format_of<T>(), settings), 0);
  }
  /// An existing file, also one that NumPy wrote. Costs no more for a large file than for a small
  /// one, unless T contains a bool: then all of it is read once, because a bool that is neither 0
  /// nor 1 is refused. Throws `error` (ENOENT, EACCES, EBUSY where it
  /// has a writer) or `format_error`; the file is unchanged, and stays so until the first write.
  static file_vector open(path_view path, const options& settings = {}) {
    detail::storage opened = detail::storage::open_file(path, detail::format_of<T>(), settings);
    const size_type count = opened.committed_bytes() / sizeof(T);
    return file_vector(std::move(opened), count);
  }
  /// Whichever of the two is possible.
  static file_vector open_or_create(path_view path, const options& settings = {});

  file_vector(file_vector&& other) noexcept = default;
  /// Ends what this one held as the destructor would.
  file_vector& operator=(file_vector&& other) noexcept {
    file_vector(std::move(other)).swap(*this);
    return *this;
  }
  /// As assign(values): `= {}` is clear(), and ends nothing. close() does, or `= file_vector<T>()`.
  file_vector& operator=(std::initializer_list<T> values) {
    this->assign(values);
    return *this;
  }
  /// close(), or abandon() while an exception is being thrown. Errors go to the error handler.
  ~file_vector();

  void swap(file_vector& other) noexcept {
    base::swap(other);
    std::swap(exceptions_, other.exceptions_);
  }
  friend void swap(file_vector& left, file_vector& right) noexcept { left.swap(right); }

  // --- extensions ------------------------------------------------------------------------------

  bool is_open() const noexcept { return this->storage_of().data() != nullptr; }

  /// Makes all elements durable: what is in the file when this returns survives. Two waits for the
  /// disk; one if only elements were changed; none if nothing was appended or removed and no
  /// pointer, iterator or reference that could change an element was ever taken (from a const
  /// vector they do not count). The first write or commit after open() waits twice more, for what
  /// was found and for its name. Throws `error`; after EIO or ENOSPC from the disk every later call
  /// throws too, and the file keeps the commit before.
  /// REQUIRES: size() is a multiple of row_width(); an incomplete row is not committed.
  void commit() {
    MAPVEC_ASSERT(this->size() % row_width() == 0);
    commit_whole_rows();
  }

  /// How many elements are durable; after open(), and until the first write or commit, how many the
  /// file counts.
  size_type committed_size() const noexcept {
    return this->storage_of().committed_bytes() / sizeof(T);
  }

  /// Commits, if anything was done since open(), cuts the spare capacity away, unlocks and lets the
  /// file go. Elements are gone from memory, so pointers become invalid. Throws `error` as commit()
  /// does; the file then stays open.
  /// REQUIRES: size() is a multiple of row_width().
  void close();

  /// Lets the file go as of the last commit; what was appended since is cut away. Elements that
  /// were changed in place stay changed. Once the vector has shrunk below the commit and grown
  /// again, the file has no more than the smallest size it grew from.
  void abandon() noexcept;

  /// Puts the elements of `next` in place of the file's, atomically: after a crash the file has
  /// either the old elements or the new ones, all of them. This vector then holds the new ones, in
  /// a new file of the same name and mode; views of the old one keep it until they end. For changes
  /// of many elements: change a temporary copy, then replace. `next` is then empty. Where its file
  /// takes the name, its reservation is the vector's from then on.
  /// Throws `error`, changing nothing; if only the directory could not be synced, the new elements
  /// are in place, and every later commit throws.
  void replace(vector<T>&& next);

  /// A copy of the elements as they are now, committed or not, as a new file at `path`, durable on
  /// return. Throws `error`; there is then no file at `path`. A forked child may not (EPERM).
  void snapshot(path_view path, const snapshot_options& how = {}) const {
    this->storage_of().snapshot(path, this->size() * sizeof(T), how);
  }

  /// Overwrites existing elements with a system call instead of stores: where a few of many are
  /// changed before a commit, only their blocks are written, not the large pages around them.
  /// `values` may be elements of this vector, but not of a view of the same file: those are another
  /// mapping of the bytes it overwrites, which then hold any mixture.
  /// Throws std::out_of_range unless they exist, and `error`.
  void write(size_type position, std::span<const T> values);

  /// Elements in a row: 1 for files of shape (N,).
  size_type row_width() const noexcept { return this->storage_of().row_width(); }
  /// The rows as a random access range of std::span. Takes the size of now.
  auto rows() noexcept {
    return detail::rows_of(std::span<T>(this->data(), this->size()), row_width());
  }
  auto rows() const noexcept {
    return detail::rows_of(std::span<const T>(this->data(), this->size()), row_width());
  }

 private:
  static_assert(std::is_trivially_copyable_v<T>,
                "mapvec: what outlives the program is bytes, so elements of a file_vector must be "
                "trivially copyable");

  void commit_whole_rows() {
    this->with_storage_changing(this->size(), [&](detail::storage& held) {
      held.commit(this->size() * sizeof(T), this->may_have_changed());
    });
  }
  void close_whole_rows();

  file_vector(detail::storage opened, size_type count) : base(std::move(opened), count) {}
  friend file_vector persist<T>(vector<T>&& source, path_view path, const options& settings);

  // More than that at the destruction: the stack is being unwound.
  int exceptions_ = std::uncaught_exceptions();
};

// --- longer bodies ----------------------------------------------------------------------------

template <class T>
file_vector<T> file_vector<T>::open_or_create(path_view path, const options& settings) {
  // Others may create and remove it meanwhile; a name that nobody can take is not tried for ever.
  for (int attempt = 0;; ++attempt) {
    try {
      return open(path, settings);
    } catch (const error& failure) {
      if (failure.code().value() != ENOENT) throw;
    }
    try {
      return create(path, settings);
    } catch (const error& failure) {
      if (failure.code().value() != EEXIST || attempt == 10) throw;
    }
  }
}

template <class T>
file_vector<T>::~file_vector() {
  if (!is_open() || this->storage_of().inherited()) return;
  try {
    // Without the assertion: a disk that is full in the middle of a row is nobody's mistake.
    if (std::uncaught_exceptions() <= exceptions_) close_whole_rows();
  } catch (const error& failure) {
    detail::report_error(failure.code().value(), failure.verb(), failure.path(),
                         {failure.offset_bytes(), failure.size_bytes()});
  } catch (const std::bad_alloc&) {
    detail::report_error(ENOMEM, "commit", "a persistent vector");
  } catch (const std::length_error&) {
    detail::report_error(EOVERFLOW, "write the count into the header of", this->path());
  }
  abandon();
}

template <class T>
void file_vector<T>::close() {
  MAPVEC_ASSERT(this->size() % row_width() == 0);
  close_whole_rows();
}

template <class T>
void file_vector<T>::close_whole_rows() {
  if (!is_open()) return;
  const bool is_as_found =
      !this->may_have_changed() && this->storage_of().is_as_found(this->size() * sizeof(T));
  if (!is_as_found || this->storage_of().inherited()) commit_whole_rows();
  this->with_storage_changing(0, [](detail::storage& held) {
    held.cut_spare(held.committed_bytes());
    held = detail::storage();
  });
}

template <class T>
void file_vector<T>::abandon() noexcept {
  this->with_storage_changing(0, [](detail::storage& held) { held.abandon(); });
}

template <class T>
void file_vector<T>::replace(vector<T>&& next) {
  MAPVEC_ASSERT(next.size() % row_width() == 0);
  const size_type count = next.size() - next.size() % row_width();
  int directory_result = 0;
  this->with_storage_changing(count, [&](detail::storage& held) {
    detail::vector_access::with_storage_changing(next, 0, [&](detail::storage& given) {
      directory_result = held.replace(given, count * sizeof(T));
    });
  });
  this->hand_out();  // the elements' pointers were
  if (directory_result != 0) {
    detail::throw_error(-directory_result, "sync the directory of", this->path());
  }
}

template <class T>
void file_vector<T>::write(size_type position, std::span<const T> values) {
  if (position > this->size() || values.size() > this->size() - position) {
    detail::throw_out_of_range(position + values.size(), this->size());
  }
  this->storage_of().write(position * sizeof(T), values.data(), values.size_bytes());
}

template <class T>
file_vector<T> persist(vector<T>&& source, path_view path, const options& settings) {
  MAPVEC_ASSERT(settings.row_width == any_row_width ||
                source.size() % std::max<std::size_t>(settings.row_width, 1) == 0);
  const std::size_t count = source.size();
  detail::storage named;
  detail::vector_access::with_storage_changing(source, 0, [&](detail::storage& given) {
    named =
        detail::storage::persist(given, count * sizeof(T), path, detail::format_of<T>(), settings);
  });
  const std::size_t whole_rows = named.committed_bytes() / sizeof(T);
  file_vector<T> made(std::move(named), whole_rows);
  made.hand_out();  // the elements' pointers were
  return made;
}

/// Erases what equals `value`; returns how many.
template <class T, class U = T>
std::size_t erase(file_vector<T>& target, const U& value) {
  return erase_if(target, [&](const T& element) { return element == value; });
}
/// The same for what `remove` says.
template <class T, class Predicate>
std::size_t erase_if(file_vector<T>& target, Predicate remove) {
  return detail::erase_where(target, std::move(remove));
}

}  // namespace mapvec::inline v0_1
