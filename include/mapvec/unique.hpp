// SPDX-License-Identifier: MIT
//
// Dropping equal neighbours from vectors that are larger than memory:
//
//   mapvec::sort(v);
//   const std::size_t dropped = mapvec::unique(v);  // v is shorter by so many
//   mapvec::unique_copy(v, one_of_each, {}, &record::key);
//
//  - Unlike std::unique, and like std::list::unique, unique() makes the vector shorter.
//  - Cost: linear. Of elements that follow one another and are equal, the first stays. They are
//    read once and in order, as by blocks(); those of a file_vector up to the first that goes
//    twice, and comp and proj are called again for them. Nothing is written before the first that
//    goes is found.
//  - Invalidation: a vector changes in its own file, and data() keeps its address. Where its
//    elements are in memory, they are changed there; else they are read and written past the page
//    cache, in some 32 MiB of memory, or three quarters of the vector's budget.
//  - A file_vector gets a new file, which replaces the old one when it is complete, as replace()
//    does: after a crash either is there. That takes the elements' size once more beside it, and
//    pointers to elements become invalid. Only for files of shape (N,): in others, elements that
//    move up would change their column (EINVAL).
//  - Errors: when comp or proj throws or the disk fails, a file_vector is unchanged, and so is what
//    unique_copy appends to. A vector then has as many elements as before: those that stay of the
//    first ones, and behind them what was there. So none is lost, and some may be there twice:
//    sorting it and beginning again repairs that. (Between the two, elements that are not trivially
//    copyable may have been moved from.) Only if the disk refuses what it had to take back,
//    elements are lost: the vector has failed, like after a failed write-back.
//
// Nobody may use the elements meanwhile. A forked child may not change vectors (EPERM).
#pragma once

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <mapvec/budget.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/block_cursor.hpp>
#include <mapvec/detail/block_writer.hpp>
#include <mapvec/detail/replace_elements.hpp>
#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/units.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1 {
namespace detail {

/// Elements that may be anywhere: a page of a file is where those of such an alignment may begin.
template <class T>
concept written_as_bytes =
    std::is_trivially_copyable_v<T> && std::copyable<T> && alignof(T) <= 4 * KiB;

/// The last element that stays. A copy where those that are shown may be, too.
template <class T>
class last_kept {
 public:
  explicit last_kept(const T& first) : held_(first) {}
  const T& get() const noexcept { return held_; }
  void set(const T& next) { held_ = next; }

 private:
  T held_;
};
template <class T>
  requires(!std::is_trivially_copyable_v<T>)
class last_kept<T> {
 public:
  explicit last_kept(const T& first) noexcept : held_(std::addressof(first)) {}
  const T& get() const noexcept { return *held_; }
  void set(const T& next) noexcept { held_ = std::addressof(next); }

 private:
  const T* held_;
};

/// Says of one element after the other whether it stays.
template <class T, class Equal, class Projection>
class unlike_the_last {
 public:
  unlike_the_last(const T& first, Equal& equal, Projection& projection)
      : last_(first), equal_(equal), projection_(projection) {}

  bool operator()(const T& next) {
    const bool differs =
        !std::invoke(equal_, std::invoke(projection_, last_.get()), std::invoke(projection_, next));
    if constexpr (std::is_arithmetic_v<T>) {
      last_.set(differs ? next : last_.get());  // without a branch
    } else if (differs) {
      last_.set(next);
    }
    return differs;
  }

