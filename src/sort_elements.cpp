// SPDX-License-Identifier: MIT
#include <mapvec/detail/sort_elements.hpp>

#include <cerrno>
#include <limits>

#include <mapvec/units.hpp>

#include "external_sort.hpp"
#include "memory_sort.hpp"
#include "posix/syscalls.hpp"
#include "sort_plan.hpp"
#include "sorted_input.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

/// Throws `error` where it cannot be.
bool is_to_be_sorted(const storage& held, const stored_bytes& source, const element_sorter& sorter,
                     const sort_resources& resources, const sort_watch& watch) {
  held.require_owner();
  held.require_intact();
  watch.check();
  return source.size_bytes > sorter.element_bytes() &&
         !is_sorted(source, sorter, resources.memory_bytes, held.budget(), watch);
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
  const std::size_t in_memory_bytes = memory_sort_bytes(count, sorter, resources.threads);
  if (source.fd < 0 || in_memory_bytes <= resources.memory_bytes) {
    const memory_hold memory = take_memory(held.budget(), in_memory_bytes);
    held.prefetch(0, used_bytes);
    return sort_in_memory(held.data(), count, sorter, resources.threads, watch);
  }
  const sort_plan plan(count, sorter.bytes(), resources.memory_bytes, resources.threads);
  const memory_hold memory = take_memory(held.budget(), plan.memory_bytes);
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
  const std::size_t in_memory_bytes = memory_sort_bytes(count, sorter, resources.threads);
  if (in_memory_bytes <= resources.memory_bytes) {
    const memory_hold memory = take_memory(held.budget(), in_memory_bytes);
    copy_elements(source, sorter.element_bytes(), resources.memory_bytes, result.data(), watch);
    sort_in_memory(result.data(), count, sorter, resources.threads, watch);
    return true;
  }
  const sort_plan plan(count, sorter.bytes(), resources.memory_bytes, resources.threads);
  const memory_hold memory = take_memory(held.budget(), plan.memory_bytes);
  bool is_lost = false;
  sort_through_file(source, result.source(used_bytes), plan, sorter, resources.temporary, watch,
                    is_lost);
  held.require_intact();
  return true;
}

}  // namespace mapvec::inline v0_1::detail
