// SPDX-License-Identifier: MIT
//
// Going through a vector from end to end, block by block, in little memory:
//
//   for (const auto block : mapvec::blocks(std::as_const(v))) sum(block);  // a std::span
//
//  - Reading (of a const vector or a file_view): what is in memory is shown in place, and always
//    what is not trivially copyable or aligned to more than 4 KiB; all else goes past the page
//    cache into a few buffers, read by threads that run ahead. Elements must not change meanwhile.
//  - Changing (of a vector that is not const): blocks are the vector's own elements. What was not
//    in memory before is written back behind the loop, and let go.
//  - Invalidation: a block that is read is valid until the next is asked for; it may be a copy of
//    the elements at position(). The vector must not grow or shrink before the range has ended.
//  - Errors: begin() and each step throw `error`; so does changing in a forked child (EPERM).
//  - Cost: linear; nothing before begin().
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/config.hpp>
#include <mapvec/detail/block_reader.hpp>
#include <mapvec/detail/threads.hpp>
#include <mapvec/detail/vector_base.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1 {

struct block_options {
  /// What a block takes in memory, or less: all of them take at most half of the vector's memory
  /// budget, where it has one. Smaller ones cost more calls, larger ones leave the processor's
  /// cache before they are used (docs/performance.md).
  std::size_t block_bytes = 2 * MiB;
  /// Blocks in memory at once, the one in use included: reading takes so many times block_bytes.
  std::size_t buffers = 4;
  /// That read ahead. One leaves gaps at the disk, more than two gained nothing.
  std::size_t reading_threads = 2;
};

/// A part of a vector: a span that knows where it is.
template <class T>
class block : public std::span<T> {
 public:
  block() noexcept = default;
  block(std::span<T> elements, std::size_t position) noexcept
      : std::span<T>(elements), position_(position) {}
  /// The index of the first element in the vector.
  std::size_t position() const noexcept { return position_; }

 private:
  std::size_t position_ = 0;
};

namespace detail {

template <class T>
std::size_t elements_in_a_block(const block_options& how) noexcept {
  constexpr std::size_t margins = block_reader::margin_bytes;  // they belong to what a block takes
  return std::max<std::size_t>((std::max(how.block_bytes, margins) - margins) / sizeof(T), 1);
}

/// The options, with what goes into half of `budget_bytes`: fewer buffers before tiny blocks.
inline block_options within(std::size_t budget_bytes, block_options how) noexcept {
  constexpr std::size_t least_block_bytes = 64 * KiB;
  const std::size_t most_buffers = budget_bytes / 2 / least_block_bytes;
  how.buffers = std::max<std::size_t>(std::min(how.buffers, most_buffers), 1);
  how.block_bytes = std::min(how.block_bytes, budget_bytes / (2 * how.buffers));
  return how;
}

/// Counts blocks against the budget of the vector, where it has one.
template <class Vector>
memory_hold memory_for(const Vector& read, const block_options& how) {
  const memory_budget budget = vector_access::storage_of(read).budget();
  const block_options bounded = within(budget.limit_bytes(), how);
  return {budget, bounded.block_bytes * bounded.buffers};
}
template <class T>
memory_hold memory_for(const file_view<T>&, const block_options&) {
  return {};
}

template <class T>
inline constexpr bool stays_in_place = !std::is_trivially_copyable_v<T> || (alignof(T) > 4 * KiB);
template <class T>
block_reader reader_of(stored_bytes source, const block_options& wanted) {
  const block_options how = within(source.budget_bytes, wanted);
  return block_reader(std::move(source), {.block_bytes = elements_in_a_block<T>(how) * sizeof(T),
                                          .buffers = std::max<std::size_t>(how.buffers, 1),
                                          .threads = how.reading_threads,
                                          .in_place = stays_in_place<T>});
}

template <class T>
block<const T> typed(const byte_block& found) noexcept {
  return {std::span(reinterpret_cast<const T*>(found.data), found.size_bytes / sizeof(T)),
          found.offset_bytes / sizeof(T)};
}

/// Gives a block back at the end of its scope.
struct released_block {
  block_reader& reader;
  byte_block block;
  released_block(block_reader& from, const byte_block& taken) noexcept
      : reader(from), block(taken) {}
  released_block(const released_block&) = delete;
  released_block& operator=(const released_block&) = delete;
  ~released_block() { reader.release(block); }
};

/// Reading.
template <class T>
class block_source {
 public:
  using element = const T;

