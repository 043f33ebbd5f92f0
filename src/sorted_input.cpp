// SPDX-License-Identifier: MIT
#include "sorted_input.hpp"

#include <algorithm>
#include <cstring>

#include <mapvec/error.hpp>
#include <mapvec/units.hpp>

#include "read_ahead_pause.hpp"

namespace mapvec::inline v0_1::detail {

namespace {

constexpr std::size_t reading_buffers = 4;

std::size_t block_bytes(std::size_t size_bytes, std::size_t element_bytes,
                        std::size_t memory_bytes) noexcept {
  constexpr std::size_t margin_bytes = block_reader::margin_bytes;
  const std::size_t buffer_bytes =
      std::clamp(std::min(memory_bytes, size_bytes) / reading_buffers, 2 * margin_bytes, 2 * MiB);
  return std::max<std::size_t>((buffer_bytes - margin_bytes) / element_bytes, 1) * element_bytes;
}

}  // namespace

block_reader elements_of(const stored_bytes& source, std::size_t element_bytes,
                         std::size_t memory_bytes) {
  return {source,
          {.block_bytes = block_bytes(source.size_bytes, element_bytes, memory_bytes),
           .buffers = reading_buffers,
           .threads = 2,
           .in_place = false}};
}

std::size_t memory_of_reading(std::size_t size_bytes, std::size_t element_bytes,
                              std::size_t memory_bytes) noexcept {
  return reading_buffers *
         (block_bytes(size_bytes, element_bytes, memory_bytes) + block_reader::margin_bytes);
}

void copy_elements(const stored_bytes& source, std::size_t element_bytes, std::size_t memory_bytes,
                   std::byte* to, const sort_watch& watch) {
  block_reader reader = elements_of(source, element_bytes, memory_bytes / 16);
  for (byte_block next = reader.next(); next.data != nullptr; next = reader.next()) {
    watch.check();
    std::memcpy(to, next.data, next.size_bytes);
    to += next.size_bytes;
    reader.release(next);
  }
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
               const memory_budget& budget, const sort_watch& watch) {
  const std::size_t element_bytes = sorter.element_bytes();
  // Where they are mapped: nobody pays for threads and buffers to find two out of order.
  const std::size_t first_elements =
      std::min({source.size_bytes / element_bytes, std::size_t{16}, 64 * KiB / element_bytes});
  {
    const read_ahead_pause pause(source);  // the reader has its own
    if (!sorter.is_sorted(source.data, first_elements)) return false;
  }
  const memory_hold memory =
      take_memory(budget, memory_of_reading(source.size_bytes, element_bytes, memory_bytes));
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

}  // namespace mapvec::inline v0_1::detail
