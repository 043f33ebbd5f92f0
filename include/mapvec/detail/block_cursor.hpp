// SPDX-License-Identifier: MIT
//
// What algorithms need that go through sorted vectors in little memory: the elements that come next
// of one, as a span, and the end of another that grows by many elements at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

#include <mapvec/blocks.hpp>
#include <mapvec/detail/vector_base.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

template <class Container>
concept can_be_appended_to = requires(Container& out) { out.truncate(out.size()); };

/// Stands before the first element, then behind those that were skipped. The vector must not change
/// meanwhile.
template <class T>
class block_cursor {
 public:
  /// Its blocks take at most a quarter of the vector's budget: two vectors and what is made of them
  /// may share one.
  template <class Container>
  explicit block_cursor(const Container& read)
      : block_cursor(read, detail::source_of(read),
                     within(detail::source_of(read).budget_bytes / 2, {})) {}

  /// Some of the elements that come next; none at the end. Valid until the next call of skip().
  std::span<const T> ahead() const noexcept { return ahead_; }
  bool is_at_end() const noexcept { return ahead_.empty(); }
  /// Throws `error`. REQUIRES: count <= ahead().size().
  void skip(std::size_t count) {
    MAPVEC_ASSERT(count <= ahead_.size());
    ahead_ = ahead_.subspan(count);
    if (ahead_.empty()) ahead_ = source_.next();
  }

 private:
  template <class Container>
  block_cursor(const Container& read, stored_bytes bytes, const block_options& how)
      : source_(std::move(bytes), how, detail::memory_for(read, how)), ahead_(source_.next()) {}

  block_source<T> source_;
  std::span<const T> ahead_;
};

/// Appends elements one by one. Those that are their bytes are collected first: many at once cost
/// no window, and go straight into the file.
template <class Vector>
class collecting_appender {
 public:
  using value_type = typename Vector::value_type;

  /// Where the next elements go. A local object, so that it is kept in registers.
  class place {
   public:
    place(value_type* next, value_type* end) noexcept : next_(next), end_(end) {}
    bool is_full() const noexcept { return next_ == end_; }
    /// Puts it there to stay, or to be overwritten by the next one: without a branch.
    template <class U>
    void put(const U& value, bool stays) {
      std::construct_at(next_, value);
      next_ += static_cast<std::ptrdiff_t>(stays);
    }

   private:
    friend collecting_appender;
    value_type* next_;
    value_type* end_;
  };

  explicit collecting_appender(Vector& out)
      : out_(out), memory_(allocator().allocate(most)), next_(memory_) {}
  collecting_appender(const collecting_appender&) = delete;
  collecting_appender& operator=(const collecting_appender&) = delete;
  ~collecting_appender() { allocator().deallocate(memory_, most); }

  /// Has room for one element at least. Throws what append_range throws.
  place open() {
    if (next_ == memory_ + most) flush();
    return {next_, memory_ + most};
  }
  void close(const place& left) noexcept { next_ = left.next_; }
  void flush() {
    out_.append_range(std::span(memory_, next_));
    next_ = memory_;
  }
  template <class U>
  void append(std::span<const U> values) {
    flush();
    out_.append_range(values);
  }

 private:
  using allocator = std::allocator<value_type>;
  // From so many bytes on they go into the file without a window.
  static constexpr std::size_t most = (256 * KiB + sizeof(value_type) - 1) / sizeof(value_type);

  Vector& out_;
  value_type* memory_;
  value_type* next_;
};

/// The same for elements with a life of their own, which begins where they stay.
template <class Vector>
class direct_appender {
 public:
  class place {
   public:
    explicit place(Vector& out) noexcept : out_(out) {}
    static constexpr bool is_full() noexcept { return false; }
    template <class U>
    void put(const U& value, bool stays) {
      if (stays) out_.emplace_back(value);
    }

   private:
    Vector& out_;
  };

  explicit direct_appender(Vector& out) noexcept : out_(out) {}
  place open() noexcept { return place(out_); }
  void close(const place&) noexcept {}
  void flush() noexcept {}
  template <class U>
  void append(std::span<const U> values) {
    out_.append_range(values);
  }

 private:
  Vector& out_;
};

template <class Vector>
using block_appender = std::conditional_t<std::is_trivially_copyable_v<typename Vector::value_type>,
                                          collecting_appender<Vector>, direct_appender<Vector>>;

/// Runs `append(appender)`; returns by how many elements `out` has grown. Strong guarantee.
template <class Vector, class Append>
std::size_t append_blocks(Vector& out, Append append) {
  const std::size_t old_size = out.size();
  try {
    block_appender<Vector> appender(out);
    append(appender);
    appender.flush();
  } catch (...) {
    // Of a vector that may not even be truncated, nothing has to be.
    if (out.size() != old_size) out.truncate(old_size);
    throw;
  }
  return out.size() - old_size;
}

}  // namespace mapvec::inline v0_1::detail
