// SPDX-License-Identifier: MIT
//
// What every workload program has in common: it runs one workload, named on the command line,
// and prints its counters as the last line of its output, as JSON. benchmarks/runner starts it in
// shuffled rounds, where needed in a memory group. Single-threaded but for what a peer starts.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/resource.h>

namespace bench {

using number = std::uint64_t;

/// The command line: each member is an argument `name=value`.
struct job {
  std::size_t bytes = std::size_t{128} << 20;
  std::size_t span = std::size_t{1} << 20;      // bytes of one append_range
  std::size_t reads = std::size_t{1} << 20;     // of random_read
  std::size_t milliseconds = 0;                 // repeat until so much time is over; 0: once
  std::size_t warm_up = 0;                      // bytes of the pass that is not counted; 0: as many
  std::size_t memory = std::size_t{256} << 20;  // that a sort may have
  std::size_t threads = 2;                      // that sort
  std::string path;                             // of a file made by an earlier workload

  std::size_t count() const { return bytes / sizeof(number); }
  std::size_t warm_up_bytes() const { return warm_up != 0 ? warm_up : bytes; }
};

using counters = std::vector<std::pair<std::string, double>>;

struct workload {
  std::string_view name;
  counters (*run)(const job&);
};

/// The compiler has to believe that `value` is used.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

/// Wall clock and processor time, kernel included, since the construction: of this process, or of
/// the thread that made it (RUSAGE_THREAD).
class stopwatch {
 public:
  explicit stopwatch(int whose = RUSAGE_SELF) : whose_(whose) {}
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double processor_seconds() const { return processor_time() - used_before_; }

 private:
  double processor_time() const {
    rusage used{};
    ::getrusage(whose_, &used);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }

  int whose_;
  double used_before_ = processor_time();
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The same sequence in every process; positions below `count`, which need not be a power of two.
class random_positions {
 public:
  explicit random_positions(std::size_t count) : count_(count) {}
  std::size_t operator()() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    // 32 good bits are enough: no file here has more elements than that.
    return static_cast<std::size_t>(((state_ >> 32) * count_) >> 32);
  }

 private:
  std::uint64_t state_ = 0x9e3779b97f4a7c15U;
  std::uint64_t count_;
};

namespace detail {

inline std::size_t parse_number(std::string_view text) {
  std::size_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    throw std::invalid_argument("not a number: " + std::string(text));
  }
  return value;
}

inline job parse(int count, char** arguments) {
  job parsed;
  const std::initializer_list<std::pair<std::string_view, std::size_t*>> numbers = {
      {"bytes=", &parsed.bytes},     {"span=", &parsed.span},
      {"reads=", &parsed.reads},     {"milliseconds=", &parsed.milliseconds},
      {"warm_up=", &parsed.warm_up}, {"memory=", &parsed.memory},
      {"threads=", &parsed.threads}};
  for (int i = 2; i < count; ++i) {
    const std::string_view text = arguments[i];
    const auto key = text.substr(0, text.find('=') + 1);
    const auto found = std::find_if(numbers.begin(), numbers.end(),
                                    [&](const auto& known) { return known.first == key; });
    if (found != numbers.end()) {
      *found->second = parse_number(text.substr(key.size()));
    } else if (key == "path=") {
      parsed.path = text.substr(key.size());
    } else {
      throw std::invalid_argument("unknown argument: " + std::string(text));
    }
  }
  return parsed;
}

inline void print(const counters& values) {
  const char* separator = "{";
  for (const auto& [name, value] : values) {
    std::printf("%s\"%s\": %.9g", separator, name.c_str(), value);
    separator = ", ";
  }
  std::printf("}\n");
}

}  // namespace detail

/// What main() returns.
inline int run(int count, char** arguments, const std::vector<workload>& workloads) {
  const std::string_view name = count > 1 ? arguments[1] : "";
  const auto found = std::find_if(workloads.begin(), workloads.end(),
                                  [&](const workload& known) { return known.name == name; });
  if (found == workloads.end()) {
    std::fprintf(stderr, "usage: %s WORKLOAD [name=value...]; the workloads:\n", arguments[0]);
    for (const workload& known : workloads) std::fprintf(stderr, "%s\n", known.name.data());
    return EXIT_FAILURE;
  }
  try {
    detail::print(found->run(detail::parse(count, arguments)));
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s: %s\n", found->name.data(), problem.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace bench
