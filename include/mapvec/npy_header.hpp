// SPDX-License-Identifier: MIT
//
// `npy_header`, the text in front of the elements of a .npy file: what the elements are and how
// many. It is written in one canonical form, in which the count ends at a multiple of 16 bytes, so
// that one aligned store of 16 bytes commits it; what others wrote is read by a bounded parser that
// accepts nothing NumPy refuses and gives it no other meaning. No input or output. Copies are
// independent; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mapvec/config.hpp>
#include <mapvec/file.hpp>

namespace mapvec::inline v0_1::detail {

/// NumPy refuses longer headers (np.load, max_header_size); 12 bytes stand before the text.
inline constexpr std::size_t max_npy_header_bytes = 12 + 10000;
/// NumPy counts the bytes of one element in an int.
inline constexpr std::size_t max_npy_element_bytes = 0x7FFFFFFF;
/// The elements begin behind the header, whose next larger power of two NumPy refuses.
inline constexpr std::size_t max_npy_alignment_bytes = 4096;
/// Of one shape, as in NumPy 1.
inline constexpr std::size_t max_npy_extents = 32;
/// Structs within structs, the outermost included.
inline constexpr std::size_t max_npy_nesting = 16;

/// What a .npy file says of its elements.
struct npy_array {
  /// The value of 'descr' as np.save writes it: "'<f8'" or "[('id', '<i4'), ('', '|V4')]".
  std::string dtype;
  /// Every extent but the first: {} for (N,), {768} for (N, 768).
  std::vector<std::uint64_t> row_extents;

  friend bool operator==(const npy_array&, const npy_array&) = default;
};

class MAPVEC_API npy_header {
 public:
  /// The size of the commit record; it lies at a multiple of its size.
  static constexpr std::size_t slot_bytes = 16;

  /// Of no file: size 0.
  npy_header() = default;

  /// For a new file: canonical, count 0. As small as it can be among the multiples of
  /// `alignment_bytes` and of 64, but not below 128: some readers know no smaller or larger ones.
  /// Throws std::length_error if the text needs more than NumPy reads.
  /// REQUIRES: alignment_bytes is a power of two, at most max_npy_alignment_bytes.
  static npy_header canonical(npy_array array, std::size_t alignment_bytes);

  /// The canonical header of exactly `size_bytes`, for a place that exists: room left in front of
  /// the elements, or the header np.save wrote. Nothing where the text or the count does not fit.
  static std::optional<npy_header> canonical_of_size(npy_array array, std::uint64_t count,
                                                     std::size_t size_bytes);

  /// Reads the header at the start of `bytes`, which begins where the file begins: up to
  /// max_npy_header_bytes of it, fewer if the file is shorter. Throws `format_error` that names
  /// `path`, what is there and what would be right. Takes less than 64 KiB of memory whatever the
  /// bytes say; recursion ends at a fixed depth.
  static npy_header parse(std::string_view bytes, path_view path);

  const npy_array& array() const noexcept { return array_; }
  /// The first extent.
  std::uint64_t count() const noexcept { return count_; }
  /// All of the header: the elements follow.
  std::size_t size_bytes() const noexcept { return text_.size(); }
  /// Its bytes, from the magic to the newline.
  std::string_view text() const noexcept { return text_; }

  /// Byte for byte what canonical_of_size() gives for this array, count and size.
  bool is_canonical() const noexcept { return count_end_ != 0; }

  // --- the commit record, of canonical headers only --------------------------------------------

  /// Where the 16 bytes are that have to be written when the count changes; the last one is the
  /// last digit. REQUIRES: is_canonical().
  std::size_t slot_offset_bytes() const noexcept {
    MAPVEC_ASSERT(is_canonical());
    return count_end_ - slot_bytes;
  }
  /// Those bytes. REQUIRES: is_canonical().
  std::string_view slot() const noexcept { return text().substr(slot_offset_bytes(), slot_bytes); }
  /// The largest count the slot has room for: at least 10^12 - 1. REQUIRES: is_canonical().
  std::uint64_t max_count() const noexcept;
  /// Changes bytes of slot() only. REQUIRES: is_canonical(), count <= max_count().
  void set_count(std::uint64_t count) noexcept;

 private:
  npy_array array_;
  std::uint64_t count_ = 0;
  std::string text_;
  // Behind the last digit; 0 if the text is not canonical. Else a multiple of 16.
  std::size_t count_end_ = 0;
  std::size_t count_places_ = 0;  // 12 to 16: digits that fit in front of count_end_
};

}  // namespace mapvec::inline v0_1::detail
