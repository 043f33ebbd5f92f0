// SPDX-License-Identifier: MIT
//
// Sorting by mapvec, and by what needs no other library: std::sort on the mapping and in memory,
// GNU sort, and the copy that a sort through a file is held against. One that has less to move,
// because runs stay in memory, or moves it by other calls, may be faster.

#include "workloads_sort.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mapvec/blocks.hpp>
#include <mapvec/reduce.hpp>
#include <mapvec/search.hpp>
#include <mapvec/sort.hpp>
#include <mapvec/sorted_view.hpp>
#include <mapvec/vector.hpp>

#include "direct_copy.hpp"
#include "peers/bench_directory.hpp"

namespace bench {
namespace {

/// Whoever finds them again has to read them from the disk.
template <class Elements>
void drop(Elements& elements) {
  elements.evict(0, elements.size());
  if (elements.resident_bytes() > (std::size_t{4} << 20)) {
    throw std::runtime_error("the file system is memory");
  }
}

/// In a file, nothing of which is in memory, or, with memory enough, resident.
template <class T>
class sort_in_file {
 public:
  explicit sort_in_file(const job& asked)
      : count_(asked.bytes / sizeof(T)),
        how_{.memory_bytes = asked.memory, .threads = asked.threads} {}

  void fill() {
    elements_.clear();
    make_elements<T>(count_, [&](std::span<const T> piece) { elements_.append_range(piece); });
    drop(elements_);
  }
  void sort() {
    if constexpr (sizeof(T) == sizeof(number)) {
      mapvec::sort(elements_, {}, {}, how_);
    } else {
      mapvec::sort(elements_, {}, &T::key, how_);
    }
  }
  void check() const {
    sorted_check<T> check;
    for (const auto block : mapvec::blocks(elements_)) {
      for (const T& each : block) check.see(each);
    }
    check.end(count_);
  }

 protected:
  std::size_t count_;
  mapvec::sort_options how_;
  mapvec::vector<T> elements_;
};

/// For who reads the elements in order once, and wants no more of them.
class sort_and_read : public sort_in_file<number> {
 public:
  using sort_in_file::sort_in_file;
  void sort() {
    sort_in_file::sort();
    start();
    for (const auto block : mapvec::blocks(std::as_const(elements_))) see(block);
  }
  void check() const {
    number sum = 0;
    for (std::size_t i = 0; i < count_; ++i) sum += key_at(i);
    if (sum_ != sum) throw std::runtime_error("a wrong sum");
    if (!ordered_) throw std::runtime_error("not sorted");
  }

 protected:
  void start() {
    ++passes_;
    last_ = 0;
    sum_ = 0;
  }
  /// Looks at every element in the first pass, which is not timed; later, where blocks meet.
  void see(std::span<const number> block) {
    if (block.empty()) return;
    ordered_ = ordered_ && last_ <= block.front();
    if (passes_ == 1) ordered_ = ordered_ && std::is_sorted(block.begin(), block.end());
    last_ = block.back();
    sum_ = std::accumulate(block.begin(), block.end(), sum_);
  }

 private:
  int passes_ = 0;
  bool ordered_ = true;
  number last_ = 0;
  number sum_ = 0;
};

class read_sorted_view : public sort_and_read {
 public:
  using sort_and_read::sort_and_read;
  void sort() {
    start();
    for (const auto block : mapvec::sorted_view(elements_, {}, {}, how_)) see(block);
  }
};

/// In order, nothing of them in memory: element i is 2 i.
class even_numbers {
 public:
  explicit even_numbers(const job& asked) {
    elements_.resize_for_overwrite(asked.count());
    for (std::size_t i = 0; i < elements_.size(); ++i) elements_[i] = 2 * i;
  }
  const mapvec::vector<number>& cold() {
    drop(elements_);
    return elements_;
  }
  void expect_random_reads() { elements_.advise(mapvec::access::random); }