 private:
  last_kept<T> last_;
  Equal& equal_;
  Projection& projection_;
};

/// Skips what stays where it is; returns how many that are. `ahead` is at the first that goes, or
/// at the end.
template <class T, class Stays>
std::size_t skip_unlike(block_cursor<T>& ahead, Stays& stays) {
  std::size_t count = 0;
  while (!ahead.is_at_end()) {
    const std::span<const T> elements = ahead.ahead();
    const auto found = std::ranges::find_if_not(elements, std::ref(stays));
    const auto same = static_cast<std::size_t>(found - elements.begin());
    count += same;
    ahead.skip(same);
    if (same != elements.size()) break;
  }
  return count;
}

/// Gives the writer what stays of all that is ahead.
template <class T, class Stays>
void write_unlike(block_cursor<T>& ahead, Stays& stays, block_writer& writer) {
  while (!ahead.is_at_end()) {
    const std::span<std::byte> room = writer.room();
    T* const first = reinterpret_cast<T*>(room.data());
    T* const end = first + room.size() / sizeof(T);
    T* out = first;
    const std::span<const T> elements = ahead.ahead();
    auto next = elements.begin();
    for (; next != elements.end() && out != end; ++next) {
      std::construct_at(out, *next);
      out += static_cast<std::ptrdiff_t>(stays(*next));
    }
    writer.advance(static_cast<std::size_t>(out - first) * sizeof(T));
    ahead.skip(static_cast<std::size_t>(next - elements.begin()));
  }
  writer.finish();
}

/// Chunks that take at most half of a budget. They are counted by what `memory` is set to.
inline block_write_plan chunks_within(const memory_budget& budget, std::size_t element_bytes,
                                      memory_hold& memory) {
  constexpr std::size_t margins = block_writer::margin_bytes;
  block_write_plan plan{.element_bytes = element_bytes};
  const std::size_t most_bytes = budget.limit_bytes() / 2 / plan.chunks;
  plan.chunk_bytes = std::clamp(most_bytes, 2 * margins, plan.chunk_bytes + margins) - margins;
  memory = take_memory(budget, plan.chunks * (plan.chunk_bytes + margins));
  return plan;
}

/// Past the page cache. Returns how many elements stay.
template <class T, class Equal, class Projection>
std::size_t unique_in_file(vector<T>& v, Equal& equal, Projection& projection) {
  storage& held = vector_access::storage_of(v);
  block_cursor<T> ahead(std::as_const(v));
  unlike_the_last<T, Equal, Projection> stays(ahead.ahead().front(), equal, projection);
  ahead.skip(1);
  const std::size_t unchanged = 1 + skip_unlike(ahead, stays);
  if (ahead.is_at_end()) return unchanged;
  stored_bytes target = held.source(v.size() * sizeof(T));
  const std::size_t unchanged_bytes = unchanged * sizeof(T);
  target.data += unchanged_bytes;
  target.size_bytes -= unchanged_bytes;
  target.offset_bytes += unchanged_bytes;
  memory_hold memory;
  block_writer writer(std::move(target), chunks_within(held.budget(), sizeof(T), memory));
  try {
    write_unlike(ahead, stays, writer);
  } catch (...) {
    if (!writer.rescue()) held.fail(EIO);
    throw;
  }
  return unchanged + writer.size_bytes() / sizeof(T);
}

/// Into a vector that has no elements yet. False if all stay.
template <class T, class Equal, class Projection>
bool unique_into(const file_vector<T>& from, vector<T>& next, Equal& equal,
                 Projection& projection) {
  const auto from_the_first = [&](auto use) {
    block_cursor<T> ahead(from);
    unlike_the_last<T, Equal, Projection> stays(ahead.ahead().front(), equal, projection);
    return use(ahead, stays);
  };
  const std::size_t unchanged = from_the_first([](auto& ahead, auto& stays) {
    ahead.skip(1);
    return 1 + skip_unlike(ahead, stays);
  });
  if (unchanged == from.size()) return false;
  std::size_t kept = 0;
  vector_access::with_storage_changing(next, from.size(), [&](storage& result) {
    const std::size_t all_bytes = from.size() * sizeof(T);
    result.reserve(vector_access::layout_of<vector<T>>(), 0, all_bytes, growth::exact);
    result.skip_to(all_bytes);
    memory_hold memory;
    const memory_budget budget = vector_access::storage_of(from).budget();
    block_writer writer(result.source(all_bytes), chunks_within(budget, sizeof(T), memory));
    from_the_first([&](auto& ahead, auto& stays) {
      writer.write(reinterpret_cast<const std::byte*>(ahead.ahead().data()), sizeof(T));
      ahead.skip(1);
      write_unlike(ahead, stays, writer);
    });
    kept = writer.size_bytes() / sizeof(T);
  });
  next.truncate(kept);
  next.shrink_to_fit();
  return true;
}

template <class T, class Equal, class Projection>
concept compares_neighbours =
    std::indirect_equivalence_relation<Equal, std::projected<T*, Projection>> &&
    std::indirect_equivalence_relation<Equal, std::projected<const T*, Projection>>;

}  // namespace detail

