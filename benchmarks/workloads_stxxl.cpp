// SPDX-License-Identifier: MIT
//
// The workloads for stxxl: a program of its own, because the library wants flags that nobody else
// should be built with.

#include <cstddef>
#include <optional>
#include <span>

#include <omp.h>
#include <stxxl/ksort>
#include <stxxl/sort>

#include "past_passes.hpp"
#include "peers/stxxl_vector.hpp"
#include "workloads.hpp"
#include "workloads_sort.hpp"

namespace peers {

using writer = stxxl_writer<bench::number>;

/// The elements as they come; then what the writer still holds, which belongs to appending.
struct push_and_finish {
  void operator()(writer& out, std::size_t bytes) const {
    bench::push_each{}(out, bytes);
    out.finish();
  }
};

}  // namespace peers

namespace {

using vector = peers::stxxl_vector<bench::number>;

bench::counters push_back_cached(const bench::job& asked) {
  peers::configure_stxxl(peers::input_output::page_cache, asked.bytes);
  return bench::push_back<vector>(asked);
}

bench::counters push_back_past(const bench::job& asked) {
  peers::configure_stxxl(peers::input_output::direct, asked.bytes);
  return bench::push_back_past<vector>(asked);
}

bench::counters write_past(const bench::job& asked) {
  peers::configure_stxxl(peers::input_output::direct, asked.bytes);
  return bench::append<peers::writer>(asked, peers::push_and_finish{}, bench::ends::on_disk);
}

bench::counters scan_past(const bench::job& asked) {
  peers::configure_stxxl(peers::input_output::direct, asked.bytes);
  return bench::cold_pass(asked, [](const bench::job& now) {
    peers::stxxl_file<bench::number> file(now.path);
    const bench::stopwatch watch;
    bench::number sum = 0;
    file.visit_first(now.count(), [&](bench::number value) { sum += value; });
    bench::keep(sum);
    return bench::scan_counters(watch, now.bytes);
  });
}

/// An element of this key, all else zero: the least and the greatest that stxxl wants to have.
template <class T>
T element_with(bench::number key) {
  if constexpr (sizeof(T) == sizeof(key)) {
    return key;
  } else {
    return {key, 0, 0};
  }
}

template <class T>
struct by_key {
  bool operator()(const T& a, const T& b) const { return bench::key_of(a) < bench::key_of(b); }
  T min_value() const { return element_with<T>(0); }
  T max_value() const { return element_with<T>(~bench::number{0}); }
};

template <class T>
struct key_extractor {
  using key_type = bench::number;
  key_type operator()(const T& element) const { return bench::key_of(element); }
  T min_value() const { return element_with<T>(0); }
  T max_value() const { return element_with<T>(~bench::number{0}); }
};

struct by_comparing {
  template <class T, class Vector>
  static void sort(Vector& elements, std::size_t memory_bytes) {
    stxxl::sort(elements.begin(), elements.end(), by_key<T>(), memory_bytes);
  }
};

struct by_distributing_keys {
  template <class T, class Vector>
  static void sort(Vector& elements, std::size_t memory_bytes) {
    stxxl::ksort(elements.begin(), elements.end(), key_extractor<T>(), memory_bytes);
  }
};

/// A vector and its runs, past the page cache.
template <class T, class How>
class sort_by_stxxl {
 public:
  explicit sort_by_stxxl(const bench::job& asked)
      : count_(asked.bytes / sizeof(T)), memory_bytes_(asked.memory) {
    ::omp_set_num_threads(static_cast<int>(asked.threads));
    peers::configure_stxxl(peers::input_output::direct, 2 * asked.bytes);
    elements_.emplace(count_);
  }
  void fill() {
    typename elements::bufwriter_type writer(*elements_);
    bench::make_elements<T>(count_, [&](std::span<const T> piece) {
      for (const T& each : piece) writer << each;
    });
    writer.finish();
  }
  void sort() {
    How::template sort<T>(*elements_, memory_bytes_);
    elements_->flush();
  }
  void check() const {
    bench::sorted_check<T> check;
    for (typename elements::bufreader_type read(*elements_); !read.empty(); ++read) {
      check.see(*read);
    }
    check.end(count_);
  }

 private:
  using elements = peers::stxxl_vector<T>;

  std::size_t count_;
  std::size_t memory_bytes_;
  std::optional<elements> elements_;
};

template <class T, class How>
bench::counters sort(const bench::job& asked) {
  return bench::time_sort<sort_by_stxxl<T, How>>(asked);
}

}  // namespace

int main(int count, char** arguments) {
  return bench::run(count, arguments,
                    {{"push_back/stxxl", push_back_cached},
                     {"append_past/stxxl", push_back_past},
                     {"append_past/stxxl_writer", write_past},
                     {"scan_past/stxxl", scan_past},
                     {"sort/stxxl", sort<bench::number, by_comparing>},
                     {"sort/stxxl_ksort", sort<bench::number, by_distributing_keys>},
                     {"sort_records/stxxl", sort<bench::sort_record, by_comparing>},
                     {"sort_records/stxxl_ksort", sort<bench::sort_record, by_distributing_keys>}});
}
