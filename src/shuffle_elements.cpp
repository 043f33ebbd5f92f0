// SPDX-License-Identifier: MIT
#include <cerrno>

#include <mapvec/detail/element_shuffler.hpp>

#include "bucket_shuffle.hpp"
#include "sorted_input.hpp"

namespace mapvec::inline v0_1::detail {

element_shuffler::~element_shuffler() = default;

void shuffle_elements(storage& held, std::size_t used_bytes, element_shuffler& shuffler,
                      const sort_resources& resources, sort_watch& watch) {
  watch.check();
  const std::size_t count = used_bytes / shuffler.element_bytes();
  if (count < 2) return;
  const stored_bytes source = held.source(used_bytes);
  if (source.fd < 0 || used_bytes <= resources.memory_bytes) {
    const memory_hold memory = take_memory(held.budget(), used_bytes);
    held.prefetch(0, used_bytes);
    watch.expect(count);
    return shuffler.shuffle(held.data(), count, watch);
  }
  const bucket_plan plan(count, shuffler.element_bytes(), resources.memory_bytes);
  const memory_hold memory = take_memory(held.budget(), plan.memory_bytes);
  bool is_lost = false;
  try {
    shuffle_through_file(source, source, plan, shuffler, resources.temporary, watch, is_lost);
  } catch (...) {
    if (is_lost) held.fail(EIO);
    throw;
  }
}

void shuffle_elements(const storage& held, storage& result, element_layout layout,
                      std::size_t used_bytes, element_shuffler& shuffler,
                      const sort_resources& resources, sort_watch& watch) {
  watch.check();
  const std::size_t count = used_bytes / shuffler.element_bytes();
  const stored_bytes source = held.source(used_bytes);
  result.reserve(layout, 0, used_bytes, growth::exact);
  result.skip_to(used_bytes);
  if (used_bytes <= resources.memory_bytes) {
    const memory_hold memory = take_memory(held.budget(), used_bytes);
    copy_elements(source, shuffler.element_bytes(), resources.memory_bytes, result.data(), watch);
    watch.expect(count);
    return shuffler.shuffle(result.data(), count, watch);
  }
  const bucket_plan plan(count, shuffler.element_bytes(), resources.memory_bytes);
  const memory_hold memory = take_memory(held.budget(), plan.memory_bytes);
  bool is_lost = false;
  shuffle_through_file(source, result.source(used_bytes), plan, shuffler, resources.temporary,
                       watch, is_lost);
  held.require_intact();
}

}  // namespace mapvec::inline v0_1::detail