 private:
  mapvec::vector<number> elements_;
};

/// `look(elements)`, which is right if it returns `right`. The first time is not counted.
template <class Look>
counters time_cold(even_numbers& of, number right, const Look& look) {
  look(of.cold());
  const auto& elements = of.cold();
  const stopwatch watch;
  if (look(elements) != right) throw std::runtime_error("a wrong result");
  return sort_counters(watch);
}

std::vector<number> values_to_search(const job& asked) {
  std::vector<number> values(asked.reads);
  random_positions next(asked.count());
  for (number& value : values) value = 2 * next() + 1;  // behind element (value - 1) / 2
  return values;
}

number sum_of_positions(std::span<const number> values) {
  number sum = 0;
  for (const number value : values) sum += (value + 1) / 2;
  return sum;
}

class sort_mapped : public sort_in_file<number> {
 public:
  using sort_in_file::sort_in_file;
  void sort() { std::sort(elements_.begin(), elements_.end()); }
};

class sort_in_memory : public sort_in_file<number> {
 public:
  using sort_in_file::sort_in_file;
  /// Through the mapping: appending begins to write to the disk, which takes processor time while
  /// sorting.
  void fill() {
    elements_.resize_for_overwrite(count_);
    auto next = elements_.begin();
    make_elements<number>(count_, [&](std::span<const number> piece) {
      next = std::copy(piece.begin(), piece.end(), next);
    });
  }
};

class sort_by_std {
 public:
  explicit sort_by_std(const job& asked) : count_(asked.count()) { elements_.reserve(count_); }
  void fill() {
    elements_.clear();
    make_elements<number>(count_, [&](std::span<const number> piece) {
      elements_.insert(elements_.end(), piece.begin(), piece.end());
    });
  }
  void sort() { std::sort(elements_.begin(), elements_.end()); }
  void check() const {
    sorted_check<number> check;
    for (const number each : elements_) check.see(each);
    check.end(count_);
  }

 private:
  std::size_t count_;
  std::vector<number> elements_;
};

void write_all(int fd, const char* data, std::size_t size_bytes) {
  while (size_bytes != 0) {
    const ssize_t written = ::write(fd, data, size_bytes);
    peers::require(written > 0, "write");
    data += written;
    size_bytes -= static_cast<std::size_t>(written);
  }
}

/// A line for each key, with zeros in front, so that they need not be compared as numbers: the
/// fastest that GNU sort can be given.
class sort_lines {
 public:
  static constexpr std::size_t line_bytes = 21;

  explicit sort_lines(const job& asked)
      : count_(asked.bytes / sizeof(sort_record)), asked_(asked) {}
  sort_lines(const sort_lines&) = delete;
  sort_lines& operator=(const sort_lines&) = delete;
  ~sort_lines() {
    ::unlink(from_.c_str());
    ::unlink(to_.c_str());
  }

