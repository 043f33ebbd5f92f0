// SPDX-License-Identifier: MIT
//
// Putting vectors that are larger than memory into a random order:
//
//   std::mt19937_64 random(seed);
//   mapvec::shuffle(v, random, {.memory_bytes = 1 * mapvec::GiB});
//
//  - Of all orders each is as likely as the others, if the generator's numbers are: not merely
//    within a window or a block.
//  - Which order it is depends on the generator's numbers, on how many elements there are, and on
//    whether they fit into the memory the shuffle may take: if not, also on that memory and on
//    sizeof(T). It does not depend on threads, nor on what the elements are, nor on where they are;
//    but a vector that is in no file is always shuffled as if it fitted. Give memory_bytes where an
//    order is to come again on another machine: 0 is what the machine has. The numbers are drawn by
//    std::uniform_int_distribution, so another standard library may give another order, and the
//    order is not that of std::shuffle.
//  - The generator is called by the caller's thread alone: once for each element but the first, and
//    twice for each where they do not fit, and again where std::uniform_int_distribution has to
//    draw once more. It is used as it is, not copied.
//  - Cost: what fits into the memory is shuffled where it is. For more, all elements are read and
//    written twice, and need a temporary file of their size, which is allocated before the first
//    moves: a full disk changes nothing, where space_guaranteed(). That needs some 10 MiB of memory
//    for 1 GiB of elements, 300 MiB for 1 TiB, and that of ten elements; where less is given, so
//    much is taken. sort_options::threads means nothing here: one thread draws, up to four others
//    wait for the disk.
//  - Invalidation: a vector keeps its file, and data() its address. A file_vector gets a new file,
//    which replaces the old one when it is complete, as replace() does: after a crash either is
//    there. That takes the elements' size once more beside it, and pointers to elements become
//    invalid.
//  - Errors: when the generator or progress throws, a stop is requested or the disk fails, the
//    shuffle ends with the first exception. A vector then has its elements in some order, and a
//    file_vector is unchanged. Only if the temporary file then cannot be copied back, because a
//    disk has failed for good or is full where space_guaranteed() is false, elements are lost: the
//    vector has failed, like after a failed write-back.
//  - Elements must be trivially copyable unless they fit into memory: else `error` (ENOMEM), before
//    anything happens. So is what is aligned to more than 4 KiB.
//  - All elements of a file_vector are shuffled, across its rows, of which none may be incomplete
//    (EINVAL).
//
// Nobody may use the elements meanwhile. A forked child may not shuffle (EPERM).
#pragma once

#include <cerrno>
#include <cstddef>
#include <iterator>
#include <random>
#include <type_traits>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/detail/element_shuffler.hpp>
#include <mapvec/detail/replace_elements.hpp>
#include <mapvec/detail/sort_elements.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/error.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/vector.hpp>

namespace mapvec::inline v0_1 {

/// Puts the elements into any order, each as likely as the others. Nothing is drawn for fewer than
/// two.
template <class T, class Generator>
  requires std::permutable<T*> &&
           std::uniform_random_bit_generator<std::remove_reference_t<Generator>>
void shuffle(vector<T>& v, Generator&& generator, const sort_options& how = {}) {
  detail::storage& held = detail::vector_access::storage_of(v);
  held.require_owner();
  held.require_intact();
  const std::size_t size_bytes = v.size() * sizeof(T);
  const std::size_t memory_bytes = detail::memory_for_sorting(how.memory_bytes, held.budget());
  detail::sort_watch watch(how.progress, how.stop_token);
  if constexpr (detail::sorts_through_files<T>) {
    detail::generator_shuffler<T, std::remove_reference_t<Generator>> shuffler(generator);
    detail::shuffle_elements(held, size_bytes, shuffler, {memory_bytes, 1, how.temporary}, watch);
  } else {
    if (size_bytes > memory_bytes) {
      detail::throw_error(ENOMEM, "shuffle, beyond the memory, elements that no file can hold in",
                          v.path());
    }
    watch.check();
    watch.expect(v.size());
    detail::shuffle_in_memory(v.data(), v.size(), generator, watch);
  }
}

template <class T, class Generator>
  requires std::permutable<T*> &&
           std::uniform_random_bit_generator<std::remove_reference_t<Generator>>
void shuffle(file_vector<T>& v, Generator&& generator, const sort_options& how = {}) {
  static_assert(detail::sorts_through_files<T>, "mapvec: elements are aligned to more than 4 KiB");
  const detail::storage& held = detail::vector_access::storage_of(v);
  held.require_owner();
  held.require_intact();
  detail::require_whole_rows(v, "shuffle, with an incomplete row,");
  if (v.size() < 2) return;
  const std::size_t memory_bytes = detail::memory_for_sorting(how.memory_bytes, held.budget());
  detail::sort_watch watch(how.progress, how.stop_token);
  detail::generator_shuffler<T, std::remove_reference_t<Generator>> shuffler(generator);
  detail::replace_elements(v, [&](vector<T>& next) {
    detail::vector_access::with_storage_changing(next, v.size(), [&](detail::storage& result) {
      detail::shuffle_elements(held, result, detail::vector_access::layout_of<vector<T>>(),
                               v.size() * sizeof(T), shuffler, {memory_bytes, 1, how.temporary},
                               watch);
    });
    return true;
  });
}

}  // namespace mapvec::inline v0_1
