// SPDX-License-Identifier: MIT
//
// Appending 64 KiB to a file and making it durable, against the least that can be done by hand:
// write, sync, 16 bytes, sync. And opening a file of 100 GiB. benchmarks/run.py has them run on an
// ext4 with a journal.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>
#include <mapvec/file_vector.hpp>
#include <mapvec/file_view.hpp>

#include "peers/bench_directory.hpp"

namespace {

constexpr std::size_t commit_bytes = std::size_t{64} << 10;
constexpr std::size_t count = commit_bytes / sizeof(std::uint64_t);
constexpr std::int64_t commits = 40;

std::string fresh_path(const char* name) {
  std::string path = peers::bench_directory() + '/' + name;
  ::unlink(path.c_str());
  return path;
}

template <class Append>
void commit_each(benchmark::State& state, Append append) {
  const std::string path = fresh_path("commit.npy");
  auto numbers = mapvec::file_vector<std::uint64_t>::create(path);
  const std::vector<std::uint64_t> more(count, 42);
  for (auto _ : state) {
    append(numbers, more);
    numbers.commit();
  }
  numbers.abandon();
  ::unlink(path.c_str());
  state.SetItemsProcessed(state.iterations());
}

void append_range(benchmark::State& state) {
  commit_each(state, [](auto& numbers, const auto& more) { numbers.append_range(more); });
}

void push_back(benchmark::State& state) {
  commit_each(state, [](auto& numbers, const auto& more) {
    for (const std::uint64_t number : more) numbers.push_back(number);
  });
}

/// A header of 128 bytes, of which the last digits are bytes 64 to 79.
void write_twice(benchmark::State& state) {
  const std::string path = fresh_path("commit.raw");
  const int fd = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  peers::require(fd >= 0, "create a file");
  const std::vector<char> more(commit_bytes, 42);
  const std::string digits(16, ' ');
  const auto write = [&](const char* data, std::size_t size, off_t offset) {
    peers::require(::pwrite(fd, data, size, offset) == static_cast<ssize_t>(size), "write");
  };
  const auto sync = [&] { peers::require(::fdatasync(fd) == 0, "sync"); };
  write(more.data(), 128, 0);
  sync();
  off_t end = 128;
  for (auto _ : state) {
    write(more.data(), more.size(), end);
    end += static_cast<off_t>(more.size());
    sync();
    write(digits.data(), digits.size(), 64);
    sync();
  }
  ::close(fd);
  ::unlink(path.c_str());
  state.SetItemsProcessed(state.iterations());
}

/// Makes a file that is a header and a hole.
std::string large_file() {
  std::string path = fresh_path("large.npy");
  mapvec::file_vector<std::uint64_t>::create(path).close();
  const std::size_t size = (std::size_t{100} << 30) / sizeof(std::uint64_t);
  std::string digits = std::to_string(size);
  digits.insert(0, 16 - digits.size(), ' ');
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  peers::require(fd >= 0 && ::pwrite(fd, digits.data(), 16, 64) == 16 &&
                     ::ftruncate(fd, static_cast<off_t>(128 + size * sizeof(std::uint64_t))) == 0 &&
                     ::fsync(fd) == 0,
                 "make a large file");
  ::close(fd);
  return path;
}

template <class Container>
void open_large(benchmark::State& state) {
  const std::string path = large_file();
  for (auto _ : state) {
    auto opened = Container::open(path);
    benchmark::DoNotOptimize(opened.size());
    state.PauseTiming();
    opened = Container();
    state.ResumeTiming();
  }
  ::unlink(path.c_str());
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(append_range)->Name("commit/mapvec")->Iterations(commits)->UseRealTime();
BENCHMARK(write_twice)->Name("commit/write_twice")->Iterations(commits)->UseRealTime();
BENCHMARK(push_back)->Name("commit_pushed/mapvec")->Iterations(commits)->UseRealTime();
BENCHMARK(write_twice)->Name("commit_pushed/write_twice")->Iterations(commits)->UseRealTime();
BENCHMARK(open_large<mapvec::file_view<std::uint64_t>>)
    ->Name("open_view/mapvec")
    ->Iterations(100)
    ->UseRealTime();
BENCHMARK(open_large<mapvec::file_vector<std::uint64_t>>)
    ->Name("open_writer/mapvec")
    ->Iterations(100)
    ->UseRealTime();

}  // namespace
