// SPDX-License-Identifier: MIT
//
// An owned range of reserved addresses. It is reserved once, at its final size and place, and holds
// either private memory (the start of small vectors) or one file, mapped over all of it, past its
// end too. Nothing that holds elements is ever mapped again, but for the one move from memory to
// the file, which the kernel does in one step. Not thread-safe; others may read meanwhile.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <mapvec/config.hpp>
#include <mapvec/file.hpp>
#include <mapvec/units.hpp>

namespace mapvec::inline v0_1::detail {

/// Regions begin at multiples of this, and so do the files in them: a 2 MiB folio of the page cache
/// can then be mapped by one entry of the page table.
inline constexpr std::size_t huge_page_bytes = 2 * MiB;

enum class access_right : unsigned char { read, write };

class MAPVEC_API region {
 public:
  region() noexcept = default;
  region(region&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_bytes_(std::exchange(other.size_bytes_, 0)) {}
  region& operator=(region&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_bytes_, other.size_bytes_);
    return *this;
  }
  /// Unmaps; an error goes to the error handler.
  ~region();

  /// Reserves addresses whose first `writable_bytes` are private zeroed memory; the rest faults.
  /// `requested_bytes` = 0: a fair share of the address space, and at least `needed_bytes`.
  /// Throws `error`.
  static region reserve_memory(std::size_t requested_bytes, std::size_t needed_bytes,
                               std::size_t writable_bytes);
  /// The same for `mapped`, which must stay open no longer than this call.
  static region reserve_file(std::size_t requested_bytes, std::size_t needed_bytes,
                             const file& mapped, access_right right = access_right::write);

  /// Replaces private memory by the file, which must hold the same bytes already. Readers in other
  /// threads see the bytes at every instant. `kernel_advice` is an advice of madvise(2) to carry
  /// over, 0 for none. Throws `error` and changes nothing.
  void replace_memory(const file& mapped, int kernel_advice);

  std::byte* data() const noexcept { return data_; }
  std::size_t size_bytes() const noexcept { return size_bytes_; }

 private:
  region(std::byte* data, std::size_t size_bytes) noexcept : data_(data), size_bytes_(size_bytes) {}
  template <class Fill>
  static region reserve(std::size_t requested_bytes, std::size_t needed_bytes,
                        const std::string& name, Fill fill);

  std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace mapvec::inline v0_1::detail
