// SPDX-License-Identifier: MIT
//
// The part of fmt.test.cpp whose includes come in the other order.
#include <fmt/ranges.h>

#include <string>

#include <mapvec/vector.hpp>

#include <mapvec/fmt.hpp>

namespace mapvec::test {

std::string formatted_with_ranges_first(const vector<int>& elements);

std::string formatted_with_ranges_first(const vector<int>& elements) {
  return fmt::format("{}", elements);
}

}  // namespace mapvec::test