  block_source(stored_bytes bytes, const block_options& how, memory_hold memory)
      : memory_(std::move(memory)), reader_(reader_of<T>(std::move(bytes), how)) {}

  block<const T> next() {
    memory_.take();
    reader_.release(std::exchange(last_, {}));
    last_ = reader_.next();
    return typed<T>(last_);
  }

 private:
  memory_hold memory_;
  block_reader reader_;
  byte_block last_;
};

/// Changing: the write-back of a block begins when it has been left, and ends one block later.
template <class T>
class block_walk {
 public:
  using element = T;

  block_walk(storage& held, std::span<T> elements, const block_options& how, memory_hold memory)
      : memory_(std::move(memory)),
        storage_(&held),
        elements_(elements),
        most_(elements_in_a_block<T>(how)),
        ahead_(look_ahead_bytes / (most_ * sizeof(T)) + 1) {}
  block_walk(block_walk&& other) noexcept
      : memory_(std::move(other.memory_)),
        storage_(other.storage_),
        elements_(other.elements_),
        most_(other.most_),
        ahead_(std::move(other.ahead_)),
        seen_(other.seen_),
        taken_(other.taken_),
        last_(std::exchange(other.last_, {})),
        behind_(std::exchange(other.behind_, {})) {}
  block_walk& operator=(block_walk&&) = delete;
  ~block_walk() {
    try {
      leave();
      leave();
    } catch (const std::exception&) {
      // The storage remembers a failed write-back: the next growth or commit throws it.
    }
  }

  /// Throws `error` when what was left behind cannot be written.
  block<T> next() {
    memory_.take();
    leave();
    while (seen_ < taken_ + ahead_.size()) look_at(seen_++);
    last_ = ahead_[taken_ % ahead_.size()];
    if (last_.size_bytes == 0) return {};
    ++taken_;
    const std::size_t position = last_.offset_bytes / sizeof(T);
    return {elements_.subspan(position, last_.size_bytes / sizeof(T)), position};
  }

 private:
  // The kernel reads ahead on its own, 8 MiB where a machine is set up for it; what it brought
  // because of this walk does not count as having been there before.
  static constexpr std::size_t look_ahead_bytes = 32 * MiB;

  struct piece {
    std::size_t offset_bytes = 0;
    std::size_t size_bytes = 0;
    bool is_to_go = false;
  };

  void look_at(std::size_t index) {
    const std::size_t position = std::min(index * most_, elements_.size());
    const std::size_t count = std::min(most_, elements_.size() - position);
    piece seen{position * sizeof(T), count * sizeof(T)};
    seen.is_to_go = !storage_->is_resident(seen.offset_bytes, seen.size_bytes);
    ahead_[index % ahead_.size()] = seen;
  }

  void leave() {
    const piece gone = std::exchange(behind_, std::exchange(last_, {}));
    if (behind_.is_to_go) storage_->begin_write_back(behind_.offset_bytes, behind_.size_bytes);
    if (!gone.is_to_go) return;
    // The kernel lets go of whole folios only, and one of 2 MiB may have begun in the block before.
    const std::size_t first = gone.offset_bytes - std::min(gone.offset_bytes, 2 * MiB);
    storage_->evict(first, gone.offset_bytes + gone.size_bytes - first);
  }