/// Drops every element that is equal to the one before it; returns how many. The capacity stays.
template <class T, class Equal = std::ranges::equal_to, class Projection = std::identity>
  requires std::permutable<T*> && detail::compares_neighbours<T, Equal, Projection>
std::size_t unique(vector<T>& v, Equal comp = {}, Projection proj = {}) {
  const std::size_t size = v.size();
  detail::storage& held = detail::vector_access::storage_of(v);
  held.require_owner();
  held.require_intact();
  if (size < 2) return 0;
  if constexpr (detail::written_as_bytes<T>) {
    if (!held.is_resident(0, size * sizeof(T))) {
      v.truncate(detail::unique_in_file(v, comp, proj));
      return size - v.size();
    }
  }
  const auto gone = std::ranges::unique(v, std::ref(comp), std::ref(proj));
  v.truncate(size - gone.size());
  return gone.size();
}

template <class T, class Equal = std::ranges::equal_to, class Projection = std::identity>
  requires std::permutable<T*> && detail::compares_neighbours<T, Equal, Projection>
std::size_t unique(file_vector<T>& v, Equal comp = {}, Projection proj = {}) {
  static_assert(detail::written_as_bytes<T>,
                "mapvec: elements cannot be copied, or are aligned to more than 4 KiB");
  const std::size_t size = v.size();
  const detail::storage& held = detail::vector_access::storage_of(std::as_const(v));
  held.require_owner();
  held.require_intact();
  if (v.is_open() && v.row_width() != 1) {
    detail::throw_error(EINVAL, "drop elements from the rows of", v.path());
  }
  if (size < 2) return 0;
  detail::replace_elements(
      v, [&](vector<T>& next) { return detail::unique_into(v, next, comp, proj); });
  return size - v.size();
}

/// Appends what unique() would leave of `in` to `out`, a vector or file_vector; returns how many
/// elements that are. Strong guarantee, as for merge() (set_operations.hpp).
/// REQUIRES: out is not in.
template <class In, class Out, class Equal = std::ranges::equal_to,
          class Projection = std::identity>
  requires detail::has_blocks<In> && detail::can_be_appended_to<Out> &&
           std::convertible_to<const typename In::value_type&, typename Out::value_type> &&
           (!std::is_trivially_copyable_v<typename In::value_type> ||
            std::copyable<typename In::value_type>) &&
           detail::compares_neighbours<typename In::value_type, Equal, Projection>
std::size_t unique_copy(const In& in, Out& out, Equal comp = {}, Projection proj = {}) {
  using element = typename In::value_type;
  MAPVEC_ASSERT(static_cast<const void*>(std::addressof(out)) != std::addressof(in) &&
                "REQUIRES: out is not in");
  return detail::append_blocks(out, [&](auto& appender) {
    detail::block_cursor<element> ahead(in);
    if (ahead.is_at_end()) return;
    const element& first = ahead.ahead().front();
    detail::unlike_the_last<element, Equal, Projection> stays(first, comp, proj);
    appender.append(std::span(std::addressof(first), 1));
    ahead.skip(1);
    while (!ahead.is_at_end()) {
      auto place = appender.open();
      const auto elements = ahead.ahead();
      auto next = elements.begin();
      for (; next != elements.end() && !place.is_full(); ++next) place.put(*next, stays(*next));
      appender.close(place);
      ahead.skip(static_cast<std::size_t>(next - elements.begin()));
    }
  });
}

}  // namespace mapvec::inline v0_1
