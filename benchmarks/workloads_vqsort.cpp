// SPDX-License-Identifier: MIT
//
// Highway's vqsort by itself, on huge pages of the heap: what sorting numbers in memory costs on
// one thread, and, divided by the threads, what no sort can do without.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include <hwy/contrib/sort/vqsort.h>

#include "direct_copy.hpp"
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

/// What a sort through a file cannot do without, all at once: each of the threads sorts as many
/// numbers as are its share, in memory, while all bytes are moved to a file made for that and back,
/// and it is removed. Where the disk takes nothing of the processors, this is the slower of the
/// two.
bench::counters copy_meanwhile(const bench::job& asked) {
  const bench::copied_file file(asked);
  bench::job share = asked;
  share.bytes = asked.bytes / asked.threads;
  std::vector<std::unique_ptr<sort_by_vqsort>> sorts;
  for (std::size_t i = 0; i < asked.threads; ++i) {
    sorts.push_back(std::make_unique<sort_by_vqsort>(share));
    sorts.back()->fill();
  }
  const bench::stopwatch watch;
  std::vector<std::thread> sorting;
  for (const auto& each : sorts) sorting.emplace_back([&each] { each->sort(); });
  {
    file.copy_there_and_back(bench::direct_file(asked.bytes));
  }
  for (std::thread& each : sorting) each.join();
  const bench::counters values = bench::sort_counters(watch);
  for (const auto& each : sorts) each->check();
  return values;
}

}  // namespace

int main(int count, char** arguments) {
  return bench::run(count, arguments,
                    {{"sort/vqsort_share", share_of_a_thread},
                     {"sort/vqsort_and_copy", copy_meanwhile},
                     {"sort_resident/vqsort", bench::time_sort<sort_by_vqsort>}});
}
