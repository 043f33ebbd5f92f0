// SPDX-License-Identifier: MIT
//
// Highway's vqsort by itself, on huge pages of the heap: what sorting numbers in memory costs on
// one thread, and, divided by the threads, what no sort can do without.

#include <algorithm>
#include <cstddef>
#include <span>

#include <hwy/contrib/sort/vqsort.h>

#include "workloads_sort.hpp"

namespace {

using bench::number;

class sort_by_vqsort {
 public:
  explicit sort_by_vqsort(const bench::job& asked)
      : count_(asked.count()), elements_(asked.bytes) {}
  void fill() {
    number* next = elements_.get();
    bench::make_elements<number>(count_, [&](std::span<const number> piece) {
      next = std::copy(piece.begin(), piece.end(), next);
    });
  }
  void sort() { sorter_(elements_.get(), count_, hwy::SortAscending()); }
  void check() const {
    bench::sorted_check<number> check;
    for (const number each : std::span(elements_.get(), count_)) check.see(each);
    check.end(count_);
  }

 private:
  std::size_t count_;
  bench::huge_memory<number> elements_;
  hwy::Sorter sorter_;
};

bench::counters share_of_a_thread(const bench::job& asked) {
  const double processor_seconds = bench::time_sort<sort_by_vqsort>(asked).back().second;
  return {{"seconds", processor_seconds / static_cast<double>(asked.threads)}};
}

}  // namespace

int main(int count, char** arguments) {
  return bench::run(count, arguments,
                    {{"sort/vqsort_share", share_of_a_thread},
                     {"sort_resident/vqsort", bench::time_sort<sort_by_vqsort>}});
}
