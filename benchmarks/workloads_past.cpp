// SPDX-License-Identifier: MIT
//
// Files larger than the memory group, read through mapvec and by hand; and growth.

#include "workloads_past.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>
#include <mapvec/blocks.hpp>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>
#include <mapvec/gather.hpp>
#include <mapvec/vector.hpp>

#include "past_passes.hpp"
#include "peers/bench_directory.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

constexpr std::size_t piece_count = (std::size_t{1} << 20) / sizeof(number);

/// Hands `append` the numbers from 0 on, 1 MiB at a time.
template <class Append>
void make_pieces(std::size_t count, const Append& append) {
  std::vector<number> piece(piece_count);
  for (std::size_t done = 0; done < count; done += piece_count) {
    std::iota(piece.begin(), piece.end(), done);
    append(std::span<const number>(piece));
  }
}

counters random_pass(const job& asked, mapvec::access how) {
  const auto view = mapvec::file_view<number>::open(asked.path);
  view.advise(how);
  return read_random(asked, [&](std::size_t position) { return &view[position]; });
}

number sum_of_pages(std::span<const number> read) {
  constexpr std::size_t step = 4096 / sizeof(number);
  number sum = 0;
  for (std::size_t i = 0; i < read.size(); i += step) sum += read[i];
  return sum;
}

/// The sum of `use(block)` over the first asked.bytes of the file.
template <class Use>
counters time_blocks(const job& asked, const Use& use) {
  const auto view = mapvec::file_view<number>::open(asked.path);
  const stopwatch watch;
  number sum = 0;
  std::size_t left = asked.count();
  for (const auto block : mapvec::blocks(view)) {
    const auto wanted = block.first(std::min(left, block.size()));
    sum += use(wanted);
    left -= wanted.size();
    if (left == 0) break;
  }
  keep(sum);
  return scan_counters(watch, asked.bytes);
}

constexpr std::size_t growth_step_bytes = std::size_t{64} << 20;
constexpr std::size_t growth_steps = 16;

/// `grow(bytes)` makes room for so much; the first time, for asked.bytes, is not counted.
template <class Grow>
counters time_growth(const job& asked, const Grow& grow) {
  grow(asked.bytes);
  std::vector<double> microseconds;
  for (std::size_t step = 1; step <= growth_steps; ++step) {
    const stopwatch watch;
    grow(asked.bytes + step * growth_step_bytes);
    microseconds.push_back(watch.seconds() * 1e6);
  }
  std::sort(microseconds.begin(), microseconds.end());
  return {{"microseconds", microseconds[growth_steps / 2]}, {"worst", microseconds.back()}};
}

}  // namespace

counters make_npy(const job& asked) {
  auto numbers = mapvec::file_vector<number>::create(asked.path);
  make_pieces(asked.count(), [&](std::span<const number> piece) { numbers.append_range(piece); });
  numbers.close();
  return {};
}

