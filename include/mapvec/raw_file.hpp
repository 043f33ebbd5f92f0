// SPDX-License-Identifier: MIT
//
// Files of plain elements, without a header, as C programs, other languages and instruments write
// them:
//
//   mapvec::import_raw(v, "samples.f64");   // appends what the file holds
//   mapvec::export_raw(v, "copy.f64");      // makes a new file of all elements
//
// Bytes are taken as they are: of this machine's order, each sizeof(T).
//
//  - Invalidation: none; the vector that is read into grows as by append_range.
//  - Cost: linear: each byte is read once and written once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <mapvec/blocks.hpp>
#include <mapvec/config.hpp>
#include <mapvec/detail/load_elements.hpp>
#include <mapvec/dtype.hpp>
#include <mapvec/error.hpp>
#include <mapvec/file.hpp>

namespace mapvec::inline v0_1 {

/// Which part of a file of plain elements.
struct raw_layout {
  std::uint64_t offset_bytes = 0;  ///< what comes before the elements, such as a header
};

namespace detail {

class MAPVEC_API raw_input {
 public:
  /// Throws `error`, and `format_error` unless what is behind the offset is whole elements.
  raw_input(path_view path, const raw_layout& layout, std::size_t element_bytes);
  std::uint64_t left_bytes() const noexcept { return end_bytes_ - next_bytes_; }
  /// The next `size_bytes`. Throws `error`, and `format_error` where the file is shorter by now.
  void read(void* into, std::size_t size_bytes);
  [[noreturn]] void refuse_bool() const;

 private:
  file file_;
  std::uint64_t next_bytes_;
  std::uint64_t end_bytes_;
};

class MAPVEC_API raw_output {
 public:
  /// Allocates it. Throws `error`, EEXIST where the name is taken.
  raw_output(path_view path, std::uint64_t size_bytes);
  raw_output(const raw_output&) = delete;
  raw_output& operator=(const raw_output&) = delete;
  ~raw_output();
  /// Behind what was written before. Throws `error`.
  void write(const void* data, std::size_t size_bytes);
  /// Waits for the disk and gives the file its name. Throws `error`.
  void publish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace detail

/// Appends the elements of a file to a vector or a file_vector, reading 1 MiB at a time, at the
/// speed of pwrite. Throws `error`, std::bad_alloc and std::length_error; `format_error` where the
/// file does not hold whole elements, or a bool that is neither 0 nor 1, or would leave a
/// file_vector with an incomplete row. Strong guarantee, but for the capacity. T needs a default
/// constructor.
template <class Vector>
void import_raw(Vector& v, path_view path, const raw_layout& layout = {}) {
  using T = typename Vector::value_type;
  static_assert(std::is_trivially_copyable_v<T>, "mapvec: elements of a file must be their bytes");
  detail::raw_input input(path, layout, sizeof(T));
  const std::uint64_t count = input.left_bytes() / sizeof(T);
  const std::size_t old_size = v.size();
  const std::size_t new_size = detail::saturating_add(old_size, static_cast<std::size_t>(count));
  detail::require_rows(v, new_size);
  try {
    v.reserve(new_size);
    detail::append_pieces<T>(v, count, [&](T* first, std::size_t some) {
      input.read(first, some * sizeof(T));
      if (!detail::have_valid_bools(first, some)) input.refuse_bool();
    });
  } catch (...) {
    v.truncate(old_size);
    throw;
  }
}

/// Writes all elements into a new file, durable on return; nobody sees half of it. Takes 8 MiB of
/// memory, and what the kernel keeps of the new file until it is written, which no budget counts.
/// Throws `error`, EEXIST if the name is taken, and std::bad_alloc.
template <class Vector>
void export_raw(const Vector& v, path_view path) {
  using T = typename Vector::value_type;
  static_assert(std::is_trivially_copyable_v<T>, "mapvec: elements of a file must be their bytes");
  detail::raw_output output(path, v.size() * sizeof(T));
  for (const auto block : blocks(v)) output.write(block.data(), block.size_bytes());
  output.publish();
}

}  // namespace mapvec::inline v0_1
