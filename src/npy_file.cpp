// SPDX-License-Identifier: MIT
#include "npy_file.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <mapvec/error.hpp>
#include <mapvec/options.hpp>
#include <mapvec/units.hpp>

#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

// What a disk writes whole or not at all.
constexpr std::size_t sector_bytes = 512;

/// As Python shows it: "dtype '<f4', shape (N, 3)".
std::string describe(const npy_array& array) {
  std::string text = "dtype " + array.dtype + ", shape (N,";
  for (std::size_t i = 0; i < array.row_extents.size(); ++i) {
    text += (i == 0 ? " " : ", ") + std::to_string(array.row_extents[i]);
  }
  return text + ")";
}

/// The width of the rows, if the array is what was asked for; 0 otherwise.
std::uint64_t matching_row_width(const npy_array& stored, const element_format& format,
                                 std::size_t asked) {
  if (stored.dtype != format.dtype) return 0;
  const auto& extents = stored.row_extents;
  if (asked == 0 || (asked == any_row_width && extents == format.row_extents)) {
    return extents == format.row_extents ? 1 : 0;
  }
  const bool one_more = extents.size() == format.row_extents.size() + 1 &&
                        std::equal(extents.begin() + 1, extents.end(), format.row_extents.begin());
  const bool as_asked = one_more && (asked == any_row_width || extents.front() == asked);
  return as_asked && extents.front() <= PTRDIFF_MAX / format.size_bytes ? extents.front() : 0;
}

std::string read_beginning(const file& opened) {
  std::string bytes(max_npy_header_bytes, '\0');
  bytes.resize(opened.read(bytes.data(), bytes.size(), 0));
  return bytes;
}

}  // namespace

void write_header(file& target, const npy_header& header) {
  target.write(header.text().data(), header.text().size(), 0);
}

npy_array array_of(const element_format& format, std::size_t row_width) {
  npy_array array{format.dtype, format.row_extents};
  if (row_width != 0 && row_width != any_row_width) {
    array.row_extents.insert(array.row_extents.begin(), row_width);
  }
  return array;
}

npy_contents read_npy(const file& opened, const element_format& format, std::size_t row_width) {
  const std::string& path = opened.name();
  npy_contents found;
  found.header = npy_header::parse(read_beginning(opened), path);
  const npy_header& header = found.header;
  found.row_width = matching_row_width(header.array(), format, row_width);
  if (found.row_width == 0) {
    throw format_error(path, describe(header.array()),
                       row_width == any_row_width ? describe(array_of(format, 0)) + " or rows of it"
                                                  : describe(array_of(format, row_width)));
  }
  if (header.size_bytes() % format.alignment_bytes != 0) {
    throw format_error(path, "elements from byte " + std::to_string(header.size_bytes()),
                       "a multiple of " + std::to_string(format.alignment_bytes) +
                           ", the alignment; copy the array with numpy.save");
  }
  found.row_bytes = found.row_width * format.size_bytes;
  found.file_bytes = opened.size_bytes();
  const std::uint64_t room =
      found.file_bytes - std::min<std::uint64_t>(found.file_bytes, header.size_bytes());
  if (header.count() > room / found.row_bytes) {
    throw format_error(path, std::to_string(room) + " bytes of elements",
                       std::to_string(header.count()) + " times " +
                           std::to_string(found.row_bytes) + " bytes, as its header says");
  }
  return found;
}

npy_header growing_header(const npy_header& present, const std::string& path) {
  const auto canonical =
      npy_header::canonical_of_size(present.array(), present.count(), present.size_bytes());
  if (canonical) {
    const std::string_view before = present.text();
    const std::string_view after = canonical->text();
    const auto first = static_cast<std::size_t>(
        std::mismatch(before.begin(), before.end(), after.begin()).first - before.begin());
    const auto behind = static_cast<std::size_t>(
        std::mismatch(before.rbegin(), before.rend(), after.rbegin()).first - before.rbegin());
    if (first == before.size()) return *canonical;
    const std::size_t last = before.size() - 1 - behind;
    if (first / sector_bytes == last / sector_bytes) return *canonical;
  }
  throw format_error(
      path, "a header without room for a count that grows",
      "room for it within one sector of the disk; copy the elements into a new file_vector");
}

void require_valid(const file& opened, const element_format& format, std::uint64_t offset_bytes,
                   std::size_t size_bytes) {
  if (format.all_valid == nullptr) return;
  constexpr std::size_t most = 32 * KiB;
  const std::size_t piece = std::max(most - most % format.size_bytes, format.size_bytes);
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(piece);
  for (std::size_t done = 0; done < size_bytes; done += piece) {
    const std::size_t wanted = std::min(piece, size_bytes - done);
    const std::size_t got = opened.read(buffer.get(), wanted, offset_bytes + done);
    if (got == wanted && format.all_valid(buffer.get(), wanted / format.size_bytes)) continue;
    throw format_error(opened.name(),
                       "a bool that is neither 0 nor 1 among the elements from " +
                           std::to_string(done / format.size_bytes) + " on",
                       "elements that are values of their type");
  }
}

}  // namespace mapvec::inline v0_1::detail
