// SPDX-License-Identifier: MIT
//
// What a program may tell the kernel about a range of mapped bytes, and ask it. Advice is never an
// obligation: a kernel that does not take it changes nothing but speed.
#pragma once

#include <cstddef>

#include <mapvec/config.hpp>

namespace mapvec::inline v0_1 {

/// How a vector will be read. Random access switches off read-ahead, which would otherwise fetch up
/// to /sys/block/*/queue/read_ahead_kb for every cold element.
enum class access : unsigned char { normal, random };

namespace detail {

/// `how` as a MADV_ value.
MAPVEC_API int kernel_advice(access how) noexcept;
/// Applies to the pages that are touched; for the whole of a mapping it stays one. Refusals are
/// dropped.
MAPVEC_API void advise(std::byte* data, std::size_t size_bytes, access how) noexcept;
/// Starts reading the pages that touch [data, data + size); does not wait for them.
MAPVEC_API void prefetch(std::byte* data, std::size_t size_bytes) noexcept;
/// How many bytes of [data, data + size) are in memory, in whole pages. 0 where the kernel refuses
/// to say; all, where they are of a file that the process neither owns nor may write.
MAPVEC_API std::size_t resident_bytes(std::byte* data, std::size_t size_bytes) noexcept;

}  // namespace detail
}  // namespace mapvec::inline v0_1
