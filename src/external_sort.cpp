// SPDX-License-Identifier: MIT
#include "external_sort.hpp"

#include "direct_file.hpp"
#include "run_merge.hpp"
#include "sorted_runs.hpp"

namespace mapvec::inline v0_1::detail {
namespace {

/// Puts the runs where their elements came from, as many as can be; 0 or an errno.
int copy_back(const sort_plan& plan, const sort_places& places, direct_file& from, direct_file& to,
              std::byte* memory) noexcept {
  int first_failed = 0;
  for (std::size_t run = 0; run < plan.runs; ++run) {
    const std::size_t position = plan.run_begin(run);
    const std::size_t size = (plan.run_end(run) - position) * plan.element_bytes;
    const page_range pages(places.in_runs(plan, position), size);
    int failed = from.read(memory, pages.first, pages.size, pages.inside + size);
    if (failed == 0) {
      // A run has the place in a page that it had.
      failed = to.write_range(memory + pages.inside, places.in_source(plan, position), size);
    }
    if (first_failed == 0) first_failed = failed;
  }
  return first_failed;
}

}  // namespace

void sort_through_file(const stored_bytes& source, const stored_bytes& result,
                       const sort_plan& plan, const element_sorter& sorter,
                       const segment_builder& builder, sort_watch& watch, bool& is_lost) {
  sorted_runs runs(plan, builder);
  const sort_places places{source.offset_bytes, result.offset_bytes};
  watch.expect(2 * plan.count);
  runs.make(source, places, sorter, watch);
  direct_file to(result.fd, direct_file::purpose::writing);
  run_merge merge(runs, plan, places, sorter, watch);
  try {
    merge.write(to, result.name);
  } catch (...) {
    if (source.fd == result.fd && merge.has_written()) {
      is_lost = copy_back(plan, places, runs.file(), to, runs.memory()) != 0;
    }
    throw;
  }
}

}  // namespace mapvec::inline v0_1::detail
