// SPDX-License-Identifier: MIT
#include "sorted_input.hpp"

#include <algorithm>
#include <cstring>

#include <mapvec/error.hpp>
#include <mapvec/units.hpp>

#include "read_ahead_pause.hpp"

namespace mapvec::detail {

block_reader elements_of(const stored_bytes& source, std::size_t element_bytes,
                         std::size_t memory_bytes) {
  constexpr std::size_t margin_bytes = block_reader::margin_bytes;
  const std::size_t buffer_bytes = std::clamp(memory_bytes / 4, 2 * margin_bytes, 2 * MiB);
  const std::size_t block_elements =
      std::max<std::size_t>((buffer_bytes - margin_bytes) / element_bytes, 1);
  return {source,
          {.block_bytes = block_elements * element_bytes,
           .buffers = 4,
           .threads = 2,
           .in_place = false}};
}

void load(const stored_bytes& source, direct_file& from, const page_range& pages,
          std::size_t size_bytes, std::byte* into) {
  const std::size_t offset = pages.first + pages.inside - source.offset_bytes;
  if (is_resident(source, offset, size_bytes)) {
    std::memcpy(into + pages.inside, source.data + offset, size_bytes);
    return;
  }
  const int failed = from.read(into, pages.first, pages.size, pages.inside + size_bytes);
  if (failed != 0) throw_error(failed, "read", source.name, {pages.first, pages.size});
}

bool is_sorted(const stored_bytes& source, const element_sorter& sorter, std::size_t memory_bytes,
               const sort_watch& watch) {
  const std::size_t element_bytes = sorter.element_bytes();
  const std::size_t first_elements = std::min(source.size_bytes / element_bytes, std::size_t{16});
  {
    const read_ahead_pause pause(source);  // the reader has its own
    if (!sorter.is_sorted(source.data, first_elements)) return false;
  }
  block_reader reader = elements_of(source, element_bytes, memory_bytes);
  byte_block last;
  for (;;) {
    watch.check();
    const byte_block next = reader.next();
    if (next.data == nullptr) return true;
    if (!sorter.is_sorted(next.data, next.size_bytes / element_bytes)) return false;
    if (last.data != nullptr &&
        sorter.less(next.data, last.data + last.size_bytes - element_bytes)) {
      return false;
    }
    reader.release(last);
    last = next;
  }
}

}  // namespace mapvec::detail
