// SPDX-License-Identifier: MIT
//
// One value from all elements of a vector that may be larger than memory:
//
//   const auto sum = mapvec::reduce(v);
//   const auto most = mapvec::reduce(v, v[0], [](int a, int b) { return std::max(a, b); });
//   const auto squares = mapvec::transform_reduce(v, 0.0, std::plus<>(), [](double x) {
//     return x * x;
//   });
//
//  - They take a vector, file_vector or file_view, and go through it as for_each_block does: once,
//    on several threads, in the memory of a few blocks.
//  - Elements are combined in their order, so the operation must be associative, like that of
//    std::reduce, but need not be commutative.
//  - The sum of floating-point numbers depends on where parentheses stand. Here they stand at the
//    same places whatever the threads are, and which of them was faster: they follow from the
//    number of elements and the size of a block. (That may shrink under a memory budget below 2 *
//    buffers * block_bytes, by default 16 MiB; then give block_bytes that fit.) So the result is
//    the same each time.
//  - Operations are called by several threads at once.
//  - Errors: the first exception of an operation, or `error` when reading fails, ends the call and
//    is thrown.
//  - Invalidation: none; they only read.
//  - Cost: linear, each element once. Beside the blocks there is one result for each: for numbers,
//    8 MiB for a TiB.
//
// The elements must not change meanwhile. Calls are to be qualified: for elements or an operation
// of namespace std, the compiler finds std::reduce(v, init, combine) too.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <mapvec/blocks.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/block_reader.hpp>
#include <mapvec/detail/threads.hpp>

namespace mapvec::inline v0_1 {

struct reduce_options {
  block_options blocks = {};
  /// The caller's included. 0 = as many as it may run on. Fewer where the memory budget has no room
  /// for a block for each.
  std::size_t threads = 0;
};

namespace detail {

/// Options with the threads that there will be, and with blocks that for_each_block need not make
/// smaller for so many.
template <class Vector>
reduce_options settled_for(const Vector& read, reduce_options how) {
  const std::size_t budget_bytes = detail::source_of(read).budget_bytes;
  how.blocks.buffers = std::max<std::size_t>(how.blocks.buffers, 2);
  how.blocks = within(budget_bytes, how.blocks);
  const std::size_t room = budget_bytes / 2 / std::max<std::size_t>(how.blocks.block_bytes, 1);
  how.threads = std::min(threads_to_use(how.threads), std::max<std::size_t>(room, 2) - 1);
  return how;
}

/// value(0), …, value(count - 1), combined in this order. Four quarters at a time, so that one
/// result does not wait for the one before. REQUIRES: count != 0.
template <class Sum, class Operation, class Value>
Sum combined(std::size_t count, Operation& combine, const Value& value) {
  const auto add = [&](Sum& sum, std::size_t i) {
    sum = static_cast<Sum>(std::invoke(combine, std::move(sum), value(i)));
  };
  const auto join = [&](Sum& left, Sum& right) {
    return static_cast<Sum>(std::invoke(combine, std::move(left), std::move(right)));
  };
  const std::size_t quarter = count / 4;
  Sum first = static_cast<Sum>(value(0));
  if (quarter < 4) {
    for (std::size_t i = 1; i < count; ++i) add(first, i);
    return first;
  }
  Sum second = static_cast<Sum>(value(quarter));
  Sum third = static_cast<Sum>(value(2 * quarter));
  Sum fourth = static_cast<Sum>(value(3 * quarter));
  for (std::size_t i = 1; i < quarter; ++i) {
    add(first, i);
    add(second, quarter + i);
    add(third, 2 * quarter + i);
    add(fourth, 3 * quarter + i);
  }
  for (std::size_t i = 4 * quarter; i < count; ++i) add(fourth, i);
  Sum left = join(first, second);
  Sum right = join(third, fourth);
  return join(left, right);
}

/// What the blocks have given, each at its place.
template <class Sum>
class partial_results {
 public:
  partial_results(std::size_t elements, std::size_t elements_per_block)
      : per_block_(elements_per_block),
        of_blocks_(elements / per_block_ + (elements % per_block_ != 0)) {}

  void put(std::size_t position, Sum found) {
    of_blocks_[position / per_block_].emplace(std::move(found));
  }
  template <class Operation>
  Sum combined_behind(Sum init, Operation& combine) {
    for (std::optional<Sum>& each : of_blocks_) {
      // Every block has put its result. NOLINTNEXTLINE(bugprone-unchecked-optional-access)
      init = static_cast<Sum>(std::invoke(combine, std::move(init), *std::move(each)));
    }
    return init;
  }

