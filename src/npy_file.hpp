// SPDX-License-Identifier: MIT
//
// Opening a `.npy` file: what its header says, held against what the program asked for and against
// the size of the file. Nothing here writes, and nothing is allocated by numbers from the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <mapvec/dtype.hpp>
#include <mapvec/file.hpp>
#include <mapvec/npy_header.hpp>

namespace mapvec::inline v0_1::detail {

struct npy_contents {
  npy_header header;
  std::size_t row_width = 1;     // elements in a row; 1 where the shape is (N,)
  std::size_t row_bytes = 0;     // one step of the count
  std::uint64_t file_bytes = 0;  // the file's size when it was looked at

  std::size_t used_bytes() const noexcept {
    return static_cast<std::size_t>(header.count()) * row_bytes;
  }
  std::uint64_t end_bytes() const noexcept { return header.size_bytes() + used_bytes(); }
};

/// The array a file of this format has; `row_width` as in options.
npy_array array_of(const element_format& format, std::size_t row_width);

/// Reads the header and checks all it says. `row_width` as in options. Throws `error` and
/// `format_error`.
npy_contents read_npy(const file& opened, const element_format& format, std::size_t row_width);

void write_header(file& target, const npy_header& header);

/// The canonical header that can take the place of `present`, with no crash ever leaving a mixture
/// of the two. Throws `format_error`, saying what to do, where there is none.
npy_header growing_header(const npy_header& present, const std::string& path);

/// Throws `format_error` if one of the elements in [offset, offset + size) of the file has a bit
/// pattern that is no value, such as a bool of 2. Reads them only if T has such patterns.
void require_valid(const file& opened, const element_format& format, std::uint64_t offset_bytes,
                   std::size_t size_bytes);

}  // namespace mapvec::inline v0_1::detail
