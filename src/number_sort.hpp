// SPDX-License-Identifier: MIT
//
// The fastest sort of unsigned integers in memory that this build has. CMake chooses the file that
// defines it: number_sort/highway.cpp where the library Highway is found, else standard.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mapvec::inline v0_1::detail::number_sort {

/// Whether 64 Ki numbers out of many sorted runs are sorted sooner than they are merged.
extern const bool is_faster_than_merging;

/// Ascending.
void sort(std::uint16_t* numbers, std::size_t count) noexcept;
void sort(std::uint32_t* numbers, std::size_t count) noexcept;
void sort(std::uint64_t* numbers, std::size_t count) noexcept;

}  // namespace mapvec::inline v0_1::detail::number_sort
