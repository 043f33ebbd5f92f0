// SPDX-License-Identifier: MIT
//
// What a program and a person say to each other: numbers as arguments and in print, a bar while it
// works, and how long that took. For one thread.
#pragma once

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

/// `text`, which stands behind `argument`, as a number.
inline std::size_t whole_number(const std::string& argument, std::string_view text) {
  std::size_t number = 0;
  const auto [end, failure] = std::from_chars(text.begin(), text.end(), number);
  if (failure != std::errc() || end != text.end() || number < 1 || number > 1'000'000)
    throw std::invalid_argument(argument + " needs a whole number from 1 to 1000000");
  return number;
}

struct thousands : std::numpunct<char> {  // 1234567 is printed as 1,234,567
  char do_thousands_sep() const override { return ','; }
  std::string do_grouping() const override { return "\3"; }
};

// A bar on stderr, ten times a second at most, and only where a person is looking; gone at 1.
inline void show_progress(const char* verb, double share) {
  using std::chrono::steady_clock;
  static const bool watched = ::isatty(STDERR_FILENO) == 1;
  static steady_clock::time_point next;
  if (!watched || (share > 0 && share < 1 && steady_clock::now() < next)) return;
  next = steady_clock::now() + std::chrono::milliseconds(100);
  const std::string bar(static_cast<std::size_t>(share * 40), '#');
  std::cerr << "\r\033[K";
  if (share < 1) std::cerr << verb << " [" << std::left << std::setw(40) << bar << ']';
}

/// The phases of a run, a line for each.
class stopwatch {
 public:
  stopwatch() { lines_ << std::fixed << std::setprecision(2); }

  /// Does the work, which is on so many bytes; their number is read when it is done.
  template <class Work>
  void time(const char* verb, const std::uint64_t& size_bytes, const Work& work) {
    show_progress(verb, 0);
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    lines_ << std::left << std::setw(9) << verb << std::right << std::setw(9) << taken.count()
           << " s" << std::setw(10) << double(size_bytes) / 1e6 / taken.count() << " MB/s\n";
  }

  std::string text() const { return lines_.str(); }

 private:
  std::ostringstream lines_;
};