 private:
  std::size_t per_block_;
  std::vector<std::optional<Sum>> of_blocks_;
};

/// Calls visit(left, right) for blocks at the same place of two vectors.
template <class Left, class Right, class Visit>
void for_each_two_blocks(const Left& left, const Right& right, const Visit& visit,
                         reduce_options left_how, reduce_options right_how) {
  const std::size_t threads = std::min(left_how.threads, right_how.threads);
  left_how.blocks.buffers = std::max(left_how.blocks.buffers, threads + 1);
  right_how.blocks.buffers = std::max(right_how.blocks.buffers, threads + 1);
  memory_hold left_memory = detail::memory_for(left, left_how.blocks);
  memory_hold right_memory = detail::memory_for(right, right_how.blocks);
  left_memory.take();
  right_memory.take();
  block_reader lefts =
      reader_of<typename Left::value_type>(detail::source_of(left), left_how.blocks);
  block_reader rights =
      reader_of<typename Right::value_type>(detail::source_of(right), right_how.blocks);
  std::mutex turn;
  std::atomic<bool> is_given_up = false;
  auto work = [&] {
    while (!is_given_up) {
      std::unique_lock hold(turn);
      const byte_block next = lefts.next();
      if (next.data == nullptr) return;
      const released_block held{lefts, next};
      const byte_block beside = rights.next();
      const released_block held_beside{rights, beside};
      hold.unlock();
      visit(typed<typename Left::value_type>(next), typed<typename Right::value_type>(beside));
    }
  };
  auto give_up = [&] { is_given_up = true; };
  run_on_threads(threads, thread_work(work), thread_work(give_up));
}

}  // namespace detail

/// init and transform(v[0]), transform(v[1]), …, combined in this order. `init` is used once, and
/// its type is the result's, as in std::transform_reduce.
template <detail::has_blocks Vector, class Sum, class Combine, class Transform>
  requires std::regular_invocable<Transform&, const typename Vector::value_type&>
[[nodiscard]] Sum transform_reduce(const Vector& v, Sum init, Combine combine, Transform transform,
                                   const reduce_options& how = {}) {
  using element = typename Vector::value_type;
  const reduce_options settled = detail::settled_for(v, how);
  detail::partial_results<Sum> partial(v.size(),
                                       detail::elements_in_a_block<element>(settled.blocks));
  const auto visit = [&](const block<const element>& found) {
    const auto value = [&](std::size_t i) -> decltype(auto) {
      return std::invoke(transform, found[i]);
    };
    partial.put(found.position(), detail::combined<Sum>(found.size(), combine, value));
  };
  for_each_block(v, visit, settled.blocks, settled.threads);
  return partial.combined_behind(std::move(init), combine);
}

/// init and transform(v[0], w[0]), transform(v[1], w[1]), …: by default the inner product. Both
/// vectors are read side by side, in the memory of two loops over blocks.
/// REQUIRES: v.size() == w.size().
template <detail::has_blocks Left, detail::has_blocks Right, class Sum, class Combine = std::plus<>,
          class Transform = std::multiplies<>>
[[nodiscard]] Sum transform_reduce(const Left& v, const Right& w, Sum init, Combine combine = {},
                                   Transform transform = {}, const reduce_options& how = {}) {
  using left = typename Left::value_type;
  using right = typename Right::value_type;
  MAPVEC_ASSERT(v.size() == w.size());
  reduce_options left_how = detail::settled_for(v, how);
  reduce_options right_how = detail::settled_for(w, how);
  const std::size_t count = std::min(detail::elements_in_a_block<left>(left_how.blocks),
                                     detail::elements_in_a_block<right>(right_how.blocks));
  left_how.blocks.block_bytes = count * sizeof(left) + detail::block_reader::margin_bytes;
  right_how.blocks.block_bytes = count * sizeof(right) + detail::block_reader::margin_bytes;
  detail::partial_results<Sum> partial(v.size(), count);
  const auto visit = [&](const block<const left>& found, const block<const right>& beside) {
    const auto value = [&](std::size_t i) -> decltype(auto) {
      return std::invoke(transform, found[i], beside[i]);
    };
    partial.put(found.position(), detail::combined<Sum>(found.size(), combine, value));
  };
  detail::for_each_two_blocks(v, w, visit, left_how, right_how);
  return partial.combined_behind(std::move(init), combine);
}

/// init and v[0], v[1], …, combined in this order. As in std::reduce, the type of `init` is the
/// result's: 0 adds doubles as int.
template <detail::has_blocks Vector, class Sum, class Combine = std::plus<>>
[[nodiscard]] Sum reduce(const Vector& v, Sum init, Combine combine = {},
                         const reduce_options& how = {}) {
  return mapvec::transform_reduce(v, std::move(init), std::move(combine), std::identity(), how);
}
/// The sum.
template <detail::has_blocks Vector>
[[nodiscard]] typename Vector::value_type reduce(const Vector& v) {
  return mapvec::reduce(v, typename Vector::value_type{});
}

}  // namespace mapvec::inline v0_1
