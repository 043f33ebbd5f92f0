// SPDX-License-Identifier: MIT
//
// What file_view is a skin over: a `.npy` file mapped for reading, and how much of it counts. It
// holds a share of the readers' lock, so the file is not cut below what it has mapped by a writer
// that knows the lock. Not thread-safe; mapped bytes may be read by any thread.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <mapvec/advice.hpp>
#include <mapvec/config.hpp>
#include <mapvec/file.hpp>

namespace mapvec::inline v0_1 {
struct options;
}

namespace mapvec::inline v0_1::detail {

struct element_format;
struct stored_bytes;  // block_reader.hpp

class MAPVEC_API view_storage {
 public:
  view_storage() noexcept = default;
  view_storage(view_storage&& other) noexcept { swap(other); }
  view_storage& operator=(view_storage&& other) noexcept {
    view_storage(std::move(other)).swap(*this);
    return *this;
  }
  /// Unmaps and unlocks; errors go to the error handler.
  ~view_storage();
  void swap(view_storage& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(used_bytes_, other.used_bytes_);
    std::swap(state_, other.state_);
  }

  /// Throws `error` and `format_error`.
  static view_storage open(path_view path, const element_format& format, const options& settings);

  const std::byte* data() const noexcept { return data_; }
  std::size_t used_bytes() const noexcept { return used_bytes_; }
  std::size_t row_width() const noexcept;

  /// Takes over the count that the file has now. Strong guarantee. Throws `error`, `format_error`
  /// if it became another file altogether, and std::length_error past the reservation.
  void refresh();

  stored_bytes source() const;
  std::string path() const;
  std::size_t reservation_bytes() const noexcept;
  /// 0 where the kernel does not say.
  std::size_t resident_bytes() const noexcept;
  void prefetch(std::size_t offset_bytes, std::size_t size_bytes) const noexcept;
  void evict(std::size_t offset_bytes, std::size_t size_bytes) const noexcept;
  void advise(access how) const noexcept;

 private:
  struct state;

  const std::byte* data_ = nullptr;
  std::size_t used_bytes_ = 0;
  state* state_ = nullptr;
};

}  // namespace mapvec::inline v0_1::detail
