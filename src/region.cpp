// SPDX-License-Identifier: MIT
#include <mapvec/region.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>

#include <mapvec/error.hpp>

#include "counters.hpp"
#include "posix/syscalls.hpp"

// There in every program that runs under ThreadSanitizer, whatever this library was built with.
extern "C" __attribute__((weak)) void __tsan_init();

namespace mapvec::inline v0_1::detail {
namespace {

bool is_error(std::intptr_t address) noexcept { return address < 0 && address > -4096; }

std::byte* as_pointer(std::intptr_t address) noexcept {
  return reinterpret_cast<std::byte*>(address);
}

void unmap(std::byte* data, std::size_t size_bytes) noexcept {
  const int failed = sys::munmap(data, size_bytes);
  if (failed == 0) return;
  add(process_counters.unmap_failures, 1);
  report_error(-failed, "unmap", "", {0, size_bytes});
}

/// A fair share: vectors that grow without being told how far must leave room for each other and
/// for malloc. Of what RLIMIT_AS leaves, the k-th vector takes 1/(8+k), so that 16 of them leave a
/// third of it. ThreadSanitizer has 3.5 TiB of addresses for everything, hence the sixteenth.
std::size_t automatic_size(std::size_t needed_bytes) noexcept {
  const std::uint64_t live = process_counters.active_segments.load(std::memory_order_relaxed);
  std::size_t all = 8 * TiB;
  std::size_t share = all / (32 + live);
  const std::uint64_t limit = sys::resource_limit(RLIMIT_AS);
  if (limit < all) {
    const std::uint64_t used = sys::mapped_address_bytes();
    share = std::min<std::size_t>(share, (limit - std::min(limit, used)) / (8 + live));
  }
  if (__tsan_init != nullptr) share /= 16;
  return round_up(std::max(share, saturating_multiply(needed_bytes, 4)), huge_page_bytes);
}

/// Addresses nobody uses, aligned to huge_page_bytes and not accessible; -errno otherwise. Kernels
/// from 6.7 on align mappings of this size by themselves; elsewhere we reserve more and trim.
std::intptr_t reserve_addresses(std::size_t size_bytes) noexcept {
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  std::intptr_t address = sys::mmap(nullptr, size_bytes, PROT_NONE, flags, -1, 0);
  if (is_error(address)) return address;
  const auto misaligned = [](std::intptr_t at) {
    return static_cast<std::size_t>(at) % huge_page_bytes;
  };
  if (misaligned(address) == 0) return address;
  unmap(as_pointer(address), size_bytes);
  address = sys::mmap(nullptr, size_bytes + huge_page_bytes, PROT_NONE, flags, -1, 0);
  if (is_error(address)) return address;
  std::byte* const first = as_pointer(address);
  const std::size_t head = (huge_page_bytes - misaligned(address)) % huge_page_bytes;
  if (head != 0) unmap(first, head);
  unmap(first + head + size_bytes, huge_page_bytes - head);
  return address + static_cast<std::intptr_t>(head);
}

/// An unlinked shared file *is* dumped, and a reservation would make a core file of its size.
int leave_out_of_core_dumps(std::byte* data, std::size_t size_bytes) noexcept {
  return sys::madvise(data, size_bytes, MADV_DONTDUMP);
}

}  // namespace

region::~region() {
  if (data_ != nullptr) unmap(data_, size_bytes_);
}

/// Reserves, then `fill(data, size_bytes)` maps into it: 0 or -errno. `name` is for messages.
template <class Fill>
region region::reserve(std::size_t requested_bytes, std::size_t needed_bytes,
                       const std::string& name, Fill fill) {
  const bool automatic = requested_bytes == 0;
  std::size_t size =
      automatic ? automatic_size(needed_bytes) : round_up(requested_bytes, huge_page_bytes);
  const std::size_t twice = round_up(saturating_multiply(needed_bytes, 2), huge_page_bytes);
  for (int attempt = 0;; ++attempt) {
    const std::intptr_t address = reserve_addresses(size);
    int failed = is_error(address) ? static_cast<int>(address) : 0;
    if (failed == 0) {
      region reserved(as_pointer(address), size);
      failed = fill(reserved.data_, size);
      if (failed == 0) failed = leave_out_of_core_dumps(reserved.data_, size);
      if (failed == 0) return reserved;
    }
    add(process_counters.map_failures, 1);
    // ENOMEM: addresses are short. EOVERFLOW: the file system's files end before the reservation.
    const bool smaller_may_do = failed == -ENOMEM || failed == -EOVERFLOW;
    if (!automatic || !smaller_may_do || size <= twice || attempt == 4) {
      throw_error(-failed, "reserve " + std::to_string(size) + " bytes of addresses", name);
    }
    size = attempt < 3 ? std::max(round_up(size / 2, huge_page_bytes), twice) : twice;
  }
}

region region::reserve_memory(std::size_t requested_bytes, std::size_t needed_bytes,
                              std::size_t writable_bytes) {
  return reserve(requested_bytes, needed_bytes, "", [&](std::byte* data, std::size_t size) {
    return sys::mprotect(data, std::min(writable_bytes, size), PROT_READ | PROT_WRITE);
  });
}

region region::reserve_file(std::size_t requested_bytes, std::size_t needed_bytes,
                            const file& mapped, access_right right) {
  const int protection = right == access_right::read ? PROT_READ : PROT_READ | PROT_WRITE;
  const auto map = [&](std::byte* data, std::size_t size) {
    const std::intptr_t address = sys::mmap(
        data, size, protection, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, mapped.descriptor(), 0);
    return is_error(address) ? static_cast<int>(address) : 0;
  };
  return reserve(requested_bytes, needed_bytes, mapped.name(), map);
}

void region::replace_memory(const file& mapped, int kernel_advice) {
  // Mapped elsewhere first: a MAP_FIXED that the file system refuses may leave a hole where the
  // elements were. Moving a mapping asks no file system.
  region elsewhere = reserve_file(size_bytes_, size_bytes_, mapped);
  int failed = 0;
  if (kernel_advice != 0) failed = sys::madvise(elsewhere.data_, size_bytes_, kernel_advice);
  if (failed == 0) {
    const std::intptr_t moved = sys::mremap(elsewhere.data_, size_bytes_, size_bytes_,
                                            MREMAP_MAYMOVE | MREMAP_FIXED, data_);
    failed = is_error(moved) ? static_cast<int>(moved) : 0;
  }
  if (failed != 0) {
    add(process_counters.map_failures, 1);
    throw_error(-failed, "map in place of memory", mapped.name(), {0, size_bytes_});
  }
  elsewhere.data_ = nullptr;
}

}  // namespace mapvec::inline v0_1::detail
