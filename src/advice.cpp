// SPDX-License-Identifier: MIT
#include <mapvec/advice.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

#include <mapvec/units.hpp>

#include "posix/syscalls.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

struct pages {
  std::byte* data;
  std::size_t size_bytes;
};

/// The whole pages that [data, data + size) touches.
pages surrounding(std::byte* data, std::size_t size_bytes) noexcept {
  const std::size_t page = sys::page_bytes();
  const std::size_t inside = reinterpret_cast<std::uintptr_t>(data) % page;
  return {data - inside, round_up(inside + size_bytes, page)};
}

}  // namespace

int kernel_advice(access how) noexcept { return how == access::random ? MADV_RANDOM : MADV_NORMAL; }

void advise(std::byte* data, std::size_t size_bytes, access how) noexcept {
  const pages range = surrounding(data, size_bytes);
  sys::madvise(range.data, range.size_bytes, kernel_advice(how));
}

void prefetch(std::byte* data, std::size_t size_bytes) noexcept {
  if (size_bytes == 0) return;
  const pages range = surrounding(data, size_bytes);
  sys::madvise(range.data, range.size_bytes, MADV_WILLNEED);
}

std::size_t resident_bytes(std::byte* data, std::size_t size_bytes) noexcept {
  if (size_bytes == 0) return 0;
  const std::size_t page = sys::page_bytes();
  const pages range = surrounding(data, size_bytes);
  std::array<unsigned char, 4096> in_memory{};
  std::size_t resident = 0;
  for (std::size_t done = 0; done < range.size_bytes; done += in_memory.size() * page) {
    const std::size_t piece = std::min(range.size_bytes - done, in_memory.size() * page);
    if (sys::mincore(range.data + done, piece, in_memory.data()) != 0) return 0;
    const auto* first = in_memory.data();
    const auto count = std::count_if(first, first + piece / page, [](unsigned char flags) {
      return (flags & 1U) != 0;  // the other bits are undefined, mincore(2)
    });
    resident += static_cast<std::size_t>(count) * page;
  }
  return resident;
}

}  // namespace mapvec::inline v0_1::detail
