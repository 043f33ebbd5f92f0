// SPDX-License-Identifier: MIT
#include "workloads_containers.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <ranges>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>
#include <mapvec/allocator.hpp>
#include <mapvec/raw_file.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/std_vector.hpp>
#include <mapvec/vector.hpp>

#include "peers/bench_directory.hpp"
#include "peers/pwrite_loop.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

// Half of the memory group: the rest is the program's, and what it brings back.
constexpr std::size_t some_budget = 128 * mapvec::MiB;

/// A container and the memory it lies in.
template <class Container, std::size_t budget_bytes>
class in_file {
 public:
  void push_back(number value) { elements_.push_back(value); }

 private:
  mapvec::memory_resource memory_{mapvec::options{.memory_budget_bytes = budget_bytes}};
  Container elements_{mapvec::allocator<number>(memory_)};
};

using allocated_vector = std::vector<number, mapvec::allocator<number>>;
using allocated_deque = std::deque<number, mapvec::allocator<number>>;

template <class Container>
counters fill(const job& asked) {
  return append<Container>(asked, push_each{}, ends::in_memory);
}

// A node is a pointer and two numbers, and has a bucket.
constexpr std::size_t entry_bytes = 32;

// The finalizer of MurmurHash3.
number random_key(number of) {
  of = (of ^ (of >> 33U)) * 0xff51afd7ed558ccdU;
  of = (of ^ (of >> 33U)) * 0xc4ceb9fe1a85ec53U;
  return of ^ (of >> 33U);
}

auto random_keys(const job& asked) {
  return std::views::iota(number{0}, number{asked.bytes / entry_bytes}) |
         std::views::transform(random_key);
}

template <class Map, class Keys>
void insert(Map& map, const Keys& keys) {
  number value = 0;
  for (const number key : keys) map.emplace(key, value++);
}

template <class Map>
counters insert_random(const job& asked, Map& map) {
  const stopwatch watch;
  map.reserve(asked.bytes / entry_bytes);
  insert(map, random_keys(asked));
  return {{"seconds", watch.seconds()}};
}

using entries = mapvec::allocator<std::pair<const number, number>>;
using allocated_map =
    std::unordered_map<number, number, std::hash<number>, std::equal_to<>, entries>;

constexpr std::size_t piece_bytes = std::size_t{1} << 20;

/// A file of plain elements in the page cache.
class raw_elements {
 public:
  explicit raw_elements(std::size_t bytes)
      : file_(::open(path().c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    peers::extend(file_.fd(), peers::allocation::fallocate, 0, bytes);
    const std::vector<char> piece(piece_bytes, 'x');
    for (std::size_t done = 0; done < bytes; done += piece_bytes) {
      const auto at = static_cast<off_t>(done);
      peers::require(::pwrite(file_.fd(), piece.data(), piece_bytes, at) == piece_bytes, "write");
    }
  }
  ~raw_elements() { ::unlink(path().c_str()); }
  raw_elements(const raw_elements&) = delete;
  raw_elements& operator=(const raw_elements&) = delete;

  void read_piece(char* into, std::size_t position) const {
    const auto at = static_cast<off_t>(position);
    peers::require(::pread(file_.fd(), into, piece_bytes, at) == piece_bytes, "read");
  }
  void sync() const { peers::require(::fsync(file_.fd()) == 0, "sync"); }
  static std::string path() { return peers::bench_directory() + "/elements.raw"; }

 private:
  peers::owned_file file_;
};

/// Twice; the first time is not counted.
template <class Pass>
counters time_second(const Pass& pass) {
  pass();
  const stopwatch watch;
  pass();
  return {{"seconds", watch.seconds()}};
}

mapvec::vector<number> pushed(const job& asked) {
  mapvec::vector<number> made;
  made.reserve(asked.count());
  push_each{}(made, asked.bytes);
  return made;
}

}  // namespace

counters fill_vector(const job& asked) { return fill<in_file<allocated_vector, 0>>(asked); }
counters fill_vector_bounded(const job& asked) {
  return fill<in_file<allocated_vector, some_budget>>(asked);
}
counters fill_deque(const job& asked) { return fill<in_file<allocated_deque, 0>>(asked); }
counters fill_deque_bounded(const job& asked) {
  return fill<in_file<allocated_deque, some_budget>>(asked);
}
counters fill_deque_std(const job& asked) { return fill<std::deque<number>>(asked); }

counters fill_map(const job& asked) {
  mapvec::memory_resource memory;
  memory.advise(mapvec::access::random);
  allocated_map map{entries(memory)};
  return insert_random(asked, map);
}

// In the order of the buckets, what comes next to each other lies next to each other.
counters fill_map_in_order(const job& asked) {
  mapvec::memory_resource memory;
  memory.advise(mapvec::access::random);
  allocated_map map{entries(memory)};
  const stopwatch watch;
  mapvec::vector<number> keys;
  keys.append_range(random_keys(asked));
  map.reserve(keys.size());
  mapvec::sort(keys, {}, [&](number key) { return map.bucket(key); },
               {.memory_bytes = 64 * mapvec::MiB});
  insert(map, keys);
  return {{"seconds", watch.seconds()}};
}
counters fill_map_std(const job& asked) {
  std::unordered_map<number, number> map;
  return insert_random(asked, map);
}

counters to_std_vector(const job& asked) {
  const mapvec::vector<number> elements = pushed(asked);
  return time_second([&] { keep(mapvec::to_std_vector(elements)); });
}
counters to_std_vector_by_iterators(const job& asked) {
  const mapvec::vector<number> elements = pushed(asked);
  return time_second([&] { keep(std::vector<number>(elements.begin(), elements.end())); });
}
counters read_to_memory(const job& asked) {
  const raw_elements file(asked.bytes);
  return time_second([&] {
    const auto memory = std::make_unique_for_overwrite<char[]>(asked.bytes);
    for (std::size_t done = 0; done < asked.bytes; done += piece_bytes) {
      file.read_piece(memory.get() + done, done);
    }
    keep(memory);
  });
}

counters import_raw(const job& asked) {
  const raw_elements file(asked.bytes);
  return time_second([&] {
    mapvec::vector<number> elements;
    mapvec::import_raw(elements, raw_elements::path());
    keep(elements);
  });
}
counters copy_by_pieces(const job& asked) {
  const raw_elements file(asked.bytes);
  return time_second([&] {
    const auto piece = mapvec::detail::make_page_aligned<char>(piece_bytes);  // or it is slower
    peers::pwrite_loop<peers::allocation::fallocate> copy;
    for (std::size_t done = 0; done < asked.bytes; done += piece_bytes) {
      file.read_piece(piece.get(), done);
      copy.write_from(piece.get(), piece_bytes);
    }
  });
}

counters export_raw(const job& asked) {
  const mapvec::vector<number> elements = pushed(asked);
  const std::string path = peers::bench_directory() + "/exported.raw";
  return time_second([&] {
    mapvec::export_raw(elements, path);
    ::unlink(path.c_str());
  });
}
counters write_and_sync(const job& asked) {
  return time_second([&] {
    const raw_elements file(asked.bytes);
    file.sync();
  });
}

}  // namespace bench
