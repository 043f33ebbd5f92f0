// SPDX-License-Identifier: MIT
//
// The workloads for what needs no other library: mapvec, std::vector, the vector that maps anew at
// each growth, and the limits: pwrite and anonymous huge pages.

#include <cstddef>
#include <vector>

#include <mapvec/vector.hpp>

#include "peers/anonymous_pages.hpp"
#include "peers/pwrite_loop.hpp"
#include "peers/remap_doubling_vector.hpp"
#include "workloads.hpp"
#include "workloads_containers.hpp"
#include "workloads_past.hpp"
#include "workloads_sort.hpp"

namespace bench {

using ours = mapvec::vector<number>;
using std_vector = std::vector<number>;
using remap = peers::remap_doubling_vector<number>;
using remap_fallocate = peers::remap_doubling_vector<number, peers::allocation::fallocate>;

struct advised : ours {
  void expect_random_reads() { advise(mapvec::access::random); }
};

// A quarter of the memory group.
struct bounded : ours {
  bounded() : ours(mapvec::options{.memory_budget_bytes = 64 * mapvec::MiB}) {}
};

namespace {

struct write_cached {
  template <class Loop>
  void operator()(Loop& loop, std::size_t bytes) const {
    loop.write(bytes);
  }
};

/// From a span that is as large as a call of append_range would get.
struct write_spans {
  std::vector<number> span;

  template <class Loop>
  void operator()(Loop& loop, std::size_t bytes) const {
    const std::size_t span_bytes = span.size() * sizeof(number);
    for (std::size_t done = 0; done < bytes; done += span_bytes) {
      loop.write_from(reinterpret_cast<const char*>(span.data()), span_bytes);
    }
  }
};

template <peers::allocation How>
counters write_each(const job& asked) {
  return append<peers::pwrite_loop<How>>(asked, write_cached{}, ends::in_memory);
}
template <peers::allocation How>
counters write_range(const job& asked) {
  const write_spans fill{std::vector<number>(asked.span / sizeof(number), 42)};
  return append<peers::pwrite_loop<How>>(asked, fill, ends::in_memory);
}
template <peers::allocation How>
counters write_past(const job& asked) {
  return append<peers::pwrite_loop<How>>(asked, write_cached{}, ends::on_disk);
}

constexpr auto sparse = peers::allocation::sparse;
constexpr auto fallocate = peers::allocation::fallocate;

std::vector<workload> workloads() {
  return {
      {"push_back/mapvec", push_back<ours>},
      {"push_back/remap", push_back<remap>},
      {"push_back/remap_fallocate", push_back<remap_fallocate>},
      {"push_back/std", push_back<std_vector>},
      {"push_back/pwrite", write_each<sparse>},
      {"push_back/pwrite_fallocate", write_each<fallocate>},
      {"append_range/mapvec", append_range<ours>},
      {"append_range/std", append_range<std_vector>},
      {"append_range/pwrite", write_range<sparse>},
      {"append_range/pwrite_fallocate", write_range<fallocate>},
      {"append_past/mapvec", push_back_past<ours>},
      {"append_past/mapvec_range", append_range_past<ours>},
      {"append_past/mapvec_bounded", push_back_past<bounded>},
      {"append_past/mapvec_bounded_range", append_range_past<bounded>},
      {"append_past/remap", push_back_past<remap>},
      {"append_past/remap_fallocate", push_back_past<remap_fallocate>},
      {"append_past/pwrite", write_past<sparse>},
      {"append_past/pwrite_fallocate", write_past<fallocate>},
      {"read/mapvec", read<ours>},
      {"read/mapvec_random", read<advised>},
      {"read/mapvec_blocks", read_blocks},
      {"read/mapvec_gather", read_gather},
      {"read/std", read<std_vector>},
      {"read/remap", read<remap>},
      {"read/anonymous", read<peers::anonymous_pages<number>>},
      {"make/npy", make_npy},
      {"make/raw", make_raw},
      {"scan_past/mapvec", scan_past},
      {"scan_past/mapvec_blocks", scan_blocks},
      {"scan_past/read_loop", scan_by_read},
      {"touch_past/mapvec", touch_past},
      {"touch_past/mapvec_blocks", touch_blocks},
      {"random_past/mapvec", random_past},
      {"random_past/mapvec_random", random_past_advised},
      {"random_past/mapvec_gather", gather_past},
      {"dense_past/mapvec_gather", gather_past},
      {"dense_past/read_loop", scan_by_read},
      {"hot_scan/alone", hot_scan_alone},
      {"hot_scan/mapvec_bounded", hot_scan_beside<bounded>},
      {"hot_scan/mapvec", hot_scan_beside<ours>},
      {"sort/mapvec", sort_numbers},
      {"sort/std_mapped", sort_numbers_mapped},
      {"sort/copy_twice", copy_twice},
      {"sort_records/mapvec", sort_records},
      {"sort_records/gnu_sort", sort_text},
      {"sort_resident/mapvec", sort_resident},
      {"sort_resident/std", sort_resident_std},
      {"sort_once/mapvec_view", sum_sorted_view},
      {"sort_once/mapvec", sort_and_sum},
      {"search/mapvec", search_batch},
      {"search/std", search_loop},
      {"reduce/mapvec", reduce_cold},
      {"reduce/std", reduce_mapped},
      {"fill_vector/allocated", fill_vector},
      {"fill_vector/allocated_bounded", fill_vector_bounded},
      {"fill_vector/mapvec", push_back<ours>},
      {"fill_vector/std", push_back<std_vector>},
      {"fill_deque/allocated", fill_deque},
      {"fill_deque/allocated_bounded", fill_deque_bounded},
      {"fill_deque/std", fill_deque_std},
      {"fill_map/allocated", fill_map},
      {"fill_map/allocated_in_order", fill_map_in_order},
      {"fill_map/std", fill_map_std},
      {"to_std/mapvec", to_std_vector},
      {"to_std/iterators", to_std_vector_by_iterators},
      {"to_std/read", read_to_memory},
      {"import/mapvec", import_raw},
      {"import/copy", copy_by_pieces},
      {"export/mapvec", export_raw},
      {"export/write", write_and_sync},
      {"growth/mapvec", grow_ours},
      {"growth/fallocate", grow_by_hand},
  };
}

}  // namespace
}  // namespace bench

int main(int count, char** arguments) { return bench::run(count, arguments, bench::workloads()); }
