// SPDX-License-Identifier: MIT
//
// What the cases of budgets share. What is in memory is asked of the kernel: pages of the file,
// page cache included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mapvec/budget.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/vector.hpp>

#include "support/directories.hpp"
#include "support/instrumented_syscalls.hpp"
#include "support/resources.hpp"

namespace mapvec::test {

using words = mapvec::vector<std::uint64_t>;
using file_words = mapvec::file_vector<std::uint64_t>;

inline constexpr std::size_t budget_bytes = 16 * MiB;
inline constexpr std::size_t words_of_a_mebibyte = MiB / sizeof(std::uint64_t);

class budget_case : public counts_resources {
 protected:
  options alone() const { return {.builder = builder(), .memory_budget_bytes = budget_bytes}; }
  options sharing(const memory_budget& budget) const {
    return {.builder = builder(), .budget = budget};
  }
  options unbounded() const { return {.builder = builder(), .spill_threshold_bytes = 0}; }
  segment_builder builder() const { return segment_builder::unnamed(directory_.path()); }

  /// Appends size(), size() + 1, …
  template <class Vector>
  static void push_mebibyte(Vector& v) {
    for (std::size_t i = 0; i < words_of_a_mebibyte; ++i) v.push_back(v.size());
  }

  template <class Vector>
  static std::size_t wrong_elements(const Vector& v) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < v.size(); ++i) wrong += v[i] != i;
    return wrong;
  }

  scratch_directory directory_;
};

}  // namespace mapvec::test
