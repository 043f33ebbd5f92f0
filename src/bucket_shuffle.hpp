// SPDX-License-Identifier: MIT
//
// Shuffling through a temporary file, in two passes.
//
// The vector that is to be made is divided into buckets that fit into memory. First, each element
// draws one of all places that are left, and so a bucket: it is appended to that bucket's part of
// the temporary file. Then each bucket is read, shuffled, and written where it belongs. Since a
// place that is taken cannot be drawn again, a bucket has as many elements as it has places, and
// each division of the elements among the buckets is as likely as the others. (If each element drew
// a bucket without regard to what is left, their sizes would differ, and one of them could be too
// large for the memory.)
#pragma once

#include <cstddef>

#include <mapvec/detail/block_reader.hpp>
#include <mapvec/detail/block_writer.hpp>
#include <mapvec/detail/element_shuffler.hpp>
#include <mapvec/detail/sort_watch.hpp>
#include <mapvec/temporary.hpp>

namespace mapvec::inline v0_1::detail {

/// How the elements and the memory are divided. A half of that is for one bucket, or for what is
/// collected of each; a quarter for reading ahead, or writing behind.
struct bucket_plan {
  /// Less memory than the buckets and their elements need is taken for so much.
  /// REQUIRES: count and element_bytes are not 0.
  bucket_plan(std::size_t count, std::size_t element_bytes, std::size_t memory_bytes);

  std::size_t count;
  std::size_t element_bytes;
  std::size_t memory_bytes;
  std::size_t bucket_elements = 0;  ///< of every bucket but the last, which has no more
  std::size_t buckets = 0;
  std::size_t stride_bytes = 0;     ///< from one bucket to the next, in the temporary file
  std::size_t collected_bytes = 0;  ///< of each bucket before they are written
  std::size_t disk_bytes = 0;       ///< for reading ahead, or writing behind

  std::size_t bucket_begin(std::size_t bucket) const noexcept { return bucket * bucket_elements; }
  std::size_t bucket_bytes(std::size_t bucket) const noexcept;
  std::size_t temporary_bytes() const noexcept { return buckets * stride_bytes; }
  /// What both passes take of memory, beside what reads ahead or writes behind. With a page, so
  /// that a bucket can have the place in one that it has in a vector.
  std::size_t buffer_bytes() const noexcept;
  block_write_plan writing() const noexcept;
  /// What the larger of the passes takes, but for a few bytes for each bucket.
  std::size_t needed_bytes() const noexcept;

 private:
  bool divide() noexcept;
};

/// Shuffles the elements of `source` into `result`, which may be the same. Makes and allocates the
/// temporary file before anything else.
///
/// Throws `error`, and what the shuffler and the watch throw. If the files are the same, the
/// elements are then in it, in some order; `is_lost` is set where that was impossible, too.
void shuffle_through_file(const stored_bytes& source, const stored_bytes& result,
                          const bucket_plan& plan, element_shuffler& shuffler,
                          const segment_builder& builder, sort_watch& watch, bool& is_lost);

}  // namespace mapvec::inline v0_1::detail
