// SPDX-License-Identifier: MIT
//
// The workloads, written once for every vector that is compared: append element by element or span
// by span, sum, random reads. A peer needs push_back, iterators and operator[]; other members are
// used where they are: append_range or insert, reserve, flush, expect_random_reads.
#pragma once

#include <cstddef>
#include <numeric>
#include <optional>
#include <type_traits>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "harness.hpp"
#include "peers/bench_directory.hpp"

namespace bench {

/// A vector that has never grown; who needs it is told how far it will.
template <class Vector>
void construct(std::optional<Vector>& empty, std::size_t bytes) {
  if constexpr (std::is_constructible_v<Vector, peers::expected_size>) {
    empty.emplace(peers::expected_size{bytes});
  } else {
    empty.emplace();
  }
}

/// std::vector has no append_range before C++23.
template <class Vector>
void append_span(Vector& vector, const std::vector<number>& span) {
  if constexpr (requires { vector.append_range(span); }) {
    vector.append_range(span);
  } else {
    vector.insert(vector.end(), span.begin(), span.end());
  }
}

/// Brings what a peer buffers in its own memory to its file.
template <class Vector>
void settle(Vector& vector) {
  if constexpr (requires { vector.flush(); }) vector.flush();
}

template <class Vector>
number sum(const Vector& vector) {
  return std::accumulate(vector.begin(), vector.end(), number{0});
}

// The fills are not inlined, so that no contender's size can live in a register throughout.
struct push_each {
  template <class Vector>
  [[gnu::noinline]] void operator()(Vector& vector, std::size_t bytes) const {
    for (number i = 0; i < bytes / sizeof(number); ++i) vector.push_back(i);
  }
};

struct append_spans {
  std::vector<number> span;

  template <class Vector>
  [[gnu::noinline]] void operator()(Vector& vector, std::size_t bytes) const {
    for (std::size_t done = 0; done < bytes; done += span.size() * sizeof(number)) {
      append_span(vector, span);
    }
  }
};

/// Waits until the file system has everything on the disk.
inline void wait_for_disk() {
  const int fd = ::open(peers::bench_directory().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  peers::require(fd >= 0 && ::syncfs(fd) == 0, "sync the file system");
  ::close(fd);
}

enum class ends { in_memory, on_disk };

/// `fill(vector, bytes)` into a fresh vector, twice; the first time is not counted, so that no
/// contender pays for memory the machine hands out for the first time (for which the size of the
/// memory group is enough, see job::warm_up). Ending on the disk, the time until everything is
/// there is counted on its own.
template <class Vector, class Fill>
counters append(const job& asked, const Fill& fill, ends where) {
  counters values;
  for (const bool counted : {false, true}) {
    std::optional<Vector> vector;
    if (where == ends::on_disk) wait_for_disk();
    const stopwatch watch;
    const std::size_t bytes = counted ? asked.bytes : asked.warm_up_bytes();
    construct(vector, bytes);
    fill(*vector, bytes);
    keep(*vector);
    const double seconds = watch.seconds();
    const double processor_seconds = watch.processor_seconds();
    if (where == ends::on_disk && counted) {
      settle(*vector);
      wait_for_disk();
      values.emplace_back("durable_seconds", watch.seconds());
    }
    if (!counted) continue;
    values.emplace_back("seconds", seconds);
    values.emplace_back("processor_seconds", processor_seconds);
    values.emplace_back("nanoseconds", seconds * 1e9 / static_cast<double>(asked.count()));
  }
  return values;
}

template <class Vector>
counters push_back(const job& asked) {
  return append<Vector>(asked, push_each{}, ends::in_memory);
}

template <class Vector>
counters append_range(const job& asked) {
  const append_spans fill{std::vector<number>(asked.span / sizeof(number), 42)};
  return append<Vector>(asked, fill, ends::in_memory);
}

template <class Vector>
counters push_back_past(const job& asked) {
  return append<Vector>(asked, push_each{}, ends::on_disk);
}

template <class Vector>
counters append_range_past(const job& asked) {
  const append_spans fill{std::vector<number>(asked.span / sizeof(number), 42)};
  return append<Vector>(asked, fill, ends::on_disk);
}

/// Nanoseconds for one of the `items` that `pass()` does: once without the clock, then until the
/// job's time is over.
template <class Pass>
double repeat(const job& asked, std::size_t items, const Pass& pass) {
  pass();
  const stopwatch watch;
  double passes = 0;
  do {
    pass();
    passes += 1;
  } while (watch.seconds() * 1e3 < static_cast<double>(asked.milliseconds));
  return watch.seconds() * 1e9 / passes / static_cast<double>(items);
}

/// `value_at(i)` is element i. The positions do not depend on the elements, so that the processor
/// may have many reads under way: then the page-table walks of small pages are what differs.
template <class ValueAt>
double read_random_repeatedly(const job& asked, const ValueAt& value_at) {
  random_positions next(asked.count());
  return repeat(asked, asked.reads, [&] {
    number total = 0;
    for (std::size_t i = 0; i < asked.reads; ++i) total += value_at(next());
    keep(total);
  });
}

/// The sum of all elements, then reads at random positions, of a vector filled before.
template <class Vector>
counters read(const job& asked) {
  std::optional<Vector> vector;
  construct(vector, asked.bytes);
  // Where growing keeps two copies, the memory group would have to hold both.
  if constexpr (requires { vector->reserve(asked.count()); }) vector->reserve(asked.count());
  push_each{}(*vector, asked.bytes);
  const Vector& filled = *vector;
  const double scan = repeat(asked, asked.count(), [&] { keep(sum(filled)); });
  if constexpr (requires { vector->expect_random_reads(); }) vector->expect_random_reads();
  const double random =
      read_random_repeatedly(asked, [&](std::size_t position) { return filled[position]; });
  return {{"scan_nanoseconds", scan}, {"random_nanoseconds", random}};
}

}  // namespace bench
