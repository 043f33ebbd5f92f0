// SPDX-License-Identifier: MIT
#include <mapvec/detail/sort_elements.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include <mapvec/units.hpp>

#include "external_sort.hpp"
#include "memory_sort.hpp"
#include "posix/syscalls.hpp"
#include "sort_plan.hpp"
#include "sorted_input.hpp"

namespace mapvec::detail {
namespace {

/// Throws `error` where it cannot be.
bool is_to_be_sorted(const storage& held, const stored_bytes& source, const element_sorter& sorter,
                     const sort_resources& resources, const sort_watch& watch) {
  held.require_owner();
  held.require_intact();
  watch.check();
  return source.size_bytes > sorter.element_bytes() &&
         !is_sorted(source, sorter, resources.memory_bytes, watch);
}

bool fits_into_memory(std::size_t count, const element_sorter& sorter,
                      const sort_resources& resources) noexcept {
  return memory_sort_bytes(count, sorter, resources.threads) <= resources.memory_bytes;
}

}  // namespace

std::size_t memory_for_sorting(std::size_t asked_bytes, const memory_budget& budget) noexcept {
  if (asked_bytes != 0) return asked_bytes;
  const std::size_t limit_bytes = budget.limit_bytes();
  if (limit_bytes != std::numeric_limits<std::size_t>::max()) return limit_bytes;
  return sys::available_memory_bytes() / 2;
}

void sort_elements(storage& held, std::size_t used_bytes, const element_sorter& sorter,
                   const sort_resources& resources, sort_watch& watch) {
  const stored_bytes source = held.source(used_bytes);
  if (!is_to_be_sorted(held, source, sorter, resources, watch)) return;
  const std::size_t count = used_bytes / sorter.element_bytes();
  if (source.fd < 0 || fits_into_memory(count, sorter, resources)) {
    held.prefetch(0, used_bytes);
    return sort_in_memory(held.data(), count, sorter, resources.threads, watch);
  }
  const sort_plan plan(count, sorter.bytes(), resources.memory_bytes, resources.threads);
  bool is_lost = false;
  try {
    sort_through_file(source, source, plan, sorter, resources.temporary, watch, is_lost);
  } catch (...) {
    if (is_lost) held.fail(EIO);
    throw;
  }
}

bool sort_elements(const storage& held, storage& result, element_layout layout,
                   std::size_t used_bytes, const element_sorter& sorter,
                   const sort_resources& resources, sort_watch& watch) {
  const stored_bytes source = held.source(used_bytes);
  if (!is_to_be_sorted(held, source, sorter, resources, watch)) return false;
  const std::size_t count = used_bytes / sorter.element_bytes();
  result.reserve(layout, 0, used_bytes, growth::exact);
  result.skip_to(used_bytes);
  if (fits_into_memory(count, sorter, resources)) {
    std::memcpy(result.data(), held.data(), used_bytes);
    sort_in_memory(result.data(), count, sorter, resources.threads, watch);
    return true;
  }
  const sort_plan plan(count, sorter.bytes(), resources.memory_bytes, resources.threads);
  bool is_lost = false;
  sort_through_file(source, result.source(used_bytes), plan, sorter, resources.temporary, watch,
                    is_lost);
  held.require_intact();
  return true;
}

}  // namespace mapvec::detail