  void fill() {
    ::unlink(to_.c_str());
    const peers::owned_file file(
        ::open(from_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
    std::string text;
    make_elements<number>(count_, [&](std::span<const number> piece) {
      text.assign(piece.size() * line_bytes, '0');
      char* line = text.data();
      for (const number key : piece) {
        char digits[20];
        const char* const end = std::to_chars(digits, digits + sizeof(digits), key).ptr;
        std::copy(digits, const_cast<char*>(end), line + (digits + 20 - end));
        line[20] = '\n';
        line += line_bytes;
      }
      write_all(file.fd(), text.data(), text.size());
    });
    peers::require(::fsync(file.fd()) == 0, "sync");
    peers::require(::posix_fadvise(file.fd(), 0, 0, POSIX_FADV_DONTNEED) == 0, "drop");
  }
  void sort() const {
    const std::string parallel = "--parallel=" + std::to_string(asked_.threads);
    const std::string memory = std::to_string(asked_.memory >> 20) + "M";
    const pid_t child = ::fork();
    peers::require(child >= 0, "fork");
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::setenv("LC_ALL", "C", 1);
      ::execlp("sort", "sort", parallel.c_str(), "-S", memory.c_str(), "-T",
               peers::bench_directory().c_str(), "-o", to_.c_str(), from_.c_str(), nullptr);
      ::_exit(127);
    }
    int status = 0;
    peers::require(::waitpid(child, &status, 0) == child, "wait");
    if (status != 0) throw std::runtime_error("GNU sort failed");
  }
  void check() const {
    const peers::owned_file file(::open(to_.c_str(), O_RDONLY | O_CLOEXEC));
    sorted_check<number> check;
    std::string text(line_bytes << 16, '\0');
    for (ssize_t got = 0; (got = ::read(file.fd(), text.data(), text.size())) > 0;) {
      if (static_cast<std::size_t>(got) % line_bytes != 0) throw std::runtime_error("cut lines");
      for (const char* line = text.data(); line != text.data() + got; line += line_bytes) {
        number key = 0;
        std::from_chars(line, line + 20, key);
        check.see(key);
      }
    }
    check.end(count_);
  }

 private:
  std::size_t count_;
  job asked_;
  std::string from_ = peers::bench_directory() + "/lines-" + std::to_string(::getpid());
  std::string to_ = from_ + "-sorted";
};

}  // namespace

counters sort_numbers(const job& asked) { return time_sort<sort_in_file<number>>(asked); }
counters sort_records(const job& asked) { return time_sort<sort_in_file<sort_record>>(asked); }
counters sort_numbers_mapped(const job& asked) { return time_sort<sort_mapped>(asked); }
counters sort_resident(const job& asked) { return time_sort<sort_in_memory>(asked); }
counters sort_resident_std(const job& asked) { return time_sort<sort_by_std>(asked); }

counters sort_and_sum(const job& asked) { return time_sort<sort_and_read>(asked); }
counters sum_sorted_view(const job& asked) { return time_sort<read_sorted_view>(asked); }

counters search_batch(const job& asked) {
  even_numbers numbers(asked);
  const std::vector<number> values = values_to_search(asked);
  std::vector<std::size_t> found(values.size());
  return time_cold(numbers, sum_of_positions(values), [&](const auto& elements) {
    mapvec::lower_bound(elements, values, found);
    return std::accumulate(found.begin(), found.end(), number{0});
  });
}

counters search_loop(const job& asked) {
  even_numbers numbers(asked);
  numbers.expect_random_reads();
  const std::vector<number> values = values_to_search(asked);
  return time_cold(numbers, sum_of_positions(values), [&](const auto& elements) {
    number sum = 0;
    for (const number value : values) {
      const auto found = std::lower_bound(elements.begin(), elements.end(), value);
      sum += static_cast<number>(found - elements.begin());
    }
    return sum;
  });
}

counters reduce_cold(const job& asked) {
  even_numbers numbers(asked);
  return time_cold(numbers, asked.count() * (asked.count() - 1),
                   [](const auto& elements) { return mapvec::reduce(elements); });
}

counters reduce_mapped(const job& asked) {
  even_numbers numbers(asked);
  return time_cold(numbers, asked.count() * (asked.count() - 1), [](const auto& elements) {
    return std::reduce(elements.begin(), elements.end());
  });
}

counters sort_text(const job& asked) {
  sort_lines contender(asked);
  contender.fill();
  const stopwatch wall;
  const stopwatch used(RUSAGE_CHILDREN);
  contender.sort();
  const counters values = {{"seconds", wall.seconds()},
                           {"processor_seconds", used.processor_seconds()}};
  contender.check();
  return values;
}

counters copy_twice(const job& asked) {
  const copied_file file(asked);
  const direct_file other(asked.bytes);
  // The first time writes to what has never been written.
  file.copy_there_and_back(other);
  const stopwatch watch;
  file.copy_there_and_back(other);
  return sort_counters(watch);
}

}  // namespace bench
