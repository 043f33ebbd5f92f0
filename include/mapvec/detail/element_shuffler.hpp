// SPDX-License-Identifier: MIT
//
// What shuffling in files has to know of the elements and the generator: element_shuffler. And the
// shuffling of a storage, in memory where the elements fit into it, else through a temporary file.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <random>

#include <mapvec/config.hpp>
#include <mapvec/detail/sort_elements.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/storage.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

/// Called by one thread, and throws what the generator throws.
class MAPVEC_API element_shuffler {
 public:
  explicit element_shuffler(std::size_t element_bytes) noexcept : element_bytes_(element_bytes) {}
  element_shuffler(const element_shuffler&) = delete;
  element_shuffler& operator=(const element_shuffler&) = delete;
  virtual ~element_shuffler();

  std::size_t element_bytes() const noexcept { return element_bytes_; }

  /// One of the numbers below `bound`, each as likely as the others. REQUIRES: bound != 0.
  virtual std::uint64_t below(std::uint64_t bound) = 0;
  /// Puts `count` elements into any order, each as likely as the others. After an exception they
  /// are there, in some order.
  virtual void shuffle(std::byte* first, std::size_t count, sort_watch& watch) = 0;

 private:
  std::size_t element_bytes_;
};

/// Any of the numbers below `bound`.
template <class Generator>
std::uint64_t random_below(Generator& generator, std::uint64_t bound) {
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(generator);
}

/// Each element in turn changes places with one before it, or stays.
template <class T, class Generator>
void shuffle_in_memory(T* first, std::size_t count, Generator& generator, sort_watch& watch) {
  constexpr std::size_t piece = 64 * KiB;
  for (std::size_t begin = 0; begin < count; begin += piece) {
    const std::size_t end = std::min(begin + piece, count);
    for (std::size_t i = std::max<std::size_t>(begin, 1); i < end; ++i) {
      const auto other = static_cast<std::size_t>(detail::random_below(generator, i + 1));
      if (other != i) std::ranges::swap(first[other], first[i]);
    }
    watch.advance(end - begin);
  }
}

template <class T, class Generator>
class generator_shuffler final : public element_shuffler {
 public:
  explicit generator_shuffler(Generator& generator) noexcept
      : element_shuffler(sizeof(T)), generator_(generator) {}

  std::uint64_t below(std::uint64_t bound) override {
    return detail::random_below(generator_, bound);
  }
  void shuffle(std::byte* first, std::size_t count, sort_watch& watch) override {
    detail::shuffle_in_memory(reinterpret_cast<T*>(first), count, generator_, watch);
  }

 private:
  Generator& generator_;
};

/// Shuffles the first `used_bytes`, where they are. Throws `error`, and what the shuffler and the
/// watch throw: the elements are then in any order, but all there, unless the temporary file cannot
/// be read any more; in that case the storage has failed.
MAPVEC_API void shuffle_elements(storage& held, std::size_t used_bytes, element_shuffler& shuffler,
                                 const sort_resources& resources, sort_watch& watch);
/// The same into `result`, an empty storage of a temporary vector.
MAPVEC_API void shuffle_elements(const storage& held, storage& result, element_layout layout,
                                 std::size_t used_bytes, element_shuffler& shuffler,
                                 const sort_resources& resources, sort_watch& watch);

}  // namespace mapvec::inline v0_1::detail