  memory_hold memory_;
  storage* storage_;
  std::span<T> elements_;
  std::size_t most_;
  std::vector<piece> ahead_;  // block i at i % size
  std::size_t seen_ = 0;      // blocks
  std::size_t taken_ = 0;
  piece last_{};
  piece behind_{};
};

template <class Vector>
block_walk<typename Vector::value_type> walk_of(Vector& changed, const block_options& how) {
  storage& held = vector_access::storage_of(changed);
  held.require_owner();
  return {held, std::span(changed.data(), changed.size()), within(held.budget().limit_bytes(), how),
          detail::memory_for(changed, how)};
}

template <class T>
stored_bytes source_of(const file_view<T>& view) {
  return vector_access::storage_of(view).source();
}
template <class Vector>
stored_bytes source_of(const Vector& read) {
  return vector_access::storage_of(read).source(read.size() * sizeof(typename Vector::value_type));
}

}  // namespace detail

/// An input range of block<T>, to be gone through once. Move-only.
template <class Walk>
class block_range {
 public:
  using value_type = block<typename Walk::element>;

  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = block_range::value_type;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    const value_type& operator*() const noexcept { return range_->current_; }
    const value_type* operator->() const noexcept { return &range_->current_; }
    iterator& operator++() {
      range_->current_ = range_->walk_.next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return range_->current_.empty(); }

   private:
    friend block_range;
    explicit iterator(block_range& range) noexcept : range_(&range) {}
    block_range* range_ = nullptr;
  };

  explicit block_range(Walk walk) : walk_(std::move(walk)) {}

  /// Reads the first block. Throws `error`, as does every step.
  iterator begin() {
    current_ = walk_.next();
    return iterator(*this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  Walk walk_;
  value_type current_{};
};

/// The blocks of all elements. Leaving the loop early ends them.
template <class T>
auto blocks(const vector<T>& read, const block_options& how = {}) {
  return block_range(
      detail::block_source<T>(detail::source_of(read), how, detail::memory_for(read, how)));
}
template <class T>
auto blocks(const file_vector<T>& read, const block_options& how = {}) {
  return block_range(
      detail::block_source<T>(detail::source_of(read), how, detail::memory_for(read, how)));
}
template <class T>
auto blocks(const file_view<T>& read, const block_options& how = {}) {
  return block_range(
      detail::block_source<T>(detail::source_of(read), how, detail::memory_for(read, how)));
}
template <class T>
auto blocks(vector<T>& changed, const block_options& how = {}) {
  return block_range(detail::walk_of(changed, how));
}
template <class T>
auto blocks(file_vector<T>& changed, const block_options& how = {}) {
  return block_range(detail::walk_of(changed, how));
}
/// A vector that ends with the expression has no blocks.
template <class T>
auto blocks(const vector<T>&&, const block_options& = {}) = delete;
template <class T>
auto blocks(const file_vector<T>&&, const block_options& = {}) = delete;
template <class T>
auto blocks(const file_view<T>&&, const block_options& = {}) = delete;

namespace detail {
/// A vector, file_vector or file_view.
template <class Container>
concept has_blocks = requires(const Container& read) { mapvec::blocks(read); };
}  // namespace detail

/// Calls `visit(block<const T>)` for every block, on `threads` threads (the caller's is one of
/// them; 0: as many as it may run on), in any order. The first exception ends it and is thrown.
template <class Vector, class Visit>
void for_each_block(const Vector& read, Visit visit, block_options how = {},
                    std::size_t threads = 0) {
  using element = typename Vector::value_type;
  threads = detail::threads_to_use(threads);
  how.buffers = std::max(how.buffers, threads + 1);
  detail::memory_hold memory = detail::memory_for(read, how);
  memory.take();
  detail::block_reader reader = detail::reader_of<element>(detail::source_of(read), how);
  std::atomic<bool> is_given_up = false;
  auto work = [&] {
    while (!is_given_up) {
      const detail::byte_block next = reader.next();
      if (next.data == nullptr) return;
      const detail::released_block held{reader, next};
      visit(detail::typed<element>(next));
    }
  };
  auto give_up = [&] { is_given_up = true; };
  detail::run_on_threads(threads, detail::thread_work(work), detail::thread_work(give_up));
}

}  // namespace mapvec::inline v0_1