counters make_raw(const job& asked) {
  const int fd = ::open(asked.path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  peers::require(fd >= 0, "create a file");
  make_pieces(asked.count(), [&](std::span<const number> piece) {
    const auto size = static_cast<ssize_t>(piece.size_bytes());
    peers::require(::write(fd, piece.data(), piece.size_bytes()) == size, "write");
  });
  peers::require(::fsync(fd) == 0, "sync");
  ::close(fd);
  return {};
}

counters scan_past(const job& asked) {
  return cold_pass(asked, [](const job& now) {
    const auto view = mapvec::file_view<number>::open(now.path);
    const stopwatch watch;
    const auto end = view.begin() + static_cast<std::ptrdiff_t>(now.count());
    keep(std::accumulate(view.begin(), end, number{0}));
    return scan_counters(watch, now.bytes);
  });
}

counters scan_blocks(const job& asked) {
  return cold_pass(asked, [](const job& now) {
    return time_blocks(now, [](std::span<const number> block) {
      return std::accumulate(block.begin(), block.end(), number{0});
    });
  });
}

counters touch_past(const job& asked) {
  return cold_pass(asked, [](const job& now) {
    const auto view = mapvec::file_view<number>::open(now.path);
    const stopwatch watch;
    keep(sum_of_pages(std::span(view.data(), now.count())));
    return scan_counters(watch, now.bytes);
  });
}

counters touch_blocks(const job& asked) {
  return cold_pass(asked, [](const job& now) {
    return time_blocks(now, [](std::span<const number> block) { return sum_of_pages(block); });
  });
}

counters scan_by_read(const job& asked) {
  return cold_pass(asked, [](const job& now) {
    const int fd = ::open(now.path.c_str(), O_RDONLY | O_CLOEXEC);
    peers::require(fd >= 0, "open");
    std::vector<number> piece(piece_count);
    const stopwatch watch;
    number sum = 0;
    for (std::size_t done = 0; done < now.bytes; done += piece_count * sizeof(number)) {
      const auto size = static_cast<ssize_t>(piece_count * sizeof(number));
      peers::require(::read(fd, piece.data(), piece_count * sizeof(number)) == size, "read");
      sum = std::accumulate(piece.begin(), piece.end(), sum);
    }
    keep(sum);
    const counters values = scan_counters(watch, now.bytes);
    ::close(fd);
    return values;
  });
}

counters read_blocks(const job& asked) {
  mapvec::vector<number> filled;
  push_each{}(filled, asked.bytes);
  const double scan = repeat(asked, asked.count(), [&] {
    number sum = 0;
    for (const auto block : mapvec::blocks(std::as_const(filled))) {
      sum = std::accumulate(block.begin(), block.end(), sum);
    }
    keep(sum);
  });
  return {{"scan_nanoseconds", scan}};
}

counters read_gather(const job& asked) {
  mapvec::vector<number> filled;
  push_each{}(filled, asked.bytes);
  random_positions next(asked.count());
  std::vector<std::size_t> positions(asked.reads);
  std::vector<number> values(asked.reads);
  const double random = repeat(asked, asked.reads, [&] {
    std::generate(positions.begin(), positions.end(),
                  std::ref(next));  // a copy would repeat itself
    mapvec::gather(filled, positions, values);
    keep(std::accumulate(values.begin(), values.end(), number{0}));
  });
  return {{"random_nanoseconds", random}};
}

counters hot_scan(const std::atomic<bool>& is_over, std::size_t least_passes) {
  constexpr std::size_t count = (std::size_t{96} << 20) / sizeof(number);
  mapvec::vector<number> hot;
  for (number i = 0; i < count; ++i) hot.push_back(i);
  const mapvec::vector<number>& read = hot;
  const stopwatch watch(RUSAGE_THREAD);
  std::size_t passes = 0;
  for (; passes < least_passes || !is_over; ++passes) {
    keep(std::accumulate(read.begin(), read.end(), number{0}));
  }
  const auto elements = static_cast<double>(passes * count);
  return {{"nanoseconds", watch.seconds() * 1e9 / elements},
          {"processor_nanoseconds", watch.processor_seconds() * 1e9 / elements},
          {"passes", static_cast<double>(passes)}};
}

counters random_past(const job& asked) {
  return cold_pass(asked, [](const job& now) { return random_pass(now, mapvec::access::normal); });
}

counters random_past_advised(const job& asked) {
  return cold_pass(asked, [](const job& now) { return random_pass(now, mapvec::access::random); });
}

counters gather_past(const job& asked) {
  return cold_pass(asked, [](const job& now) {
    const auto view = mapvec::file_view<number>::open(now.path);
    random_positions next(now.count());
    std::vector<std::size_t> positions(now.reads);
    std::generate(positions.begin(), positions.end(), next);
    std::vector<number> values(now.reads);
    const stopwatch watch;
    mapvec::gather(view, positions, values);
    keep(std::accumulate(values.begin(), values.end(), number{0}));
    const double seconds = watch.seconds();
    std::vector<std::uintptr_t> addresses(now.reads);
    std::transform(positions.begin(), positions.end(), addresses.begin(),
                   [&](std::size_t at) { return reinterpret_cast<std::uintptr_t>(&view[at]); });
    const auto pages = static_cast<double>(distinct_pages(std::move(addresses)));
    return counters{{"seconds", seconds}, {"nanoseconds", seconds * 1e9 / pages}, {"pages", pages}};
  });
}

counters grow_ours(const job& asked) {
  mapvec::vector<number> numbers;
  const number* data = nullptr;
  return time_growth(asked, [&](std::size_t bytes) {
    if (numbers.capacity() * sizeof(number) >= bytes) {
      throw std::runtime_error("there was room already: this step would count for nothing");
    }
    numbers.reserve(bytes / sizeof(number));
    if (data != nullptr && numbers.data() != data) throw std::runtime_error("elements moved");
    data = numbers.data();
  });
}

counters grow_by_hand(const job& asked) {
  const int fd = peers::unnamed_file();
  std::size_t allocated = 0;
  const counters values = time_growth(asked, [&](std::size_t bytes) {
    peers::extend(fd, peers::allocation::fallocate, allocated, bytes);
    allocated = bytes;
  });
  ::close(fd);
  return values;
}

}  // namespace bench
